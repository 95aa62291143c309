"""Clips among what `cut-out` is given: their formats, their times, and one clip cut out with a bar."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from humanseg.cli.terminal import complain, say
from humanseg.errors import HumanSegError, printable

FORMATS = ("mp4", "webm", "mov", "webp", "png")
_TIME = re.compile(r"(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+(?:\.\d*)?)")
_BAR = "{desc}{percentage:3.0f}%|{bar}| {remaining} left"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", type=time("--start"), metavar="TIME", help="of clips: where to begin, such as 1:05")
    parser.add_argument("--end", type=time("--end"), metavar="TIME", help="of clips: where to stop")
    parser.add_argument("--no-sound", dest="sound", action="store_false", help="of clips: leave the sound out")


def time(option: str):
    """A function that reads a time: seconds, m:ss or h:mm:ss."""

    def read(text: str) -> float:
        found = _TIME.fullmatch(text.strip())
        if not found:
            raise HumanSegError(f"{option} takes seconds or a time such as 1:05, not {text!r}.")
        hours, minutes, seconds = (float(found[part] or 0) for part in ("hours", "minutes", "seconds"))
        return 3600 * hours + 60 * minutes + seconds

    return read


def format_for(options: argparse.Namespace) -> str:
    """How clips are written where --out is a folder: as asked for, else as fits what's behind the people."""
    if options.format in FORMATS:
        return options.format
    return "mp4" if options.mask or options.background.strip().lower() != "transparent" else "webm"


def ending(options: argparse.Namespace) -> tuple[str, str]:
    """What a clip's name gets in place of its suffix; a folder of PNGs has none."""
    from humanseg.media.video_writer import FORMATS as BY_NAME

    return "-mask" if options.mask else "-cutout", BY_NAME[format_for(options)].suffix


def check(options: argparse.Namespace, photos: int) -> None:
    """Makes sure that clips, and so many photos beside them, can be cut out as was asked for.

    Raises
    ------
    HumanSegError : they can't
    """
    from humanseg.media.video import is_clip

    if options.crop:
        raise HumanSegError("Clips can't be cropped to the people: leave --crop out.")
    placing = (options.size, options.margin, options.shadow, options.scale, options.move)
    if placing != ("as-is", None, 0, 1, (0, 0)):
        raise HumanSegError("Clips keep their frame: leave --size, --margin, --shadow, --scale and --move out.")
    if options.keep is not None:
        raise HumanSegError("Of the people in a clip all are kept: leave --keep out.")
    if photos and is_clip(Path(options.background)):
        raise HumanSegError("A clip can't be behind a photo: cut out photos and clips one after the other.")


def check_targets(options: argparse.Namespace, targets: Sequence[Path]) -> None:
    """Makes sure that clips can be written as what their results are called.

    Raises
    ------
    VideoError : they can't
    """
    from humanseg.media import video_writer

    transparent = not options.mask and options.background.strip().lower() == "transparent"
    for form in {video_writer.format_of(target).name for target in targets}:
        if options.format in FORMATS and options.format != form:
            raise HumanSegError(f"--out {options.out} and --format {options.format} disagree: leave one of them out.")
        video_writer.check(video_writer.FORMATS[form], transparent=transparent)


def cut_out(segmenter: Any, source: Path, target: Path, options: argparse.Namespace) -> str:
    """Cuts out one clip; gives the line to print.

    After Ctrl-C it says what is done, and leaves the rest to `terminal.each`.
    """
    from humanseg.video import cut_out_video

    target.parent.mkdir(parents=True, exist_ok=True)
    name = printable(source.name)
    with tqdm(desc=f"{name} ", bar_format=_BAR, total=1.0, leave=False, file=sys.stderr, disable=None) as bar:
        done = 0.0

        def progress(seconds: float, of: float | None) -> None:
            nonlocal done
            done = seconds
            if of:
                bar.total = of
                bar.update(min(seconds, of) - bar.n)

        try:
            record = cut_out_video(
                *(source, target, options.background),
                matte=options.mask,
                segmenter=segmenter,
                start=options.start,
                end=options.end,
                sound=options.sound,
                colours=options.colours,
                progress=progress,
            )
        except KeyboardInterrupt:
            bar.close()
            if target.exists():
                say(f"{source} -> {target} (stopped: its first {done:.1f} s)")
            raise
    if record.trouble:
        complain(record.trouble)
    nobody = "" if record.people else ", nobody found in it"
    return f"{source} -> {target} ({record.frames} frames, {record.seconds:.1f} s{nobody})"
