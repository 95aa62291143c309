"""What photos are read from: paths, and addresses of whatever fsspec knows, with patience where a network may fail."""

from __future__ import annotations

import errno
import logging
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from humanseg.errors import HumanSegError, ImageError, printable
from humanseg.extras import needed

log = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST_BYTES = 1 << 30  # of a photo's file; 100 megapixels in 16 bits, not compressed, are 0.6e9
PAUSES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # seconds before a request is made again
# Settings of fsspec's file systems, by protocol: no request hangs for long, and `patiently` asks again.
_SETTINGS = {
    "s3": {
        "max_concurrency": 1,  # with more, each photo would cost a request for its size
        "config_kwargs": {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 2}},
    }
}
_ADDRESS = re.compile(r"(?P<protocol>[A-Za-z][A-Za-z0-9+.-]+)://")
# What another try won't mend: by type, by number (as s3fs gives them), and by name for libraries not imported here.
_FOR_GOOD = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ValueError, TypeError)
_FOR_GOOD_NUMBERS = {errno.EINVAL, errno.EPERM, errno.ENOSYS, errno.ENAMETOOLONG, errno.ENOSPC, errno.EROFS}
_FOR_GOOD_NAMES = re.compile(
    "Credentials|Profile|Token|NoRegion|ParamValidation|RepositoryNotFound|EntryNotFound|Gated"
)


def is_address(text: str) -> bool:
    """Whether a source or target is an address such as s3://bucket/photos, rather than a path."""
    return _ADDRESS.match(text) is not None


def file_system(address: str) -> tuple[Any, str]:
    """The file system of fsspec for an address, and the path in it.

    Raises
    ------
    HumanSegError : there is none for that protocol, or what it needs isn't installed
    """
    protocol = _ADDRESS.match(address)["protocol"]
    with needed("bulk", f"{protocol}://"):
        import fsspec
    try:
        return fsspec.core.url_to_fs(address, **_SETTINGS.get(protocol, {}))
    except ImportError as error:
        raise HumanSegError(f"{protocol}:// needs another package ({error}): install it.") from error
    except ValueError as error:
        raise HumanSegError(
            f"{printable(address)} can't be used ({error}): name a folder, s3://, gs:// or hf://."
        ) from error


def patiently(work: Callable[[], Result]) -> Result:
    """Does what goes over a network, again after a pause where it fails in a way that may pass.

    Raises
    ------
    Exception : the last failure, or the first that doesn't pass, such as a missing file
    """
    for pause in PAUSES:
        try:
            return work()
        except Exception as error:
            if is_for_good(error):
                raise
            log.info("tried again in %g s: %s", pause, error)
            # Not all of a thousand readers at once.
            time.sleep(pause * random.uniform(0.75, 1.25))
    return work()


def is_for_good(error: Exception) -> bool:
    """Whether a failure will be the same when it's tried again."""
    return (
        isinstance(error, (*_FOR_GOOD, MemoryError))
        or (isinstance(error, OSError) and error.errno in _FOR_GOOD_NUMBERS)
        or _FOR_GOOD_NAMES.search(type(error).__name__) is not None
    )


def read_photo(where: str) -> bytes:
    """The bytes of a photo's file at a path or an address.

    Raises
    ------
    ImageError : it can't be read, or is larger than photos are
    """
    try:
        if not is_address(where):
            with Path(where).open("rb") as file:
                return limited(file.read(MOST_BYTES + 1), where)
        system, path = file_system(where)
        return limited(patiently(lambda: system.cat_file(path)), where)
    except (HumanSegError, MemoryError):
        raise
    except Exception as error:  # each file system has errors of its own
        raise ImageError(f"{printable(where)} can't be read ({reason(error)}): check it, then run again.") from error


def limited(data: bytes, name: str) -> bytes:
    """The data of a photo, unless there is more of it than a photo has.

    Raises
    ------
    ImageError : there is
    """
    if len(data) > MOST_BYTES:
        raise ImageError(f"{printable(name)} is larger than {MOST_BYTES >> 30} GB: save it as JPEG.")
    return data


def reason(error: Exception) -> str:
    """A few words on an error of the system or of a library."""
    return printable(getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__)
