"""Which files a source has, listed as they come: never all of them at once, however many there are."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from humanseg.bulk.addresses import file_system, is_address, patiently, reason
from humanseg.errors import HumanSegError, printable


@dataclass(frozen=True)
class Listed:
    """A file of a source.

    Attributes
    ----------
    key : its path below the source, with / between folders
    where : path or address to read it from
    version : what changes when it does
    """

    key: str
    where: str
    version: str


@dataclass(frozen=True)
class Place:
    """Where a source lies, and in what form it was named.

    Attributes
    ----------
    where : a file, a folder or a pattern, as a path or an address
    kind : "file", "folder" or "pattern"
    """

    where: str
    kind: str

    @property
    def base(self) -> str:
        """The folder that keys are relative to."""
        if self.kind == "folder":
            return self.where
        parts = self.where.split("/")
        if self.kind == "file":
            return "/".join(parts[:-1])
        return "/".join(parts[: next(i for i, part in enumerate(parts) if glob.has_magic(part))])


def locate(source: str) -> Place:
    """Finds out whether a source is a file, a folder or a pattern.

    Raises
    ------
    HumanSegError : there is no such thing, or it can't be asked for
    """
    try:
        kind = _kind_of_address(source) if is_address(source) else _kind_of_path(source)
    except HumanSegError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        kind = None
    except Exception as error:  # each file system has errors of its own
        raise HumanSegError(
            f"{printable(source)} can't be reached ({reason(error)}): check the address, and your credentials."
        ) from error
    if kind is None:
        if not glob.has_magic(source):
            raise HumanSegError(f"There is no {printable(source)}: check how it's spelt.")
        kind = "pattern"
    if not is_address(source):
        source = Path(source).absolute().as_posix()
    return Place(source.rstrip("/") or "/", kind)


def _kind_of_path(path: str) -> str | None:
    try:
        os.stat(path)  # noqa: PTH116 - "" isn't the folder that one is in, as it is for Path
    except ValueError:  # a null character
        return None
    return "folder" if Path(path).is_dir() else "file"


def _kind_of_address(address: str) -> str | None:
    system, path = file_system(address)
    if glob.has_magic(path):
        return None
    found = patiently(lambda: system.info(path))
    return "folder" if found["type"] == "directory" else "file"


def files(place: Place, troubles: list[str], leave_out: Path | None = None) -> Iterator[Listed]:
    """The files of a source, in no particular order; dot files and those below dot folders are passed over.

    Parameters
    ----------
    troubles : gets a sentence for each folder that can't be read
    leave_out : a folder whose files don't count, as those of the target
    """
    if is_address(place.where):
        yield from _remote(place)
        return
    base = Path(place.base)
    if place.kind == "file":
        found = iter([Path(place.where)])
    elif place.kind == "folder":
        found = _walk(base, troubles, leave_out)
    else:
        matches = (Path(match) for match in glob.iglob(place.where, recursive=True))  # noqa: PTH207 - absolute
        found = (path for path in matches if leave_out is None or leave_out not in path.parents)
    for path in found:
        try:
            status = path.stat()
        except OSError:  # a link to nothing: whoever reads it says so
            yield Listed(path.relative_to(base).as_posix(), str(path), "")
            continue
        if os.path.isfile(path):  # noqa: PTH113 - not a pipe, which would be waited for
            # Renaming or copying changes the last of the three; then the checksum says that the photo is the same.
            version = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
            yield Listed(path.relative_to(base).as_posix(), str(path), version)


def _walk(root: Path, troubles: list[str], leave_out: Path | None) -> Iterator[Path]:
    waiting = [str(root)]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as inside:
                for entry in inside:
                    if entry.name.startswith("."):
                        continue
                    if not entry.is_dir(follow_symlinks=False):
                        yield Path(entry.path)
                    elif leave_out is None or not _same(entry.path, leave_out):
                        waiting.append(entry.path)
        except OSError as error:
            troubles.append(f"The folder {printable(here)} can't be read ({error.strerror}): check its permissions.")


def _same(folder: str, other: Path) -> bool:
    try:
        return other.samefile(folder)
    except OSError:
        return False


def _remote(place: Place) -> Iterator[Listed]:
    system, path = file_system(place.where)
    if place.kind == "file":
        found = iter([patiently(lambda: system.info(path))])
    elif place.kind == "folder":
        found = _remote_walk(system, path)
    else:
        # Patterns over an object store are resolved by listing all that is below their fixed part.
        found = iter(patiently(lambda: system.glob(path, detail=True)).values())
    base = file_system(place.base)[1].rstrip("/") if place.kind != "file" else path.rpartition("/")[0]
    for info in found:
        key = info["name"][len(base) :].lstrip("/") if info["name"].startswith(base) else info["name"]
        if info["type"] == "file" and key and not any(part.startswith(".") for part in key.split("/")):
            yield Listed(key, system.unstrip_protocol(info["name"]), _version(info))


def _remote_walk(system: Any, root: str) -> Iterator[dict[str, Any]]:
    if "s3" in (system.protocol if isinstance(system.protocol, tuple) else (system.protocol,)):
        yield from _s3_pages(system, root)
        return
    waiting = [root]
    while waiting:
        here = waiting.pop()
        for info in patiently(lambda here=here: system.ls(here, detail=True)):
            if info["type"] == "directory":
                if info["name"].rstrip("/") != here.rstrip("/"):
                    waiting.append(info["name"])
            else:
                yield info


def _s3_pages(system: Any, root: str) -> Iterator[dict[str, Any]]:
    """The objects below a prefix, a thousand at a time: s3fs itself would keep all of a folder in memory."""
    bucket, _, prefix = root.partition("/")
    request = {"Bucket": bucket, "Prefix": f"{prefix}/" if prefix else ""}
    while True:
        page = patiently(lambda: system.call_s3("list_objects_v2", **request))
        for entry in page.get("Contents", ()):
            if not entry["Key"].endswith("/"):
                yield entry | {"name": f"{bucket}/{entry['Key']}", "type": "file"}
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def _version(info: dict[str, Any]) -> str:
    """An entity tag or the like where there is one, else times; and the size."""
    names = ("ETag", "etag", "blob_id", "md5Hash", "mtime", "LastModified", "last_modified", "updated", "created")
    said = next((str(info[name]) for name in names if info.get(name)), "")
    return f"{info.get('size', info.get('Size', ''))}-{said}"


def name_of(where: str) -> str:
    """The last part of a path or an address."""
    return PurePosixPath(where).name
