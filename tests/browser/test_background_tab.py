from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from humanseg.ui.tabs import choice
from tests.browser.actions import PATIENCE, at_rest, done, drop, fetch, keep, photo, pixels, redrawn, shown
from tests.ui.fakes import EllipseEngine

pytestmark = pytest.mark.browser


def open_with_photo(visit, path) -> Page:
    page = visit()
    drop(page, photo(path))
    done(page)
    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    return page


def choose(page: Page, kind: str) -> None:
    before = shown(page)
    page.locator("#background-kind").get_by_label(kind).check()
    redrawn(page, before)


def test_the_cut_out_of_the_photo_tab_gets_another_background(visit, tmp_path):
    page = open_with_photo(visit, tmp_path / "me.png")
    choose(page, "Colour")
    name, data = fetch(page, "#background-download")
    made = np.asarray(Image.open(io.BytesIO(data)))
    assert name == "me-background.png"
    assert made.shape == (240, 320, 3)
    assert (made[0, 0] == 255).all()
    original = np.asarray(Image.open(tmp_path / "me.png"))
    assert np.abs(made[132, 160].astype(int) - original[132, 160]).max() <= 2
    keep(page, "background-colour")


def test_the_result_has_its_place_before_there_is_one(visit):
    """Otherwise a quick second result could be overtaken by the first: see `background.HIDDEN`."""
    page = visit()
    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#background-status .empty")).to_be_visible(timeout=PATIENCE)
    for element in ("#background-canvas", "#background-format"):
        expect(page.locator(element)).to_be_attached()
        expect(page.locator(element)).not_to_be_visible()


def test_blur_and_transparency_are_there_too(visit, tmp_path):
    page = open_with_photo(visit, tmp_path / "me.png")
    choose(page, "Blur")
    _, data = fetch(page, "#background-download")
    assert np.asarray(Image.open(io.BytesIO(data))).shape == (240, 320, 3)
    choose(page, "Transparent")
    _, data = fetch(page, "#background-download")
    assert np.asarray(Image.open(io.BytesIO(data))).shape == (240, 320, 4)


def test_places_and_a_picture_of_ones_own_go_behind_the_person(visit, tmp_path):
    page = open_with_photo(visit, tmp_path / "me.png")
    before = shown(page)
    page.locator("#background-places .thumbnail-item").nth(2).click()
    redrawn(page, before)
    before = shown(page)
    Image.new("RGB", (50, 50), (10, 200, 30)).save(tmp_path / "green.png")
    page.set_input_files("#background-own input[type=file]", tmp_path / "green.png")
    redrawn(page, before)
    _, data = fetch(page, "#background-download")
    corner = np.asarray(Image.open(io.BytesIO(data)))[0, 0].astype(int)
    assert np.abs(corner - (10, 200, 30)).max() <= 3


def test_a_picture_that_takes_long_does_not_come_over_what_was_chosen_after_it(visit, tmp_path, monkeypatch):
    page = open_with_photo(visit, tmp_path / "me.png")
    asked, release, picture_of = threading.Event(), threading.Event(), choice.picture_of

    def slowly(*arguments):
        asked.set()
        release.wait(PATIENCE / 1000)
        return picture_of(*arguments)

    monkeypatch.setattr(choice, "picture_of", slowly)
    page.locator("#background-places .thumbnail-item").nth(2).click()
    assert asked.wait(PATIENCE / 1000)
    before = shown(page)
    with page.expect_response("**/run/predict*"):  # which controls go with it, asked for at the same time
        page.locator("#background-kind").get_by_label("Colour").check()
    release.set()
    redrawn(page, before)
    at_rest(page)
    assert pixels(page)[:3] == [255, 255, 255]


def test_a_photo_given_here_is_the_current_one_on_the_photo_tab_too(visit, tmp_path):
    page = visit()
    page.get_by_role("tab", name="Background").click()
    page.set_input_files("#background-photo input[type=file]", photo(tmp_path / "other.png"))
    expect(page.locator("#background-status")).to_contain_text("other.png: 320", timeout=PATIENCE)
    page.get_by_role("tab", name="Photo").click()
    expect(page.locator("#compare img").first).to_be_visible(timeout=PATIENCE)


def test_changing_the_background_does_not_ask_the_network_again(visit, tmp_path, monkeypatch):
    page = open_with_photo(visit, tmp_path / "me.png")
    asked = []
    monkeypatch.setattr(EllipseEngine, "__call__", lambda *_: asked.append(True))
    for kind in ("Colour", "Blur", "Picture"):
        choose(page, kind)
    at_rest(page)
    assert not asked
