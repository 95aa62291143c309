"""The command line: python -m humanseg cut-out | evaluate | label | average | export | card | info."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from humanseg.errors import DataError, HumanSegError, ImageError


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="humanseg", description="Cuts people out of photos.")
    commands = top.add_subparsers(dest="command", required=True)

    def command(name: str, function, summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.set_defaults(run=function)
        sub.add_argument("--model", metavar="DIR", help="folder of weights, or user/name on the Hub (default: shipped)")
        sub.add_argument("--revision", help="commit, tag or branch on the Hub")
        return sub

    def engine_options(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--engine", choices=("auto", "torch", "openvino"), help="what runs the network")
        sub.add_argument("--threads", type=int, help="CPU threads (default: all)")

    cut = command("cut-out", cut_out, "Cut the people out of photos; names are kept.")
    cut.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    cut.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where to (default: here)")
    cut.add_argument("--background", default="transparent", metavar="transparent|blur|#rrggbb|PICTURE")
    cut.add_argument("--format", choices=("png", "webp", "jpeg"), help="default: png, jpeg on a background")
    cut.add_argument("--mask", action="store_true", help="write the mask alone, as a grey PNG")
    cut.add_argument("--crop", action="store_true", help="crop to the people, with a margin")
    cut.add_argument(
        "--no-second-pass", dest="second_pass", action="store_false", help="faster, worse at edges and for small people"
    )
    cut.add_argument("--no-refine", dest="refine", action="store_false", help="plain upsampling of the alpha")
    cut.add_argument("--no-colours", dest="colours", action="store_false", help="keep the photo's colours at the edge")
    cut.add_argument("--keep-exif", action="store_true", help="keep EXIF, which may say where the photo was taken")
    engine_options(cut)

    score = command("evaluate", evaluate, "Score the weights on pairs of photo and mask.")
    what = score.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, metavar="DIR", help="pairs of photo and mask")
    what.add_argument(
        "--negatives", type=Path, metavar="DIR", help="photos of nobody, of which every other one is train.py's own"
    )
    score.add_argument("--ids", type=Path, metavar="FILE", help="the stems to score, one a line (default: all)")
    score.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every photo there")
    score.add_argument("--size", type=int, help="long side that the network sees (default: the model's)")
    score.add_argument("--no-second-pass", dest="second_pass", action="store_false")
    score.add_argument("--no-refine", dest="refine", action="store_false")
    engine_options(score)

    marks = command("label", label, "Mark people in photos for training on them (train.py --pseudo): sure parts only.")
    marks.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    marks.add_argument("--out", required=True, type=Path, metavar="DIR", help="gets images/ and masks/")
    engine_options(marks)

    onnx = command("export", export, "Write the network as ONNX: float32 (1, 3, H, W), 0..255 in, alpha out.")
    onnx.add_argument("--out", type=Path, default=Path("humansegnet.onnx"), metavar="FILE")
    onnx.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="fixed size (default: any)")

    mean = command("average", average, "Average weights of several stages or epochs of one training.")
    mean.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    mean.add_argument("--out", type=Path, required=True, metavar="DIR")
    mean.add_argument("--scale-logits", type=float, default=1.0, metavar="K", help="below 1: less sure of everything")

    card = command("card", write_card, "Write the model card beside the weights.")
    card.add_argument("--scores", nargs="+", type=Path, default=[], metavar="FILE", help="from `evaluate --json`")
    card.add_argument(
        "--tables", nargs="+", type=Path, default=[], metavar="FILE", help="from `benchmarks.ablation`, `.folds`"
    )

    engine_options(command("info", info, "Say which weights and which engine would be used here."))
    return top


def _segmenter(options: argparse.Namespace):
    from humanseg.segmenter import Segmenter

    return Segmenter.from_pretrained(
        options.model, revision=options.revision, engine=options.engine, threads=options.threads
    )


def cut_out(options: argparse.Namespace) -> int:
    """Writes one file a photo; a photo that fails is reported and the rest go on."""
    from tqdm import tqdm

    from humanseg.media import photos

    background = options.background
    if not options.mask and background not in ("transparent", "blur") and not background.startswith("#"):
        background = photos.read(background).rgb
    segmenter = _segmenter(options)
    taken: set[Path] = set()

    def one(photo: Path) -> None:
        written, found = _cut_out_one(segmenter, photo, background, options, taken)
        tqdm.write(f"{photo} -> {written}" + ("" if found else " (nobody found in it)"))

    return _each(options.photos, one)


def _each(photos: Sequence[Path], work: Callable[[Path], None]) -> int:
    """Photo by photo; one that fails is reported and the rest go on. Gives the exit status."""
    from tqdm import tqdm

    failures = 0
    for photo in tqdm(photos, unit="photo", leave=False, disable=len(photos) == 1):
        try:
            work(photo)
        except HumanSegError as error:
            failures += 1
            tqdm.write(str(error), file=sys.stderr)
    return 1 if failures else 0


def _cut_out_one(segmenter, photo: Path, background, options: argparse.Namespace, taken: set[Path]):
    from humanseg import compose
    from humanseg.media import photos

    source = photos.read(photo)
    result = segmenter.cut_out(source, second_pass=options.second_pass, refine=options.refine, colours=options.colours)
    rows = columns = slice(None)
    if options.crop:
        top, left, bottom, right = compose.crop_box(result.alpha)
        rows, columns = slice(top, bottom), slice(left, right)
    if options.mask:
        kind, data = "png", photos.encode_mask(result.alpha[rows, columns])
    else:
        picture = result.on(background)[rows, columns]
        see_through = picture.shape[2] == 4
        kind = options.format or ("png" if see_through else "jpeg")
        if see_through and kind == "jpeg":
            raise ImageError("JPEG can't be transparent: choose --format png or webp, or give a --background.")
        alpha = result.alpha[rows, columns] if see_through else None
        exif = source.exif if options.keep_exif else None
        data = photos.encode(picture[..., :3], alpha, format=kind, exif=exif)
    suffix = "-mask" if options.mask else "-cutout"
    extension = ".jpg" if kind == "jpeg" else f".{kind}"
    path = options.out / photos.output_name(photo.name, suffix, extension)
    # Two photos of one name, from two folders, both end up there.
    number = 2
    while path in taken:
        path = options.out / photos.output_name(photo.name, f"{suffix}-{number}", extension)
        number += 1
    taken.add(path)
    options.out.mkdir(parents=True, exist_ok=True)
    photos.write(path, data)
    return path, result.person_found


def evaluate(options: argparse.Namespace) -> int:
    """Prints n and the mean figures, or how often somebody is found in photos of nobody; writes every photo's if asked.

    Of photos of nobody those count that training holds back.
    """
    from humanseg.data.datasets import find_negatives, find_pairs, read_ids
    from humanseg.data.splits import split_negatives
    from humanseg.evaluation import evaluate as scoring

    if options.negatives and options.ids:
        raise DataError("--ids goes with --data: of --negatives those photos are taken that training holds back.")
    folder = options.data or options.negatives
    if options.data:
        pairs = find_pairs(folder, read_ids(options.ids) if options.ids else None)
    else:
        _, pairs = split_negatives(find_negatives(folder))
        if not pairs:
            raise DataError(f"{folder} has no photo that training holds back, which is every other one: add some.")
    segmenter = _segmenter(options)
    rows = scoring.evaluate(segmenter, pairs, second_pass=options.second_pass, refine=options.refine, size=options.size)
    mean = scoring.summary(rows)
    if options.data:
        labels = {"iou": "IoU", "boundary_iou": "boundary IoU", "dice": "Dice", "mae": "MAE"}
        figures = ", ".join(f"{labels[k]} {mean[k]:.4f}" for k in labels)
    else:
        figures = f"somebody found in {mean['somebody']}"
        figures += "".join(f"\n  {row['id']}" for row in rows if row["somebody"])
    print(f"{folder}: n {mean['n']}, {figures}")
    if options.json:
        content = {
            "data": folder.resolve().name,
            "engine": segmenter.engine.name,
            "size": options.size or segmenter.config.size,
            "second_pass": options.second_pass,
            "mean": mean,
            "photos": rows,
        }
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


def label(options: argparse.Namespace) -> int:
    """Copies each photo of which the network is sure, with its mask; what can't be read is reported, the rest go on."""
    from humanseg.data.datasets import read_photo
    from humanseg.media import photos
    from humanseg.training import pseudo

    segmenter = _segmenter(options)
    copies, masks = options.out / "images", options.out / "masks"
    for folder in (copies, masks):
        folder.mkdir(parents=True, exist_ok=True)
    labelled: dict[str, Path] = {}

    def one(photo: Path) -> None:
        if photo.stem in labelled:
            raise DataError(f"{photo} has the name of {labelled[photo.stem]}: rename one of them.")
        mask = pseudo.label(segmenter, read_photo(photo))
        if mask is not None:
            photos.write(copies / photo.name, photo.read_bytes())
            photos.write(masks / f"{photo.stem}.png", photos.encode_mask(mask / 255))
            labelled[photo.stem] = photo

    status = _each(options.photos, one)
    print(f"{len(labelled)} of {len(options.photos)} photos labelled in {options.out}; of the others it isn't sure.")
    return status


