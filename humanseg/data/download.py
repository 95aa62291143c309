"""Fetches the public human dataset, once, and leaves either all of it or nothing in the cache.

What is checked, and what can't be: the address names a commit of a public Git repository and is fetched by HTTPS. The
archive names that commit in its comment, as `git archive` writes it; its CRCs must fit, it must hold exactly the
expected pairs, and every file must decode. GitHub makes such archives anew when asked and doesn't promise the same
bytes each time, so there is no SHA-256 of the archive in this file; the checksum of a copy of your own can be passed.
The files are compared with CONTENT, the checksum of the copy that the project was developed with. It couldn't be
checked against the commit itself, so a difference is a warning in the log, not an error.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
import urllib3
from filelock import FileLock
from tqdm import tqdm

from humanseg.cache import VARIABLE, cache_folder
from humanseg.data.datasets import find_pairs, read_pair
from humanseg.errors import DataError, DownloadError

log = logging.getLogger(__name__)

NAME = "human-segmentation-dataset"
REPOSITORY = "VikramShenoy97/Human-Segmentation-Dataset"
COMMIT = "fe4efc56003005a58b7d2449aa563a20e3861e24"
URL = f"https://codeload.github.com/{REPOSITORY}/zip/{COMMIT}"
PAIRS = 290
CONTENT = "8d7770789a991d62fa0d2c68a92edbe43af33d17fda0dff3d0e4d9a400fde4f7"

RECORD_NAME = "source.json"
_FOLDERS = {"Training_Images": ".jpg", "Ground_Truth": ".png"}
_LARGEST_BYTES = 1 << 30  # the real archive is about 16 MB: anything near this is something else
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Patience:
    """How long to wait: seconds to connect, between two pieces, in all; how many attempts, the pause between them."""

    connect_s: float = 10
    read_s: float = 30
    total_s: float = 1800
    attempts: int = 3
    pause_s: float = 2


class _PassingError(Exception):
    """A failure that may be over by the next attempt."""


def human_dataset(
    cache_dir: str | Path | None = None,
    *,
    url: str = URL,
    sha256: str | None = None,
    pairs: int = PAIRS,
    progress: bool = True,
    patience: Patience | None = None,
) -> Path:
    """The folder of the human dataset (`Training_Images/N.jpg`, `Ground_Truth/N.png`), fetched if it isn't there yet.

    Callers at the same time, in this process or another, wait for each other; only one fetches.

    Parameters
    ----------
    cache_dir : where to keep it; by default `cache_folder()`
    url : a zip archive of it, with or without one folder around everything
    sha256 : the archive must have this checksum, in hex
    pairs : it must hold this many
    progress : show a bar on stderr
    patience : timeouts and retries; what can't change, such as "not found", isn't tried again

    Raises
    ------
    DownloadError : it didn't arrive whole, or can't be stored; nothing of it is kept then
    """
    cache = Path(cache_dir).expanduser() if cache_dir is not None else cache_folder()
    key = COMMIT if url == URL else hashlib.sha256(url.encode()).hexdigest()
    home = cache / key[:12]
    folder = home / NAME
    with _storage_errors(cache):
        # Before anything is written: a cache that was filled elsewhere may be read-only.
        if _is_whole(folder, pairs, sha256):
            return folder
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / ".lock"):
            if _is_whole(folder, pairs, sha256):
                return folder
            for leftover in home.glob("*.part"):  # of a process that was killed
                shutil.rmtree(leftover, ignore_errors=True)
            work = Path(tempfile.mkdtemp(suffix=".part", dir=home))
            try:
                _fetch_into(work, url, sha256, pairs, progress, patience or Patience())
                if folder.exists():
                    folder.replace(work / "old")
                (work / NAME).replace(folder)
            finally:
                # Also after Ctrl-C.
                shutil.rmtree(work, ignore_errors=True)
    return folder


def _fetch_into(work: Path, url: str, sha256: str | None, pairs: int, progress: bool, patience: Patience) -> None:
    archive = work / "archive.zip"
    found = _download(url, archive, progress, patience)
    if sha256 is not None and found != sha256.lower():
        raise DownloadError(
            f"{url} has the wrong checksum (SHA-256 {found}, expected {sha256.lower()}): it isn't the file that was "
            "meant, so nothing of it was kept."
        )
    _unpack(archive, work / NAME, url)
    _verify(work / NAME, pairs, url)
    archive.unlink()
    content = content_checksum(work / NAME)
    if url == URL and content != CONTENT:
        log.warning("The human dataset differs from the copy that HumanSegNet was developed with (%s).", content)
    record = {"url": url, "archive_sha256": found, "content_sha256": content, "bytes": _sizes(work / NAME)}
    (work / NAME / RECORD_NAME).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _download(url: str, archive: Path, progress: bool, patience: Patience) -> str:
    """Streams the archive to a file; its SHA-256 in hex."""
    for attempt in range(1, patience.attempts + 1):
        try:
            return _stream(url, archive, progress, patience)
        except _PassingError as error:
            if attempt == patience.attempts:
                raise DownloadError(f"{url} couldn't be fetched: {error}.") from error
            log.warning("Attempt %d of %d at %s failed (%s).", attempt, patience.attempts, url, error)
            time.sleep(patience.pause_s * attempt)
    raise ValueError("patience.attempts must be at least 1")


def _stream(url: str, archive: Path, progress: bool, patience: Patience) -> str:
    deadline = time.monotonic() + patience.total_s
    digest = hashlib.sha256()
    try:
        with requests.get(url, stream=True, timeout=(patience.connect_s, patience.read_s)) as response:
            _check_answer(url, response)
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
            with (
                archive.open("wb") as file,
                tqdm(total=total, unit="B", unit_scale=True, desc=NAME, disable=not progress, leave=False) as bar,
            ):
                # Not iter_content: it waits for a whole piece, however slowly a server sends it.
                while piece := response.raw.read1(1 << 16):
                    file.write(piece)
                    digest.update(piece)
                    bar.update(len(piece))
                    if file.tell() > _LARGEST_BYTES:
                        raise DownloadError(f"{url} is far larger than the human dataset: it isn't the file meant.")
                    if time.monotonic() > deadline:
                        raise _PassingError(f"the server was too slow, {patience.total_s:.0f} s weren't enough")
    except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise _PassingError("the server didn't answer in time") from error
    except requests.exceptions.SSLError as error:
        raise DownloadError(f"{url} has no certificate that this machine trusts: is a proxy in between?") from error
    except urllib3.exceptions.HTTPError as error:
        raise _PassingError("the connection was cut half-way") from error
    except requests.exceptions.ConnectionError as error:
        raise _PassingError(
            "the server can't be reached; check the network, or fetch it elsewhere and name its folder with --data"
        ) from error
    except requests.exceptions.RequestException as error:
        raise DownloadError(f"{url} couldn't be fetched ({error}).") from error
    return digest.hexdigest()


def _check_answer(url: str, response: requests.Response) -> None:
    if response.status_code in _TRY_AGAIN:
        raise _PassingError(f"the server answers {response.status_code} {response.reason}; try again later")
    if response.status_code != 200:
        raise DownloadError(
            f"{url} can't be had (the server answers {response.status_code} {response.reason}): fetch the dataset "
            "elsewhere and name its folder with --data."
        )
    if url.startswith("https:") and not response.url.startswith("https:"):
        raise DownloadError(f"{url} leads to {response.url}, which isn't protected: nothing was fetched.")


def _unpack(archive: Path, folder: Path, url: str) -> None:
    """Unpacks the photos and masks, each to the name that it must have; other files are left out."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as zipped:
            comment = zipped.comment.decode("latin-1")
            if url == URL and re.fullmatch(r"[0-9a-f]{40}", comment) and comment != COMMIT:
                raise DownloadError(f"{url} holds commit {comment}: it isn't the one that was asked for.")
            if sum(info.file_size for info in zipped.infolist()) > _LARGEST_BYTES:
                raise DownloadError(f"{url} unpacks to far more than the human dataset: it isn't the file meant.")
            for info in zipped.infolist():
                target = _target(info, folder, url)
                if target is None:
                    continue
                if target.exists():
                    raise DownloadError(f"{url} has {info.filename} twice: it isn't the file that was meant.")
                with zipped.open(info) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DownloadError(f"{url} isn't a whole zip archive ({error}): nothing of it was kept, try again.") from error


