"""Temporary files of the page go on time: those that Gradio keeps track of, and those that it doesn't."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import gradio as gr


def private_folder() -> Path:
    """A folder of this process's own for Gradio's temporary files, removed at the end.

    Call it before the page is built. Whoever has set GRADIO_TEMP_DIR gets a folder below it.
    """
    asked = os.environ.get("GRADIO_TEMP_DIR")
    if asked:
        Path(asked).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="humanseg-page-", dir=asked))
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    # These read the variable when they're imported, which may have been; a photo sent to an MCP tool would lie outside.
    for name in ("gradio.mcp", "gradio.routes", "gradio.screen_recording_utils"):
        if name in sys.modules:
            sys.modules[name].DEFAULT_TEMP_DIR = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def sweep(page: gr.Blocks, folder: Path, age: float) -> int:
    """Removes files in `folder` older than `age` seconds, but for what the page itself is made of; how many went."""
    own = {str(path) for block in page.blocks.values() for path in getattr(block, "keep_in_cache", ())}
    removed = 0
    for path in folder.rglob("*"):
        try:
            if str(path) in own or path.is_dir() or time.time() - path.lstat().st_ctime <= age:
                continue
            path.unlink()
            removed += 1
        except FileNotFoundError:
            continue  # Gradio was faster
    return removed


def start(page: gr.Blocks, folder: Path, frequency: float, age: float) -> None:
    """Sweeps every `frequency` seconds for as long as the process lives."""

    def run() -> None:
        while True:
            time.sleep(frequency)
            sweep(page, folder, age)

    threading.Thread(target=run, name="sweep", daemon=True).start()
