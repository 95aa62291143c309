"""Temporary files of the page, each under a name that nobody can guess."""

from __future__ import annotations

import secrets
from pathlib import Path


class Shelf:
    """Temporary files, in a folder below the one that Gradio serves and clears.

    Parameters
    ----------
    root : the folder
    register : the set that Gradio's `delete_cache` goes through; every file is entered there
    """

    def __init__(self, root: str | Path, register: set[str]) -> None:
        self.root, self.register = Path(root), register
        self.root.mkdir(parents=True, exist_ok=True)

    def place(self, name: str) -> Path:
        """A path in a new folder, for a file called `name` (its folder parts are dropped)."""
        folder = self.root / secrets.token_hex(16)
        folder.mkdir()  # not the root: once it's removed at the end of the page, a late photo must not make it again
        path = folder / (Path(name.replace("\\", "/")).name or "photo")
        self.register.add(str(path))
        return path

    def put(self, name: str, data: bytes) -> Path:
        """Writes `data` under `name` (its folder parts are dropped) and returns the path."""
        path = self.place(name)
        path.write_bytes(data)
        return path
