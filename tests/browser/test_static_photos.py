"""Photos on the static page, with a stand-in for the engine: what visitors do, and what goes wrong."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from humanseg.web import build, folder
from tests.browser.actions import PATIENCE, keep
from tests.browser.static_site import hosted

pytestmark = pytest.mark.browser

# Sizes of photos in which the stand-in finds nobody, on which it fails, and of which it isn't sure.
NOBODY, BROKEN, DOUBTFUL = (99, 60), (77, 60), (88, 60)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    engine = {"js/engine.js": Path(__file__).parent / "fake_engine.js", "engine.json": b"{}"}
    out = tmp_path_factory.mktemp("static") / "site"
    folder.write(build.contents(engine), out)
    return out


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with hosted(site) as host:
        yield host.address


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    # Without a service worker the page is loaded once for each test, not twice; test_static.py has one.
    context = browser.new_context(service_workers="block", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab, address) -> Iterator[Page]:
    """The page as somebody new sees it; what the browser complains of fails the test."""
    wrong: list[str] = []

    def note(error) -> None:
        wrong.append(str(error))

    tab.on("pageerror", note)
    tab.set_viewport_size({"width": 1200, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.goto(address)
    tab.evaluate("localStorage.clear()")
    tab.goto(address)
    yield tab
    tab.remove_listener("pageerror", note)
    assert not wrong


def picture(size: tuple[int, int] = (120, 80), colour: tuple[int, int, int] = (200, 40, 40), format="png") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, format)
    return stream.getvalue()


def give(page: Page, **files: bytes) -> None:
    """Picks files by their names, `a_png` for a.png."""
    named = [{"name": name.replace("_", "."), "mimeType": "", "buffer": data} for name, data in files.items()]
    page.locator("#pick").set_input_files(named)


def done(page: Page) -> None:
    expect(page.locator("#progress")).to_be_hidden()
    expect(page.locator("#finish")).to_be_visible()


def choose(page: Page, name: str) -> None:
    page.locator("#finish .pills").get_by_text(name, exact=True).click()


def fetched(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


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


def test_an_engine_that_does_not_start_is_a_sentence_before_and_after_a_photo_comes(page, address):
    page.goto(f"{address}?broken")
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


def test_choices_last_and_photos_do_not(page, address):
    give(page, a_png=picture())
    done(page)
    choose(page, "Blur")
    page.goto(address)
    expect(page.locator("#batch")).to_be_hidden()
    give(page, a_png=picture())
    done(page)
    expect(page.locator("input[name=kind]:checked")).to_have_value("blur")


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


def test_opened_as_a_file_it_says_what_it_needs(tab, site):
    tab.goto((site / "index.html").as_uri())
    expect(tab.locator("#unstarted")).to_contain_text("a web server that it comes from")
    assert tab.locator("#unstarted").evaluate("it => getComputedStyle(it).animationDelay") == "1.5s"


def test_the_download_is_on_the_same_screen_as_the_picture(page):
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        give(page, a_png=picture((900, 900)))
        done(page)
        expect(page.get_by_role("button", name="Download cut-out")).to_be_in_viewport(ratio=1)
