"""What a visitor does on the page, as functions."""

from __future__ import annotations

import re
import time
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image
from playwright.sync_api import Frame, Page, Request, expect

from tests.ui.serving import has_answers_to_come

SCREENSHOTS = Path("screenshots")
CHROMIUM = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
# Milliseconds; generous, for a machine that has more to do: nothing takes so long unless it never comes.
PATIENCE = 90_000

_UNDER_WAY: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()


def follow(page: Page) -> None:
    """Keeps count of what the page has asked the server for and not had an answer to: see `at_rest`."""
    under_way = _UNDER_WAY[page] = set()

    def left(frame: Frame) -> None:
        # What a document was waiting for when the page left it isn't always said to have ended.
        if frame == page.main_frame:
            under_way.difference_update([request for request in under_way if not request.is_navigation_request()])

    page.on("framenavigated", left)
    page.on("request", lambda request: under_way.add(request))
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: under_way.discard(request))


def at_rest(page: Page) -> None:
    """Waits until nothing is under way on the page: no request, no picture that is loading, no transition.

    The page draws some frames in a row without any, since from the end of one request to the beginning of the next it
    takes a moment.
    """
    deadline, quiet = time.monotonic() + PATIENCE / 1000, 0
    while quiet < 4:
        assert time.monotonic() < deadline, f"never at rest: {_awaited(page)}"
        still = page.evaluate(
            """async () => {
              for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
              const ends = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime);
              return [...document.images].every((image) => image.complete || !image.offsetParent)
                && !document.getAnimations().some((animation) => animation.playState === "running" && ends(animation));
            }"""
        )
        quiet = quiet + 1 if still and not _awaited(page) else 0


def _awaited(page: Page) -> list[str]:
    return [request.url for request in _UNDER_WAY[page] if _is_awaited(request.url)]


def _is_awaited(url: str) -> bool:
    # Two requests of the page stay open and say nothing by that: one tells the server that the page is there, the other
    # is the stream of answers, which Gradio's client now and then opens when all answers are in. The server knows.
    of_session = re.fullmatch(r"(.*/)gradio_api/(?:heartbeat/|queue/data\?session_hash=)(\w+)", url)
    return has_answers_to_come(*of_session.groups()) if of_session else True


def photo(path: Path, size: tuple[int, int] = (320, 240), seed: int = 0) -> Path:
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def drop(page: Page, *paths: Path) -> None:
    """Drops files on the page's drop zone, as a mouse does."""
    files = [[path.name, list(path.read_bytes())] for path in paths]
    data = page.evaluate_handle(
        """files => {
          const data = new DataTransfer();
          for (const [name, bytes] of files)
            data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/" + name.split(".").pop()}));
          return data;
        }""",
        files,
    )
    page.locator("#photos button").first.dispatch_event("drop", {"dataTransfer": data})


def done(page: Page) -> None:
    expect(page.locator("#photo-status p.good, #photo-status p.bad")).to_be_visible(timeout=PATIENCE)


def fetch(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator(button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def watch(page: Page, server: str) -> None:
    """Opens the Webcam tab and starts the camera; frames are on the canvas when this returns."""
    page.set_default_timeout(PATIENCE)
    page.goto(server)
    page.get_by_role("tab", name="Webcam").click()
    page.get_by_role("button", name="Start camera").click()
    expect(page.locator("#live-rate")).to_contain_text("a second", timeout=PATIENCE)


def keep_tracks(page: Page) -> None:
    """Remembers the camera's tracks as `tracks`."""
    page.add_init_script(
        """window.tracks = [];
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          const stream = await ask(wanted);
          window.tracks.push(...stream.getTracks());
          return stream;
        };"""
    )


def choose_colour(page: Page) -> None:
    """Puts green, (32, 160, 96), behind the person; it's there when this returns."""
    page.locator("#live-kind").get_by_label("Colour").check()
    page.locator("#live-colour").fill("#20a060")
    corner_is_green(page)


def corner_is_green(page: Page) -> None:
    """Waits until the corner of the camera's picture is what `choose_colour` chooses."""
    page.wait_for_function(
        """() => {
          const canvas = new OffscreenCanvas(8, 8), context = canvas.getContext("2d");
          context.drawImage(document.querySelector("#live-stage canvas"), 0, 0, 8, 8);
          const [red, green, blue] = context.getImageData(7, 0, 1, 1).data;
          return Math.abs(red - 32) + Math.abs(green - 160) + Math.abs(blue - 96) < 9;
        }"""
    )


def seen(page: Page, selector: str = "#live-stage canvas", side: int = 8) -> np.ndarray:
    """What a canvas shows: uint8 RGBA, `side` pixels a side."""
    values = page.evaluate(
        """([selector, side]) => {
          const canvas = new OffscreenCanvas(side, side);
          const context = canvas.getContext("2d");
          context.drawImage(document.querySelector(selector), 0, 0, side, side);
          return [...context.getImageData(0, 0, side, side).data];
        }""",
        [selector, side],
    )
    return np.array(values, np.uint8).reshape(side, side, 4)


def shown(page: Page) -> str:
    """Names what the server drew last in the Background tab."""
    return page.locator(".place").get_attribute("data-number")


def redrawn(page: Page, before: str) -> None:
    """Waits for another picture in the Background tab than the one that was `shown` before."""
    page.wait_for_function(
        "before => (document.querySelector('.place')?.dataset.number ?? before) !== before", arg=before
    )


def pixels(page: Page) -> list[int]:
    """The Background tab's picture, as 8x8 pixels of RGBA."""
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    return seen(page, "#place-canvas").ravel().tolist()


def keep(page: Page, name: str) -> None:
    """A screenshot to look at, in a folder that git ignores."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")
