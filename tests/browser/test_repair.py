from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, at_rest, done, draw_little, drop, fetch, keep, photo

pytestmark = pytest.mark.browser


SHOWN = "[...document.querySelectorAll('#compare img')].map((image) => image.getAttribute('src')).join()"


def after(page: Page) -> str:
    return page.evaluate(SHOWN)


def changed(page: Page, before: str) -> None:
    page.wait_for_function(f"before => {SHOWN} !== before", arg=before, timeout=PATIENCE)


def alpha(page: Page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(fetch(page, "#download")[1])))[..., 3]


def alpha_once(page: Page, fits: Callable[[np.ndarray], bool]) -> np.ndarray:
    """The alpha in the download, as soon as it fits: a change that is made during another is sent after that one."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not fits(found := alpha(page)):
        assert time.monotonic() < deadline, "the download isn't as it should be"
        at_rest(page)
    return found


def stroke(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def test_a_brush_stroke_and_the_edge_control_are_in_the_download_and_on_the_other_tab(visit, tmp_path):
    page = visit()
    draw_little(page)
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    untouched = alpha(page)
    page.locator("#repair > button, #repair .label-wrap").first.click()
    canvas = page.locator("#repair-canvas canvas").first
    expect(canvas).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    box = canvas.bounding_box()
    left, middle = box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2
    before = after(page)
    # The default brush keeps: a stroke from the top edge of the photo, where nobody was seen.
    # Nothing tells when the editor has its picture; a stroke before that is lost, and one too many changes nothing.
    deadline = time.monotonic() + PATIENCE / 1000
    while after(page) == before and time.monotonic() < deadline:
        stroke(page, (left + 0.15 * box["width"], middle), (left, middle))
        at_rest(page)
    changed(page, before)
    at_rest(page)
    keep(page, "repair")
    painted = alpha_once(page, lambda found: (found > untouched).sum() > 200)  # what had been cut away is kept

    before = after(page)
    page.locator("#grow input[type=number]").fill("-10")
    page.locator("#grow input[type=number]").press("Enter")
    changed(page, before)
    at_rest(page)
    moved = alpha_once(page, lambda found: (found > 0).sum() < (painted > 0).sum())

    page.get_by_role("tab", name="Background").click()
    page.locator("#background-kind").get_by_label("Transparent").check()
    expect(page.locator("#background-result img")).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    repaired = np.asarray(Image.open(io.BytesIO(fetch(page, "#background-download")[1])))[..., 3]
    page.get_by_role("tab", name="Photo").click()
    np.testing.assert_array_equal(repaired, moved)
    np.testing.assert_array_equal(alpha(page), moved)

    before = after(page)
    page.locator("#undo-all").click()
    changed(page, before)
    at_rest(page)
    alpha_once(page, lambda found: np.array_equal(found, untouched))
