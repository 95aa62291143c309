"""Photos in archives: .zip, and .tar such as WebDataset's shards; read here, one after the other."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from humanseg.bulk.addresses import MOST_BYTES, file_system, is_address, limited, reason
from humanseg.bulk.items import Item
from humanseg.bulk.targets import SUFFIXES
from humanseg.errors import ImageError, printable

TAR, ZIP = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"), (".zip",)
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)


def opened(where: str) -> IO[bytes]:
    """A file, by path or address, whose parts can be read in any order."""
    if not is_address(where):
        return Path(where).open("rb")
    system, path = file_system(where)
    return system.open(path, "rb", block_size=8 << 20, cache_type="readahead")


def is_archive(name: str) -> bool:
    return name.lower().endswith(TAR + ZIP)


def photos_in(where: str, prefix: str, troubles: list[str]) -> Iterator[Item]:
    """The photos in an archive, in its own order; each can be loaded until the next one is asked for.

    Parameters
    ----------
    prefix : goes before the names to make keys
    troubles : gets a sentence where the archive is damaged; what comes before the damage is given
    """
    seen: dict[str, int] = {}
    try:
        with opened(where) as file:
            members = _in_zip(file) if where.lower().endswith(ZIP) else _in_tar(file)
            for name, version, load in members:
                if not _is_photo(name):
                    continue
                count = seen[name] = seen.get(name, 0) + 1
                # An archive may hold two files of one name; the null character is in none.
                key = prefix + (name if count == 1 else f"{name}\0{count}")
                yield Item(key, version, load=_explaining(load, key))
    except _DAMAGED as error:
        troubles.append(
            f"The archive {printable(where)} can't be read {'further ' if seen else ''}({reason(error)}): after "
            f"{sum(seen.values())} photos; fetch or pack it again, then run again."
        )


def _is_photo(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _in_zip(file: IO[bytes]) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():

            def load(info: zipfile.ZipInfo = info) -> bytes:
                with archive.open(info) as member:
                    return member.read(MOST_BYTES + 1)

            if not info.is_dir():
                yield info.filename, f"{info.file_size}-{info.CRC:08x}", load


def _in_tar(file: IO[bytes]) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    with tarfile.open(fileobj=file, mode="r:*", encoding="utf-8", errors="surrogateescape") as archive:
        while (info := archive.next()) is not None:

            def load(info: tarfile.TarInfo = info) -> bytes:
                if not info.isreg():
                    raise ImageError(f"{printable(info.name)} is a link within its archive: pack the photo itself.")
                with archive.extractfile(info) as member:
                    return member.read(MOST_BYTES + 1)

            if not info.isdir():
                yield info.name, f"{info.size}-{info.mtime}-{info.chksum}", load
            archive.members.clear()  # or it keeps them all
        # It takes whatever is no header, and a file that just stops, for the end.
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it is damaged or cut short")


def _explaining(load: Callable[[], bytes], key: str) -> Callable[[], bytes]:
    def explained() -> bytes:
        try:
            return limited(load(), key)
        except _DAMAGED as error:
            raise ImageError(
                f"{printable(key)} can't be taken out of its archive ({reason(error)}): pack it again."
            ) from error

    return explained
