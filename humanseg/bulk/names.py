"""What each result is called: the source's own tree, and never one name for two photos.

The name is a function of the photo's key alone, so that nothing has to be remembered and a second run finds the same
names. A key that can be a name everywhere stays as it is, with the result's ending behind it. Any other one is altered
and marked with a part of its SHA-256; a key that looks marked already is marked too, so the two kinds never meet.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from humanseg.files import name_within

RECORDS = "_records"  # the folder below the target that isn't for results
LONGEST = 900  # bytes of a name with its folders: object stores take 1,024, of which the target's own prefix is a part
_ENDINGS = (".png", ".webp", ".jpg")
_MARK = re.compile(r"~[0-9a-f]{16}")
# No file system or address takes these as they are; a backslash parts folders on Windows.
_NEVER = re.compile("[\0-\x1f\x7f\\\\\ud800-\udfff]")
_NOT_EVERYWHERE = re.compile('[<>:"|?*]|[. ]$')  # Windows and memory cards


def identity(key: str) -> bytes:
    """16 bytes that stand for a key, whatever characters are in it."""
    return _digest(key)[:16]


def target_name(key: str, ending: str, *, folds: bool = False) -> str:
    """The name of a photo's result below the target, with / between folders.

    Parameters
    ----------
    key : of the photo: its path below the source, its name in an archive, or its row; bytes that aren't UTF-8 are
        surrogates, as `os.fsdecode` makes them
    ending : of the result's file: .png, .webp or .jpg
    folds : whether the target takes several spellings for one name (A.jpg and a.jpg), as Windows, macOS and memory
        cards do

    Examples
    --------
    >>> target_name("2024/me.jpg", ".png")
    '2024/me.jpg.png'
    >>> target_name("../me.jpg", ".png")
    '_/me.jpg~0774c4ba1dd0d5b5.png'
    """
    *folders, name = key.split("/")
    # Names of results end in `_ENDINGS` and those of folders don't, so no folder is ever in a file's place.
    if (
        all(_stays(part, 255, folds) and not part.casefold().endswith(_ENDINGS) for part in folders)
        and _stays(name, 255 - len(ending), folds)
        and not _MARK.fullmatch(name[-17:])
        and key.split("/")[0].casefold() != RECORDS
        and len(key.encode()) + len(ending) <= LONGEST
    ):
        return key + ending
    mark = f"~{_digest(key).hex()[:16]}{ending}"
    changed = "/".join([*(_as_folder(part) for part in folders), name_within(_cleaned(name), mark)])
    return changed if len(changed.encode()) <= LONGEST else f"_/{name_within(_cleaned(name), mark)}"


def _stays(part: str, most: int, folds: bool) -> bool:
    """Whether a part of a key can be the name of a file or folder as it is."""
    if part in ("", ".", "..") or _NEVER.search(part) or len(part.encode()) > most:
        return False
    return not folds or (part == _folded(part) and not _NOT_EVERYWHERE.search(part))


def _cleaned(part: str) -> str:
    if part in ("", ".", ".."):
        return "_"
    return _NOT_EVERYWHERE.sub("_", _NEVER.sub("_", part))


def _as_folder(part: str) -> str:
    part = name_within(_cleaned(part), "", 200)
    if part.casefold().endswith(_ENDINGS):
        part = "_".join(part.rsplit(".", 1))
    return f"_{part}" if part.casefold() == RECORDS else part


def _folded(part: str) -> str:
    return unicodedata.normalize("NFC", part).casefold()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
