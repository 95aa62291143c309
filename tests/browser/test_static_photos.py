"""Photos on the static page, with a stand-in for the engine: how they come, how far they are, and what goes wrong."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import keep
from tests.browser.static_page import BROKEN, DOUBTFUL, NOBODY, choose, done, fetched, give, opened, picture

pytestmark = pytest.mark.browser


@pytest.fixture
def page(static_page: Page) -> Page:
    return static_page


def test_several_photos_are_done_one_after_another_and_the_zip_holds_them_and_a_report(page):
    photos = {"a_png": picture(), "A_JPG": picture(format="jpeg"), "b_png": picture(DOUBTFUL)}
    give(page, **photos, empty_png=picture(NOBODY), bad_png=picture(BROKEN))
    done(page)
    said = "4 of 5 photos done, 1 worth a look, 1 without anybody, 1 failed: the gallery says why."
    expect(page.locator("#status")).to_contain_text(said)
    expect(page.locator("#results .name").nth(2)).to_have_text("Worth a look: b.png")
    name, data = fetched(page, "Download ZIP")
    assert name == "cutouts.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a-cutout.png", "A-cutout (2).png", "b-cutout.png", "report.csv"]
        cut = opened(archive.read("a-cutout.png"))
        rows = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig"))))
    assert cut.shape == (80, 120, 4) and cut[40, 60].tolist() == [200, 40, 40, 255] and cut[0, 0, 3] == 0
    assert [row["person_found"] for row in rows] == ["yes", "yes", "yes", "no", ""]
    assert [row["worth_a_look"] for row in rows] == ["no", "no", "yes", "yes", ""]
    assert rows[4]["name"] == "bad.png" and rows[4]["error"] == "The graphics card is gone."
    assert float(rows[0]["seconds"]) > 0 and rows[0]["confidence"] == "0.900"


def test_how_far_it_is_can_be_seen_and_the_photo_meanwhile(page):
    page.evaluate("document.documentElement.dataset.hold = 'yes'")
    give(page, a_png=picture(), b_png=picture())
    expect(page.locator("#status")).to_have_text("0 of 2 photos done.")
    expect(page.locator("#progress")).to_have_attribute("max", "2")
    expect(page.locator("#results .state").first).to_have_text("50 %")
    expect(page.locator("#waiting-photo")).to_be_visible()
    expect(page.locator("#results .state").last).to_have_text("Waiting")
    page.evaluate("delete document.documentElement.dataset.hold")
    done(page)
    expect(page.locator("#stage")).to_be_visible()


def test_starting_over_gives_up_what_is_under_way(page):
    page.evaluate("document.documentElement.dataset.hold = 'yes'")
    give(page, a_png=picture(), b_png=picture())
    expect(page.locator("#results .state").first).to_have_text("50 %")
    page.get_by_role("button", name="Start over").click()
    page.evaluate("delete document.documentElement.dataset.hold")
    expect(page.locator("#examples")).to_be_visible()
    give(page, c_png=picture())
    done(page)
    expect(page.locator("#results .name")).to_have_text(["c.png"])


def test_nobody_is_said_plainly(page):
    give(page, room_png=picture(NOBODY))
    expect(page.locator("#status.bad")).to_have_text("Nobody was found in room.png.")
    expect(page.locator("#results .state")).to_have_text("Nobody was found here")
    expect(page.locator("#finish")).to_be_hidden()
    expect(page.get_by_role("button", name="Download ZIP")).to_be_disabled()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("IMG_heic", b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(50), "this browser can't read HEIC photos"),
        ("broken_jpg", b"\xff\xd8\xff\xe0" + bytes(100), "this can't be read as a picture"),
        ("bad_png", picture(BROKEN), "The graphics card is gone."),
        ("nothing_png", b"", "this can't be read as a picture"),
    ],
)
def test_a_photo_that_fails_is_one_sentence_and_can_be_tried_again(page, name, data, words):
    give(page, **{name: data})
    expect(page.locator("#status.bad")).to_contain_text(f"{name.replace('_', '.')}: {words}")
    expect(page.locator("#finish")).to_be_hidden()
    expect(page.get_by_role("button", name="Download ZIP")).to_be_disabled()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#status.bad")).to_contain_text(words)


def test_what_is_no_picture_is_left_out_with_a_sentence(page):
    give(page, a_png=picture(), notes_txt=b"hello")
    done(page)
    expect(page.locator("#results li")).to_have_count(1)
    give(page, notes_txt=b"hello")
    expect(page.locator("#status.bad")).to_contain_text("That file is no picture")


def test_an_engine_that_does_not_start_is_a_sentence_before_and_after_a_photo_comes(page, static_address):
    page.goto(f"{static_address}?broken")
    expect(page.locator("#engine.bad")).to_have_text("The weights are damaged.")
    give(page, a_png=picture())
    expect(page.locator("#status.bad")).to_have_text("a.png: The weights are damaged.")


def test_photos_are_dropped_and_pasted_and_examples_are_clicked(page):
    for event, holder in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page.evaluate(
            """([event, holder, bytes]) => {
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(bytes)], event + ".png", {type: "image/png"}));
              const Kind = event === "drop" ? DragEvent : ClipboardEvent;
              document.body.dispatchEvent(new Kind(event, {bubbles: true, cancelable: true, [holder]: data}));
            }""",
            [event, holder, list(picture())],
        )
        expect(page.locator("#results .name").last).to_have_text(f"{event}.png")
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Cut out the example Astronaut").click()
    done(page)
    expect(page.locator("#results .name")).to_have_text("astronaut.jpg")


def test_the_keyboard_moves_the_divider_between_tabs_and_choices(page):
    give(page, a_png=picture())
    done(page)
    divider = page.get_by_role("slider", name="Before and after")
    divider.focus()
    page.keyboard.press("Home")
    assert page.locator("#stage").evaluate("stage => stage.style.getPropertyValue('--at')") == "0%"
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuetext") == "1 % of the photo as it was"
    page.locator("input[name=kind]:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Colour", exact=True).last).to_be_visible()
    page.get_by_role("tab", name="Photo").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel", name="About")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("tabpanel", name="Photo")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_everything_fits_the_screen_and_has_a_name(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    give(page, **{f"a long name of a photo {n}_png": picture() for n in range(5)}, bad_png=picture(BROKEN))
    done(page)
    for kind in ("Transparent", "Colour", "Blur", "Picture"):
        choose(page, kind)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, a")].filter((element) => element.offsetParent
          && !element.ariaLabel && !element.textContent.trim() && !element.labels?.[0]?.textContent.trim())
          .map((element) => element.outerHTML)"""
    )
    assert not nameless
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        keep(page, f"static-{width}-{'dark' if dark else 'light'}")


def test_opened_as_a_file_it_says_what_it_needs(static_tab, static_folder):
    static_tab.goto((static_folder / "index.html").as_uri())
    expect(static_tab.locator("#unstarted")).to_contain_text("a web server that it comes from")
    assert static_tab.locator("#unstarted").evaluate("it => getComputedStyle(it).animationDelay") == "1.5s"
