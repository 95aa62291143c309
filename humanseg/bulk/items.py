"""What is handed to a worker, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from humanseg.confidence import DOUBTFUL


@dataclass(frozen=True)
class Item:
    """A photo as a source lists it.

    Attributes
    ----------
    key : what it's called below the source: a path, a name in an archive, or a row
    version : what changes when the photo does: size and times, ETag, or an archive's own checksum
    where : path or address that a worker reads it from; "" where only `load` can
    load : reads it here, from an archive that is open
    """

    key: str
    version: str
    where: str = ""
    load: Callable[[], bytes] | None = None


@dataclass(frozen=True)
class Packed:
    """A file that holds many photos, for whoever opens it where it's worked on.

    Attributes
    ----------
    key, version, where : as for `Item`
    prefix : goes before the names or numbers in it to make keys
    column : of a Parquet file, that holds the pictures; None to find it
    """

    key: str
    version: str
    where: str
    prefix: str = ""
    column: str | None = None


@dataclass(frozen=True)
class Task:
    """A photo to be worked on, which can go to another process.

    Attributes
    ----------
    key, version, where : as for `Item`
    data : the photo's file, where a worker can't read it itself
    before : SHA-256 of the photo that there is a good result of; "" if there is none
    """

    key: str
    version: str
    where: str = ""
    data: bytes | None = None
    before: str = ""


@dataclass(frozen=True)
class Note:
    """What else there is to say of an archive or table, once it has been read.

    Attributes
    ----------
    photos : in it that are to be done
    skipped : photos in it that are done already
    trouble : what couldn't be read; "" if nothing
    """

    photos: int = 0
    skipped: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a photo; the columns of the records, but for the run's own.

    Attributes
    ----------
    key, version : as for `Item`
    where : as for `Item`
    target : name of the result below the target; "" if it failed
    checksum : SHA-256 of the photo's file, in hexadecimal digits; "" if it couldn't be read
    width, height : of the photo in pixels, 0 if it failed
    person_found, confidence, seconds, error : as for `humanseg.bulk.cut_out.Record`
    unchanged : the photo is the one that there is a result of already, so nothing was done
    crashed : what may be a matter of memory, so that it's worth another try alone
    stopped : nothing can be written to the target, so the run has to end; says why
    peak : memory that the worker has used at most, in bytes
    """

    key: str
    version: str
    where: str = ""
    target: str = ""
    checksum: str = ""
    width: int = 0
    height: int = 0
    person_found: bool = False
    confidence: float = 0.0
    seconds: float = 0.0
    error: str = ""
    unchanged: bool = False
    crashed: bool = False
    stopped: str = ""
    peak: int = 0

    @property
    def doubtful(self) -> bool:
        """Worth a look: nobody was found, or the cut-out is expected to be poor."""
        return not self.error and (not self.person_found or self.confidence < DOUBTFUL)
