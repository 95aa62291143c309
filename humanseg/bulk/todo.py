"""Which photos are still to be done: those without a good result of the same photo, weights and options."""

from __future__ import annotations

from humanseg.bulk.items import Item, Outcome, Task
from humanseg.bulk.names import target_name
from humanseg.bulk.places import LocalPlace, RemotePlace
from humanseg.bulk.records import Index, version_digest
from humanseg.errors import ImageError


class Todo:
    """Decides for one photo after the other; can be sent to another machine.

    Parameters
    ----------
    ending : of the results' files, such as ".png"
    """

    def __init__(self, index: Index, place: LocalPlace | RemotePlace, ending: str) -> None:
        self._index, self._place, self._ending = index, place, ending

    def before(self, item: Item) -> str | None:
        """SHA-256 of the photo that there is a good result of, "" without one; None where that is this very photo."""
        good = self._index.good(item.key)
        if not good or not self._place.has(target_name(item.key, self._ending, folds=self._place.folds)):
            return ""
        version, checksum = good
        return None if version == version_digest(item.version) else checksum

    def task(self, item: Item) -> Task | Outcome | None:
        """What to do with a photo.

        Returns
        -------
        a task, with the photo's file where only this process can read it; its outcome, where it can't be read; None if
        there is nothing to do
        """
        before = self.before(item)
        if before is None:
            return None
        try:
            return Task(item.key, item.version, item.where, item.load() if item.load else None, before)
        except ImageError as error:
            return Outcome(item.key, item.version, error=str(error))
