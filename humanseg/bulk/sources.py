"""A source as photos: folders, patterns, addresses, archives and Parquet files, always listed as they come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from humanseg.bulk import archives, listing, tables
from humanseg.bulk.addresses import is_address
from humanseg.bulk.items import Item, Packed
from humanseg.bulk.targets import SUFFIXES
from humanseg.errors import HumanSegError, printable


class Source:
    """Photos somewhere.

    Parameters
    ----------
    source : a folder, a file or a pattern, as a path or an address. Of folders pictures are taken, archives and Parquet
        files only where they or a pattern for them are named
    target : where results go to; where that is a folder within the source, it's left out
    column : of Parquet files, that holds the pictures

    Attributes
    ----------
    troubles : a sentence for each folder or archive that couldn't be read, or not to its end

    Raises
    ------
    HumanSegError : there is no such thing, or the target is the source or above it
    """

    def __init__(self, source: str, target: str | None = None, column: str | None = None) -> None:
        self._place = listing.locate(source)
        self._column = column
        self._leave_out = None
        self.troubles: list[str] = []
        if target and self._place.kind != "file" and is_address(target) == is_address(self._place.where):
            self._check_apart(target)

    @property
    def address(self) -> str:
        """What says, in full, which source this is."""
        return self._place.where

    def _check_apart(self, target: str) -> None:
        if is_address(target):
            base, target = f"{self._place.base.rstrip('/')}/", f"{target.rstrip('/')}/"
            if base.startswith(target) or target.startswith(base):
                raise HumanSegError(f"The results can't go to {target}, which is above or in the source: name another.")
            return
        base, folder = Path(self._place.base).resolve(), Path(target).resolve()
        if base == folder or folder in base.parents:
            raise HumanSegError(
                f"The results can't go to {printable(target)}, which the photos are in: name another folder."
            )
        self._leave_out = folder if base in folder.parents else None

    def files(self) -> Iterator[listing.Listed]:
        """The files that are meant: pictures, archives and tables."""
        for file in listing.files(self._place, self.troubles, self._leave_out):
            if self._is_meant(file):
                yield file

    def _is_meant(self, file: listing.Listed) -> bool:
        if self._place.kind == "file" or file.key.lower().endswith(tuple(SUFFIXES)):
            return True
        return self._place.kind == "pattern" and is_packed(file.key)

    def items(self) -> Iterator[Item]:
        """The photos, one after the other; those of archives can be loaded until the next one is asked for."""
        for file in self.files():
            if is_packed(file.key):
                yield from unpacked(self._packed(file), self.troubles)
            else:
                yield Item(file.key, file.version, file.where)

    def unopened(self) -> Iterator[Item | Packed]:
        """As `items`, with archives and tables themselves in place of the photos in them."""
        for file in self.files():
            yield self._packed(file) if is_packed(file.key) else Item(file.key, file.version, file.where)

    def _packed(self, file: listing.Listed) -> Packed:
        prefix = "" if self._place.kind == "file" else f"{file.key}/"
        return Packed(file.key, file.version, file.where, prefix, self._column)

    def packed(self) -> str:
        """The name of an archive or table that a folder holds; "" if there is none."""
        return next((file.key for file in listing.files(self._place, []) if is_packed(file.key)), "")

    def count(self) -> int | None:
        """How many photos there are; None where archives would have to be fetched whole to tell."""
        number = 0
        for file in listing.files(self._place, [], self._leave_out):
            if not self._is_meant(file):
                continue
            if not is_packed(file.key):
                number += 1
            elif is_address(file.where) and not file.key.lower().endswith(tables.SUFFIX):
                return None
            else:
                number += sum(1 for _ in unpacked(self._packed(file), []))
        return number


def unpacked(packed: Packed, troubles: list[str]) -> Iterator[Item]:
    """The photos in an archive or table; each can be loaded until the next one is asked for.

    Parameters
    ----------
    troubles : gets a sentence where it can't be read, or not to its end

    Raises
    ------
    HumanSegError : no column of a table holds pictures
    """
    if archives.is_archive(packed.key):
        yield from archives.photos_in(packed.where, packed.prefix, troubles)
    else:
        yield from tables.photos_in(packed.where, packed.prefix, packed.version, packed.column, troubles)


def is_packed(name: str) -> bool:
    """Whether a file holds many photos."""
    return archives.is_archive(name) or name.lower().endswith(tables.SUFFIX)
