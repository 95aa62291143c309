"""Who stays: on the photo and by buttons, one of several people is dropped and brought back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from humanseg.ui.server.limits import Limits
from tests.browser.actions import done, keep
from tests.browser.painting import downloaded, on_page, open_repair, settled
from tests.ui.fakes import pair_of, two_people
from tests.ui.serving import served

pytestmark = pytest.mark.browser

LEFT, RIGHT = (0.25, 0.6), (0.7, 0.6)


@pytest.fixture
def server() -> Iterator[str]:
    with served(two_people, Limits()) as address:
        yield address


def test_each_of_several_people_is_dropped_and_brought_back(visit, tmp_path):
    page = visit()
    page.set_input_files("#photos input[type=file]", pair_of(tmp_path / "two.png").source)
    done(page)
    open_repair(page)

    def there() -> list[bool]:
        settled(page)
        alpha = downloaded(page)[..., 3]
        return [bool(alpha[round(y * 240), round(x * 320)] == 255) for x, y in (LEFT, RIGHT)]

    page.locator("#mend-people").click()
    page.mouse.move(*on_page(page, RIGHT))
    keep(page, "people")
    page.mouse.click(*on_page(page, RIGHT))
    assert there() == [True, False]
    page.mouse.click(*on_page(page, RIGHT))
    assert there() == [True, True]
    page.mouse.click(*on_page(page, (0.5, 0.05)))  # on nobody
    # By keyboard: the buttons are in the order of the people from left to right.
    first = page.locator(".mend-people button").first
    first.press("Enter")
    settled(page)
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(first).to_be_focused()
    assert there() == [False, True]
    page.locator("#mend-undo").click()
    assert there() == [True, True]
    expect(first).to_have_attribute("aria-pressed", "true")
