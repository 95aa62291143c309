"""A file that one process holds for as long as it lives: the system frees it, however the process ends."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """Makes the file where there is none, and holds it until `free` or the end of the process.

    Except on Windows it may also be a folder that is there.

    Raises
    ------
    OSError : another process has it, it can't be written, it's a link, or the file system knows no locks
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
        self._descriptor: int | None = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            _take(self._descriptor)
        except OSError:
            self.free()
            raise

    def free(self) -> None:
        """Lets others have it. Windows removes no file that is still open."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
