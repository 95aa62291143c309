"""The private folder of one page's temporary files: removed at its end, or at the next start if it was killed."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import secrets
import shutil
import socket
import stat
import tempfile
import time
from pathlib import Path

from humanseg.errors import HumanSegError
from humanseg.lock import Lock

log = logging.getLogger("humanseg.ui")

PREFIX = "humanseg-page-"
# The note of the folder's owner, and the file that its process holds locked. The dot keeps both from being served.
NOTE, LOCK = ".owner.json", ".lock"
# For temporary files of libraries, and for unfinished uploads.
PARTS = ".parts"
_ATTEMPTS = 20
_locks: dict[Path, Lock] = {}


def private_folder() -> Path:
    """Makes a folder for this process alone, and removes those that killed processes have left beside it.

    From then on GRADIO_TEMP_DIR names it, and Python's `tempfile` writes there. Call this before the page is built. The
    folder is removed when Python ends; where a signal ends the process, call `remove`. Where GRADIO_TEMP_DIR is set,
    the folder is made below it.

    Raises
    ------
    HumanSegError : GRADIO_TEMP_DIR can't be written
    """
    asked = os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir()
    above = Path(asked).absolute()
    try:
        above.mkdir(parents=True, exist_ok=True)
        sweep_left(above)
        folder = _make(above.resolve())
    except (OSError, ValueError) as error:
        raise HumanSegError(
            f"No temporary files can be written to “{asked}” ({error}): name another folder in GRADIO_TEMP_DIR."
        ) from error
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    tempfile.tempdir = str(folder / PARTS)
    atexit.register(remove, folder)
    return folder


def _make(above: Path) -> Path:
    folder = above / f"{PREFIX}{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    (folder / PARTS).mkdir(mode=0o700)
    # Where a file system has no locks, the folder is removed at the end, but never by a later start.
    with contextlib.suppress(OSError):
        _locks[folder] = Lock(folder / LOCK)
        note = {"folder": folder.name, "pid": os.getpid(), "started": time.time(), **_machine()}
        # The note gets its name only once it's whole and the lock is held: until then nothing may sweep the folder.
        (folder / f"{NOTE}.part").write_text(json.dumps(note), encoding="utf-8")
        (folder / f"{NOTE}.part").replace(folder / NOTE)
    return folder


def remove(folder: Path) -> None:
    """Removes the folder with everything in it, also while a thread is still writing to it."""
    lock = _locks.pop(folder, None)
    for _ in range(_ATTEMPTS):
        if _removed(folder, lock):
            return
        time.sleep(0.05)
    log.warning("Temporary files are left in %s: they go when the page is started again.", folder)
    if lock is not None:
        lock.free()


def sweep_left(above: Path) -> int:
    """Removes the folders below `above` whose process is gone; gives their number.

    A folder counts only with the note that `private_folder` leaves, made by this user on this machine. Its process is
    gone when the lock is free: the system frees it however a process ends, and a number that another process has been
    given since can't be mistaken for it. In doubt the folder stays.
    """
    removed = 0
    try:
        found = [Path(entry.path) for entry in os.scandir(above) if entry.name.startswith(PREFIX)]
    except OSError as error:
        log.debug("%s can't be swept: %s", above, error)
        return 0
    for folder in found:
        try:
            if _is_ours(folder):
                lock = Lock(folder / LOCK)
                try:
                    removed += _removed(folder, lock)
                finally:
                    lock.free()
        except (OSError, ValueError) as error:
            log.debug("%s stays: %s", folder, error)
    return removed


def _is_ours(folder: Path) -> bool:
    """Whether this user's page on this machine made the folder itself; copies and links don't count."""
    status, note = folder.lstat(), (folder / NOTE).lstat()
    if not stat.S_ISDIR(status.st_mode) or not stat.S_ISREG(note.st_mode):
        return False
    if os.name == "posix":
        mine = status.st_uid == note.st_uid == os.geteuid()
        if not mine or stat.S_IMODE(status.st_mode) & 0o077:
            return False
    written = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    if not isinstance(written, dict) or written.get("folder") != folder.name:
        return False
    # Over a network two machines may share a folder without seeing each other's locks.
    here = _machine()
    return any(written.get(part) == value for part, value in here.items() if value)


def _machine() -> dict[str, str]:
    """Identifies this machine: by its name, which lasts, and by its last start, which its containers share."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return {"host": socket.gethostname(), "boot": boot}


def _removed(folder: Path, lock: Lock | None) -> bool:
    """Removes what can be removed; the note goes last, so that the rest of a folder is still recognised."""
    try:
        for entry in list(os.scandir(folder)):
            if entry.name in (NOTE, LOCK):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                Path(entry.path).unlink()
        if lock is not None:
            lock.free()  # Windows can't remove an open file
        for name in (LOCK, NOTE):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
    except OSError as error:
        log.debug("%s can't be removed yet: %s", folder, error)
        return not folder.exists()
    return True
