"""What the page changes about Gradio's insides, each change a function. All were checked against Gradio 6.31.0.

`GuardedBlocks` (guard.py) and `Gate` (gate.py) use its insides too. tests/ui/server/test_patches.py fails where Gradio
changes beneath one of them.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio import http_server, processing_utils
from gradio.components import Component

from humanseg.ui import text
from humanseg.ui.server.gate import is_own_file

CHECKED_AGAINST = "6.31.0"

# Modules that read Gradio's folder for temporary files from GRADIO_TEMP_DIR when they are imported.
FOLDER = "DEFAULT_TEMP_DIR"
FOLDER_READERS = ("gradio.mcp", "gradio.route_utils", "gradio.routes", "gradio.screen_recording_utils")

# Time that a visitor has for the first lines of a request; browsers take milliseconds, telephones a few seconds.
HEAD_SECONDS = 30


def hand_over_as(component: Component, preprocess: Callable[[Any], Any]) -> Component:
    """Gives events what `preprocess` makes of a component's value, in place of Gradio's own.

    The instance is changed and no class derived, because Gradio writes a .pyi file next to the source of every derived
    component. An update of the component's properties would lose the change: show and hide its container instead.
    """
    component.preprocess = preprocess
    return component


def files_of(page: gr.Blocks) -> set[str]:
    """A set of paths for the page to fill, whose files Gradio removes with its own (`delete_cache`)."""
    files: set[str] = set()
    page.temp_file_sets.append(files)
    return files


def limit_queue(page: gr.Blocks) -> None:
    """Makes the page's queue say with our own sentence that it's full."""
    push = page._queue.push

    async def polite(*arguments: Any, **options: Any) -> Any:
        pushed = await push(*arguments, **options)
        if pushed[2] == "queue_full":
            # At Gradio's own status, 503, the browser would show a sentence of Gradio's.
            raise HTTPException(429, detail=text.QUEUE_FULL)
        return pushed

    page._queue.push = polite


def stay_as_started() -> None:
    """Keeps Gradio from opening a second server on a Space, through which the running page could be changed.

    Where the package `spaces` is missing it would fill the log with a stack trace instead.
    """
    http_server.watchfn_spaces = lambda reloader: None


def write_below(folder: Path) -> None:
    """Makes modules that read GRADIO_TEMP_DIR earlier write to `folder` too, above all photos for MCP tools."""
    for name in FOLDER_READERS:
        if name in sys.modules:
            setattr(sys.modules[name], FOLDER, str(folder))


def allow_any_name(folder: Path) -> None:
    """Allows photos whose names begin with a dot, also where `folder` lies below the working folder.

    Gradio refuses them there, so that a page doesn't publish its own hidden files. It still checks files elsewhere.
    """
    check = processing_utils._check_allowed

    def check_others(path: str | Path, check_in_upload_folder: bool) -> None:
        if not is_own_file(str(path), folder):
            check(path, check_in_upload_folder)

    processing_utils._check_allowed = check_others


def give_up_the_slow(page: gr.Blocks) -> None:
    """Closes connections that take longer than `HEAD_SECONDS` for the head of a request; call it once it's launched.

    Uvicorn waits for it for ever, so that a few thousand slow connections would keep all other visitors out.
    """
    config = page.server.config

    class Impatient(config.http_protocol_class):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def _watch(self) -> None:
            waits = self.cycle is None or self.cycle.response_complete
            if waits and self._timer is None:
                self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)
            elif not waits and self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def connection_lost(self, error: Exception | None) -> None:
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(error)

    config.http_protocol_class = Impatient


def quiet_logs() -> None:
    """Keeps libraries' messages about malformed requests from the terminal."""
    for name in ("uvicorn.error", "mcp", "python_multipart"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # mcp sends this to the root logger, in up to a hundred lines.
    logging.getLogger().addFilter(lambda record: not record.getMessage().startswith("Failed to validate request"))


def stop(page: gr.Blocks) -> None:
    """Ends the page's server at once, without waiting for visitors to go."""
    server = getattr(page, "server", None)
    if server is not None:
        server.force_exit = True
        logging.getLogger("uvicorn.error").disabled = True  # it would report every connection that is cut
    page.close(verbose=False)
