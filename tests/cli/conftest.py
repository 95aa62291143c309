"""Commands in this process with weights that are loaded once, and commands in a process of their own."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.segmenter import Segmenter
from tests.ui.fakes import segmenter

ROOT = Path(__file__).resolve().parents[2]

# The command line with a stand-in for the network: where files are written doesn't depend on it.
STANDING_IN = """
import sys
from humanseg.cli import main
from humanseg.segmenter import Segmenter
from tests.ui.fakes import segmenter
Segmenter.from_pretrained = lambda *arguments, **options: segmenter()
sys.exit(main())
"""

AS_IT_IS = "import sys; from humanseg.cli import main; sys.exit(main())"


@pytest.fixture(scope="session")
def _loaded() -> Callable[..., Segmenter]:
    return functools.cache(Segmenter.from_pretrained)


@pytest.fixture(autouse=True)
def loaded_once(_loaded, monkeypatch) -> None:
    """The same weights on the same engine aren't loaded anew for every test."""
    monkeypatch.setattr(Segmenter, "from_pretrained", _loaded)


@pytest.fixture
def standing_in(loaded_once, monkeypatch) -> None:
    """No weights at all: one person, an ellipse, in the middle of every photo."""
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *arguments, **options: segmenter())


@pytest.fixture
def small(tmp_path) -> Callable[..., Path]:
    """Writes a small photo of noise, different for every name, to a path below `tmp_path`."""

    def write(name: str | bytes, **options) -> Path:
        path = tmp_path / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(list(os.fsencode(name))).integers(0, 256, (24, 32, 3), np.uint8)
        kind = {".png": "png", ".webp": "webp"}.get(path.suffix.lower(), "jpeg")
        with path.open("wb") as file:
            Image.fromarray(noise).save(file, kind, **options)
        return path

    return write


@pytest.fixture
def spawn() -> Callable[..., subprocess.Popen]:
    """Starts the command line, with a stand-in for the network, in a process of its own."""
    started: list[subprocess.Popen] = []

    def start(*arguments, code: str = STANDING_IN, environment: dict[str, str] | None = None, **options):
        # Where this process ignores Ctrl-C, as what a script starts in the background does, so would that one.
        options = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)} | options
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        whole = os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {})
        started.append(subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], env=whole, **options))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
