"""The camera in the visitor's own browser: how many frames a second, how far behind, and at what cost.

    python -m benchmarks.browser                            # 20 seconds before a fake camera, on the processor
    python -m benchmarks.browser --clip clip.mjpeg          # another camera: Motion JPEG, or Y4M
    python -m benchmarks.browser --minutes 10               # does memory stay flat?
    python -m benchmarks.browser --gpu                      # let Chromium use the GPU that there is
    python -m benchmarks.browser --mediapipe DIR            # whole frames beside MediaPipe's, in turns in one page

DIR holds `vision_bundle.mjs` and `wasm/` of the npm package @mediapipe/tasks-vision, and `selfie.tflite`: the model of
@mediapipe/selfie_segmentation with metadata (Python, mediapipe 0.10.14: `MetadataWriter.create(model)`,
`add_image_input([0.0], [1.0])`, `add_segmentation_output()`, `populate()`).
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import shutil
import statistics
import tempfile
import threading
import time
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
SECONDS_TO_SETTLE = 5  # in which the net's size is chosen
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
# Whole frames, from a bitmap to a canvas with a blurred background, the two in turns.
COMPARE = """async ([rounds, size]) => {
  const {FilesetResolver, ImageSegmenter} = await import("./mediapipe/vision_bundle.mjs");
  const {Engine} = await import("./js/engine.js");
  const {ComposerClient} = await import("./js/composer-client.js");
  const files = await FilesetResolver.forVisionTasks(new URL("mediapipe/wasm", document.baseURI).href);
  const options = {modelAssetPath: "./mediapipe/selfie.tflite", delegate: "CPU"};
  const theirs = await ImageSegmenter.createFromOptions(
    files, {baseOptions: options, runningMode: "VIDEO", outputCategoryMask: false, outputConfidenceMasks: true});
  const engine = await Engine.open({base: "./", model: "live"});
  const composer = new ComposerClient(document.createElement("canvas"), {gpu: true, onLost: () => {}});
  composer.set({kind: "blur", strength: 0.02, picture: null});
  const photo = await createImageBitmap(await (await fetch("photo.jpg")).blob());
  const [mask, canvas] = [0, 1].map(() => new OffscreenCanvas(photo.width, photo.height));
  const ink = mask.getContext("2d"), context = canvas.getContext("2d");
  const image = new ImageData(photo.width, photo.height);
  const ways = {
    async ours() {
      const {alpha, coarse, pixels, width, height} = await engine.frame(await createImageBitmap(photo), {size});
      const frame = await createImageBitmap(photo);
      await composer.draw({frame, alpha, coarse, pixels, width, height, mirror: false});
    },
    async theirs() {
      const frame = await createImageBitmap(photo);
      const alpha = await new Promise((resolve) => theirs.segmentForVideo(
        frame, performance.now(), ({confidenceMasks}) => resolve(confidenceMasks[0].getAsFloat32Array())));
      for (let i = 0; i < alpha.length; i++) image.data[4 * i + 3] = 255 * alpha[i];
      ink.putImageData(image, 0, 0);
      context.globalCompositeOperation = "copy";
      context.filter = "none";
      context.drawImage(mask, 0, 0);
      context.globalCompositeOperation = "source-in";
      context.drawImage(frame, 0, 0);
      context.globalCompositeOperation = "destination-over";
      context.filter = "blur(16px)";
      context.drawImage(frame, 0, 0);
      context.getImageData(0, 0, 1, 1);
      frame.close();
    },
  };
  const times = {ours: [], theirs: []};
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way();
      if (round >= 5) times[name].push(performance.now() - start);
    }
  }
  return times;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, help="what the camera shows, MJPEG or Y4M; by default a photo that moves")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=0, help="how long to watch the memory")
    parser.add_argument("--size", default="640x480", choices=["640x480", "1280x720"])
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--mediapipe", type=Path, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=60, help="of whole frames beside MediaPipe")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or moving_photo(Path(folder) / "camera.mjpeg", options.size)
        with served(options.mediapipe) as address, opened(clip.resolve(), gpu=options.gpu) as page:
            page.goto(address)
            watch(page, options)
            if options.mediapipe:
                beside_mediapipe(page, options.rounds)


