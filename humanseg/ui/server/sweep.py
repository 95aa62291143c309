"""Removes the page's temporary files on time: those that Gradio keeps track of, and those that it doesn't."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from humanseg.ui.server.folder import LOCK, NOTE, PARTS

log = logging.getLogger("humanseg.ui")

# Seconds for which a folder may be empty, since a file may be about to be written to it.
GRACE = 60


def sweep(page: gr.Blocks, folder: Path, age: float) -> int:
    """Removes files in `folder` older than `age` seconds, and empty folders; gives the number of files.

    The page's own files stay. A file that can't be removed now is tried again the next time.
    """
    own = {str(path) for block in page.blocks.values() for path in getattr(block, "keep_in_cache", ())}
    own |= {str(folder / name) for name in (NOTE, LOCK)}
    removed = 0
    for where, _, names in os.walk(folder, topdown=False):
        for path in (Path(where, name) for name in names):
            try:
                if str(path) in own or time.time() - path.lstat().st_ctime <= age:
                    continue
                path.unlink()
                removed += 1
            except OSError as error:
                log.debug("%s isn't removed: %s", path, error)  # most often Gradio was faster
        _drop_if_empty(Path(where), folder, min(age, GRACE))
    return removed


def _drop_if_empty(where: Path, folder: Path, age: float) -> None:
    if where in (folder, folder / PARTS):
        return
    try:
        if time.time() - where.stat().st_mtime > age:
            where.rmdir()
    except OSError:
        pass  # something is in it


def start(
    page: gr.Blocks, folder: Path, frequency: float, age: float, also: Callable[[], None] = lambda: None
) -> threading.Thread:
    """Sweeps every `frequency` seconds for as long as the process lives, and calls `also` each time."""

    def run() -> None:
        while True:
            time.sleep(frequency)
            try:
                sweep(page, folder, age)
                also()
            except Exception:
                log.exception("%s can't be swept; it's tried again in %s s.", folder, frequency)

    thread = threading.Thread(target=run, name="sweep", daemon=True)
    thread.start()
    return thread
