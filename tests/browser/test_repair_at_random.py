"""Whatever a visitor does, in whatever order and however slow the network: the page never shows one photo and acts on
another, and what it shows is what is downloaded and what is in the ZIP.

HUMANSEG_RANDOM_SECONDS=120 makes it go on for longer, HUMANSEG_RANDOM_SEED chooses another order.
"""

from __future__ import annotations

import io
import os
import random
import time

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Error, Page, expect

from tests.browser.actions import PATIENCE, at_rest, fetch
from tests.browser.painting import ANSWERED, painted_on, settled, stroke, zipped
from tests.browser.test_repair import edge
from tests.ui.visits import photo_of

pytestmark = pytest.mark.browser

SECONDS = float(os.environ.get("HUMANSEG_RANDOM_SECONDS", "12"))
SEED = int(os.environ.get("HUMANSEG_RANDOM_SEED", "3"))
TELL = "HUMANSEG_RANDOM_SECONDS" in os.environ
COLOURS = {"red": (220, 30, 30), "green": (30, 190, 30), "blue": (30, 50, 220), "violet": (190, 20, 190)}


class Hands:
    """A visitor who does anything that the page allows just then."""

    def __init__(self, page: Page, files: dict[str, str], seed: int) -> None:
        self.page, self.files, self.dice = page, files, random.Random(seed)

    def act(self) -> None:
        choices = {self.drop: 1}
        if self.page.locator("#results .thumbnail-item").count():
            choices |= {self.pick: 2, self.start_over: 0.3}
            choices |= self.on_canvas() if self.is_open() else {self.open: 5}
        (act,) = self.dice.choices(list(choices), choices.values())
        if TELL:
            print(act.__name__, flush=True)
        self.page.set_default_timeout(5000)
        try:
            act()
        except (Error, TypeError):
            # The canvas may have been closed by an answer to what was done before.
            if self.is_open():
                raise
        finally:
            self.page.set_default_timeout(PATIENCE)

    def on_canvas(self) -> dict:
        return {self.paint: 8, self.key: 4, self.move_edge: 1, self.leave: 1}

    def is_open(self) -> bool:
        return self.page.locator("#mend-canvas").is_visible()

    def drop(self) -> None:
        chosen = self.dice.sample(list(self.files), self.dice.choice([1, 2]))
        self.page.set_input_files("#photos input[type=file]", [self.files[name] for name in chosen])
        expect(self.page.locator("#results .thumbnail-item").first).to_be_attached(timeout=PATIENCE)

    def pick(self) -> None:
        items = self.page.locator("#results .thumbnail-item")
        number = self.dice.randrange(items.count())
        self.page.evaluate("n => document.querySelectorAll('#results .thumbnail-item')[n]?.click()", number)

    def start_over(self) -> None:
        self.page.locator("#clear").click()
        expect(self.page.locator("#results .thumbnail-item")).to_have_count(0, timeout=PATIENCE)

    def open(self) -> None:
        if not self.page.locator("#repair-open").is_visible():
            return
        self.page.locator("#repair-open").click()
        self.page.wait_for_function(ANSWERED, timeout=PATIENCE)

    def leave(self) -> None:
        self.page.locator("#mend-done").click()

    def paint(self) -> None:
        start, end = ((self.dice.uniform(0.02, 0.98), self.dice.uniform(0.02, 0.98)) for _ in range(2))
        near = tuple(a + 0.3 * (b - a) for a, b in zip(start, end, strict=True))
        stroke(self.page, start, near, keep=self.dice.random() < 0.5)

    def key(self) -> None:
        self.page.keyboard.press(self.dice.choice(["Control+z", "Control+z", "Control+y", "[", "]"]))

    def move_edge(self) -> None:
        edge(self.page, self.dice.choice(["grow", "feather"]), self.dice.choice([0, 2, 4]))

    # What has to be true

    def check(self) -> None:
        at_rest(self.page)
        settled(self.page)
        at_rest(self.page)
        if not self.page.locator("#download").is_visible():
            return
        seen = painted_on(self.page) if self.is_open() else self.after()
        name, data = fetch(self.page, "#download")
        file = np.asarray(Image.open(io.BytesIO(data)))
        colour = np.array(COLOURS[name.partition("-")[0]])
        # Where the photo is kept its own colour is seen, elsewhere that of the checkerboard, or a faded one.
        shown = np.abs(seen.astype(int) - colour).max(-1) < 60
        there = cv2.resize(file[..., 3], shown.shape[::-1], interpolation=cv2.INTER_AREA)
        wrong = (shown & (there < 60)) | (~shown & (there > 235))
        assert wrong.mean() < 0.01, f"{name}: {100 * wrong.mean():.1f} % of what is shown isn't what is downloaded"
        if not self.page.locator("#download-all").is_visible():
            return  # there's one photo alone
        own = [other for there, other in zipped(self.page).items() if there.startswith(name.partition("-")[0])]
        assert any(np.array_equal(file, other) for other in own), f"{name} isn't so in the ZIP"

    def after(self) -> np.ndarray:
        """The picture behind the slider: the cut-out on the checkerboard."""
        images = self.page.locator("#compare img").evaluate_all("images => images.map((image) => image.src)")
        source = next(source for source in images if "after" in source)
        response = self.page.request.get(source)
        return np.asarray(Image.open(io.BytesIO(response.body())).convert("RGB"))


def test_what_is_shown_downloaded_and_zipped_is_the_same_whatever_is_done(visit, tmp_path):
    page = visit()
    files = {name: photo_of(tmp_path / f"{name}.png", rgb, (320, 240)).source for name, rgb in COLOURS.items()}
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 120, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    hands, end, acts = Hands(page, files, SEED), time.monotonic() + SECONDS, 0
    hands.drop()
    while time.monotonic() < end or acts < 6:
        for _ in range(hands.dice.choice([1, 3, 6])):
            hands.act()
            acts += 1
        hands.check()
    network.send("Network.disable")
    network.detach()
