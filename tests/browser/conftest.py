"""A page in a real Chromium: one server and one browser for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("playwright", reason="Playwright is missing: pip install -r requirements-dev.txt.")

from playwright.sync_api import Browser, Error, Page, Request, expect, sync_playwright

from humanseg.ui.server.limits import Limits
from humanseg.web import build, folder
from humanseg.web.site import Site
from tests.browser.actions import CAMERA, CHROMIUM, PATIENCE, at_rest, follow
from tests.browser.engine import Cutter
from tests.browser.static_site import hosted
from tests.ui.fakes import segmenter
from tests.ui.serving import served

# A machine that has more to do takes longer than the five seconds that Playwright waits by itself.
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of the page, with a network that sees an ellipse."""
    with served(segmenter, Limits(photos=5, file_mb=5, megapixels=20)) as address:
        yield address


@pytest.fixture(scope="module")
def bare_tab(browser: Browser, server: str) -> Iterator[Page]:
    """A tab at the page's address without the page, for scripts that import its modules."""
    page = browser.new_page()
    page.goto(f"{server}robots.txt")
    yield page
    page.close()


@pytest.fixture(scope="session")
def engine_page(browser_runtime: Path) -> Iterator[str]:
    """Address of a page whose browser engine has the weights that ship; the server's network sees an ellipse."""
    site = Site()
    site.runtime.start().join()
    with served(segmenter, Limits(), site=site) as address:
        yield address


@pytest.fixture(scope="session")
def photo_cutter(browser: Browser, engine_page: str) -> Iterator[Cutter]:
    """The engine with the photos' network; whoever uses it leaves it as it was."""
    with Cutter(browser, engine_page, model="photo") as cutter:
        yield cutter


@pytest.fixture(scope="session")
def live_cutter(browser: Browser, engine_page: str) -> Iterator[Cutter]:
    """The engine with the webcam's network; whoever uses it leaves it as it was."""
    with Cutter(browser, engine_page, model="live") as cutter:
        yield cutter


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory) -> Path:
    """The static page with a stand-in for the engine, as `humanseg web` writes it."""
    engine = {"js/engine.js": Path(__file__).parent / "fake_engine.js", "engine.json": b"{}"}
    out = tmp_path_factory.mktemp("static") / "site"
    folder.write(build.contents(engine), out)
    return out


@pytest.fixture(scope="session")
def static_address(static_folder: Path) -> Iterator[str]:
    with hosted(static_folder) as host:
        yield host.address


@pytest.fixture(scope="session")
def static_tab(browser: Browser) -> Iterator[Page]:
    """A tab for the static page; see `static_page`."""
    # Without a service worker the page is loaded once for each test, not twice; test_static.py has one.
    context = browser.new_context(service_workers="block", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def static_page(static_tab: Page, static_address: str) -> Iterator[Page]:
    """The static page as somebody new sees it; what the browser complains of fails the test."""
    wrong: list[str] = []

    def note(error: Error) -> None:
        wrong.append(str(error))

    static_tab.on("pageerror", note)
    static_tab.set_viewport_size({"width": 1200, "height": 900})
    static_tab.emulate_media(color_scheme="light")
    static_tab.goto(static_address)
    static_tab.evaluate("localStorage.clear()")
    static_tab.goto(static_address)
    yield static_tab
    static_tab.remove_listener("pageerror", note)
    assert not wrong


@pytest.fixture(scope="session")
def playwright_driver():
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver, chromium: Path) -> Iterator[Browser]:
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def before_camera(playwright_driver, chromium: Path, repository: Path, tmp_path_factory) -> Iterator[Browser]:
    """A browser whose camera shows a person who moves to and fro: 640x480, two seconds."""
    photo = cv2.imread(str(repository / "humanseg" / "assets" / "astronaut.jpg"))
    photo = cv2.copyMakeBorder(photo, 0, 0, 160, 160, cv2.BORDER_REPLICATE)
    clip = tmp_path_factory.mktemp("camera") / "person.mjpeg"  # the form that Chromium's fake camera plays
    with clip.open("wb") as file:
        for step in range(40):
            left = 96 + round(60 * np.sin(step / 40 * 2 * np.pi))
            file.write(cv2.imencode(".jpg", photo[20:500, left : left + 640])[1].tobytes())
    arguments = [*CHROMIUM, *CAMERA, f"--use-file-for-fake-video-capture={clip}"]
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> list[Page]:
    """Browser tabs that nobody is using; see `visit`."""
    return []


@pytest.fixture
def visit(browser: Browser, server: str, tabs: list[Page]) -> Iterator:
    """`visit(width=..., dark=...)` opens the page as a new visitor; what the browser complains of fails the test.

    Opening a browser window takes longer than loading the page, so a tab that another test is done with is taken where
    there is one, and emptied of what it has stored: to the page that's somebody new. Two visitors of one test have
    nothing in common, not even what's stored. `apart=True` takes a new tab and closes it afterwards, for tests that do
    to it what can't be undone, such as adding scripts to every page.
    """
    taken, own, complaints = [], [], []

    def complain(error: Error) -> None:
        complaints.append(str(error))

    def look(request: Request) -> None:
        if _elsewhere(request.url):
            complaints.append(request.url)

    def visit(width: int = 1440, height: int = 900, *, dark: bool = False, apart: bool = False) -> Page:
        page = tabs.pop() if tabs and not apart else _new_tab(browser)
        (own if apart else taken).append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.on("pageerror", complain)
        page.on("request", look)
        page.goto(f"{server}robots.txt")
        page.evaluate("() => [localStorage, sessionStorage].forEach((storage) => storage.clear())")
        page.goto(server)
        expect(page.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)
        at_rest(page)
        return page

    yield visit
    for page in own:
        page.context.close()
    for page in taken:
        page.remove_listener("pageerror", complain)
        page.remove_listener("request", look)
        _leave(page)
        tabs.append(page)
    assert not complaints


def _new_tab(browser: Browser) -> Page:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.on("page", follow)
    return context.new_page()


def _leave(page: Page) -> None:
    """What a test has opened, held back or slowed down is over."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.unroute_all(behavior="ignoreErrors")
    page.goto("about:blank")
    page.context.clear_cookies()


def _elsewhere(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:"))
