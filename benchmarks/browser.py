"""The camera in the visitor's own browser: how many frames a second, how far behind, and at what cost.

    python -m benchmarks.browser                            # 20 seconds before a fake camera, on the processor
    python -m benchmarks.browser --clip clip.mjpeg          # another camera: Motion JPEG, or Y4M
    python -m benchmarks.browser --minutes 10               # does memory stay flat?
    python -m benchmarks.browser --gpu                      # let Chromium use the GPU that there is
    python -m benchmarks.browser --mediapipe DIR            # whole frames beside MediaPipe's, in turns in one page
    python -m benchmarks.browser --mediapipe DIR --score DATA   # whose alphas are better, on clips of known alpha
    python -m benchmarks.browser --estimate                 # what a laptop's GPU should take

DATA is the folder of research data, whose half-bodies are put before backgrounds (benchmarks/sequences.py). DIR holds
`vision_bundle.mjs` and `wasm/` of the npm package @mediapipe/tasks-vision, and `selfie.tflite`: the model of
@mediapipe/selfie_segmentation with metadata (Python, mediapipe 0.10.14: `MetadataWriter.create(model)`,
`add_image_input([0.0], [255.0])`, `add_segmentation_output()`, `populate()`); at a deviation of 1 it sees noise.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.web_compare import estimate, score, whole_frames
from benchmarks.web_page import moving_photo, opened, served

SECONDS_TO_SETTLE = 5  # in which the net's size is chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, help="what the camera shows, MJPEG or Y4M; by default a photo that moves")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=0, help="how long to watch the memory")
    parser.add_argument("--size", default="640x480", choices=["640x480", "1280x720"])
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--mediapipe", type=Path, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=60, help="of whole frames beside MediaPipe")
    parser.add_argument("--score", type=Path, metavar="DATA", help="with --mediapipe: whose alphas are better")
    parser.add_argument("--estimate", action="store_true", help="and nothing else: no browser is needed")
    options = parser.parse_args()
    if options.estimate:
        estimate()
        return
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or moving_photo(Path(folder) / "camera.mjpeg", options.size)
        with served(options.mediapipe, files) as address, opened(clip.resolve(), gpu=options.gpu) as page:
            page.goto(address)
            if options.score:
                score(page, options.score, files)
                return
            watch(page, options)
            if options.mediapipe:
                whole_frames(page, options.rounds)


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


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"\n{time.monotonic() - start:.0f} s")
