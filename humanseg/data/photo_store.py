"""Decoded photos and masks in one place that all workers of a training read, rather than in a copy for each."""

from __future__ import annotations

import mmap
import os
import tempfile
from multiprocessing import reduction
from typing import Any

import numpy as np

from humanseg.errors import DataError


class PhotoStore:
    """A list of photos (uint8 HxWx3) with their masks (uint8 HxW), read-only once they are in it.

    They lie in a temporary file without a name, which goes with the last process that has it open, however that ends. A
    copy for a loader's worker opens the same file; where open files can't be passed on (Windows), the bytes are copied.

    Raises
    ------
    DataError : there is no room for temporary files
    """

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it stays open as long as the store)
        except OSError as error:
            raise DataError(f"No temporary file can be made ({error}): set TMPDIR to a folder with room.") from error
        self._places: list[tuple[int, int, int]] = []  # where each begins, its height and width
        self._end = 0
        self._map: mmap.mmap | None = None

    def __len__(self) -> int:
        return len(self._places)

    def append(self, rgb: np.ndarray, mask: np.ndarray) -> None:
        """Adds a photo with the mask that goes with it.

        Raises
        ------
        DataError : the disk of temporary files is full
        """
        height, width = mask.shape
        try:
            self._file.seek(self._end)
            self._file.write(np.ascontiguousarray(rgb, np.uint8).data)
            self._file.write(np.ascontiguousarray(mask, np.uint8).data)
            self._file.flush()
        except OSError as error:
            raise DataError(
                f"The photos don't fit into the folder of temporary files ({error}): set TMPDIR to one with room."
            ) from error
        self._places.append((self._end, height, width))
        self._end += 4 * height * width
        self._map = None

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        start, height, width = self._places[index]
        if self._map is None:
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        rgb = np.frombuffer(self._map, np.uint8, 3 * height * width, start).reshape(height, width, 3)
        mask = np.frombuffer(self._map, np.uint8, height * width, start + rgb.size).reshape(height, width)
        return rgb, mask

    def __getstate__(self) -> dict[str, Any]:
        self._file.flush()
        if hasattr(reduction, "DupFd"):
            content: Any = reduction.DupFd(self._file.fileno())
        else:
            self._file.seek(0)
            content = self._file.read()
        return {"places": self._places, "end": self._end, "content": content}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._places, self._end, self._map = state["places"], state["end"], None
        if isinstance(state["content"], bytes):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(state["content"])
            self._file.flush()
        else:
            self._file = os.fdopen(state["content"].detach(), "r+b")
