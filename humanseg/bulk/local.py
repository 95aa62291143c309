"""The engine for one machine: processes that each do the job, and one that hands out photos and takes outcomes.

A photo that a process died of is tried once more, alone, with no other process beside it: it may have been another
photo's fault, or memory may have been short. If that process dies too, the photo is recorded as failed.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any

from humanseg.bulk.items import Outcome, Task
from humanseg.bulk.job import JobConfig
from humanseg.bulk.sizing import Sizer, free_memory
from humanseg.bulk.worker import AHEAD, Worker
from humanseg.engines.base import thread_count
from humanseg.errors import EngineError, printable

SUSPECTS = 16  # photos to be tried alone that are collected before the others have to wait for that
STARTS = 3  # processes in a row that may die before they are ready
LOOK = 0.5  # seconds between looks at processes that say nothing


class LocalEngine:
    """Works on photos in processes of this machine.

    Parameters
    ----------
    processes : how many; by default as a measurement on the first photos says, at most one a core
    threads : of the CPU, for each of them
    photo_seconds : that a photo may take; one that takes longer is treated as one that its process died of

    Raises
    ------
    HumanSegError : from `outcomes`, where no process can do the job, with the sentence that says why
    """

    opens = False

    def __init__(
        self, config: JobConfig, processes: int | None = None, threads: int = 1, photo_seconds: float = 600.0
    ) -> None:
        self._config, self._threads, self._photo_seconds = config, threads, photo_seconds
        self._sizer = Sizer(max(1, thread_count() // threads), processes)
        self._workers: list[Worker] = []
        self._failed_starts = 0

    def outcomes(self, tasks: Iterable[Task], todo: Any = None) -> Iterator[Outcome]:
        """The outcome of each task, once, in the order in which they are done; takes tasks only as it needs them."""
        tasks, more = iter(tasks), True
        for first in tasks:  # where there is nothing to do, no process is started
            tasks = itertools.chain([first], tasks)
            break
        else:
            return
        suspects: deque[Task] = deque()
        try:
            while more or suspects or self._busy():
                if suspects and not self._busy() and (not more or len(suspects) >= SUSPECTS):
                    yield self._alone(suspects.popleft())
                    continue
                if more and len(suspects) < SUSPECTS:
                    self._resize()
                    more = self._hand_out(tasks)
                yield from self._wait(suspects)
        finally:
            for worker in self._workers:
                worker.end()
            self._workers = []

    def _busy(self) -> bool:
        return any(worker.hands for worker in self._workers)

    def _wanted(self) -> int:
        return self._sizer.wanted(free_memory(), sum(worker.ready for worker in self._workers))

    def _resize(self) -> None:
        wanted = self._wanted()
        while len(self._workers) < wanted:
            self._workers.append(Worker(self._config, self._threads))
        for worker in self._workers[wanted:]:
            if worker.ready and not worker.hands:
                self._workers.remove(worker)
                worker.end()

    def _hand_out(self, tasks: Iterator[Task]) -> bool:
        """Gives photos to the processes that can take some; False when there are no more."""
        able = [worker for worker in self._workers[: self._wanted()] if worker.ready]
        for held in range(AHEAD):  # nobody gets a second one while others have none
            for worker in able:
                if len(worker.hands) == held:
                    task = next(tasks, None)
                    if task is None:
                        return False
                    worker.give(task)
        return True

    def _wait(self, suspects: deque[Task]) -> Iterator[Outcome]:
        """What processes say; the photos of those that end become suspects."""
        wait([worker.connection for worker in self._workers], LOOK)
        at_work = sum(bool(worker.hands) for worker in self._workers)
        for worker in list(self._workers):
            worker.check(self._photo_seconds)
            try:
                answers = worker.answers()
            except EOFError:
                suspects.extend(worker.hands)
                self._lose(worker)
                continue
            for task, outcome in answers:
                if outcome.crashed:
                    suspects.append(task)
                    continue
                self._sizer.observe(at_work, outcome.seconds, outcome.width * outcome.height / 1e6, outcome.peak)
                yield outcome

    def _lose(self, worker: Worker) -> str:
        """Takes a process that has ended from the others; says how it ended.

        Raises
        ------
        EngineError : none gets ready any more
        """
        self._workers.remove(worker)
        how = worker.how_it_ended()
        worker.end()
        self._failed_starts = 0 if worker.ready else self._failed_starts + 1
        if self._failed_starts >= STARTS:
            raise EngineError(f"No process can load the network here ({how}): free some memory, then run again.")
        return how

    def _alone(self, task: Task) -> Outcome:
        """Works on a photo while no other process is there."""
        worker = self._only_one()
        worker.give(task)
        while True:
            wait([worker.connection], LOOK)
            worker.check(self._photo_seconds)
            try:
                for _, outcome in worker.answers():
                    return replace(outcome, crashed=False)
            except EOFError:
                how = self._lose(worker)
                error = f"{printable(task.key)} was given up after two tries ({how}): make it smaller."
                return Outcome(task.key, task.version, error=error)

    def _only_one(self) -> Worker:
        for worker in self._workers[1:]:
            worker.end()
        self._workers = self._workers[:1] or [Worker(self._config, self._threads)]
        while not self._workers[0].ready:
            worker = self._workers[0]
            wait([worker.connection], LOOK)
            try:
                worker.answers()
            except EOFError:
                self._lose(worker)
                self._workers = [Worker(self._config, self._threads)]
        return self._workers[0]
