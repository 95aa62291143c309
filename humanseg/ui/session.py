"""One visitor's photos and everything that happens to them, without Gradio."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from humanseg.cutout import CutOut
from humanseg.errors import HumanSegError
from humanseg.ui import history, text
from humanseg.ui.history import Act
from humanseg.ui.item import Item, View
from humanseg.ui.pictures import Pictures
from humanseg.ui.placed import Placed
from humanseg.ui.reel import Reel
from humanseg.ui.upload import Upload

# Starts at the time in milliseconds: otherwise a page that outlives a restart would take all answers for old ones.
_numbers = itertools.count(int(time.time() * 1000))


class Session:
    """The photos of one visitor. Any number of threads may call it.

    Photos are records that never change (`Item`), and the session holds their list and which one is on screen. Both
    change together, under one lock, which is never held while a picture is made: pictures are made before or
    afterwards, from a record, and `is_current` then tells whether they are still wanted.

    Nothing but small records is held here: pictures lie in files, which `pictures` reads and writes.

    Parameters
    ----------
    pictures : of this visitor alone
    limit : photos that are held; the oldest goes when there are more

    Attributes
    ----------
    own : the picture of their own that stands behind the person, None for none
    only_doubtful : whether only what is worth a look is wanted in the list
    reel : their clip, and what is made of it
    """

    def __init__(self, pictures: Pictures, limit: int) -> None:
        self.pictures, self.limit = pictures, limit
        self.own: Upload | None = None
        self.only_doubtful = False
        self.reel = Reel()
        self._lock = threading.Lock()
        self._items: tuple[Item, ...] = ()
        self._current = self._held = ""
        self._number = next(_numbers)
        self._visit = 0
        self._at_work = 0

    # What there is

    @property
    def items(self) -> tuple[Item, ...]:
        """The photos of this session, oldest first."""
        return self._items

    @property
    def listed(self) -> tuple[Item, ...]:
        """The photos as the list shows them: all, or those worth a look, the most doubtful first.

        Where only these are wanted, photos without anybody and those that failed come after them. Where none of several
        is doubtful, all are listed.
        """
        items = self._items
        if not self.only_doubtful or len(items) < 2 or not any(item.doubtful for item in items):
            return items
        doubtful = sorted((item for item in items if item.doubtful), key=lambda item: item.confidence)
        return (*doubtful, *(item for item in items if item.empty), *(item for item in items if item.error))

    @property
    def view(self) -> View:
        """What belongs on screen."""
        with self._lock:
            return self._view()

    def is_current(self, view: View) -> bool:
        """Whether this view still belongs on screen."""
        return self._number == view.number

    @property
    def untouched(self) -> bool:
        """Whether the session has no photo and no clip, and no batch is in progress."""
        return not (self._items or self._at_work or self.reel.upload)

    def item(self, id: str) -> Item:
        """The photo of an id.

        Raises
        ------
        HumanSegError : it names none, or one that isn't here any more
        """
        if not id:
            raise HumanSegError(text.NO_PHOTO)
        found = self._find(id)
        if found is None:
            raise HumanSegError(text.GONE.format(name=text.THIS_PHOTO))
        return found

    def has(self, examples: Sequence[Path]) -> dict[str, list]:
        """The photos of this session as a page knows them: the paths of uploads, the numbers of examples."""
        paths = [str(item.upload.source) for item in self._items]
        numbers = {str(path): number for number, path in enumerate(examples)}
        return {
            "sources": [path for path in paths if path not in numbers],
            "examples": [numbers[path] for path in paths if path in numbers],
        }

    # What changes it

    def begin(self) -> int:
        """Begins a batch; gives the number to pass to `finish` with its photos. Call `end` when it's over."""
        with self._lock:
            self._at_work += 1
            return self._visit

    def end(self) -> None:
        """Ends a batch."""
        with self._lock:
            self._at_work -= 1

    def wants(self, visit: int) -> bool:
        """Whether the photos of a batch are still wanted: the visitor hasn't started over since it began."""
        return visit == self._visit

    def finish(self, item: Item, cut: CutOut | None = None, visit: int | None = None) -> View | None:
        """Adds a photo that is done (or has failed); the oldest goes when there are too many.

        A photo that is done is the one on screen from now on, unless that one is being repaired; one that has failed
        leaves on screen what is there.

        Parameters
        ----------
        cut : its cut-out, if at hand; otherwise it's read from the result when it's needed
        visit : of `begin`; None for a photo that belongs to no batch

        Returns
        -------
        What is to be on screen; None if the visitor has started over since, and the photo isn't wanted any more
        """
        if cut is not None:
            self.pictures.remember(item, cut)
        with self._lock:
            if visit is not None and visit != self._visit:
                return None
            self._items = (*self._items, item)[-self.limit :]
            repairing = self._held and self._held == self._current
            if self._find(self._current) is None or not (item.error or repairing):
                self._show(item.id)
            return self._view()

    def failed(self, id: str, since: View) -> View:
        """All of a batch has failed: its last photo is on screen, so that nothing is done to an older one by mistake.

        Unless something else was put on screen since then, or the photo on screen is being repaired.

        Parameters
        ----------
        id : of that last photo
        since : what was on screen when the batch began
        """
        with self._lock:
            repairing = self._held and self._held == self._current
            if self._number == since.number and not repairing and self._find(id) is not None:
                self._show(id)
            return self._view()

    def select(self, id: str, *, to_repair: bool = False) -> View:
        """Puts another photo on screen, one that failed too.

        Parameters
        ----------
        to_repair : it stays there while it's being repaired: the photos of a batch join the list alone

        Raises
        ------
        HumanSegError : there is none of that id
        """
        with self._lock:
            self.item(id)
            self._held = id if to_repair else ""
            self._show(id)
            return self._view()

    def repaired(self) -> View:
        """Ends the repair of the photo on screen."""
        with self._lock:
            self._held = ""
            return self._view()

    def touch(self) -> View:
        """Has the same photo drawn anew, and makes pictures of it that are under way out of date."""
        with self._lock:
            self._show(self._current)
            return self._view()

    def act(self, id: str, acts: Sequence[Act]) -> tuple[Item, Item]:
        """Does to a photo what was done by hand on the page, one after the other: the photo before, and now.

        Raises
        ------
        HumanSegError : there is no such photo, it failed, or has too many strokes
        """
        with self._lock:
            before = now = self.item(id)
            if before.error:
                raise HumanSegError(before.error)
            for act in acts:
                now = history.done(now, act)
            self._items = tuple(now if held.id == id else held for held in self._items)
            if id == self._current and now.repair != before.repair:
                self._show(id)
            return before, now

    def place(self, id: str, size: str, placed: Placed) -> Item:
        """Remembers where a photo's people were put by hand in a picture of a size; gives the photo.

        Raises
        ------
        HumanSegError : there is no such photo
        """
        with self._lock:
            now = self.item(id)
            if now.placed.get(size, Placed()) != placed:
                now = replace(now, placed={**now.placed, size: placed})
                self._items = tuple(now if held.id == id else held for held in self._items)
            return now

    def forget(self) -> View:
        """Forgets all photos and repairs; batches in progress add nothing any more."""
        with self._lock:
            self._items, self.own, self._held, self.only_doubtful = (), None, "", False
            self._visit += 1
            self._show("")
            view = self._view()
        self.pictures.forget()
        return view

    def drop_lost(self) -> None:
        """Forgets the photos whose files have been removed meanwhile, and the current one with them."""
        lost = {item.id for item in self._items if item.lost}
        if not lost:
            return
        with self._lock:
            self._items = tuple(item for item in self._items if item.id not in lost)
            if self._current in lost:
                self._show("")

    # Under the lock

    def _view(self) -> View:
        return View(self._find(self._current), self._number)

    def _find(self, id: str) -> Item | None:
        return next((item for item in self._items if item.id == id), None)

    def _show(self, id: str) -> None:
        self._current, self._number = id, next(_numbers)
