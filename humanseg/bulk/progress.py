"""How far a run is: counts, photos a second, and the time that is left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from humanseg.bulk.items import Outcome

WINDOW = 60.0  # seconds that photos a second are counted over


class Tally:
    """Counts what has become of photos.

    Attributes
    ----------
    total : photos of the source; None until they have been counted
    done, failed : in this run
    skipped : done before, by the same weights and options
    doubtful, nobody : of those done: worth a look (see `Outcome.doubtful`), and those where nobody was found
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._lately: deque[tuple[float, int]] = deque([(self._started, 0)])
        self.total: int | None = None
        self.done = self.failed = self.skipped = self.doubtful = self.nobody = 0

    def add(self, outcome: Outcome) -> None:
        """Takes in an outcome."""
        if outcome.unchanged:
            self.skipped += 1
            return
        if outcome.error:
            self.failed += 1
        else:
            self.done += 1
            self.doubtful += outcome.doubtful
            self.nobody += not outcome.person_found
        now = self._clock()
        self._lately.append((now, self.worked))
        # Two entries a second are enough.
        if len(self._lately) > 2 and now - self._lately[-3][0] < 1:
            del self._lately[-2]
        while len(self._lately) > 2 and now - self._lately[1][0] > WINDOW:
            self._lately.popleft()

    @property
    def worked(self) -> int:
        """Photos that were worked on in this run, whatever became of them."""
        return self.done + self.failed

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._started

    @property
    def rate(self) -> float:
        """Photos a second, over the last minute."""
        then, before = self._lately[0]
        return (self.worked - before) / max(self._clock() - then, 1e-3)

    @property
    def left(self) -> float | None:
        """Seconds until the end, at the present rate; None where that can't be told."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.skipped - self.worked) / self.rate

    def as_json(self) -> dict[str, Any]:
        """For a line of a log: counts, photos a second, seconds."""
        return {
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "doubtful": self.doubtful,
            "nobody": self.nobody,
            "skipped": self.skipped,
            "photos_per_second": round(self.rate, 3),
            "seconds": round(self.seconds, 1),
            "seconds_left": None if self.left is None else round(self.left),
        }

    def line(self) -> str:
        """For a person.

        Examples
        --------
        >>> Tally().line()
        '0 done, 0 failed, 0 doubtful; 0.00 photos/s'
        """
        text = f"{self.done:,}" + (f" of {self.total - self.skipped:,}" if self.total is not None else "")
        text += f" done, {self.failed:,} failed, {self.doubtful:,} doubtful; {self.rate:.2f} photos/s"
        return text + (f"; {duration(self.left)} left" if self.left is not None else "")

    def summary(self) -> str:
        """What it came to, for a person."""
        text = f"{self.done:,} done, {self.failed:,} failed, {self.doubtful:,} doubtful in {duration(self.seconds)}"
        text += f", {self.worked / max(self.seconds, 1e-3):.2f} photos/s"
        return text + (f"; {self.skipped:,} were done before" if self.skipped else "")


def duration(seconds: float) -> str:
    """So many seconds, for a person.

    Examples
    --------
    >>> duration(7325)
    '2 h 2 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"
