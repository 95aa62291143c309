"""A run: what isn't done yet of a source goes to an engine, and what comes back becomes records and a report."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from humanseg.bulk.items import Note, Outcome, Packed, Task
from humanseg.bulk.job import JobConfig
from humanseg.bulk.names import RECORDS, identity
from humanseg.bulk.places import LocalPlace, PlaceError, RemotePlace
from humanseg.bulk.progress import Tally
from humanseg.bulk.records import Index, Records, merge
from humanseg.bulk.report import Sample, write_report
from humanseg.bulk.sources import Source
from humanseg.bulk.todo import Todo
from humanseg.errors import HumanSegError, printable

JOB = f"{RECORDS}/_job.json"  # tools that read the folder as a table pass over what begins with _
PARTS = 100  # of records, that are merged before a run begins
MOST_VERSIONS = 1_000_000  # of photos that are the same in another version, that are remembered until the end


class Engine(Protocol):
    """Works on photos, wherever that is.

    Attributes
    ----------
    opens : whether it opens archives and tables itself
    """

    opens: bool

    def outcomes(self, tasks: Iterable[Task | Packed], todo: Todo) -> Iterator[Outcome | Note]:
        """The outcome of each task, once, and of each photo in what it opens that `todo` says is to be done."""
        ...


class Run:
    """One source, one target, one engine.

    Parameters
    ----------
    listener : is called with the tally, again and again, and with each outcome; None with what is skipped
    same_source : the source is the one that the target was made from, though its address says otherwise

    Attributes
    ----------
    tally : how far it is
    troubles : a sentence for each folder or archive that couldn't be read to its end
    """

    def __init__(
        self,
        source: Source,
        place: LocalPlace | RemotePlace,
        config: JobConfig,
        listener: Callable[[Tally, Outcome | None], None] = lambda tally, outcome: None,
        same_source: bool = False,
    ) -> None:
        self._source, self._place, self._config, self._listener = source, place, config, listener
        self._same_source = same_source
        self._aside: deque[Outcome] = deque()  # what failed before it came to an engine
        self._versions: dict[bytes, str] = {}
        self.tally = Tally()

    @property
    def troubles(self) -> list[str]:
        return self._source.troubles

    def work(self, engine: Engine) -> Tally:
        """Does all that isn't done yet; ended at any moment, another run goes on from there.

        Raises
        ------
        HumanSegError : source or target can't be used, or no process can do the job
        """
        with self._place.held():
            self._check_source()
            merge(self._place, PARTS)
            index = Index(self._place, self._config.made_with)
            todo = Todo(index, self._place, self._config.options.ending[1])
            records, sample = Records(self._place, self._config.made_with), Sample()
            threading.Thread(target=self._count, daemon=True).start()
            try:
                for outcome in self._outcomes(todo, engine):
                    if outcome.stopped:
                        raise PlaceError(outcome.stopped)
                    self._take(outcome, records, sample)
            except BaseException:
                with contextlib.suppress(HumanSegError):
                    records.write()
                raise
            records.write()
            merge(self._place, versions=self._versions)
            write_report(self._place, self.tally, sample, self.troubles)
        return self.tally

    def _check_source(self) -> None:
        """A target holds the results of one source: those of another one might have the same names."""
        address = printable(self._source.address)
        if not self._same_source:
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
                before = json.loads(self._place.get(JOB))["source"]
                if before != address:
                    raise HumanSegError(
                        f"The target holds the results of {before}: name another target, or add --same-source where "
                        "those photos have only moved."
                    )
        self._place.put(JOB, json.dumps({"source": address}, indent=2).encode())

    def _tasks(self, todo: Todo, engine: Engine) -> Iterator[Task | Packed]:
        for item in self._source.unopened() if engine.opens else self._source.items():
            task = item if isinstance(item, Packed) else todo.task(item)
            if isinstance(task, Outcome):
                self._aside.append(task)
            elif task is not None:
                yield task
            else:
                self.tally.skipped += 1
                self._listener(self.tally, None)

    def _outcomes(self, todo: Todo, engine: Engine) -> Iterator[Outcome]:
        for said in engine.outcomes(self._tasks(todo, engine), todo):
            if isinstance(said, Outcome):
                yield said
            else:
                self.tally.skipped += said.skipped
                self.troubles.extend(filter(None, [said.trouble]))
            while self._aside:
                yield self._aside.popleft()
        yield from self._aside

    def _take(self, outcome: Outcome, records: Records, sample: Sample) -> None:
        if not outcome.unchanged:
            records.add(outcome)
            sample.add(outcome)
        elif len(self._versions) < MOST_VERSIONS:
            self._versions[identity(outcome.key)] = outcome.version
        self.tally.add(outcome)
        self._listener(self.tally, outcome)

    def _count(self) -> None:
        """Counts the photos, beside the work, for the time that is left."""
        with contextlib.suppress(Exception):  # what is wrong with the source is said by those who work on it
            self.tally.total = self._source.count()
