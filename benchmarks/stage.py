"""The page as its screenshots show it: with the weights that ship, in a Chromium whose camera shows a moving photo."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.browser import moving_photo
from humanseg.hub.find import LIVE_NAME
from humanseg.media import photos
from humanseg.media.video_writer import writing
from humanseg.segmenter import Segmenter
from humanseg.ui import page as ui
from humanseg.ui.server.limits import Limits
from humanseg.web.site import Site

PATIENCE = 120_000  # milliseconds, on a machine that has more to do
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
CLIP_SECONDS, CLIP_RATE = 3, 25

# Nothing is loading and nothing moves any more, for some frames in a row.
AT_REST = """async () => {
  const ends = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime);
  const isStill = () => [...document.images].every((image) => image.complete || !image.offsetParent)
    && [...document.querySelectorAll("video[src]")].every((video) => video.readyState > 1 || !video.offsetParent)
    && !document.getAnimations().some((animation) => animation.playState === "running" && ends(animation));
  const end = performance.now() + 8000;
  for (let quiet = 0; quiet < 12 && performance.now() < end;) {
    await new Promise(requestAnimationFrame);
    quiet = isStill() ? quiet + 1 : 0;
  }
}"""


class Gate:
    """Lets photos through to the network one by one, or all of them: what "working" looks like can be held."""

    def __init__(self) -> None:
        self._places = threading.Condition()
        self._open, self._free = True, 0

    def hold(self, free: int = 0) -> None:
        """From now on photos wait, but for the next `free` ones."""
        with self._places:
            self._open, self._free = False, free

    def open(self) -> None:
        with self._places:
            self._open = True
            self._places.notify_all()

    def pass_through(self) -> None:
        with self._places:
            self._places.wait_for(lambda: self._open or self._free)
            self._free = max(0, self._free - 1)

    def before(self, segmenter: Segmenter) -> Segmenter:
        """The Segmenter, whose photos pass this gate."""
        cut_out = segmenter.cut_out

        def held(*arguments, **options):
            self.pass_through()
            return cut_out(*arguments, **options)

        segmenter.cut_out = held
        return segmenter


@dataclass
class Stage:
    """Where screenshots are taken.

    Attributes
    ----------
    browser : whose camera shows a person
    address : of the page, ending in a slash
    gate : what its photos pass
    site : the files of the browser's engine
    folder : for files that are made on the way
    """

    browser: Browser
    address: str
    gate: Gate
    site: Site
    folder: Path

    def visit(self, width: int, height: int, theme: str, address: str | None = None) -> Page:
        """The page as a new visitor sees it; at less than 600 pixels with fingers, as on a phone."""
        phone = width < 600
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, has_touch=phone, is_mobile=phone
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(address or self.address)
        return page


@contextlib.contextmanager
def stage(model: str | None = None) -> Iterator[Stage]:
    """Everything that screenshots need, until the block is left.

    Parameters
    ----------
    model : weights for photos; by default those that ship
    """
    chromium = os.environ.get("HUMANSEG_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no Chromium: apt-get install chromium, or name one in HUMANSEG_CHROMIUM.")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    gate, limits, site = Gate(), Limits(), Site()
    site.runtime.start().join()
    demo = ui.build(
        lambda: gate.before(Segmenter.from_pretrained(model)), limits, lambda: Segmenter.from_pretrained(LIVE_NAME)
    )
    demo.context.model.get()
    _, address, _ = demo.launch(**ui.launch_options(limits, site), quiet=True, prevent_thread_lock=True)
    try:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
            camera = moving_photo(Path(folder) / "camera.mjpeg", "640x480")
            arguments = [*ARGUMENTS, *CAMERA, f"--use-file-for-fake-video-capture={camera}"]
            browser = driver.chromium.launch(executable_path=chromium, args=arguments)
            yield Stage(browser, address, gate, site, Path(folder))
            browser.close()
    finally:
        gate.open()
        demo.close(verbose=False)


def moving_clip(target: Path, photo: Path) -> Path:
    """A clip of a photo over which the camera moves slowly to and fro, three quarters of the photo's size."""
    picture = photos.read(photo).rgb
    height, width = (side * 3 // 4 // 2 * 2 for side in picture.shape[:2])
    frames = CLIP_SECONDS * CLIP_RATE
    with writing(target, (width, height), CLIP_RATE, alpha=False) as clip:
        for number in range(frames):
            left = round((0.5 + 0.5 * np.sin(number / frames * 2 * np.pi)) * (picture.shape[1] - width))
            top = (picture.shape[0] - height) // 2
            clip.write(picture[top : top + height, left : left + width], number / CLIP_RATE, 1 / CLIP_RATE)
    return target


@contextlib.contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """A folder, served on loopback within the block: its address, ending in a slash."""

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
