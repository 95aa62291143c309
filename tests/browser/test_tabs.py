"""Two tabs of one browser never show or change each other's photos, however the second one was opened."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, done, drop, fetch, photo

pytestmark = pytest.mark.browser

# A page that comes over plain http from another computer has no locks.
WITHOUT_LOCKS = "Object.defineProperty(navigator, 'locks', {value: undefined})"


def ticket(page: Page) -> str:
    page.wait_for_function("/^[0-9a-f]{32}$/.test(sessionStorage.getItem('humanseg') ?? '')")
    return page.evaluate("sessionStorage.getItem('humanseg')")


def duplicated(page: Page) -> Page:
    """A second tab with a copy of the first one's session storage, as "Duplicate tab" makes it."""
    with page.context.expect_page() as opened:
        page.evaluate("window.open(location.href)")
    other = opened.value
    expect(other.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)
    return other


def shows(page: Page, name: str) -> None:
    expect(page.locator("#photo-status")).to_contain_text(name, timeout=PATIENCE)
    expect(page.locator("#compare img").first).to_be_visible(timeout=PATIENCE)


def with_photo(visit, path) -> Page:
    page = visit()
    ticket(page)
    drop(page, photo(path))
    done(page)
    return page


def test_a_duplicated_tab_starts_with_nothing_and_leaves_the_first_one_alone(visit, tmp_path):
    first = with_photo(visit, tmp_path / "one.png")
    mine = ticket(first)
    name, before = fetch(first, "#download")
    second = duplicated(first)
    second.wait_for_function("mine => sessionStorage.getItem('humanseg') !== mine", arg=mine, timeout=PATIENCE)
    expect(second.locator("#photo-status .empty")).to_be_visible()
    expect(second.locator("#results .thumbnail-item")).to_have_count(0)
    drop(second, photo(tmp_path / "two.png", seed=3))
    shows(second, "two.png")
    assert fetch(first, "#download") == (name, before)
    assert fetch(second, "#download")[0] == "two-cutout.png"
    for page, photo_name in ((first, "one.png"), (second, "two.png")):
        page.reload()
        shows(page, photo_name)
        expect(page.locator("#results .thumbnail-item")).to_have_count(1)


def test_reloading_again_and_again_keeps_ticket_and_photos(visit, tmp_path):
    page = with_photo(visit, tmp_path / "me.png")
    mine = ticket(page)
    for _ in range(3):
        page.reload()
        shows(page, "me.png")
        assert ticket(page) == mine


def test_going_somewhere_else_and_back_keeps_the_photos(visit, tmp_path):
    page = with_photo(visit, tmp_path / "me.png")
    mine = ticket(page)
    page.goto("about:blank")
    page.go_back()
    shows(page, "me.png")
    assert ticket(page) == mine


def test_where_the_browser_has_no_locks_the_later_tab_has_the_photos_and_the_earlier_one_says_so(visit, tmp_path):
    page = visit(apart=True)
    page.context.add_init_script(WITHOUT_LOCKS)
    page.reload()
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    other = duplicated(page)
    shows(other, "me.png")
    page.locator("#download").click()
    expect(page.get_by_text(re.compile("open in another tab by now"))).to_be_visible(timeout=PATIENCE)
    name, data = fetch(other, "#download")
    assert name == "me-cutout.png" and np.asarray(Image.open(io.BytesIO(data))).shape == (240, 320, 4)
