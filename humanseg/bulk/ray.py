"""The engine for a cluster: Ray Data reads photos in tasks and streams them to actors that each do the job.

The reading is our own, as a `Datasource`, in place of Ray's `read_binary_files`, `read_webdataset` and `read_parquet`.
The first asks for the size of each object by a request of its own, or lists its whole folder anew, and loses all files
of a block when one of them can't be read; the second gives up a shard that is damaged anywhere or holds two files of
one name; the third doesn't say which row is which. Here a photo has the same key, and what is wrong with it the same
sentence, on one machine and on many.

Blocks that fail are let go (`max_errored_blocks`): what didn't come back is tried again, each photo by itself.
"""

from __future__ import annotations

import logging
import math
import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from humanseg.bulk import ray_client
from humanseg.bulk.addresses import reason
from humanseg.bulk.items import Note, Outcome, Packed, Task
from humanseg.bulk.job import JobConfig
from humanseg.bulk.ray_tasks import Actor, Photos
from humanseg.bulk.ray_waiting import Waiting, next_round
from humanseg.bulk.todo import Todo
from humanseg.engines.base import thread_count
from humanseg.errors import EngineError, printable
from humanseg.extras import needed

with needed("bulk", "The engine ray"):
    import ray
    import ray.data

log = logging.getLogger(__name__)

BLOCK = 16  # photos of a read task, which aren't in an archive
BLOCK_BYTES = 32 << 20  # that a block of photos has at most: 8 of 12 megapixels
READER = 0.05  # of a core, for a task that waits for a disk or a network
SHARE = 0.95  # of the cores, for actors: what is left is the readers'


class RayEngine:
    """Works on photos in actors of a cluster.

    Parameters
    ----------
    address : of the cluster, "auto" or "ray://host:10001"; by default one is started on this machine
    actors : fewest and most; the most by default as many as there is room for
    threads : of the CPU, for each of them
    gpus : for each of them; a part of one is possible

    Raises
    ------
    EngineError : the cluster can't be reached
    """

    opens = True

    def __init__(
        self,
        config: JobConfig,
        address: str | None = None,
        actors: tuple[int, int | None] = (1, None),
        threads: int = 1,
        gpus: float = 0.0,
    ) -> None:
        self._config, self._actors, self._threads, self._gpus = config, actors, threads, gpus
        if not ray.is_initialized():
            connect(address)

    def outcomes(self, tasks: Iterable[Task | Packed], todo: Todo) -> Iterator[Outcome | Note]:
        """The outcome of each task, and of each photo in an archive that isn't done yet, once.

        Raises
        ------
        EngineError : the actors can't do the job
        """
        tasks = iter(tasks)
        rounds = iter(lambda: next_round(tasks), [])
        if ray_client.is_far():
            make = partial(RayEngine, self._config, None, self._actors, self._threads, self._gpus)
            yield from ray_client.outcomes(make, rounds, todo)
            return
        known = None
        for some in rounds:
            known = known or ray.put(todo)
            yield from self._round(Waiting(some, todo), known)

    def _round(self, waiting: Waiting, known: Any) -> Iterator[Outcome | Note]:
        size = max(1, min(BLOCK, math.ceil(len(waiting.tasks) / 64)))
        yield from waiting.answered(self._streamed(waiting.blocks(known, size)))
        for most in (None, 1):
            blocks = waiting.blocks(known, 1)
            if blocks:
                log.warning("what didn't come back is tried again, each photo by itself")
                yield from waiting.answered(self._streamed(blocks, again=True, most=most), last=most is not None)
        yield from waiting.given_up()

    def _streamed(
        self, blocks: list[Callable[[], Iterator[dict]]], again: bool = False, most: int | None = None
    ) -> Iterator[tuple[bytes, Outcome | Note]]:
        """What comes of reading blocks and working on the photos in them, with the archive that each is of."""
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars, context.max_errored_blocks = False, -1
        context.target_max_block_size = 1 if again else BLOCK_BYTES  # one photo a task, or several
        photos = ray.data.read_datasource(Photos(blocks), num_cpus=READER, override_num_blocks=len(blocks))
        most = min(most or self._actors[1] or self._room(), len(blocks) * (BLOCK if not again else 1))
        done = photos.map_batches(
            Actor,
            fn_constructor_kwargs={"config": self._config, "threads": self._threads},
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(
                min_size=min(self._actors[0], most),
                max_size=most,
                max_tasks_in_flight_per_actor=1 if again else 2,
            ),
            num_cpus=SHARE * self._threads,
            max_task_retries=0 if again else 1,
            **({"num_gpus": self._gpus} if self._gpus else {}),
        )
        try:
            for row in done.iter_rows():
                yield row["archive"], pickle.loads(row["said"])
        except (ray.exceptions.RayError, RuntimeError) as error:
            raise EngineError(f"The cluster gave up ({_cause(error)}): see to that, then run again.") from error

    def _room(self) -> int:
        """How many actors the cluster has room for now."""
        resources = ray.cluster_resources()
        room = resources.get("CPU", 1) / (SHARE * self._threads)
        if self._gpus:
            room = min(room, resources.get("GPU", 0) / self._gpus)
            if room < 1:
                raise EngineError("No machine of the cluster has a GPU: leave --gpus out, or add one.")
        return max(1, int(room))


def connect(address: str | None) -> None:
    """Connects to a cluster, or starts one on this machine.

    Raises
    ------
    EngineError : it can't be reached
    """
    # Ray would print what each process logs, and stack traces of what is tried again; its own log files have all of it.
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    for handler in logging.getLogger("ray.data").handlers:
        # Its own alone: others, such as a test's, may listen there too.
        if isinstance(handler, logging.StreamHandler) and type(handler).__module__.startswith("ray."):
            handler.setLevel(logging.CRITICAL)
    try:
        if address:
            ray.init(address, **quiet)
        else:
            ray.init(num_cpus=thread_count(), include_dashboard=False, **quiet)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise EngineError(
            f"There is no Ray cluster at {printable(address)} ({reason(error)}): start one (`ray start --head`), or "
            "leave --address out."
        ) from error


def _cause(error: BaseException) -> str:
    """The innermost reason, without the stack traces that Ray puts into its messages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return reason(Exception(lines[-1] if lines else type(error).__name__))
