"""Memory between two steps of training."""

from __future__ import annotations

import ctypes
import sys

# Of mallopt(3), <malloc.h>.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def keep_freed_memory() -> None:
    """Lets glibc keep what one step of training frees for the next; elsewhere it does nothing. For the whole process.

    By default glibc returns every feature map of more than 32 MB to the system, which clears its pages when the next
    step allocates it again.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl
        return
    largest = 2**31 - 1
    mallopt(M_MMAP_THRESHOLD, largest)
    mallopt(M_TRIM_THRESHOLD, largest)
    mallopt(M_TOP_PAD, 256 << 20)
