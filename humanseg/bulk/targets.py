"""Which photos are meant, and where each one's result goes: nothing that is an input is ever written to."""

from __future__ import annotations

import glob
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from humanseg.media import photos

# Of a folder, files with these suffixes are taken; a file that is named itself is tried whatever its suffix.
SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".avif",
        ".heic",
        ".heif",
        ".tif",
        ".tiff",
        ".gif",
        ".bmp",
        ".dib",
        ".jp2",
        ".ppm",
        ".pgm",
        ".pnm",
        ".qoi",
    ]
)
_RESULT = re.compile(r"(?P<stem>.+)-(cutout|mask)(-\d+)?")


@dataclass(frozen=True)
class Source:
    """A photo, and the folder below the results' folder that its result goes to."""

    path: Path
    folder: Path = Path()


@dataclass(frozen=True)
class Sources:
    """The photos that were meant.

    Attributes
    ----------
    photos : in the order they were given; those of a folder by name
    troubles : one sentence for each path given that led to no photo
    earlier : how many files of folders were left out because they are results of photos beside them
    """

    photos: list[Source]
    troubles: list[str]
    earlier: int


def find_sources(given: Sequence[Path], results: Path | None = None, also: frozenset[str] = frozenset()) -> Sources:
    """Photos, folders (with the folders in them) and patterns such as *.jpg, as the photos that are meant.

    Of a folder, the files with a picture's suffix, or one of `also`, are taken. Dot files are left out, and so are
    results of an earlier run: `me-cutout.png` beside `me.jpg`, or anywhere in `results` (the folder that new ones go
    to) where that is within the folder given. A folder may be such a result too: the frames of a clip.
    """
    suffixes = SUFFIXES | also
    found, troubles, earlier = [], [], 0
    for path in given:
        if _is_folder(path):
            inside, before = _in_folder(path, results, troubles, suffixes)
            if not inside:
                troubles.append(f"There is no photo in the folder {path}: name another one.")
            found += inside
            earlier += before
        elif glob.has_magic(str(path)) and not _identity(path):
            # Shells pass a pattern on unchanged where nothing matches; the one of Windows always does.
            matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - may be absolute, too
            if not matches:
                troubles.append(f"No file matches {path}: check the folder and the ending.")
            found += [Source(match) for match in matches if match.is_file()]
        else:
            found.append(Source(path))
    return Sources(found, troubles, earlier)


def _in_folder(
    root: Path, results: Path | None, troubles: list[str], suffixes: frozenset[str]
) -> tuple[list[Source], int]:
    """The photos below a folder, and how many earlier results were left out."""
    found, earlier = [], 0
    within = results is not None and _key(root) in _key(results).parents
    for folder, folders, names in os.walk(root, onerror=lambda error: troubles.append(_unreadable(error))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(folder)
        pictures = sorted(name for name in names if not name.startswith(".") and _is_picture(here / name, suffixes))
        stems = {Path(name).stem for name in pictures}
        among_results = within and _key(here).is_relative_to(_key(results))

        def is_result(stem: str, among: bool = among_results, stems: set[str] = stems) -> bool:
            result = _RESULT.fullmatch(stem)
            return result is not None and (among or result["stem"] in stems)

        sequences = [name for name in folders if is_result(name) and _is_sequence(here / name)]
        folders[:] = [name for name in folders if name not in sequences]
        earlier += len(sequences)
        for name in pictures:
            if is_result(Path(name).stem):
                earlier += 1
            else:
                found.append(Source(here / name, here.relative_to(root)))
    return found, earlier


def _is_picture(path: Path, suffixes: frozenset[str]) -> bool:
    # Reading a pipe would wait for ever where nothing is written to it.
    return path.suffix.lower() in suffixes and path.is_file()


def _is_sequence(path: Path) -> bool:
    """Whether a folder holds a clip's frames, as `media.video_writer` numbers them."""
    return (path / "00001.png").is_file()


def _unreadable(error: OSError) -> str:
    return f"The folder {error.filename} can't be read ({error.strerror}): check its permissions."


class Inputs:
    """Files that are read and must not be written to, whatever way their path is spelt."""

    def __init__(self, paths: Iterable[Path]) -> None:
        paths = list(paths)
        self._keys = {_key(path) for path in paths}
        self._files = set(filter(None, map(_identity, paths)))

    def __contains__(self, path: Path) -> bool:
        # By name for files that don't exist yet (a path given may be one that an earlier result creates), and by
        # identity for links and for file systems that take ME.PNG for me.png.
        return _key(path) in self._keys or _identity(path) in self._files


def plan(sources: Iterable[Source], out: Path, ending: tuple[str, str], inputs: Inputs) -> Iterator[Path]:
    """The file that each photo's result goes to; where that is an input or taken by another one, a number is added.

    Parameters
    ----------
    out : the folder of the results
    ending : what a name gets in place of its suffix, for instance ("-cutout", ".png")
    """
    suffix, extension = ending
    numbers: dict[Path, int] = {}  # how far each name has been counted
    taken: set[Path] = set()
    for source in sources:
        path = wanted = out / source.folder / photos.output_name(source.path.name, suffix, extension)
        while path in inputs or _key(path) in taken or _is_folder(path):
            number = numbers[wanted] = numbers.get(wanted, 1) + 1
            path = wanted.with_name(photos.output_name(source.path.name, f"{suffix}-{number}", extension))
        taken.add(_key(path))
        yield path


def _key(path: Path) -> Path:
    """The path with links followed, and in one spelling where a file system takes several for the same file."""
    return Path(unicodedata.normalize("NFC", os.path.realpath(path)).casefold())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than the file system allows
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
