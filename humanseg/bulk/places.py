"""Where results are written to: a folder, or whatever fsspec knows by an address; each file whole or not at all."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from humanseg.bulk.addresses import file_system, is_address, patiently, reason
from humanseg.bulk.names import RECORDS
from humanseg.errors import HumanSegError, printable
from humanseg.lock import Lock

log = logging.getLogger(__name__)


class PlaceError(HumanSegError):
    """Nothing can be written to the target, so that going on is of no use."""


def open_place(target: str) -> LocalPlace | RemotePlace:
    """The place that a target names: a folder, which needn't be there yet, or an address.

    Raises
    ------
    HumanSegError : nothing can be written to such an address
    """
    if target.startswith("hf://"):
        raise HumanSegError(  # each file would be a commit
            "The Hub takes no results one by one: name a folder, then upload it with `hf upload-large-folder`."
        )
    return RemotePlace(target) if is_address(target) else LocalPlace(Path(target))


class LocalPlace:
    """A folder. Files get there by a rename, from a folder of unfinished ones that is emptied at the next start.

    Attributes
    ----------
    folds : whether it takes several spellings for one name; known once a file can be written there
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._unfinished = self.folder / RECORDS / ".unfinished"
        self.folds = False

    @property
    def address(self) -> str:
        """What opens the same place in another process."""
        return str(self.folder)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Within it the folder is this run's alone, and what a killed run has left unfinished is gone.

        Raises
        ------
        PlaceError : it can't be written to, or another run writes to it
        """
        try:
            (self.folder / RECORDS).mkdir(parents=True, exist_ok=True)
            lock = self._lock()
            shutil.rmtree(self._unfinished, ignore_errors=True)
        except OSError as error:
            raise _cannot_write(self.folder, error) from error
        try:
            self.attach()
            yield
        finally:
            with contextlib.suppress(OSError):
                self._unfinished.rmdir()
            if lock:
                lock.free()

    def _lock(self) -> Lock | None:
        try:
            return Lock(self.folder / RECORDS / ".lock")
        except BlockingIOError as error:
            raise PlaceError(
                f"Another run writes to {printable(self.folder)}: wait until it's done, or name another target."
            ) from error
        except PermissionError:
            raise
        except OSError as error:
            log.warning("%s can't be locked (%s): start no other run there.", self.folder, error)
            return None

    def attach(self) -> None:
        """Makes ready to write, in whichever process that is.

        Raises
        ------
        PlaceError : nothing can be written there
        """
        probe = self._unfinished / f"Case-{secrets.token_hex(8)}"
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
            probe.touch()
            self.folds = probe.with_name(probe.name.lower()).exists()
            probe.unlink()
        except OSError as error:
            raise _cannot_write(self.folder, error) from error

    def put(self, name: str, data: bytes) -> None:
        """Writes a file, whole or not at all, that not even a power cut leaves half of.

        Parameters
        ----------
        name : below the folder, with / between folders, which are made

        Raises
        ------
        PlaceError : it can't be written
        """
        path = self.folder / name
        temporary = self._unfinished / secrets.token_hex(8)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # the rename may reach the disk before the data does
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise _cannot_write(path, error) from error

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.folder / name).exists()

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def records(self) -> list[str]:
        """The names of the files in the folder of records."""
        folder = self.folder / RECORDS
        return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


class RemotePlace:
    """A prefix in an object store, where a file appears by one request; as `LocalPlace` in all else.

    Nothing there can be locked: no two runs may write to the same prefix at once.
    """

    folds = False

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._system, path = file_system(address)
        self._root = path.rstrip("/")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Makes sure that something can be written there, before any work is done.

        Raises
        ------
        PlaceError : nothing can
        """
        self.put(f"{RECORDS}/.written", b"")
        yield

    def attach(self) -> None:
        """Nothing is needed."""

    def put(self, name: str, data: bytes) -> None:
        try:
            patiently(lambda: self._system.pipe_file(f"{self._root}/{name}", data))
        except Exception as error:  # each file system has errors of its own
            raise _cannot_write(f"{self.address}/{name}", error) from error

    def has(self, name: str) -> bool:
        """True: to ask for each of a million files would cost as many requests, so records are believed."""
        return True

    def get(self, name: str) -> bytes:
        return patiently(lambda: self._system.cat_file(f"{self._root}/{name}"))

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            patiently(lambda: self._system.rm_file(f"{self._root}/{name}"))

    def records(self) -> list[str]:
        self._system.invalidate_cache()
        try:
            listed = patiently(lambda: self._system.ls(f"{self._root}/{RECORDS}", detail=False))
        except FileNotFoundError:
            return []
        return sorted(path.rsplit("/", 1)[-1] for path in listed)


def _cannot_write(where: object, error: Exception) -> PlaceError:
    return PlaceError(
        f"{printable(where)} can't be written ({reason(error)}): see to room and rights there, then run the same "
        "command again; it goes on where it stopped."
    )
