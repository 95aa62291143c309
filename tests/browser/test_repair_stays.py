"""A repair stays with its photo, whatever is on screen in between."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, at_rest, draw_little, photo
from tests.browser.test_repair import after, alpha, alpha_once, changed

pytestmark = pytest.mark.browser


def pick(page: Page, number: int, name: str) -> None:
    at_rest(page)  # a click on a thumbnail that is being drawn anew is lost
    page.locator("#results .thumbnail-item").nth(number).click()
    expect(page.locator("#photo-status")).to_contain_text(f"{name}.png: ", timeout=PATIENCE)


def test_the_edge_that_was_moved_is_still_moved_when_the_photo_is_chosen_again(visit, tmp_path):
    page = visit()
    draw_little(page)
    page.set_input_files("#photos input[type=file]", [photo(tmp_path / f"{name}.png") for name in ("one", "two")])
    expect(page.locator("#photo-status")).to_contain_text("2 photos done", timeout=PATIENCE)
    pick(page, 0, "one")
    bare = alpha(page)
    page.locator("#repair > button, #repair .label-wrap").first.click()
    grow = page.locator("#grow input[type=number]")
    expect(grow).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    shown = after(page)
    grow.fill("-10")
    grow.press("Enter")
    changed(page, shown)
    repaired = alpha_once(page, lambda found: found.sum() < 0.9 * bare.sum())
    pick(page, 1, "two")
    expect(grow).to_have_value("0")
    assert alpha(page).sum() > 0.9 * bare.sum()
    pick(page, 0, "one")
    expect(grow).to_have_value("-10")
    np.testing.assert_array_equal(alpha(page), repaired)
