"""A repair stays with its photo, whatever is on screen in between."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, at_rest, photo
from tests.browser.painting import leave_repair, open_repair, stroke
from tests.browser.test_repair import OUTSIDE, alpha, edge

pytestmark = pytest.mark.browser


def pick(page: Page, number: int, name: str) -> None:
    at_rest(page)  # a click on a thumbnail that is being drawn anew is lost
    page.locator("#results .thumbnail-item").nth(number).click()
    expect(page.locator("#photo-status")).to_contain_text(f"{name}.png: ", timeout=PATIENCE)


def test_what_was_repaired_is_still_repaired_when_the_photo_is_chosen_again(visit, tmp_path):
    page = visit()
    page.set_input_files("#photos input[type=file]", [photo(tmp_path / f"{name}.png") for name in ("one", "two")])
    expect(page.locator("#photo-status")).to_contain_text("2 photos done", timeout=PATIENCE)
    pick(page, 0, "one")
    bare = alpha(page)
    open_repair(page)
    edge(page, "grow", -10)
    stroke(page, *OUTSIDE, keep=True)
    repaired = alpha(page)
    assert repaired.sum() < 0.9 * bare.sum() and repaired[120, 20] == 255
    # Another photo is chosen from the open canvas.
    pick(page, 1, "two")
    expect(page.locator("#mend-canvas")).to_be_hidden(timeout=PATIENCE)
    assert alpha(page).sum() > 0.9 * bare.sum()
    open_repair(page)
    expect(page.locator("#grow")).to_have_value("0")
    leave_repair(page)
    pick(page, 0, "one")
    np.testing.assert_array_equal(alpha(page), repaired)
    open_repair(page)
    expect(page.locator("#grow")).to_have_value("-10")
    expect(page.locator("#mend-undo")).to_be_enabled()
