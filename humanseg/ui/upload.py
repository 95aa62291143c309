"""A file that a visitor handed over, however it came."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from humanseg.errors import ImageError
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.server.limits import Limits

# Longest name in bytes of UTF-8: with an ending such as `-background.png` it fits into a file system's 255.
NAME_BYTES = 200


@dataclass(frozen=True)
class Upload:
    """A file that a visitor handed over: its path (or its bytes) and its name."""

    source: str | bytes
    name: str

    def read(self, limits: Limits) -> photos.Photo:
        """The photo, upright.

        Raises
        ------
        ImageError : it's too big, or no photo
        """
        if isinstance(self.source, str):
            try:
                size = Path(self.source).stat().st_size
            except OSError as error:
                raise ImageError(text.GONE.format(name=self.name)) from error
        else:
            size = len(self.source)
        if size > limits.file_mb * 1_000_000:
            raise ImageError(text.FILE_TOO_BIG.format(name=self.name, size=size / 1e6, limit=limits.file_mb))
        return photos.read(self.source, name=self.name, max_pixels=limits.max_pixels)


def file_name(name: str) -> str:
    """A visitor's name for a file, as one that can be written, sent in an answer and printed.

    Folders, control characters and halves of characters go, and what is beyond `NAME_BYTES`; a photo without a name
    is called `photo`.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    last = last.encode("utf-8", "ignore").decode("utf-8")
    last = "".join(letter for letter in last if unicodedata.category(letter) not in ("Cc", "Zl", "Zp")).strip()
    if last in ("", ".", ".."):
        return "photo"
    path = PurePosixPath(last)
    ending = path.suffix if len(path.suffix.encode()) <= 20 else ""
    stem = last.removesuffix(ending).encode()[: NAME_BYTES - len(ending.encode())]
    return stem.decode("utf-8", "ignore") + ending
