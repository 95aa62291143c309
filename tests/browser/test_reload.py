"""What is on the page is there again after a reload of the browser, for this visitor and for nobody else."""

from __future__ import annotations

import json
import re

import gradio as gr
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from humanseg.ui.choices import RESTORE, rule
from tests.browser.actions import PATIENCE, at_rest, done, drop, keep, photo, pixels, redrawn, shown
from tests.browser.painting import open_repair, stroke
from tests.browser.test_repair import OUTSIDE, alpha, edge

pytestmark = pytest.mark.browser


def reload(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)


def test_the_photos_their_cut_outs_and_a_repair_are_there_again(visit, tmp_path):
    page = visit()
    page.set_input_files("#photos input[type=file]", [photo(tmp_path / f"{name}.png") for name in ("one", "two")])
    expect(page.locator("#photo-status")).to_contain_text("2 photos done", timeout=PATIENCE)
    # The second photo may be shown a moment after its "done"; that closes the canvas.
    at_rest(page)
    open_repair(page)
    stroke(page, *OUTSIDE, keep=True)
    edge(page, "grow", -10)
    repaired = alpha(page)

    reload(page)
    expect(page.locator("#results .thumbnail-item")).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#photo-status")).to_contain_text("two.png")
    expect(page.locator("#compare img").first).to_be_visible()
    keep(page, "reloaded")
    assert (alpha(page) == repaired).all()
    open_repair(page)
    page.locator("#mend-undo").click()
    assert alpha(page).sum() > repaired.sum()
    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)


def test_the_choices_are_there_again_even_in_a_new_browser_tab(visit):
    page = visit()
    page.get_by_role("tab", name="Background").click()
    page.locator("#background-kind").get_by_label("Colour").check()
    page.locator("#background-colour button").first.click()
    page.locator("#background-colour input[type=text]").fill("#20a060")
    page.locator("#background-colour input[type=text]").press("Enter")
    page.get_by_role("tab", name="Webcam").click()
    page.locator("#live-kind").get_by_label("Colour").check()
    page.locator("#live-colour").fill("#a02060")
    at_rest(page)

    new = page.context.new_page()
    new.goto(page.url)
    reload(page)
    for tab in (page, new):
        tab.get_by_role("tab", name="Background").click()
        expect(tab.locator("#background-kind").get_by_label("Colour")).to_be_checked(timeout=PATIENCE)
        expect(tab.locator("#background-colour button").first).to_have_css("background-color", "rgb(32, 160, 96)")
        tab.get_by_role("tab", name="Webcam").click()
        expect(tab.locator("#live-kind").get_by_label("Colour")).to_be_checked()
        expect(tab.locator("#live-colour")).to_have_value("#a02060")


def test_a_chosen_place_and_a_picture_of_ones_own_are_behind_the_person_again(visit, tmp_path):
    page = visit()
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    page.get_by_role("tab", name="Background").click()
    result = page.locator("#place-canvas")
    expect(result).to_be_visible(timeout=PATIENCE)
    first = settled(page)
    choose(page, lambda: page.locator("#background-places .thumbnail-item").nth(3).click())
    place = settled(page)
    assert place != first
    reload(page)
    page.get_by_role("tab", name="Background").click()
    expect(result).to_be_visible(timeout=PATIENCE)
    assert settled(page) == place

    Image.new("RGB", (50, 50), (10, 200, 30)).save(tmp_path / "green.png")
    choose(page, lambda: page.set_input_files("#background-own input[type=file]", tmp_path / "green.png"))
    own = settled(page)
    assert own not in (first, place)
    reload(page)
    page.get_by_role("tab", name="Background").click()
    expect(result).to_be_visible(timeout=PATIENCE)
    assert settled(page) == own


def test_the_webcams_place_lasts_too(visit):
    page = visit()
    page.get_by_role("tab", name="Webcam").click()
    page.locator("#live-kind").get_by_label("Picture").check()
    page.locator(".live-place").nth(2).click()
    at_rest(page)
    reload(page)
    page.get_by_role("tab", name="Webcam").click()
    expect(page.locator(".live-place").nth(2)).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)


