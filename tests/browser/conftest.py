"""A page in a real Chromium: one server and one browser for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="Playwright is missing: pip install -r requirements-dev.txt.")

from playwright.sync_api import Browser, Page, expect, sync_playwright

from humanseg.ui.server.limits import Limits
from tests.browser.actions import CHROMIUM, PATIENCE
from tests.ui.fakes import segmenter
from tests.ui.serving import served


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of the page, with a network that sees an ellipse."""
    with served(segmenter, Limits(photos=5, file_mb=5, megapixels=20)) as address:
        yield address


@pytest.fixture(scope="session")
def playwright_driver():
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver, chromium: Path) -> Iterator[Browser]:
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator:
    """`visit(width=..., dark=...)` opens the page as a new visitor; what the browser complains of fails the test."""
    contexts, complaints = [], []

    def visit(width: int = 1440, height: int = 900, *, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if _elsewhere(request.url) else None)
        page.goto(server)
        expect(page.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not complaints


def _elsewhere(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:"))
