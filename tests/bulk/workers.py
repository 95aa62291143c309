"""Jobs without weights, which other processes can make too, and photos that do something to whoever works on them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from humanseg.bulk.items import Outcome, Task
from humanseg.bulk.job import Job, JobConfig
from humanseg.segmenter import Segmenter
from tests.ui.fakes import EllipseEngine

KILLS, EATS, HANGS = 1, 2, 3


class TouchyEngine(EllipseEngine):
    """Does what a photo's first pixel says: dies of it, runs out of memory, or never ends."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        if tuple(image[0, 0, :2]) == (255, 0):
            if image[0, 0, 2] == KILLS:
                os.kill(os.getpid(), signal.SIGKILL)
            if image[0, 0, 2] == EATS:
                raise MemoryError
            if image[0, 0, 2] == HANGS:
                time.sleep(600)
        return super().__call__(image)


class SlowEngine(EllipseEngine):
    """Takes long enough for a process to be caught at work."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        time.sleep(0.05)
        return super().__call__(image)


class Here:
    """An engine in this very process, that remembers which photos it was given."""

    opens = False

    def __init__(self, config: JobConfig) -> None:
        self._job, self.keys = Job(config), []

    def outcomes(self, tasks: Iterable[Task], todo: Any) -> Iterator[Outcome]:
        for task in tasks:
            self.keys.append(task.key)
            yield self._job.do(task)


def touchy() -> Segmenter:
    return Segmenter(TouchyEngine())


def slow() -> Segmenter:
    return Segmenter(SlowEngine())


def write_photo(path: Path, number: int, does: int = 0) -> Path:
    """A small photo, different for every number, that may do one of the things above."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(number).integers(0, 250, (24, 32, 3), np.uint8)
    if does:
        picture[:] = 255, 0, does  # one colour, so that no size of it looks different
    Image.fromarray(picture).save(path, "png")
    return path


def write_photos(folder: Path, count: int) -> Path:
    for number in range(count):
        write_photo(folder / f"{number:03}.png", number)
    return folder
