"""What visitors take home from the static page: on which background, as which file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.static_page import choose, done, fetched, give, opened, picture

pytestmark = pytest.mark.browser


@pytest.fixture
def page(static_page: Page) -> Page:
    return static_page


def test_each_background_is_in_the_file_that_is_downloaded(page):
    give(page, a_png=picture((200, 100)))
    done(page)
    choose(page, "Colour")
    page.get_by_label("Colour", exact=True).last.fill("#2040ff")
    choose(page, "JPEG")
    name, data = fetched(page, "Download picture")
    made = opened(data).astype(int)
    assert name == "a-background.jpg" and made.shape == (100, 200, 3)
    assert np.abs(made[5, 5] - [32, 64, 255]).max() < 8 and np.abs(made[50, 100] - [200, 40, 40]).max() < 8
    choose(page, "WebP")
    choose(page, "Blur")
    name, data = fetched(page, "Download picture")
    assert name == "a-background.webp" and np.abs(opened(data)[..., :3].astype(int) - [200, 40, 40]).max() < 12
    choose(page, "PNG")
    choose(page, "Picture")
    page.get_by_label("Tea gardens").check(force=True)
    name, data = fetched(page, "Download picture")
    made = opened(data)
    assert name == "a-background.png" and made[..., 3].min() == 255
    assert made[90, 10, 1] > made[90, 10, 2] and made[50, 100, 0] == 200
    page.locator("[name=own]").set_input_files(
        {"name": "o.png", "mimeType": "image/png", "buffer": picture(colour=(0, 0, 250))}
    )
    assert opened(fetched(page, "Download picture")[1])[2, 2].tolist() == [0, 0, 250, 255]
    choose(page, "Transparent")
    expect(page.locator("input[value=jpeg]")).to_be_disabled()
    assert opened(fetched(page, "Download cut-out")[1])[0, 0, 3] == 0


def test_the_blur_of_the_background_does_not_smear_the_person_into_it(page):
    photo = np.full((200, 300, 3), (20, 160, 60), np.uint8)
    y, x = np.mgrid[:200, :300]
    photo[((x - 150) / 75) ** 2 + ((y - 100) / 50) ** 2 <= 1] = (230, 20, 20)
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "png")
    give(page, a_png=stream.getvalue())
    done(page)
    choose(page, "Blur")
    made = opened(fetched(page, "Download picture")[1]).astype(int)
    outside = ((x - 150) / 85) ** 2 + ((y - 100) / 60) ** 2 > 1
    assert np.abs(made[outside][:, :3] - [20, 160, 60]).max() < 12


def test_an_own_picture_that_cannot_be_read_is_a_sentence(page):
    give(page, a_png=picture())
    done(page)
    choose(page, "Picture")
    page.locator("[name=own]").set_input_files({"name": "o.png", "mimeType": "image/png", "buffer": b"no"})
    expect(page.locator("#status.bad")).to_contain_text("Your own picture can't be read")
    page.get_by_label("Tea gardens").check(force=True)
    assert opened(fetched(page, "Download picture")[1]).shape[:2] == (80, 120)


def test_the_picture_is_copied(page):
    give(page, a_png=picture())
    done(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#status")).to_contain_text("Copied")
    types = page.evaluate("navigator.clipboard.read().then(([item]) => item.types)")
    assert types == ["image/png"]


def test_choices_last_and_photos_do_not(page, static_address):
    give(page, a_png=picture())
    done(page)
    choose(page, "Blur")
    page.goto(static_address)
    expect(page.locator("#batch")).to_be_hidden()
    give(page, a_png=picture())
    done(page)
    expect(page.locator("input[name=kind]:checked")).to_have_value("blur")


def test_the_download_is_on_the_same_screen_as_the_picture(page):
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        give(page, a_png=picture((900, 900)))
        done(page)
        expect(page.get_by_role("button", name="Download cut-out")).to_be_in_viewport(ratio=1)
