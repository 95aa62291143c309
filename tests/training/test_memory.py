import ctypes
import subprocess
import sys

import pytest

from humanseg.training import memory

FRESH_PAGES = """
import resource, sys
import numpy as np
from humanseg.training.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
for _ in range(2):  # the second is what the first left
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(100_000_000, np.uint8)[::4096] = 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs Linux with glibc"
)
def test_memory_that_was_freed_is_taken_again():
    fresh = {
        how: int(subprocess.run([sys.executable, "-c", FRESH_PAGES, how], capture_output=True, check=True).stdout)
        for how in ("kept", "returned")
    }
    assert fresh["kept"] < 10 < fresh["returned"]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_it_does_nothing(monkeypatch, platform):
    monkeypatch.setattr(memory.sys, "platform", platform)
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: pytest.fail("asked for a library"))
    memory.keep_freed_memory()


def test_a_c_library_without_it_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "linux")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.keep_freed_memory()
