"""The page at both widths and in both themes; the screenshots are there to be looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.actions import PATIENCE, at_rest, done, keep

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("dark", [False, True])
def test_every_tab_fits_its_screen_in_both_themes(visit, width, dark):
    page = visit(width=width, height=844 if width == 390 else 900, dark=dark)
    name = f"{width}-{'dark' if dark else 'light'}"
    expect(page.locator("#photo-status .empty")).to_be_visible()
    keep(page, f"{name}-empty")
    page.locator("#examples button").nth(1).click()
    done(page)
    for tab, sign in (
        ("Photo", "#compare img"),
        ("Background", "#place-canvas"),
        ("Webcam", "#live-toggle"),
        ("About", "#about h2"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(sign).first).to_be_visible(timeout=PATIENCE)
        at_rest(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{tab} is wider than the screen"
        keep(page, f"{name}-{tab.lower()}")


def test_the_page_can_be_worked_by_keyboard_and_everything_has_a_name(visit):
    page = visit()
    page.locator("#examples button").first.focus()
    page.keyboard.press("Enter")
    done(page)
    page.get_by_role("tab", name="Background").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input:not([type=hidden]), select, textarea")]
          .filter((e) => e.offsetParent)
          .filter((e) => !(e.innerText?.trim() || e.getAttribute("aria-label") || e.getAttribute("title")
                           || e.querySelector("img[alt]:not([alt=''])")
                           || e.labels?.length || e.getAttribute("aria-labelledby")))
          .map((e) => e.outerHTML.slice(0, 400))"""
    )
    assert nameless == []
    without_alt = page.locator("img:visible:not([alt])").count()
    assert without_alt == 0
    assert page.locator("html").get_attribute("lang")
