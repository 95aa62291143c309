"""A cluster that is far away (`ray://`): Ray Data can't be driven through such a connection, so it's driven over there.

An actor on the cluster runs the engine, a round of tasks at a time, and is asked again and again for what has been
done; source, records and report stay with the process that asks.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from humanseg.bulk.items import Note, Outcome, Packed, Task
from humanseg.errors import EngineError, HumanSegError

AT_MOST = 1.0, 1000  # seconds and answers that are collected before they are sent


def is_far() -> bool:
    """Whether this process is connected by ray://."""
    from ray.util.client import ray as client

    return client.is_connected()


class Driver:
    """On the cluster, in place of the process that asked."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._engine = make()
        self._answers: Iterator[Outcome | Note] = iter(())

    def begin(self, tasks: list[Task | Packed], todo: Any) -> None:
        """Takes a round of tasks."""
        self._answers = self._engine.outcomes(tasks, todo)

    def more(self) -> tuple[list[Outcome | Note], bool, str]:
        """What has been done since it was last asked, whether there is more, and why there isn't: "" if all is done."""
        answers: list[Outcome | Note] = []
        until, more = time.monotonic() + AT_MOST[0], True
        try:
            while more and len(answers) < AT_MOST[1] and time.monotonic() < until:
                some = list(itertools.islice(self._answers, 1))
                answers += some
                more = bool(some)
        except HumanSegError as error:
            return answers, False, str(error)
        return answers, more, ""


def outcomes(make: Callable[[], Any], rounds: Iterable[list[Task | Packed]], todo: Any) -> Iterator[Outcome | Note]:
    """As `RayEngine.outcomes`, by an engine that is made on the cluster.

    Raises
    ------
    EngineError : the cluster can't do the job, or isn't there any more
    """
    import ray

    try:
        driver = ray.remote(Driver).options(num_cpus=0).remote(make)
        known = ray.put(todo)
        for tasks in rounds:
            ray.get(driver.begin.remote(tasks, known))
            more = True
            while more:
                answers, more, trouble = ray.get(driver.more.remote())
                yield from answers
                if trouble:
                    raise EngineError(trouble)
    except (ray.exceptions.RayError, ConnectionError) as error:
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise EngineError(f"The cluster doesn't answer any more ({last[0]}): run the same command again.") from error
