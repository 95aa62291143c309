"""The page on a Space: deployed to a Hub on loopback, run as a Space is run, and shown in a frame of another site.

HUMANSEG_LIGHT_PYTHON names the Python of an environment with nothing but requirements.txt in it, which .ci/run makes;
otherwise it's this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image
from playwright.sync_api import FrameLocator, Page, Request, expect

from tests.browser.actions import PATIENCE, keep
from tests.hub.server import HubServer
from tests.hub.space_host import RunningPage, framed, front_matter, preload, proxied, running_space
from tests.ui.serving import in_own_thread

pytestmark = pytest.mark.browser

NAMES = ("humansegnet", "humansegnet-live")


@pytest.fixture(scope="module")
def folder(repository, tmp_path_factory) -> Path:
    """What `humanseg deploy` makes of weights that are on the Hub."""
    folder = tmp_path_factory.mktemp("space")
    server = HubServer()
    try:
        for name in NAMES:
            files = (repository / "checkpoints" / name).glob("*.*")
            server.add(f"somebody/{name}", {path.name: path.read_bytes() for path in files})
        command = [sys.executable, "-m", "humanseg", "deploy", "somebody/cut-out", "--out", str(folder / "app")]
        environment = {**os.environ, "HF_ENDPOINT": server.url, "HF_HOME": str(folder / "home")}
        subprocess.run(command, env=environment, check=True, cwd=repository, timeout=120)
        preload(folder / "app", folder / "hub", server.url)
    finally:
        server.close()
    for path in (folder / "app", *(folder / "app").rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    return folder


@pytest.fixture(scope="module")
def space(folder) -> Iterator[RunningPage]:
    python = os.environ.get("HUMANSEG_LIGHT_PYTHON", sys.executable)
    with running_space(folder / "app", python, folder / "hub") as page:
        yield page


@pytest.fixture
def photo(astronaut, tmp_path) -> Path:
    Image.fromarray(astronaut).save(tmp_path / "somebody.jpg", quality=95)
    return tmp_path / "somebody.jpg"


def is_cut_out(path: str | Path) -> bool:
    """Whether it's the astronaut without her surroundings."""
    alpha = np.asarray(Image.open(path))[..., 3]
    return alpha.shape == (512, 512) and alpha[100:150, 200:250].min() > 250 and alpha[:40, -40:].max() < 5


def test_a_photo_is_cut_out_over_http(space, photo):
    def ask() -> str:
        return Client(space.address, verbose=False).predict(handle_file(photo), api_name="/cut_out")

    assert is_cut_out(in_own_thread(ask))


def test_a_photo_is_cut_out_in_a_frame_of_another_site_which_may_store_nothing(space, photo, browser):
    headers = front_matter(space.folder)["custom_headers"]
    with proxied(space.address, headers) as address, framed(address, headers) as outside:
        page, complaints = browser.new_context().new_page(), []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None)
        greeted = greetings(page)
        page.goto(outside)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)
        wait_for(page, greeted)
        assert page.frames[1].evaluate("crossOriginIsolated"), "WebAssembly would have no threads"
        assert page.frames[1].evaluate("!(localStorage instanceof Storage)"), "this browser lets it store"
        frame.locator("#photos input[type=file]").set_input_files(photo)
        status = frame.locator("#photo-status p.good, #photo-status p.bad")
        expect(status).to_have_class("good", timeout=PATIENCE)
        assert is_cut_out(downloaded(page, frame, "#download"))
        frame.get_by_role("tab", name="Background").click()
        expect(frame.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
        assert Image.open(downloaded(page, frame, "#background-download")).size == (512, 512)
        keep(page, "space")
        page.context.close()
    assert not complaints


def greetings(page: Page) -> list[Request]:
    """The streams of answers that have come to an end; the first is what the server says when the page is loaded.

    A photo chosen while that stream is being closed now and then gets no answer: Gradio's client takes it for open.
    """
    ended: list[Request] = []
    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: ended.append(request) if "/queue/data" in request.url else None)
    return ended


def wait_for(page: Page, list_: list[Request]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not list_:
        assert time.monotonic() < deadline, "the server never greeted the page"
        page.wait_for_timeout(50)


def downloaded(page: Page, frame: FrameLocator, button: str) -> Path:
    with page.expect_download(timeout=PATIENCE) as download:
        frame.locator(button).click()
    return download.value.path()


def is_elsewhere(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:"))


def test_it_runs_as_somebody_who_can_not_change_it_and_has_nothing_to_complain_of(space, folder):
    status = Path(f"/proc/{space.process.pid}/status").read_text().splitlines()
    users = next(line for line in status if line.startswith("Uid")).split()[1:]
    assert "0" not in users or os.geteuid() != 0
    assert space.log().startswith("HumanSegNet is at ") and space.log().count("\n") == 1
    assert not [path for path in (folder / "app").rglob("*") if path.stat().st_mode & 0o222 or path.suffix == ".pyc"]
