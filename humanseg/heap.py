"""Memory that the C library keeps after it was freed: many frames of a clip, unless it's told."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

_M_ARENA_MAX = -8  # of mallopt(3), <malloc.h>


def share_one_heap() -> None:
    """Lets all threads take memory from one heap: with one for each, what one has freed is of no use to the others.

    For the whole process, and to be called before its threads start. Does nothing where the C library isn't glibc.
    """
    mallopt = _glibc("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Gives freed memory back to the system, which takes some milliseconds; nothing where it isn't glibc's."""
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


@functools.cache
def _glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
