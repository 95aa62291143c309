"""What a visitor does on the static page, whose engine is a stand-in; the fixtures are in conftest.py."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

# Sizes of photos in which the stand-in finds nobody, on which it fails, and of which it isn't sure.
NOBODY, BROKEN, DOUBTFUL = (99, 60), (77, 60), (88, 60)


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
