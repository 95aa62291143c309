"""Files that appear whole or not at all, under names that every file system takes."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from humanseg.lock import Lock

MAX_NAME = 255  # bytes: ext4, XFS, Btrfs, APFS; NTFS and exFAT count UTF-16 units, of which there are never more

# What a process that was killed may leave, and for how many seconds such a file has to have been at rest to be swept:
# the lock alone would do, but of a file system that several computers share some see only their own locks.
_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")
_AT_REST = 60

# Not even Linux takes these in a name. U+DC80 to U+DCFF stand for bytes that aren't UTF-8, which Python writes back.
_IMPOSSIBLE = re.compile("[\0/\ud800-\udc7f\udd00-\udfff]")


@contextmanager
def replacing(path: str | Path, *, durable: bool = False) -> Iterator[Path]:
    """Gives a temporary file beside `path` to write to, which replaces it at the end, or is removed on an error.

    The file gets the mode of any new file (what the umask leaves of 666), or keeps the one that it had.

    Parameters
    ----------
    durable : waits until it's on the disk, so that not even a power cut leaves half of it

    Raises
    ------
    OSError : the folder can't be written
    """
    path = Path(path)
    temporary = temporary_beside(path)
    # The system applies the umask as it creates the file. Python can read the umask only by setting it, which
    # would change it for other threads meanwhile.
    temporary.touch(0o666, exist_ok=False)
    try:
        with held(temporary):
            yield temporary
        if durable:
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_beside(path: Path) -> Path:
    """A new name in the same folder, for a file or folder that is still being written."""
    # Not named after `path`, whose name may be as long as names can be.
    return path.with_name(f".{secrets.token_hex(8)}.part")


@contextmanager
def held(temporary: Path) -> Iterator[None]:
    """Within it `sweep` leaves a temporary file or folder alone; a file system without locks is never swept."""
    lock = None
    if os.name != "nt":  # Windows' locks would keep from the file whoever is to write it
        with contextlib.suppress(OSError):
            lock = Lock(temporary)
    try:
        yield
    finally:
        if lock is not None:
            lock.free()


def sweep(folder: Path) -> None:
    """Removes from a folder the temporary files and folders of processes that were killed; on Windows they stay."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        for left in [entry for entry in folder.iterdir() if _TEMPORARY.fullmatch(entry.name)]:
            with contextlib.suppress(OSError):
                _sweep(left)


def _sweep(left: Path) -> None:
    if time.time() - left.lstat().st_mtime < _AT_REST:
        return
    lock = Lock(left)
    try:
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
    finally:
        lock.free()


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Raises
    ------
    OSError : it can't be read
    """
    return hashed(path, hashlib.sha256())


def hashed(path: str | Path, digest: Any) -> str:
    """What a digest of `hashlib` gives once it has taken in a file, in hexadecimal digits.

    Raises
    ------
    OSError : it can't be read
    """
    with Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def name_within(stem: str, ending: str, most: int = MAX_NAME) -> str:
    """`stem` and `ending` as the name of a file; the stem is cut short where that's needed, between characters.

    Parameters
    ----------
    ending : what the name has to end with, such as "-cutout.png"
    most : bytes that the name may have in UTF-8

    Examples
    --------
    >>> name_within("a" * 300, ".png") == "a" * 251 + ".png"
    True
    """
    stem = _IMPOSSIBLE.sub("_", stem)
    room = most - len(os.fsencode(ending))
    if len(os.fsencode(stem)) <= room:
        return stem + ending
    lengths = itertools.accumulate(len(os.fsencode(character)) for character in stem)
    most_characters = sum(length <= room for length in lengths)
    end = most_characters
    while end > 0 and _continues(stem, end):
        end -= 1
    return stem[: end or most_characters] + ending


def _continues(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before it: an accent, a skin tone, a part of a joined emoji."""
    character = text[at]
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\u200d" in (character, text[at - 1])
    )