def _target(info: zipfile.ZipInfo, folder: Path, url: str) -> Path | None:
    """Where a member goes: `[anything/]Training_Images/N.jpg` or `[anything/]Ground_Truth/N.png`, else nowhere."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or stat.S_ISLNK(info.external_attr >> 16):
        raise DownloadError(f"{url} has the unsafe path {info.filename} in it: nothing of it was kept.")
    if info.is_dir() or not 2 <= len(path.parts) <= 3 or path.name.startswith("."):
        return None
    parent = path.parts[-2]
    return folder / parent / path.name if _FOLDERS.get(parent) == path.suffix else None


def _verify(folder: Path, expected: int, url: str) -> None:
    """Raises DownloadError unless there are as many pairs as expected, and all can be read."""
    try:
        pairs = find_pairs(folder)
        if len(pairs) != expected:
            raise DownloadError(f"{url} holds {len(pairs)} pairs of photo and mask, and {expected} were expected.")
        for pair in pairs:
            read_pair(pair)
    except DataError as error:
        # Without the path, whose folder is gone by the time the message is read.
        reason = str(error).replace(f"{folder}{os.sep}", "").rstrip(".")
        raise DownloadError(f"{url} doesn't hold the human dataset as it should be: {reason}.") from error


def _files(folder: Path) -> list[Path]:
    return sorted(path for name in _FOLDERS for path in (folder / name).iterdir())


def _sizes(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def content_checksum(folder: Path) -> str:
    """SHA-256 in hex over the names and bytes of all photos and masks."""
    digest = hashlib.sha256()
    for path in _files(folder):
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{checksum}  {path.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()


def _is_whole(folder: Path, pairs: int, sha256: str | None) -> bool:
    """Whether a dataset that was fetched earlier is still complete."""
    try:
        record = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        same_archive = sha256 is None or record["archive_sha256"] == sha256.lower()
        return same_archive and len(_files(folder)) == 2 * pairs and _sizes(folder) == record["bytes"]
    except (OSError, ValueError, TypeError, KeyError):
        return False


@contextlib.contextmanager
def _storage_errors(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "the disk is full: free about 100 MB"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            reason = f"it can't be written to ({error.strerror})"
        else:
            reason = f"{error}"
        raise DownloadError(
            f"The human dataset can't be stored in {cache}, {reason}, or name another folder in {VARIABLE}."
        ) from error
