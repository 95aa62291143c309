from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pages of this test put their folders; the rest of the tests keep theirs."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    return tmp_path


@pytest.fixture(autouse=True)
def heeds_a_closed_terminal() -> Iterator[None]:
    """Behind nohup SIGHUP is ignored, and every process that a test starts would inherit that."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
