"""The static page with a stand-in for the engine, and what a visitor does on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from humanseg.web import build, folder
from tests.browser.actions import PATIENCE
from tests.browser.static_site import hosted

# Sizes of photos in which the stand-in finds nobody, on which it fails, and of which it isn't sure.
NOBODY, BROKEN, DOUBTFUL = (99, 60), (77, 60), (88, 60)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    engine = {"js/engine.js": Path(__file__).parent / "fake_engine.js", "engine.json": b"{}"}
    out = tmp_path_factory.mktemp("static") / "site"
    folder.write(build.contents(engine), out)
    return out


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with hosted(site) as host:
        yield host.address


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    # Without a service worker the page is loaded once for each test, not twice; test_static.py has one.
    context = browser.new_context(service_workers="block", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab, address) -> Iterator[Page]:
    """The page as somebody new sees it; what the browser complains of fails the test."""
    wrong: list[str] = []

    def note(error) -> None:
        wrong.append(str(error))

    tab.on("pageerror", note)
    tab.set_viewport_size({"width": 1200, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.goto(address)
    tab.evaluate("localStorage.clear()")
    tab.goto(address)
    yield tab
    tab.remove_listener("pageerror", note)
    assert not wrong


def picture(size: tuple[int, int] = (120, 80), colour: tuple[int, int, int] = (200, 40, 40), format="png") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, format)
    return stream.getvalue()


def give(page: Page, **files: bytes) -> None:
    """Picks files by their names, `a_png` for a.png."""
    named = [{"name": name.replace("_", "."), "mimeType": "", "buffer": data} for name, data in files.items()]
    page.locator("#pick").set_input_files(named)


def done(page: Page) -> None:
    expect(page.locator("#progress")).to_be_hidden()
    expect(page.locator("#finish")).to_be_visible()


def choose(page: Page, name: str) -> None:
    page.locator("#finish .pills").get_by_text(name, exact=True).click()


def fetched(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))
