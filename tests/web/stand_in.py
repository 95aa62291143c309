"""A runtime for tests that only move its files about."""

from __future__ import annotations

import json
from pathlib import Path

from humanseg.files import sha256
from humanseg.web import runtime


def write_runtime(folder: Path) -> Path:
    """The runtime's files, right by their list, and nothing in them; HUMANSEG_RUNTIME may name the folder."""
    folder.mkdir()
    for name in runtime.FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / runtime.LIST).write_text(json.dumps({name: sha256(folder / name) for name in runtime.FILES}))
    return folder