def watch(page: Page, options: argparse.Namespace) -> None:
    """The view before the camera, and its figures."""
    loaded = []
    page.on("requestfinished", lambda request: loaded.append(request.sizes()["responseBodySize"]))
    page.locator("#live-size").get_by_label(options.size.replace("x", " × ")).check()
    page.get_by_role("button", name="Start camera").click()
    page.wait_for_function("frames_.length > 3", timeout=120_000)
    page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
    page.evaluate("() => { frames_.length = long.length = 0; }")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before, used = busy(session), processor_seconds()
    page.wait_for_timeout(1000 * options.seconds)
    share = (busy(session) - before) / options.seconds
    used = processor_seconds() - used
    frames, long = page.evaluate("[frames_, long]")
    latencies = sorted(frame["latency"] for frame in frames)
    print(page.locator("#live-runs").inner_text())
    print(f"load {os.getloadavg()[0]:.1f}, net at {page.evaluate('view.live.ladder.size')} px\n")
    print("| | |\n| --- | --- |")
    print(f"| frames a second | {len(frames) / options.seconds:.1f} |")
    print(f"| camera to canvas, median ms | {statistics.median(latencies):.0f} |")
    print(f"| camera to canvas, 95th percentile ms | {latencies[int(0.95 * len(latencies))]:.0f} |")
    for part in ("net", "drawing"):
        print(f"| {part}, median ms | {statistics.median(frame[part] for frame in frames):.0f} |")
    # Hardly depends on what else runs on the machine, as the rest does.
    print(f"| processor a frame, all cores together, ms | {1000 * used / len(frames):.0f} |")
    print(f"| main thread at work, % | {100 * share:.0f} |")
    print(f"| tasks above 50 ms on it | {len(long)} |")
    print(f"| loaded, MB | {sum(loaded) / 1e6:.1f} |")
    for minute in range(int(options.minutes) + 1):
        if minute:
            page.wait_for_timeout(60_000)
        print(f"| memory after {minute} min, MB | {memory():.0f} |", flush=True)
    page.get_by_role("button", name="Stop camera").click()


def beside_mediapipe(page: Page, rounds: int) -> None:
    for size in (256, 192):
        times = page.evaluate(COMPARE, [rounds, size])
        ours, theirs = (statistics.median(times[name]) for name in ("ours", "theirs"))
        ratio = statistics.median(a / b for a, b in zip(times["ours"], times["theirs"], strict=True))
        print(f"| whole frame, net at {size} px, ms | {ours:.0f}, MediaPipe {theirs:.0f}: {ratio:.2f} times |")


def busy(session: Any) -> float:
    """Seconds that the page's main thread has worked."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def browsers() -> list[Path]:
    """The folders in /proc of the browser's processes below this one (Linux)."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])

    def is_below(process: int) -> bool:
        while process in parents and process != os.getpid():
            process = parents[process]
        return process == os.getpid()

    found = []
    for process in filter(is_below, parents):
        with contextlib.suppress(OSError):
            if b"chrom" in Path(f"/proc/{process}/cmdline").read_bytes():
                found.append(Path(f"/proc/{process}"))
    return found


def memory() -> float:
    """MB resident in the browser's processes, shared pages counted once."""
    total = 0
    for process in browsers():
        with contextlib.suppress(OSError):
            lines = (process / "smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000


def processor_seconds() -> float:
    """What the browser's processes have used of the processor, all cores together."""
    ticks = 0
    for process in browsers():
        with contextlib.suppress(OSError):
            ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


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


@contextlib.contextmanager
def opened(clip: Path, *, gpu: bool):
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
def served(mediapipe: Path | None):
    """The engine's files on loopback, isolated as on our page, with the view on a page of its own."""
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


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"\n{time.monotonic() - start:.0f} s")
