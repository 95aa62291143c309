"""What a visitor reads in the About tab, and whether what it says of the browser is true."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from humanseg.web import showcase
from tests.browser.actions import PATIENCE, at_rest, done

pytestmark = pytest.mark.browser


def test_pictures_snippets_and_folded_figures_are_there_for_the_keyboard_too(visit, server):
    page = visit(390, 844)
    page.get_by_role("tab", name="About").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#about")).to_contain_text(f'Client("{server}")', timeout=PATIENCE)
    for picture in page.locator("#about img").all():
        picture.scroll_into_view_if_needed()
    at_rest(page)
    widths = page.locator("#about img").evaluate_all("(images) => images.map((image) => image.naturalWidth)")
    assert widths == [384] * len(showcase.files())
    network = page.get_by_role("heading", name="Photos, webcam and clips")
    expect(network).to_be_hidden()
    page.get_by_role("button", name="Figures").focus()
    page.keyboard.press("Enter")
    expect(network).to_be_visible()


def test_the_browser_keeps_choices_and_nothing_of_photos(visit):
    page = visit(apart=True)
    page.locator("#examples button").first.click()
    done(page)
    kept = page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert page.context.cookies() == []
    assert "astronaut" not in kept and "data:image" not in kept and len(kept) < 4000
    assert page.evaluate("async () => (await indexedDB.databases()).length + (await caches.keys()).length") == 0
