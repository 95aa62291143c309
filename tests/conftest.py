"""What all tests share: photos, the research data where it's there, a Chromium where there is one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

# Before anything imports torch, OpenCV, Gradio or matplotlib: they read these once.
_BESIDE = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))  # processes that share the cores, with `pytest -n`
os.environ["OMP_NUM_THREADS"] = str(max(1, min(os.cpu_count() or 1, 4) // _BESIDE))
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Gradio gives equal pictures equal names, so a page of another run would remove this run's files when it ends.
_TEMPORARY = tempfile.TemporaryDirectory(prefix="humanseg-tests-")
os.environ["GRADIO_TEMP_DIR"] = _TEMPORARY.name
# Requests to servers on loopback must not go through a proxy.
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), "127.0.0.1,localhost")))

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from humanseg.web import runtime  # noqa: E402

# No test fetches the browser's runtime: where it isn't there already, the page does without.
os.environ.setdefault(runtime.VARIABLE, str(runtime.find() or runtime.NEVER))

ROOT = Path(__file__).resolve().parent.parent
_SHARED = Path(os.environ.get("HUMANSEG_SHARED") or ROOT.parent / "shared")
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _chromium() -> Path | None:
    asked = os.environ.get("HUMANSEG_CHROMIUM")
    found = asked or next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("data") and not (_SHARED / "data").is_dir():
        pytest.skip(
            f"There is no {_SHARED / 'data'}: put the project's research data there, or name its parent folder "
            "in HUMANSEG_SHARED."
        )
    if item.get_closest_marker("browser"):
        if importlib.util.find_spec("playwright") is None:
            pytest.skip("Playwright isn't installed: pip install -r requirements-dev.txt.")
        if _chromium() is None:
            pytest.skip("There is no Chromium: apt-get install chromium, or name one in HUMANSEG_CHROMIUM.")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of research data sets; only for tests marked `data`, which are skipped where it's missing."""
    return _SHARED / "data"


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A Chromium to drive; only for tests marked `browser`, which are skipped where there is none."""
    found = _chromium()
    assert found is not None, "mark the test with pytest.mark.browser"
    return found


@pytest.fixture(scope="session")
def browser_runtime() -> Path:
    """The folder of the runtime that browsers load; tests that ask for it are skipped where it isn't there."""
    found = runtime.find()
    if found is None:
        pytest.skip("The browser's runtime isn't there: python -m humanseg.web.runtime fetches it.")
    return found


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the clone that the tests run in."""
    return ROOT


@pytest.fixture
def astronaut() -> np.ndarray:
    """A photo of one person: uint8 512x512x3 RGB."""
    from skimage import data

    return data.astronaut()
