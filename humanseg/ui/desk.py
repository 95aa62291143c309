"""What a repair is made of: a photo and its alpha before any repair, in memory or, where that's too much, in a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Desk:
    """A photo, uint8 HxWx3, and its alpha before any repair, uint8 HxW."""

    rgb: np.ndarray
    alpha: np.ndarray

    def packed(self) -> bytes:
        """Both as a file, one after the other."""
        file = io.BytesIO()
        for array in (self.rgb, self.alpha):
            np.save(file, array, allow_pickle=False)
        return file.getvalue()

    @classmethod
    def opened(cls, path: Path) -> Desk:
        """Both from a file, of which only the parts that are looked at are read."""
        with path.open("rb") as file:
            arrays = []
            for _ in range(2):
                np.lib.format.read_magic(file)
                shape, _, kind = np.lib.format.read_array_header_1_0(file)
                start = file.tell()
                mapped = np.memmap(file, kind, "r", start, shape)
                file.seek(start + mapped.nbytes)
                arrays.append(np.asarray(mapped))
        return cls(*arrays)
