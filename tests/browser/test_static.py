"""The static page with its network, on a host that does nothing but hand out files."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from humanseg.web import build, folder
from tests.browser.actions import PATIENCE, keep
from tests.browser.static_site import Host, hosted
from tests.hub.space_host import FRAME

pytestmark = pytest.mark.browser

# What runs frames there, with how many threads, and whether it finds somebody.
FRAME_CUT_OUT = """async () => {
  const {Engine} = await import("./js/engine.js");
  const engine = await Engine.open({base: "./", model: "live"});
  const {personFound} = await engine.frame(await createImageBitmap(document.querySelector("#before")));
  engine.close();
  return [engine.runtime, engine.threads, personFound];
}"""


@pytest.fixture(scope="module")
def site(browser_runtime, tmp_path_factory) -> Path:
    """What `humanseg web` writes."""
    out = tmp_path_factory.mktemp("static") / "site"
    folder.write(build.page(), out)
    return out


@pytest.fixture(scope="module")
def photo(repository) -> Path:
    return repository / "humanseg" / "assets" / "astronaut.jpg"


@pytest.fixture
def host(site) -> Iterator[Host]:
    with hosted(site) as host:
        yield host


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new visitor; anything that the browser complains of, and requests to anybody else, fail the test."""
    context, wrong = browser.new_context(accept_downloads=True), []
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    own = ("http://127.0.0.1", "http://localhost", "blob:", "data:")
    context.on("request", lambda request: None if request.url.startswith(own) else wrong.append(request.url))
    context.on("request", lambda request: wrong.append(request.url) if request.method != "GET" else None)
    yield page
    context.close()
    assert not wrong


def cut_out(page, photo: Path) -> np.ndarray:
    """RGBA of what a visitor downloads."""
    page.locator("#pick").set_input_files(photo)
    expect(page.locator("#finish")).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download cut-out").click()
    assert download.value.suggested_filename == f"{photo.stem}-cutout.png"
    return np.asarray(Image.open(io.BytesIO(Path(download.value.path()).read_bytes())))


def is_cut_out(rgba: np.ndarray) -> bool:
    """Whether it's the astronaut without her surroundings."""
    return rgba.shape == (512, 512, 4) and rgba[100:150, 200:250, 3].min() > 250 and rgba[:40, -40:, 3].max() < 5


def test_a_photo_is_cut_out_with_threads_and_afterwards_without_any_host_at_all(page, host, photo):
    page.goto(host.address)
    expect(page.locator("#engine")).to_contain_text("Runs on", timeout=PATIENCE)
    assert page.evaluate("crossOriginIsolated"), "WebAssembly would have one thread"
    assert is_cut_out(cut_out(page, photo))
    expect(page.locator("#offline")).to_contain_text("without a connection now", timeout=PATIENCE)
    host.close()
    page.reload()
    expect(page.locator("#engine")).to_contain_text("Runs on", timeout=PATIENCE)
    assert is_cut_out(cut_out(page, photo))
    runtime, threads, found = page.evaluate(FRAME_CUT_OUT)  # the first frame of all
    assert runtime == "LiteRT" and (threads > 1 or os.cpu_count() == 1) and found
    keep(page, "static-offline")
    page.get_by_role("tab", name="Webcam").click()
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()


def test_in_a_frame_of_another_site_it_has_one_thread_and_says_so(page, host, photo, tmp_path):
    (tmp_path / "index.html").write_text('<link rel="icon" href="data:," />' + FRAME.format(address=host.address))
    with hosted(tmp_path) as outside:
        page.goto(outside.address.replace("127.0.0.1", "localhost"))  # another port alone would be the same site
        frame = page.frame_locator("iframe")
        expect(frame.locator("#framed")).to_be_visible(timeout=PATIENCE)
        assert not page.frames[1].evaluate("crossOriginIsolated")
        frame.locator("#pick").set_input_files(photo)
        expect(frame.locator("#finish")).to_be_visible(timeout=PATIENCE)
        with page.expect_download() as download:
            frame.get_by_role("button", name="Download cut-out").click()
        assert is_cut_out(np.asarray(Image.open(download.value.path())))
        keep(page, "static-framed")
        assert page.frames[1].evaluate(FRAME_CUT_OUT) == ["LiteRT", 1, True]
