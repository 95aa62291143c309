"""The page from its start to its end: opens it, says where, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.ui import text
from humanseg.ui.server import ending
from humanseg.ui.server.folder import private_folder, remove
from humanseg.ui.server.limits import Limits

log = logging.getLogger("humanseg.ui")


def serve(build: Callable[[], tuple[Any, dict[str, Any]]], limits: Limits) -> None:
    """Builds the page and keeps it open until the process is told to end; call it from the main thread.

    Gradio is imported only when `build` is called: it reads its environment then, and takes seconds. Wrong settings are
    reported before, and Ctrl+C leaves nothing behind during the import either.

    Parameters
    ----------
    build : gives the page (`gr.Blocks`) and the options of its `launch`

    Raises
    ------
    HumanSegError : the port or the address can't be used, or no temporary files can be written
    """
    port = asked_port()
    _set_surroundings()
    folder = private_folder()
    pages: list[Any] = []

    def clear() -> None:
        for page in pages:
            patches.stop(page)
        remove(folder)

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    ending.clear_on_signals(clear)
    try:
        page, options = build()
        from humanseg.ui.server import patches, sweep

        pages.append(page)
        patches.stay_as_started()
        patches.write_below(folder)
        patches.allow_any_name(folder)
        sweep.start(page, folder, *limits.cleaning, also=page.context.sessions.purge)
        address = _launch(page, port, options)
        patches.give_up_the_slow(page)
        patches.quiet_logs()
        print(text.RUNNING.format(address=address), flush=True)
        while page.is_running:
            time.sleep(0.5)
    finally:
        clear()


def _set_surroundings() -> None:
    # Turns off Gradio's own processes, which would serve files past the gate, and its own wait inside `launch`.
    for name in ("GRADIO_NUM_WORKERS", "GRADIO_DEBUG"):
        os.environ.pop(name, None)
    # Libraries' warnings for programmers; `python -W default app.py` shows them.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    # Gradio checks that its page answers; through a proxy it would ask another computer.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1,localhost")))


def _launch(page: Any, port: int | None, options: dict[str, Any]) -> str:
    """Opens the page without Gradio's own lines in the terminal; gives its address."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _, address, _ = page.launch(server_port=port, prevent_thread_lock=True, quiet=True, **options)
    except Exception as error:
        log.debug("In full:", exc_info=error)
        raise HumanSegError(text.NO_START.format(reason=error)) from error
    return address


def asked_port() -> int | None:
    """The port that was asked for, None for the first free one from 7860 on.

    Where the port is in use Gradio would take another one, where nobody would look for the page.

    Raises
    ------
    HumanSegError : it's no port, or it can't be opened
    """
    asked = os.environ.get("GRADIO_SERVER_PORT", "").strip()
    if asked and not (asked.isdecimal() and 0 < int(asked) < 65536):
        raise HumanSegError(text.BAD_PORT.format(port=asked))
    port = int(asked) if asked else None
    host = os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    try:
        with socket.socket() as probe:
            if (
                os.name == "posix"
            ):  # there it only lets a port be used again at once; on Windows it lets two programs share one
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port or 0))
    except OSError as error:
        words = text.NO_PORT if port else text.NO_HOST
        raise HumanSegError(words.format(host=host, port=port, reason=error.strerror or error)) from error
    return port
