"""While a batch is at work: what the page shows is what is downloaded and repaired, before and after the next photo."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from humanseg.segmenter import Segmenter
from humanseg.ui.server.limits import Limits
from tests.browser.actions import PATIENCE, fetch
from tests.browser.painting import leave_repair, open_repair, stroke
from tests.ui.fakes import HeldEngine
from tests.ui.serving import served
from tests.ui.visits import photo_of

pytestmark = pytest.mark.browser

RED, GREEN, BLUE = (220, 40, 40), (40, 200, 40), (40, 60, 220)


class HeldAtRed(HeldEngine):
    """Waits at red photos until it's let go."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        if image[..., 0].mean() < 150:
            return super(HeldEngine, self).__call__(image)
        return super().__call__(image)


@pytest.fixture
def engine() -> Iterator[HeldAtRed]:
    engine = HeldAtRed()
    yield engine
    engine.go_on.set()


@pytest.fixture
def server(engine) -> Iterator[str]:
    with served(lambda: Segmenter(engine), Limits()) as address:
        try:
            yield address
        finally:
            engine.go_on.set()


@pytest.fixture
def files(tmp_path) -> list[Path]:
    colours = {"green": GREEN, "blue": BLUE, "red": RED}
    return [Path(photo_of(tmp_path / f"{name}.png", colour, (320, 240)).source) for name, colour in colours.items()]


def colour_of(data: bytes) -> tuple[int, ...]:
    """Of the middle of a cut-out."""
    return tuple(np.asarray(Image.open(io.BytesIO(data)))[120, 160, :3].tolist())


def pick(page: Page, number: int, name: str) -> None:
    page.locator("#results .thumbnail-item").nth(number).click()
    expect(page.locator("#photo-status")).to_contain_text(f"{name}.png: 320", timeout=PATIENCE)


def test_a_photo_chosen_while_the_batch_is_at_work_is_the_one_downloaded(visit, engine, files):
    page = visit()
    page.set_input_files("#photos input[type=file]", files)
    expect(page.locator("#results .thumbnail-item")).to_have_count(2, timeout=PATIENCE)
    assert engine.at_work.wait(PATIENCE / 1000)
    pick(page, 0, "green")
    for _ in range(2):
        name, data = fetch(page, "#download")
        assert (name, colour_of(data)) == ("green-cutout.png", GREEN)
    engine.go_on.set()
    expect(page.locator("#photo-status")).to_contain_text("3 photos done", timeout=PATIENCE)
    name, data = fetch(page, "#download")
    assert (name, colour_of(data)) == ("red-cutout.png", RED)
    archive = zipfile.ZipFile(io.BytesIO(fetch(page, "#download-all")[1]))
    for name, colour in (("green", GREEN), ("blue", BLUE), ("red", RED)):
        assert colour_of(archive.read(f"{name}-cutout.png")) == colour


def test_the_photo_being_repaired_stays_though_another_is_done_meanwhile(visit, engine, files):
    page = visit()
    page.set_input_files("#photos input[type=file]", files)
    expect(page.locator("#results .thumbnail-item")).to_have_count(2, timeout=PATIENCE)
    assert engine.at_work.wait(PATIENCE / 1000)
    pick(page, 0, "green")
    open_repair(page)
    stroke(page, (0.03, 0.5), (0.1, 0.5), keep=True)
    engine.go_on.set()
    expect(page.locator("#results .thumbnail-item")).to_have_count(3, timeout=PATIENCE)
    expect(page.locator("#photo-status")).to_contain_text("3 photos done", timeout=PATIENCE)
    stroke(page, (0.03, 0.8), (0.1, 0.8))
    name, data = fetch(page, "#download")
    alpha = np.asarray(Image.open(io.BytesIO(data)))[..., 3]
    assert (name, colour_of(data)) == ("green-cutout.png", GREEN)
    assert alpha[120, 20] == alpha[192, 20] == 255
    leave_repair(page)
    archive = zipfile.ZipFile(io.BytesIO(fetch(page, "#download-all")[1]))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(archive.read("green-cutout.png"))))[..., 3], alpha)
    assert np.asarray(Image.open(io.BytesIO(archive.read("red-cutout.png"))))[120, 20, 3] == 0


def test_the_background_tab_gives_the_photo_that_it_shows_though_another_is_done_meanwhile(visit, engine, files):
    page = visit()
    page.set_input_files("#photos input[type=file]", files)
    expect(page.locator("#results .thumbnail-item")).to_have_count(2, timeout=PATIENCE)
    assert engine.at_work.wait(PATIENCE / 1000)
    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#background-status")).to_contain_text("blue.png: 320", timeout=PATIENCE)
    engine.go_on.set()
    # Behind the other tab the batch comes to its end.
    expect(page.locator("#results .thumbnail-item")).to_have_count(3, timeout=PATIENCE)
    expect(page.locator("#background-status")).to_contain_text("blue.png: 320")
    name, data = fetch(page, "#background-download")
    # The person's colours go towards the picture's by a little.
    assert name == "blue-background.png" and np.abs(np.subtract(colour_of(data), BLUE)).max() < 40
    page.get_by_role("tab", name="Photo").click()
    name, data = fetch(page, "#download")
    assert (name, colour_of(data)) == ("red-cutout.png", RED)
