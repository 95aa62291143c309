"""humanseg label: masks to train on, made by the network itself where it is sure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import add_command, add_engine_options, check_folder, load_segmenter
from humanseg.cli.terminal import INTERRUPTED, complain, each, say
from humanseg.errors import DataError, HumanSegError


def add_to(commands: Any) -> None:
    parser = add_command(
        commands, "label", run, "Mark people in photos for training on them (train.py --pseudo): sure parts only."
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="photos, or folders of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="gets images/ and masks/")
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="CSV with columns file, x0, y0, x1, y1 (shares of the sides), the boxes around everybody: a photo is kept "
        "where each is filled and little lies outside",
    )
    parser.add_argument(
        "--known",
        type=Path,
        metavar="DIR",
        help="masks by the photos' names that know a part: 255 is person for sure, anything else unknown",
    )
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    """Copies each photo of which the network is sure, with its mask; a photo that fails is reported, the rest go on."""
    from humanseg.bulk import targets
    from humanseg.data.datasets import read_photo
    from humanseg.data.pack import read_boxes
    from humanseg.media import photos
    from humanseg.training import pseudo

    sources = targets.find_sources(options.photos)
    for trouble in sources.troubles:
        complain(trouble)
    paths = [source.path for source in sources.photos]
    if not paths:
        return 1
    copies, masks = options.out / "images", options.out / "masks"
    inputs = targets.Inputs(paths)
    for path in paths:
        for target in (copies / path.name, masks / f"{path.stem}.png"):
            if target in inputs:
                raise HumanSegError(f"{target} is one of the photos: name another folder with --out.")
    for folder in (copies, masks):
        check_folder(folder)
    boxes = read_boxes(options.boxes) if options.boxes else None
    if options.known and not options.known.is_dir():
        raise HumanSegError(f"There is no folder {options.known}: name one of masks with --known.")
    segmenter = load_segmenter(options)
    for folder in (copies, masks):
        folder.mkdir(parents=True, exist_ok=True)
    labelled: dict[str, Path] = {}

    def one(photo: Path) -> str:
        if photo.stem in labelled:
            raise DataError(f"{photo} has the name of {labelled[photo.stem]}: rename one of them.")
        rgb = read_photo(photo)
        known = _known(options.known / f"{photo.stem}.png", rgb) if options.known else None
        mask = pseudo.label(segmenter, rgb, None if boxes is None else boxes.get(photo.name, []), known)
        if mask is not None:
            _write_pair(photo, copies / photo.name, photos.encode_mask(mask / 255), masks / f"{photo.stem}.png")
            labelled[photo.stem] = photo
        return ""

    status = each(paths, one)
    if status != INTERRUPTED:
        say(f"{len(labelled)} of {len(paths)} photos labelled in {options.out}; the others would be guesses.")
    return status or (1 if sources.troubles else 0)


def _known(file: Path, rgb: Any) -> Any:
    """What a partial mask knows to be person in a photo: bool HxW."""
    from humanseg.data.masks import PERSON, read_mask, resize_mask

    mask, (height, width) = read_mask(file), rgb.shape[:2]
    return (mask if mask.shape == (height, width) else resize_mask(mask, width, height)) == PERSON


def _write_pair(photo: Path, copy: Path, mask: bytes, mask_file: Path) -> None:
    """A copy of the photo and its mask: both or neither, since one alone is refused as a data set."""
    from humanseg.media.encode import write

    try:
        write(copy, photo.read_bytes())
        write(mask_file, mask)
    except BaseException:  # Ctrl-C, too
        copy.unlink(missing_ok=True)
        mask_file.unlink(missing_ok=True)
        raise
