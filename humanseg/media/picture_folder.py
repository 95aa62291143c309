"""A clip as a folder of pictures, which editors read as a sequence."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from humanseg.errors import VideoError, printable
from humanseg.files import held, temporary_beside
from humanseg.media import encode


class PictureFolder:
    """A folder with a PNG for each frame: 00001.png, 00002.png, ..."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    @classmethod
    @contextlib.contextmanager
    def replacing(cls, path: Path) -> Iterator[PictureFolder]:
        """A folder that appears whole, in place of one with an earlier sequence."""
        if path.exists() and not _is_sequence(path):
            raise VideoError(f"There is something else at {printable(path)}: name another folder for the pictures.")
        temporary = temporary_beside(path)
        temporary.mkdir()
        try:
            with held(temporary):
                yield cls(temporary)
            if path.exists():
                shutil.rmtree(path)
            temporary.rename(path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def write(self, picture: np.ndarray, time: float, duration: float) -> None:
        self._count += 1
        (self._folder / f"{self._count:05d}.png").write_bytes(encode.encode(picture))


def _is_sequence(path: Path) -> bool:
    """Whether a path is a folder of numbered PNGs and nothing else."""
    return path.is_dir() and all(entry.suffix == ".png" and entry.stem.isdecimal() for entry in path.iterdir())
