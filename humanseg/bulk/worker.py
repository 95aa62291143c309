"""One process of the local engine: it makes the job once, reads a photo ahead, and answers by outcomes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from humanseg.bulk.items import Outcome, Task
from humanseg.bulk.job import Job, JobConfig
from humanseg.errors import HumanSegError

AHEAD = 2  # photos in a worker's hands: one that it works on and one that it reads meanwhile


class Worker:
    """A process that works on photos, seen from the one that hands them out.

    Attributes
    ----------
    hands : what it has been given and not answered yet, in its order
    ready : whether it has made the job
    since : when it began with the first in its hands, as `time.monotonic` says
    overdue : whether that was too long ago, so that it has been killed
    """

    def __init__(self, config: JobConfig, threads: int) -> None:
        context = multiprocessing.get_context("spawn")  # what threads hold when a process forks stays held for ever
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, config, threads), daemon=True)
        self.process.start()
        theirs.close()
        self.hands: deque[Task] = deque()
        self.ready = self.overdue = False
        self.since = time.monotonic()

    def give(self, task: Task) -> None:
        """Hands it a photo; one that has died meanwhile counts as having it."""
        if not self.hands:
            self.since = time.monotonic()
        self.hands.append(task)
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def answers(self) -> list[tuple[Task, Outcome]]:
        """The photos that it has done since it was last asked.

        Raises
        ------
        HumanSegError : it can't make the job
        EOFError : it has ended, and all that it said before has been taken
        """
        said = []
        try:
            while self.connection.poll():
                answer = self.connection.recv()
                if isinstance(answer, HumanSegError):
                    raise answer
                if isinstance(answer, Outcome):
                    said.append((self.hands.popleft(), answer))
                    self.since = time.monotonic()
                self.ready = True
        except (EOFError, OSError):
            if not said:
                raise EOFError from None
        return said

    def check(self, most: float) -> None:
        """Kills it where the first photo in its hands has taken more than so many seconds."""
        if self.hands and not self.overdue and time.monotonic() - self.since > most:
            self.overdue = True
            self.process.kill()

    def how_it_ended(self) -> str:
        """In a few words, once `answers` has said that it has."""
        self.process.join(5)
        code = self.process.exitcode
        if self.overdue:
            return "it took too long"
        if code is None or code >= 0:
            return f"its process ended with status {code or 0}"
        if code == -signal.SIGKILL:
            return "its process was killed, as happens where memory is short"
        return f"its process was ended by {signal.Signals(-code).name}"

    def end(self) -> None:
        """Ends it, whatever it's doing."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, config: JobConfig, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the first one ends the others
    _be_first_to_go()
    try:
        job = Job(config, threads)
    except HumanSegError as error:
        connection.send(error)
        return
    connection.send(None)
    waiting: queue.Queue = queue.Queue(AHEAD)

    def read_ahead() -> None:
        try:
            while True:
                task = connection.recv()
                waiting.put((task, job.read(task)))
        except (EOFError, OSError):
            os._exit(0)  # nobody is there any more to take the answers

    threading.Thread(target=read_ahead, daemon=True).start()
    while True:
        task, data = waiting.get()
        outcome = job.do(task, data)
        connection.send(replace(outcome, peak=_peak()))


def _be_first_to_go() -> None:
    """Where memory is short, Linux is to end this process rather than the one that knows what is to be done."""
    with contextlib.suppress(OSError):  # no Linux
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _peak() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)
