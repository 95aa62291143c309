"""What all engines have in common: what they take and give, and how many threads they use."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from humanseg.errors import EngineError
from humanseg.model.config import ModelConfig

THREADS_VARIABLE = "HUMANSEG_THREADS"
MOST_THREADS = 1024  # more than any processor has; further ones would only take memory
# Of a container: microseconds of processor time, or "max", in each of so many microseconds (cgroup v2).
QUOTA = Path("/sys/fs/cgroup/cpu.max")


class Engine(Protocol):
    """What the segmenter needs of a runtime. Calls may come from several threads at once.

    Attributes
    ----------
    name : of the runtime, its device and its precision, for people
    config : of the weights
    """

    name: str
    config: ModelConfig

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """uint8 HxWx3 RGB, sides multiples of `config.stride` -> alpha, float32 HxW in [0, 1].

        Raises
        ------
        ValueError : the image isn't of that form
        """
        ...


def check_image(image: np.ndarray, stride: int) -> None:
    """Raises ValueError where an image isn't what an engine takes."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"an engine takes uint8 HxWx3, not {image.dtype} {image.shape}")
    if image.shape[0] % stride or image.shape[1] % stride or not image.size:
        raise ValueError(f"both sides must be multiples of {stride}, not {image.shape[:2]}")


def thread_count(asked: int | None = None) -> int:
    """How many threads to use: as many as asked for, else HUMANSEG_THREADS, else the cores that this process may use.

    Raises
    ------
    EngineError : that isn't a whole number from 1 on
    """
    if asked is not None:
        if not 1 <= asked <= MOST_THREADS:
            raise EngineError(f"There can't be {asked} threads: give a whole number from 1 to {MOST_THREADS}.")
        return asked
    text = os.environ.get(THREADS_VARIABLE)
    if not text:
        return _cores()
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= MOST_THREADS:
        raise EngineError(f"{THREADS_VARIABLE} is {text!r}: set it to a whole number from 1 to {MOST_THREADS}.")
    return int(text)


def _cores() -> int:
    """How many cores this process may use, which in a container can be fewer than it sees."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        time, period = QUOTA.read_text(encoding="ascii").split()
        return max(1, min(seen, math.ceil(int(time) / int(period))))
    except (OSError, ValueError):  # no quota, or no Linux
        return seen


def limit_threads(threads: int) -> None:
    """One setting for everything that has a pool of its own, so that their pools don't compete for the cores."""
    cv2.setNumThreads(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(threads))
