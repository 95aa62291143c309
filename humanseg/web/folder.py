"""The static page in a folder: written whole, brought up to date later, and never over anybody else's files."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

from humanseg.errors import HumanSegError
from humanseg.files import replacing, sha256
from humanseg.web.site import Content, checksum

# Lists our own files with their checksums, in the folder itself.
RECORD = "humansegnet.json"
# What may lie in the folder before the page does: a repository, a domain's name, a host's settings.
ALLOWED = re.compile(r"\..+|CNAME|README\.md|netlify\.toml|vercel\.json|wrangler\.(toml|jsonc?)")
# Written last: browsers take a new service worker for a new version, so the version has to be there.
LAST = "sw.js"


def check(folder: Path) -> None:
    """Makes sure that the page may be written there.

    Raises
    ------
    HumanSegError : the folder holds something else, or our own files have been changed by somebody
    """
    _own(folder)


def write(files: dict[str, Content], folder: Path) -> int:
    """Writes the page, or what has changed of it, and gives the number of files that were written.

    Of an earlier version's files those are removed that aren't part of the page any more.

    Raises
    ------
    HumanSegError : as for `check`
    OSError : the disk is full, for instance; a new folder isn't there then
    """
    own = _own(folder)
    record = {path: checksum(content) for path, content in files.items()}
    _refuse([path for path in record if path not in own and (folder / path).exists()], folder)
    if not folder.exists():
        return _write_new(files, record, folder)
    changed = [path for path in files if own.get(path) != record[path]]
    for path in sorted(changed, key=LAST.__eq__):
        _put(files[path], folder / path)
    _put(_described(record), folder / RECORD)
    for path in own.keys() - record.keys():
        _remove(folder / path, folder)
    return len(changed)


def _write_new(files: dict[str, Content], record: dict[str, str], folder: Path) -> int:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".humansegnet-") as temporary:
        whole = Path(temporary) / "page"
        for path, content in files.items():
            _put(content, whole / path)
        _put(_described(record), whole / RECORD)
        whole.rename(folder)
    return len(files)


def _put(content: Content, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        if isinstance(content, bytes):
            temporary.write_bytes(content)
        else:
            shutil.copyfile(content, temporary)


def _remove(path: Path, folder: Path) -> None:
    path.unlink(missing_ok=True)
    while path.parent != folder and not any(path.parent.iterdir()):
        path = path.parent
        path.rmdir()


def _described(record: dict[str, str]) -> bytes:
    return (json.dumps({"files": record}, indent=1, sort_keys=True) + "\n").encode()


def _own(folder: Path) -> dict[str, str]:
    """Our own files in a folder with their checksums, none where there is no page yet."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise HumanSegError(f"--out names the file {folder}: name a folder.")
    if not (folder / RECORD).is_file():
        _refuse(sorted(path.name for path in folder.iterdir() if not ALLOWED.fullmatch(path.name)), folder)
        return {}
    try:
        own = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
        there = {path: sum for path, sum in own.items() if _within(path) and (folder / path).is_file()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise HumanSegError(f"{folder / RECORD} can't be read: name a new folder in --out.") from error
    changed = [path for path, sum in sorted(there.items()) if sha256(folder / path) != sum]
    if changed:
        raise HumanSegError(
            f"{folder / changed[0]} has been changed since it was written, and would be lost: keep it elsewhere and "
            "remove it here, or name a new folder."
        )
    return there


def _within(path: str) -> bool:
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _refuse(others: list[str], folder: Path) -> None:
    if others:
        raise HumanSegError(f"{folder} holds {others[0]}, which isn't the page's: name a new or empty folder in --out.")
