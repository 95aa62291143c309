"""humanseg cut-out: photos and clips in, cut-outs out."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from humanseg.cli import clips
from humanseg.cli.arguments import (
    add_command,
    add_engine_options,
    add_pass_options,
    check_folder,
    load_segmenter,
    number,
)
from humanseg.cli.terminal import complain, each, say
from humanseg.errors import HumanSegError
from humanseg.heap import share_one_heap

BACKGROUNDS = (
    "transparent (the default), blur, a colour (#20a060, or a name such as purple), a gradient (white..#8899aa, "
    "coral..navy@90 for its direction in degrees, white..grey@radial), or a picture's path; ./purple for a picture "
    "whose name is a colour's; behind clips also another clip's path"
)
KEEP = (
    "of several people keep the largest, or whoever is at a point, such as 0.4,0.5 (shares of width and height) or "
    "812,430 (pixels); several points with semicolons between"
)
SIZE = (
    "of the picture: as-is (the photo's own, the default), people (cropped to them), square, a ratio such as 4:5 or "
    "16:9, pixels such as 2000x2000, or millimetres such as 35x45mm: 300 dpi, with the head as passports ask for it"
)
FORMATS = ("png", "webp", "jpeg")  # of photos
PIPE, STDIN = Path("-"), Path("/dev/stdin")


def add_to(commands: Any) -> None:
    parser = add_command(commands, "cut-out", run, "Cut the people out of photos and clips; names are kept.")
    parser.add_argument(
        "photos",
        nargs="+",
        type=Path,
        metavar="PHOTO",
        help="photos and clips, or folders of them; - is standard input",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder of the results (default: here); for a single one also a new file, such as me.png or me.mp4, and "
        "for a single photo - is standard output",
    )
    add_result_options(parser, clips.FORMATS)
    clips.add_options(parser)
    add_engine_options(parser)


def add_result_options(parser: argparse.ArgumentParser, of_clips: Sequence[str] = ()) -> None:
    """What is made of a photo, and of a clip in which formats."""
    parser.add_argument("--background", default="transparent", metavar="WHAT", help=BACKGROUNDS)
    parser.add_argument(
        "--format",
        type=lambda name: {"jpg": "jpeg"}.get(name, name),
        choices=tuple(dict.fromkeys((*FORMATS, *of_clips))),
        help="default: png, jpeg on a background" + ("; of clips webm, mp4 on a background" if of_clips else ""),
    )
    parser.add_argument("--mask", action="store_true", help="write the mask alone, as a grey PNG")
    parser.add_argument("--crop", action="store_true", help="short for --size people")
    parser.add_argument("--size", default="as-is", metavar="SIZE", help=SIZE)
    parser.add_argument(
        "--margin",
        type=number("--margin"),
        metavar="SHARE",
        help="around the people where the size crops to them, as a share of their longer side (default: 0.05)",
    )
    parser.add_argument(
        "--shadow", type=number("--shadow"), default=0.0, metavar="N", help="soft shadow behind the people, 0 to 1"
    )
    parser.add_argument(
        "--scale", type=number("--scale"), default=1.0, metavar="N", help="of the people in the picture (default: 1)"
    )
    parser.add_argument(
        "--move",
        type=_two_numbers,
        default=(0.0, 0.0),
        metavar="RIGHT,DOWN",
        help="the people, by shares of the picture's width and height, such as 0.1,-0.05",
    )
    parser.add_argument("--keep", metavar="WHO", help=KEEP)
    add_pass_options(parser)
    parser.add_argument(
        "--no-colours", dest="colours", action="store_false", help="keep the photo's colours at the edge"
    )
    parser.add_argument("--keep-exif", action="store_true", help="keep EXIF, which may say where the photo was taken")


def run(options: argparse.Namespace) -> int:
    """Writes one file for each photo or clip; one that fails is reported and the rest go on."""
    from humanseg.bulk import cut_out, targets
    from humanseg.media.video import SUFFIXES, is_clip

    given = [STDIN if path == PIPE else path for path in options.photos]
    sources = targets.find_sources(given, options.out, also=SUFFIXES)
    for trouble in sources.troubles:
        complain(trouble)
    if not sources.photos:
        return 1
    moving = [source for source in sources.photos if is_clip(source.path)]
    still = [source for source in sources.photos if source not in moving]
    if options.out == PIPE:
        return _to_stdout(options, [source.path for source in sources.photos], bool(moving))
    to_file = _is_file_name(options.out)
    inputs = [*(source.path for source in sources.photos), Path(options.background)]
    wanted = None
    if moving:
        clips.check(options, len(still))
    if still:
        format = options.format if options.format in FORMATS else None
        wanted = result_options(options, _format(options) if to_file else format)
    if to_file:
        _check_new_file(options.out, len(sources.photos), targets.Inputs(inputs))
        goes_to = {sources.photos[0]: options.out}
    else:
        check_folder(options.out)
        goes_to = {}
        for group, ending in ((still, wanted.ending if wanted else ("", "")), (moving, clips.ending(options))):
            planned = targets.plan(group, options.out, ending, targets.Inputs([*inputs, *goes_to.values()]))
            goes_to |= zip(group, planned, strict=True)
    if moving:
        clips.check_targets(options, [goes_to[source] for source in moving])
    if moving:
        share_one_heap()
    for_photos = load_segmenter(options) if still else None
    for_clips = load_segmenter(options, moving=True) if moving else None

    def one(source: targets.Source) -> str:
        if source in moving:
            return clips.cut_out(for_clips, source.path, goes_to[source], options)
        record = cut_out.cut_out(for_photos, source.path, goes_to[source], wanted)
        if record.error:
            raise HumanSegError(record.error)
        return f"{source.path} -> {record.target}" + ("" if record.person_found else " (nobody found in it)")

    status = each(sources.photos, one, "files" if moving else "photos")
    if sources.earlier:
        say(f"Results of an earlier run, left out: {sources.earlier}.")
    return status or (1 if sources.troubles else 0)


def _to_stdout(options: argparse.Namespace, photos: list[Path], clips: bool) -> int:
    """Writes the result of the one photo to standard output, and nothing else."""
    from humanseg.bulk.cut_out import finished, found_in
    from humanseg.media.photos import read

    if len(photos) > 1 or clips or options.format not in (None, *FORMATS):
        raise HumanSegError("--out - is for a single photo: name a folder.")
    if sys.stdout.isatty():
        raise HumanSegError("--out - writes the picture itself: send it on with > or |.")
    wanted = result_options(options, options.format)
    photo = read(photos[0])
    cut = found_in(photo, load_segmenter(options), wanted)
    if not cut.person_found:
        complain(f"{photos[0]}: nobody found in it")
    with contextlib.suppress(BrokenPipeError):  # nobody reads it to its end
        sys.stdout.buffer.write(finished(cut, wanted, photo.exif))
        sys.stdout.buffer.flush()
    return 0


def result_options(options: argparse.Namespace, format: str | None):
    """The `Options` of what `add_result_options` added, for files of a format; None for the usual one."""
    from humanseg import people
    from humanseg.backgrounds import Background
    from humanseg.bulk.cut_out import Options
    from humanseg.placing import Placement
    from humanseg.sizes import MARGIN

    return Options(
        background=Background.parse("transparent" if options.mask else options.background),
        format=format,
        mask=options.mask,
        crop=options.crop,
        second_pass=options.second_pass,
        refine=options.refine,
        colours=options.colours,
        keep_exif=options.keep_exif,
        keep=None if options.keep is None else people.read(options.keep),
        placement=Placement(
            options.size,
            MARGIN if options.margin is None else options.margin,
            scale=options.scale,
            offset=options.move,
            shadow=options.shadow,
        ),
    )


def _two_numbers(text: str) -> tuple[float, float]:
    try:
        right, down = (float(part) for part in text.split(","))
    except ValueError:
        raise HumanSegError(f"--move takes two numbers, such as 0.1,-0.05, not {text!r}.") from None
    return right, down


def _is_file_name(out: Path) -> bool:
    """Whether --out names a file rather than a folder: it ends as a picture or a clip does."""
    from humanseg.bulk.targets import SUFFIXES
    from humanseg.media import video

    return out.suffix.lower() in SUFFIXES | video.SUFFIXES and not out.is_dir()


def _format(options: argparse.Namespace) -> str:
    from humanseg.cutout import format_of

    format = format_of(options.out)
    if options.format not in (None, format):
        raise HumanSegError(f"--out {options.out} and --format {options.format} disagree: leave one of them out.")
    return format


def _check_new_file(path: Path, photos: int, inputs: Container[Path]) -> None:
    if photos > 1:
        raise HumanSegError(f"--out names the file {path}, but there are {photos} photos: name a folder.")
    if path in inputs:
        raise HumanSegError(f"--out names {path}, which is read: name another file.")
    if path.exists():
        raise HumanSegError(f"There is a file {path} already: name another one, or remove it.")
    check_folder(path.parent)
