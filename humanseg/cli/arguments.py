"""Options that several commands have, and the checks of them that come before any work."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from humanseg.errors import HumanSegError

# More threads than any machine has, and a larger size than any network here gains from: typing errors.
MOST_THREADS = 1024
LARGEST_SIZE = 8192  # pixels


def add_command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], summary: str):
    """A command's own parser, with the options that say which weights are meant."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=run)
    parser.add_argument("--model", metavar="DIR", help="folder of weights, or user/name on the Hub (default: shipped)")
    parser.add_argument("--revision", help="commit, tag or branch on the Hub")
    return parser


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", choices=("auto", "torch", "openvino"), help="what runs the network")
    parser.add_argument(
        "--threads", type=whole_number("--threads", 1, MOST_THREADS), help="CPU threads (default: all)", metavar="N"
    )


def add_pass_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-second-pass", dest="second_pass", action="store_false", help="faster, worse at edges and for small people"
    )
    # The option's former name.
    parser.add_argument("--no-second-look", dest="second_pass", action="store_false", help=argparse.SUPPRESS)
    parser.add_argument("--no-refine", dest="refine", action="store_false", help="interpolate the alpha only")


def load_segmenter(options: argparse.Namespace, *, moving: bool = False):
    """The `Segmenter` of the weights and the engine that were asked for; of those for clips where none were named."""
    from humanseg.hub.find import models_named
    from humanseg.segmenter import Segmenter

    model = models_named(options.model)[1] if moving else options.model
    return Segmenter.from_pretrained(model, revision=options.revision, engine=options.engine, threads=options.threads)


def whole_number(option: str, least: int, most: int) -> Callable[[str], int]:
    """A function that reads an option's value, or says in one sentence what is wrong with it."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise HumanSegError(f"{option} takes a whole number from {least} to {most}, not {text!r}.")
        return value

    return read


def number(option: str) -> Callable[[str], float]:
    """As `whole_number`, for any number."""

    def read(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise HumanSegError(f"{option} takes a number, not {text!r}.") from None

    return read


def check_folder(folder: Path, option: str = "--out") -> None:
    """Makes sure that files can be written to a folder, which needn't be there yet; leaves nothing behind.

    Raises
    ------
    HumanSegError : no file can be written there
    """
    made: list[Path] = []
    try:
        for part in [*reversed(folder.parents), folder]:
            if not part.exists():
                part.mkdir()
                made.append(part)
        if not folder.is_dir():
            raise HumanSegError(f"{option} names the file {folder}: name a folder.")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise HumanSegError(f"{option} can't be {folder} ({error.strerror or error}): name another folder.") from error
    finally:
        for part in reversed(made):
            with contextlib.suppress(OSError):  # somebody else has put something there meanwhile
                part.rmdir()


def check_file(path: Path, option: str, inputs: Iterable[Path] = ()) -> None:
    """Makes sure that a file can be written, and that it is none of those that are read.

    Raises
    ------
    HumanSegError : it can't be written, or it is one of `inputs`
    """
    from humanseg.bulk.targets import Inputs

    try:
        if path.is_dir():
            raise HumanSegError(f"{option} names the folder {path}: name a file.")
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise HumanSegError(f"{option} can't be written to {path} ({reason}): name a file elsewhere.") from error
    if path in Inputs(inputs):
        raise HumanSegError(f"{option} names {path}, which is read: name another file.")