def write_card(options: argparse.Namespace) -> int:
    from humanseg.hub.find import find_weights
    from humanseg.training import report

    folder = find_weights(options.model, revision=options.revision)
    report.add_scores(folder, options.scores)
    for table in options.tables:
        report.add_table(folder, table)
    print(report.write_card(folder))
    return 0


def average(options: argparse.Namespace) -> int:
    """Writes the mean of the weights in several folders to another."""
    from humanseg.model import unet

    unet.average(options.folders, options.out, options.scale_logits)
    print(options.out)
    return 0


def export(options: argparse.Namespace) -> int:
    from humanseg.hub.find import find_weights
    from humanseg.model.export import to_onnx

    to_onnx(find_weights(options.model, revision=options.revision), options.out, options.size)
    print(options.out)
    return 0


def info(options: argparse.Namespace) -> int:
    import platform

    import humanseg
    from humanseg.hub.find import find_weights

    folder = find_weights(options.model, revision=options.revision)
    segmenter = _segmenter(options)
    config = segmenter.config
    print(f"humanseg {humanseg.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(f"weights  {folder}")
    print(f"network  U-Net, {config.encoder}, decoder {'-'.join(map(str, config.decoder_channels))}")
    print(f"sizes    {config.size} for photos, {config.live_size} for the webcam (long side, pixels)")
    print(f"engine   {segmenter.engine.name}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except HumanSegError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
