"""What a visitor does on the canvas of the repair, and what is seen there."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, fetch

ANSWERED = "() => document.querySelector('.mend')?.dataset.number"
Place = tuple[float, float]  # on the photo, as shares of its width and height


def open_repair(page: Page) -> None:
    """Opens the canvas and waits until it can be painted on."""
    page.locator("#repair-open").click()
    page.wait_for_function(ANSWERED, timeout=PATIENCE)


def leave_repair(page: Page) -> None:
    page.locator("#mend-done").click()
    expect(page.locator("#mend-canvas")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator("#compare img").first).to_be_visible(timeout=PATIENCE)


def settled(page: Page) -> None:
    """Waits until the server has everything that was painted."""
    page.evaluate("() => window.humansegSettled()")


def on_page(page: Page, place: Place) -> Place:
    """Where a place on the photo is on the page; the whole photo has to be seen."""
    left, top, width, height = photo_box(page)
    return left + place[0] * width, top + place[1] * height


def photo_box(page: Page) -> tuple[float, float, float, float]:
    """Left, top, width and height of the whole photo on the page: it's in the middle of the canvas."""
    canvas = page.locator("#mend-canvas")
    width, height = map(int, re.findall(r"\d+", canvas.evaluate("canvas => canvas.style.aspectRatio")))
    box = canvas.bounding_box()
    scale = min(box["width"] / width, box["height"] / height)
    left = box["x"] + (box["width"] - width * scale) / 2
    return left, box["y"] + (box["height"] - height * scale) / 2, width * scale, height * scale


def stroke(page: Page, start: Place, end: Place, *, keep: bool | None = None) -> None:
    """Paints a line with the mouse."""
    if keep is not None:
        page.locator("#mend-keep" if keep else "#mend-remove").click()
    page.locator("#mend-canvas").scroll_into_view_if_needed()
    page.mouse.move(*on_page(page, start))
    page.mouse.down()
    page.mouse.move(*on_page(page, end), steps=4)
    page.mouse.up()


def painted_on(page: Page) -> np.ndarray:
    """The canvas with the whole photo as it's seen: uint8 HxWx3, in pixels of the page."""
    page.locator("#mend-canvas").scroll_into_view_if_needed()
    page.mouse.move(2, 2)  # the brush isn't over it then
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    left, top, width, height = photo_box(page)
    clip = {"x": round(left), "y": round(top), "width": round(width), "height": round(height)}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))


def downloaded(page: Page) -> np.ndarray:
    """uint8 HxWx4."""
    return np.asarray(Image.open(io.BytesIO(fetch(page, "#download")[1])))


def zipped(page: Page) -> dict[str, np.ndarray]:
    """The cut-outs in the ZIP by their names, uint8 HxWx4."""
    archive = zipfile.ZipFile(io.BytesIO(fetch(page, "#download-all")[1]))
    names = [name for name in archive.namelist() if name.endswith(".png")]
    return {name: np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names}
