import sys

import numpy as np
import pytest

from humanseg import heap


def _resident():
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems' C libraries do it themselves")
def test_freed_memory_goes_back_to_the_system():
    heap.give_back()
    # Blocks too small to be taken from the system each by itself, every other one of which stays.
    blocks = [np.ones(12_000, np.uint8) for _ in range(8000)]
    kept = blocks[::2]
    full = _resident()
    del blocks
    heap.give_back()
    assert kept and full - _resident() > 20e6


def test_nothing_happens_where_the_c_library_has_no_such_thing(monkeypatch):
    monkeypatch.setattr(heap, "_glibc", lambda name: None)
    heap.give_back()
    assert heap.share_one_heap() is None
