"""Files that appear whole or not at all, under names that every file system takes."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MAX_NAME = 255  # bytes: ext4, XFS, Btrfs, APFS; NTFS and exFAT count UTF-16 units, of which there are never more

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
    # Not named after `path`, whose name may be as long as names can be.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    # The system applies the umask as it creates the file. Python can read the umask only by setting it, which
    # would change it for other threads meanwhile.
    temporary.touch(0o666, exist_ok=False)
    try:
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
