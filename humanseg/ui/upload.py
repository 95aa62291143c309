"""A file that a visitor handed over, however it came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from humanseg.errors import ImageError
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.server.limits import Limits


@dataclass(frozen=True)
class Upload:
    """A file that a visitor handed over: where it lies (or what it holds), and what it was called."""

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
