"""The end of the page by a signal: everything is cleared away, then the process ends with that signal's status."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

# Not every system has all of them. A closed terminal sends SIGHUP, Ctrl+C SIGINT, Ctrl+Break on Windows SIGBREAK.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


def clear_on_signals(clear: Callable[[], None]) -> None:
    """Has `clear` called when a signal ends the process; call it from the main thread.

    The exit status is the one of that signal (143 for SIGTERM, 130 for SIGINT, 129 for SIGHUP in a shell). A second
    signal doesn't interrupt the clearing. Under nohup the page outlasts its terminal, as is the purpose of nohup.
    """
    hangup = getattr(signal, "SIGHUP", None)
    heeded = [n for n in SIGNALS if n != hangup or signal.getsignal(n) != signal.SIG_IGN]

    def end(number: int, frame: FrameType | None) -> None:
        for other in heeded:
            signal.signal(other, signal.SIG_IGN)
        with contextlib.suppress(Exception):
            clear()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the terminal may be gone
                stream.flush()
        if os.name != "posix":
            os._exit(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for number in heeded:
        signal.signal(number, end)
