"""What runs on a cluster: tasks that read photos, and actors that work on them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa

from humanseg.bulk.addresses import read_photo
from humanseg.bulk.items import Note, Outcome, Packed, Task
from humanseg.bulk.job import Job, JobConfig
from humanseg.bulk.names import identity
from humanseg.bulk.sources import unpacked
from humanseg.errors import HumanSegError, ImageError
from humanseg.extras import needed

with needed("bulk", "The engine ray"):
    import ray
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask
    from ray.util import metrics


class Photos(Datasource):
    """What Ray reads: each block is a function that gives rows."""

    def __init__(self, blocks: list[Callable[[], Iterator[dict]]]) -> None:
        super().__init__()
        self._blocks = blocks

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: Any = None
    ) -> list[ReadTask]:
        nothing = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(partial(_as_tables, block), nothing) for block in self._blocks]


_ROWS = pa.schema([("archive", pa.binary()), ("task", pa.large_binary()), ("said", pa.binary())])


def _as_tables(block: Callable[[], Iterator[dict]]) -> Iterator[pa.Table]:
    for row in block():
        yield pa.Table.from_pylist([row], _ROWS)


def _row(archive: bytes, task: Task | None = None, said: Outcome | Note | None = None) -> dict:
    """A photo to be worked on, or what there is to say without that; `archive` stands for the one that it's in."""
    return {
        "archive": archive,
        "task": None if task is None else pickle.dumps(task),
        "said": None if said is None else pickle.dumps(said),
    }


def in_files(tasks: list[Task]) -> Iterator[dict]:
    """Photos in files of their own."""
    for task in tasks:
        try:
            yield _row(b"", replace(task, data=read_photo(task.where)))
        except ImageError as error:
            yield _row(b"", said=Outcome(task.key, task.version, error=str(error)))


def in_archive(packed: Packed, known: Any, answered: frozenset[bytes]) -> Iterator[dict]:
    """Photos in an archive or table that are to be done and weren't answered before; and then how many there were."""
    todo, troubles, photos, skipped = ray.get(known), [], 0, 0
    archive = identity(packed.key)
    try:
        for item in unpacked(packed, troubles):
            task = None if identity(item.key) in answered else todo.task(item)
            photos += task is not None
            skipped += task is None
            if isinstance(task, Task):
                yield _row(archive, task)
            elif task is not None:
                yield _row(archive, said=task)
    except HumanSegError as error:
        troubles.append(str(error))
    note = Note(photos + len(answered), skipped - len(answered), " ".join(troubles))
    yield _row(archive, said=note)


class Actor:
    """The job on a cluster; made once for each actor. Ray shows its figures to Prometheus, as `humanseg_...`."""

    def __init__(self, config: JobConfig, threads: int) -> None:
        self._job = Job(config, threads)
        self._photos = metrics.Counter("humanseg_photos", "photos worked on", ("result",))
        self._doubtful = metrics.Counter("humanseg_doubtful_photos", "photos that are worth a look")
        self._seconds = metrics.Histogram(
            "humanseg_photo_seconds", "from a photo's bytes to its result in the target", [0.1, 0.3, 1, 3, 10, 30, 100]
        )

    def __call__(self, batch: pa.Table) -> pa.Table:
        (row,) = batch.to_pylist()
        if row["task"] is not None:
            outcome = self._job.do(pickle.loads(row["task"]))
            self._count(outcome)
            row["said"] = pickle.dumps(outcome)
        return pa.table({"archive": pa.array([row["archive"]], pa.binary()), "said": [row["said"]]})

    def _count(self, outcome: Outcome) -> None:
        result = "unchanged" if outcome.unchanged else "failed" if outcome.error else "done"
        self._photos.inc(tags={"result": result})
        self._seconds.observe(outcome.seconds)
        if outcome.doubtful:
            self._doubtful.inc()
