"""All visitors' sessions: found by the load of the page, and after a reload by the tab's ticket."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.ui import text
from humanseg.ui.session import Session

# More page loads than one server sees in an hour; the oldest go first.
LOADS = 10_000


@dataclass
class _Place:
    session: Session
    holder: str
    used: float
    ticket: str = ""


class Sessions:
    """All visitors' sessions.

    A load of the page is known by Gradio's session hash, a browser tab by its secret ticket. Only one load at a
    time has a session: after a reload it is the new one, and if somebody opens a second tab with the same ticket, the
    first one reads a sentence rather than other photos than it shows.

    Parameters
    ----------
    make : gives a new session
    seconds : after which a session without any request is dropped
    clock : in seconds
    """

    def __init__(self, make: Callable[[], Session], seconds: float, clock: Callable[[], float] = time.monotonic):
        self._make, self._seconds, self._clock = make, seconds, clock
        self._lock = threading.Lock()
        self._loads: OrderedDict[str, _Place] = OrderedDict()
        self._tickets: dict[str, _Place] = {}
        self._purged = clock()

    def of(self, load: str | None) -> Session:
        """The session of a load of the page, a new one for one that is new.

        Raises
        ------
        HumanSegError : its session was handed over to another load
        """
        if not load:
            return self._make()
        with self._lock:
            place = self._at(load)
            if place.holder != load:
                raise HumanSegError(text.ELSEWHERE)
            return place.session

    def enter(self, ticket: Any, load: str) -> Session:
        """The session of a tab that has just loaded the page: what it had before, if it comes with its ticket.

        Parameters
        ----------
        ticket : 128 bits in hex; anything else opens nothing
        """
        if not isinstance(ticket, str) or not re.fullmatch("[0-9a-f]{32}", ticket):
            return self.of(load)
        with self._lock:
            mine = self._at(load)
            # The visitor may have given a photo already, before the server knew the ticket.
            place = self._tickets.get(ticket, mine) if mine.session.untouched else mine
            place.holder, place.used, place.ticket = load, self._clock(), ticket
            self._loads[load] = self._tickets[ticket] = place
            return place.session

    def left(self, load: str | None) -> None:
        """The page was closed: its photos stay for a reload, but not in memory."""
        with self._lock:
            place = self._loads.get(load or "")
        if place is not None and place.holder == load:
            place.session.pictures.rest()

    def purge(self) -> None:
        """Drops the sessions without a request for too long."""
        with self._lock:
            self._purge()

    def __len__(self) -> int:
        with self._lock:
            return len({id(place) for place in self._loads.values()})

    def _at(self, load: str) -> _Place:
        now = self._clock()
        if now - self._purged > self._seconds / 12:
            self._purge()
        if load not in self._loads:
            self._loads[load] = _Place(self._make(), load, now)
        self._loads.move_to_end(load)
        if len(self._loads) > LOADS:
            self._drop(next(iter(self._loads)))
        place = self._loads[load]
        if place.holder == load:
            place.used = now
        return place

    def _purge(self) -> None:
        self._purged = self._clock()
        for load in [load for load, place in self._loads.items() if self._purged - place.used > self._seconds]:
            self._drop(load)

    def _drop(self, load: str) -> None:
        place = self._loads.pop(load)
        if place.holder == load and self._tickets.get(place.ticket) is place:
            del self._tickets[place.ticket]
