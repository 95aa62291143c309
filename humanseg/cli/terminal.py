"""Lines for the terminal, printed whatever a photo is called, and whether or not a pipe is still read."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO, TypeVar

from tqdm import tqdm

from humanseg.errors import HumanSegError, printable

Photo = TypeVar("Photo")

INTERRUPTED = 130  # the exit status of what Ctrl-C ended: 128 and the signal's number


def say(text: str, *, file: TextIO | None = None) -> None:
    """One line, at once; goes around a progress bar."""
    file = file or sys.stdout
    tqdm.write(printable(text), file=file)
    file.flush()


def complain(text: str) -> None:
    """One line on what went wrong."""
    say(text, file=sys.stderr)


def size(count: int) -> str:
    """So many bytes, for a column of a list."""
    return f"{count / 1e6:7.1f} MB" if count >= 1e6 else f"{count / 1e3:7.1f} kB"


def each(photos: Sequence[Photo], work: Callable[[Photo], str], what: str = "photos") -> int:
    """Works on photo after photo with a bar that says how long it'll take; gives the exit status.

    `work` gives a line to print. A photo that fails (`HumanSegError`) is reported and the rest go on. `what` is what
    they are called together.
    """
    failures, done = 0, 0
    # No bar for a single photo, nor into a file or a pipe.
    silent = True if len(photos) < 2 else None
    bar = tqdm(photos, unit=what.removesuffix("s"), leave=False, file=sys.stderr, disable=silent)
    try:
        for photo in bar:
            try:
                line = work(photo)
            except HumanSegError as error:
                failures += 1
                complain(str(error))
            else:
                done += 1
                if line:
                    say(line)
    except KeyboardInterrupt:
        bar.close()
        complain(f"Stopped after {done} of {len(photos)} {what}.")
        return INTERRUPTED
    return 1 if failures else 0


@contextlib.contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Within it, what ends a program from outside is an exception, so that temporary files are removed on the way."""

    def stop(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):  # there is no SIGHUP on Windows
            number = getattr(signal, name, None)
            # A signal that is already ignored (nohup) or handled stays so.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def forgiving() -> Iterator[None]:
    """Within it, printing never fails: characters that the encoding lacks are escaped, a closed pipe is ignored."""
    with contextlib.ExitStack() as stack:
        for stream, redirect in (
            (sys.stdout, contextlib.redirect_stdout),
            (sys.stderr, contextlib.redirect_stderr),
        ):
            # A stream is None where it was closed before the start, or in a program without a console on Windows.
            stream = stream or stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect(_Forgiving(stream)))
        yield


class _Forgiving:
    """A text stream that goes on when nobody reads it any more, or when the disk that it goes to is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        with self._muted_on_failure():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._muted_on_failure():
            self._stream.flush()

    @contextlib.contextmanager
    def _muted_on_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            # Python flushes buffers when it ends, and would then print an error.
            with contextlib.suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
