"""The states of the page that are worth looking at, and the ways that lead to them.

A way is a generator: whenever the page stands in a state, it yields that state's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.stage import AT_REST, PATIENCE, Stage, hosted, moving_clip
from humanseg.ui.context import EXAMPLES
from humanseg.web import build, folder
from humanseg.web.site import places

Way = Callable[[Stage, Page], Iterator[str]]

SIGNING, STANDING, ASTRONAUT = (EXAMPLES / f"{name}.jpg" for name in ("signing", "standing", "astronaut"))
DOUBTFUL = build.PAGE / "showcase" / "chair.jpg"
NOBODY = places()[1]
RESULT = "#photo-status p.good, #photo-status p.bad"


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def give(page: Page, *files: Path) -> None:
    page.locator("#photos input[type=file]").set_input_files(files)


def done(page: Page) -> None:
    expect(page.locator(RESULT)).to_be_visible(timeout=PATIENCE)


def photo(stage: Stage, page: Page) -> Iterator[str]:
    """One photo, from nothing to its repair."""
    expect(page.locator("#photo-status .empty")).to_be_visible(timeout=PATIENCE)
    yield "empty"
    stage.gate.hold()
    give(page, STANDING)
    expect(page.locator("#photo-status progress")).to_be_visible(timeout=PATIENCE)
    yield "working"
    stage.gate.open()
    done(page)
    yield "one-photo"
    page.locator("#repair-open").click()
    canvas = page.locator("#mend-canvas")
    page.wait_for_function("() => document.querySelector('.mend')?.dataset.number", timeout=PATIENCE)
    yield "repair"
    page.locator("#mend-remove").click()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.47 * box["width"], box["y"] + 0.75 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.53 * box["width"], box["y"] + 0.6 * box["height"], steps=6)
    page.mouse.up()
    page.evaluate("() => window.humansegSettled()")
    yield "repair-painted"


def batch(stage: Stage, page: Page) -> Iterator[str]:
    """Several photos: some good, one doubtful, one without anybody, one that can't be read."""
    broken = stage.folder / "A photo with a long name that was cut off while it was copied.jpg"
    broken.write_bytes(SIGNING.read_bytes()[:900])
    stage.gate.hold(free=2)
    give(page, SIGNING, STANDING, DOUBTFUL, NOBODY, ASTRONAUT, broken)
    page.wait_for_function("document.querySelectorAll('#results .thumbnail-item').length === 2", timeout=PATIENCE)
    yield "several-working"
    stage.gate.open()
    done(page)
    yield "several"
    for name, caption in (("doubtful", "chair"), ("nobody", NOBODY.stem), ("error", "A photo with")):
        shown = page.locator("#results .thumbnail-item").filter(has_text=caption)
        (shown if shown.count() else page.locator(f'#results [aria-label*="{caption}"]')).first.click()
        page.wait_for_timeout(1500)
        yield name


def background(stage: Stage, page: Page) -> Iterator[str]:
    open_tab(page, "Background")
    page.wait_for_timeout(1000)
    yield "background-empty"
    open_tab(page, "Photo")
    give(page, STANDING)
    done(page)
    page.locator("#to-background").click()
    result = page.locator("#place-canvas")
    expect(result.first).to_be_visible(timeout=PATIENCE)
    yield "background"
    before = page.locator(".place").get_attribute("data-number")
    page.locator("#background-places button").nth(4).click()
    page.wait_for_function(
        "before => (document.querySelector('.place')?.dataset.number ?? before) !== before",
        arg=before,
    )
    yield "background-place"


def video(stage: Stage, page: Page) -> Iterator[str]:
    clip = moving_clip(stage.folder / "Signing at the window.mp4", STANDING)
    open_tab(page, "Video")
    expect(page.locator("#clip-status")).to_be_visible()
    yield "video-empty"
    page.locator("#clip input[type=file]").set_input_files(clip)
    expect(page.locator("#clip-start")).to_be_visible(timeout=PATIENCE)
    yield "video-given"
    page.locator("#clip-start").click()
    expect(page.locator("#clip-status progress")).to_be_visible(timeout=PATIENCE)
    yield "video-working"
    expect(page.locator("#clip-download")).to_be_visible(timeout=PATIENCE)
    yield "video-done"


def webcam(stage: Stage, page: Page) -> Iterator[str]:
    open_tab(page, "Webcam")
    expect(page.locator("#live-toggle")).to_be_visible()
    yield "webcam-idle"
    page.locator("#live-toggle").click()
    expect(page.locator("#live-rate")).to_contain_text("a second", timeout=PATIENCE)
    yield "webcam-live"
    page.locator("#live-toggle").click()


def about(stage: Stage, page: Page) -> Iterator[str]:
    open_tab(page, "About")
    expect(page.locator("#about")).to_contain_text(f'Client("{stage.address}")', timeout=PATIENCE)
    page.locator("#about img").last.scroll_into_view_if_needed()  # they are loaded when they come into sight
    yield "about"
    page.locator("#figures button").click()
    expect(page.locator("#figures h3").first).to_be_visible(timeout=PATIENCE)
    yield "about-figures"


def lost(stage: Stage, page: Page) -> Iterator[str]:
    """The connection breaks while a photo is on its way."""
    example = page.locator("#examples button").first
    expect(example).to_be_visible(timeout=PATIENCE)
    page.evaluate(AT_REST)
    page.context.set_offline(True)
    example.click()
    page.wait_for_timeout(3000)
    yield "connection-lost"
    page.context.set_offline(False)


def static(stage: Stage, page: Page) -> Iterator[str]:
    """The page without a server behind it."""
    target = stage.folder / "static"
    if not target.exists():
        folder.write(build.contents(stage.site.files()), target)
    with hosted(target) as address:
        page.goto(address)
        expect(page.locator("#device")).not_to_be_empty(timeout=PATIENCE)  # the network is there
        yield "static-empty"
        page.locator("#pick").set_input_files(STANDING)
        expect(page.locator("#finish")).to_be_visible(timeout=PATIENCE)
        yield "static-one-photo"
        open_tab(page, "Webcam")
        yield "static-webcam"
        open_tab(page, "About")
        yield "static-about"


WAYS: dict[str, Way] = {way.__name__: way for way in (photo, batch, background, video, webcam, about, lost, static)}
