"""What a cluster has been given and hasn't answered: photos are answered once, however often they were worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from humanseg.bulk.items import Note, Outcome, Packed, Task
from humanseg.bulk.names import identity
from humanseg.bulk.ray_tasks import in_archive, in_files
from humanseg.bulk.sources import unpacked
from humanseg.bulk.todo import Todo
from humanseg.errors import HumanSegError, printable

FILES, ARCHIVES = 20_000, 64  # of a round: the first process knows so many by name at once

Block = Callable[[], Iterator[dict]]


def next_round(tasks: Iterator[Task | Packed]) -> list[Task | Packed]:
    """The next so many tasks; none when there are no more."""
    taken, archives = [], 0
    for task in tasks:
        taken.append(task)
        archives += isinstance(task, Packed)
        if len(taken) == FILES or archives == ARCHIVES:
            break
    return taken


class Waiting:
    """The tasks of a round.

    Parameters
    ----------
    todo : says which photos of an archive are to be done

    Attributes
    ----------
    tasks : those not answered, by the identity of their keys
    """

    def __init__(self, given: Iterable[Task | Packed], todo: Todo) -> None:
        given = list(given)
        self._todo = todo
        self.tasks = {identity(task.key): task for task in given if isinstance(task, Task)}
        self._archives = {identity(packed.key): packed for packed in given if isinstance(packed, Packed)}
        self._answered: dict[bytes, set[bytes]] = {archive: set() for archive in self._archives}
        self._photos: dict[bytes, int] = {}  # that archives hold, of those that have been read to their end

    def blocks(self, known: Any, size: int) -> list[Block]:
        """What is to be read, for all that hasn't been answered.

        Parameters
        ----------
        known : `todo`, as the cluster has it
        size : photos that are read together, where they are files of their own
        """
        tasks = list(self.tasks.values())
        blocks: list[Block] = [partial(in_files, tasks[at : at + size]) for at in range(0, len(tasks), size)]
        for archive, answered in self._answered.items():
            if self._photos.get(archive) != len(answered):
                blocks.append(partial(in_archive, self._archives[archive], known, frozenset(answered)))
        return blocks

    def answered(self, stream: Iterable[tuple[bytes, Outcome | Note]], last: bool = False) -> Iterator[Outcome | Note]:
        """What is new of a stream of answers, each with the archive that it's about.

        Parameters
        ----------
        last : whether a photo that memory was short for is taken as failed, rather than left for another try
        """
        for archive, said in stream:
            if isinstance(said, Note):
                if archive not in self._photos:
                    yield said
                self._photos[archive] = said.photos
            elif (last or not said.crashed) and self._is_new(archive, identity(said.key)):
                yield said

    def _is_new(self, archive: bytes, photo: bytes) -> bool:
        if not archive:
            return self.tasks.pop(photo, None) is not None
        new = photo not in self._answered[archive]
        self._answered[archive].add(photo)
        return new

    def given_up(self) -> Iterator[Outcome | Note]:
        """An outcome for all that was never answered."""
        for task in self.tasks.values():
            yield _given_up(task)
        for archive, answered in self._answered.items():
            if self._photos.get(archive) == len(answered):
                continue
            packed, troubles = self._archives[archive], []
            try:
                for item in unpacked(packed, troubles):
                    if identity(item.key) not in answered and self._todo.before(item) is not None:
                        yield _given_up(item)
            except HumanSegError as error:
                troubles.append(str(error))
            if archive not in self._photos:
                yield Note(trouble=" ".join(troubles))


def _given_up(task: Any) -> Outcome:
    error = f"{printable(task.key)} was given up: its process ended at each of three tries; make it smaller."
    return Outcome(task.key, task.version, error=error)