def test_nobody_elses_photos_come_with_a_reload_or_a_new_tab(visit, tmp_path):
    page, other = visit(), visit()
    drop(page, photo(tmp_path / "secret.png"))
    done(page)
    reload(other)
    # The next one at this computer: same browser, new tab.
    new = page.context.new_page()
    new.goto(page.url)
    for elsewhere in (other, new):
        expect(elsewhere.locator("#photo-status .empty")).to_be_visible(timeout=PATIENCE)
        at_rest(elsewhere)
        expect(elsewhere.locator("#compare img")).to_have_count(0)
        assert "secret.png" not in elsewhere.content()


def test_after_starting_over_nothing_comes_back(visit, tmp_path):
    page = visit()
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    page.locator("#clear").click()
    expect(page.locator("#photo-status .empty")).to_be_visible(timeout=PATIENCE)
    reload(page)
    expect(page.locator("#photo-status .empty")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#results .thumbnail-item")).to_have_count(0)


def test_choices_that_make_no_sense_any_more_are_left_out(visit):
    page = visit()
    page.evaluate("localStorage.setItem('humanseg-choices', 'rubbish')")
    page.evaluate("sessionStorage.setItem('humanseg', '../../etc')")
    reload(page)
    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#background-kind").get_by_label("Picture")).to_be_checked(timeout=PATIENCE)


def test_a_choice_made_before_the_server_has_answered_lasts(visit):
    page, held = visit(), []
    page.route("**/queue/join*", lambda route: hold_greeting(route, held))
    with page.expect_request(greets):
        reload(page)
        page.get_by_role("tab", name="Background").click()
        page.locator("#background-kind").get_by_label("Colour").check()
    with page.expect_response("**/queue/join*"):
        held.pop().continue_()
    at_rest(page)
    expect(page.locator("#background-kind").get_by_label("Colour")).to_be_checked()
    expect(page.locator("#background-colour button").first).to_be_visible()


def test_a_tab_opened_before_the_server_has_answered_shows_the_photo_when_it_has(visit, tmp_path):
    page, held = visit(), []
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    page.route("**/queue/join*", lambda route: hold_greeting(route, held))
    with page.expect_request(greets):
        reload(page)
        page.get_by_role("tab", name="Background").click()
    expect(page.locator("#background-status .empty")).to_be_visible()
    held.pop().continue_()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ({"radio": "b", "slider": 3, "colour": "#20A060"}, ["b", 3, "#20A060"]),
        ({"radio": "B", "slider": 9, "colour": "red"}, ["now", "now", "now"]),
        ({"radio": ["a"], "slider": "3", "colour": "#20a060;x"}, ["now", "now", "now"]),
        ({"radio": None, "slider": None, "colour": ["#20a060"]}, ["now", "now", "now"]),
        ({"slider": True, "colour": 7, "else": "a"}, ["now", "now", "now"]),
        ({"slider": 0.2}, ["now", 0.2, "now"]),
        ({}, ["now", "now", "now"]),
        (None, ["now", "now", "now"]),
        ("rubbish", ["now", "now", "now"]),
        ([1, 2], ["now", "now", "now"]),
    ],
)
def test_only_stored_values_that_a_control_can_have_are_put_back(browser, stored, shown):
    controls = [
        gr.Radio([("A", "a"), ("Bee", "b")], elem_id="radio", render=False),
        gr.Slider(0.2, 6, elem_id="slider", render=False),
        gr.ColorPicker(elem_id="colour", render=False),
    ]
    restore = RESTORE % json.dumps([rule(control) for control in controls])
    with browser.new_page() as empty:
        assert empty.evaluate(f"stored => ({restore})(stored, 'now', 'now', 'now')", stored) == shown


def greets(request: Request) -> bool:
    """Whether it's the page's first question: who this visitor is."""
    return "/queue/join" in request.url and bool(re.search(r'"data":\["[0-9a-f]{32}"', request.post_data or ""))


def hold_greeting(route: Route, held: list[Route]) -> None:
    if greets(route.request):
        held.append(route)
    else:
        route.continue_()


def choose(page: Page, act) -> None:
    before = shown(page)
    act()
    redrawn(page, before)


def settled(page: Page) -> list[int]:
    """The result shown in the end; a page that was reloaded may show its default background first."""
    at_rest(page)
    return pixels(page)
