"""The camera's view on a page of its own, served on loopback, in a Chromium whose camera shows a clip."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.server import PHOTO
from humanseg.hub.space import ISOLATION
from humanseg.web.serve import TYPES
from humanseg.web.site import Site

FRAMES = 60  # of the clip that stands for a camera: two seconds
COMPARE = Path(__file__).with_name("web_compare.js")
INDEX = """<!doctype html><meta charset="utf-8"><body><div id="view"></div><script type="module">
import {mount} from "./js/liveview.js";
import {Rate} from "./js/rate.js";
window.frames_ = [];
window.long = [];
const note = Rate.prototype.note;
Rate.prototype.note = function (captured, times) {
  window.frames_.push({at: performance.now(), latency: performance.now() - captured, ...times});
  return note.call(this, captured, times);
};
new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({entryTypes: ["longtask"]});
window.view = mount(document.querySelector("#view"), {base: "./"});
</script>"""


@contextlib.contextmanager
def opened(clip: Path, *, gpu: bool = False) -> Iterator[Page]:
    """A page in a Chromium whose camera shows the clip."""
    arguments = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
        *([] if gpu else ["--disable-gpu"]),
    ]
    chromium = os.environ.get("HUMANSEG_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        yield browser.new_page()
        browser.close()


@contextlib.contextmanager
def served(mediapipe: Path | None = None, files: dict[str, bytes] | None = None) -> Iterator[str]:
    """The engine's files on loopback, isolated as on our page, with the view on a page of its own.

    Parameters
    ----------
    mediapipe : the folder of MediaPipe's files, see benchmarks/browser.py
    files : more by their path, also such as are put there later
    """
    site = Site()
    site.runtime.start().join()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content, kind = self.found(self.path.partition("?")[0].lstrip("/"))
            self.send_response(404 if content is None else 200)
            for name, value in {**ISOLATION, "content-type": kind, "content-length": str(len(content or b""))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content or b"")

        def found(self, path: str) -> tuple[bytes | None, str]:
            kind = TYPES.get(Path(path).suffix, "application/octet-stream")
            if path == "":
                return INDEX.encode(), "text/html; charset=utf-8"
            if path == "photo.jpg":
                return camera_photo(), "image/jpeg"
            if path == COMPARE.name:
                return COMPARE.read_bytes(), kind
            if files and path in files:
                return files[path], kind
            if path.startswith("mediapipe/") and mediapipe:
                return (mediapipe / path.removeprefix("mediapipe/")).read_bytes(), kind
            content = (site.find(path) or (None, False))[0]
            return content.read_bytes() if isinstance(content, Path) else content, kind

        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def camera_photo() -> bytes:
    """A frame of 640x480."""
    photo = cv2.resize(cv2.imread(str(PHOTO)), (480, 480))
    photo = cv2.copyMakeBorder(photo, 0, 0, 80, 80, cv2.BORDER_REPLICATE)
    return cv2.imencode(".jpg", photo)[1].tobytes()


def moving_photo(target: Path, size: str) -> Path:
    """A clip of the astronaut, who moves to and fro, in the form that Chromium's fake camera plays."""
    width, height = map(int, size.split("x"))
    photo = cv2.imread(str(PHOTO))
    scale = 1.05 * height / photo.shape[0]
    photo = cv2.resize(photo, None, fx=scale, fy=scale)
    border = (width + 160 - photo.shape[1]) // 2 + 1
    photo = cv2.copyMakeBorder(photo, 0, 0, border, border, cv2.BORDER_REPLICATE)
    with target.open("wb") as file:
        for step in range(FRAMES):
            left = 80 + round(60 * np.sin(step / FRAMES * 2 * np.pi))
            file.write(cv2.imencode(".jpg", photo[:height, left : left + width])[1].tobytes())
    return target
