"""Arrays that can be made again from files, kept in memory for as long as there is room for them."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")

# Bytes for one visitor, and for all together. The first is enough for the previews of a photo (12 MB at 1280x960) and,
# up to about 12 megapixels, its cut-out at full size (4 bytes a pixel); the second for the last few active visitors.
EACH = 64_000_000
TOTAL = 256_000_000


class Memory:
    """The most recently used arrays of all visitors, within a bound for each of them and a bound for all.

    Nothing here is the only copy: what was dropped is made again when it is asked for.

    Parameters
    ----------
    each, total : bytes of one owner, and of all of them
    """

    def __init__(self, each: int = EACH, total: int = TOTAL) -> None:
        self.each, self.total = each, total
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[Hashable, Hashable], tuple[Any, int, Any]] = OrderedDict()
        self._held: dict[Hashable, int] = {}
        self._sum = 0
        self._gone: deque[Hashable] = deque()

    def get(self, owner: Hashable, key: Hashable, make: Callable[[], Value], version: Any = None) -> Value:
        """The kept value of this version, or what `make` gives. No other thread waits while it is made."""
        with self._lock:
            self._tidy()
            value, _, of = self._values.get((owner, key), (None, 0, None))
            if value is not None and of == version:
                self._values.move_to_end((owner, key))
                return value
        value = make()
        self.put(owner, key, value, version)
        return value

    def put(self, owner: Hashable, key: Hashable, value: Any, version: Any = None) -> None:
        """Keeps the value in place of the last version, and drops what was used longest ago to make room.

        A value that alone is more than one owner may hold isn't kept.
        """
        size = nbytes(value)
        with self._lock:
            self._tidy()
            self._drop((owner, key))
            if not 0 < size <= min(self.each, self.total):
                return
            self._values[owner, key] = value, size, version
            self._held[owner] = self._held.get(owner, 0) + size
            self._sum += size
            if self._held[owner] > self.each:
                self._make_room([place for place in self._values if place[0] == owner], owner)
            if self._sum > self.total:
                self._make_room(list(self._values))

    def forget(self, owner: Hashable) -> None:
        """Drops everything of an owner; may be called at any time, by Python's garbage collection too.

        Which may come by in the middle of a method of this class: then it's done at the next occasion.
        """
        self._gone.append(owner)
        if self._lock.acquire(blocking=False):
            try:
                self._tidy()
            finally:
                self._lock.release()

    def held(self, owner: Hashable = None) -> int:
        """Bytes held for an owner, or for all."""
        with self._lock:
            self._tidy()
            return self._sum if owner is None else self._held.get(owner, 0)

    def _tidy(self) -> None:
        while self._gone:
            owner = self._gone.popleft()
            for place in [place for place in list(self._values) if place[0] == owner]:
                self._drop(place)

    def _make_room(self, oldest_first: list[tuple[Hashable, Hashable]], owner: Hashable = None) -> None:
        for place in oldest_first:
            if (self._sum <= self.total) if owner is None else (self._held.get(owner, 0) <= self.each):
                return
            self._drop(place)

    def _drop(self, place: tuple[Hashable, Hashable]) -> None:
        value, size, _ = self._values.pop(place, (None, 0, None))
        if value is None:
            return
        self._sum -= size
        left = self._held.pop(place[0]) - size
        if left:
            self._held[place[0]] = left


def nbytes(value: Any) -> int:
    """Bytes of the arrays in a value: of one array, or of a dataclass's fields."""
    if isinstance(value, np.ndarray):
        # A view keeps its whole base array in memory.
        return value.nbytes if value.base is None else max(value.nbytes, getattr(value.base, "nbytes", 0))
    if is_dataclass(value):
        return sum(nbytes(getattr(value, field.name)) for field in fields(value))
    return 0
