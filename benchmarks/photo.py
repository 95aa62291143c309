"""From a JPEG on disk to the transparent PNG on disk: seconds by stage, and the memory that it takes at most.

    python -m benchmarks.photo                       # 1080p, 12 and 50 megapixels, two threads
    python -m benchmarks.photo --photo holiday.jpg   # your own
    python -m benchmarks.photo --plot cost.png       # and how the cost grows with megapixels

Each size runs in a process of its own, with grain as of a camera, once with a person who fills the frame and once
with one who fills a third of it (so that the second pass is over a crop). Medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.server import PHOTO

SIZES = [(1920, 1080), (4000, 3000), (8160, 6120)]
PLOTTED = [(1280, 960), (1920, 1080), (2560, 1920), (4000, 3000), (5600, 4200), (8160, 6120)]
STAGES = ("read", "network", "refinement", "colours", "PNG")


def write_scene(path: Path, width: int, height: int, share: float) -> None:
    """A JPEG of the astronaut at `share` of the frame's height, with the grain of a camera."""
    photo = cv2.imread(str(PHOTO))
    scale = share * height / photo.shape[0]
    person = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    frame = cv2.resize(cv2.GaussianBlur(photo[:, :60], (0, 0), 20), (width, height), interpolation=cv2.INTER_LINEAR)
    top, left = height - person.shape[0], (width - min(width, person.shape[1])) // 2
    frame[top:, left : left + person.shape[1]] = person[:, :width]
    grain = np.random.default_rng(0).normal(0, 4, frame.shape).astype(np.float32)
    cv2.imwrite(str(path), np.clip(frame + grain, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])


def measure(path: Path, rounds: int) -> dict[str, float]:
    """Median seconds by stage, the whole, and the most megabytes held; the stages are those of `Segmenter.cut_out`."""
    from humanseg import Segmenter, edges
    from humanseg.foreground import foreground_colours
    from humanseg.media import photos

    segmenter = Segmenter.from_pretrained()
    segmenter.cut_out(photos.read(PHOTO))
    taken: dict[str, list[float]] = {name: [] for name in (*STAGES, "whole")}
    for _ in range(rounds):
        start = time.perf_counter()
        photo = photos.read(path)
        taken["read"].append(time.perf_counter() - start)
        before = time.perf_counter()
        coarse = segmenter.coarse_alpha(photo.rgb, segmenter.config.size, second_pass=True)
        taken["network"].append(time.perf_counter() - before)
        before = time.perf_counter()
        edges.refine_alpha(photo.rgb, coarse)
        taken["refinement"].append(time.perf_counter() - before)
        del photo, coarse
        # The whole, as the command line does it: stages measured on their own can't hide what lies between them.
        start = time.perf_counter()
        result = segmenter.cut_out(photos.read(path))
        before = time.perf_counter()
        result.save(path.with_suffix(".png"))
        taken["PNG"].append(time.perf_counter() - before)
        taken["whole"].append(time.perf_counter() - start)
        before = time.perf_counter()
        foreground_colours(result.image, result.alpha)
        taken["colours"].append(time.perf_counter() - before)
        assert result.person_found
        del result
    row = {name: statistics.median(values) for name, values in taken.items()}
    status = Path("/proc/self/status").read_text(encoding="ascii")
    row["MB"] = int(status.split("VmHWM:")[1].split()[0]) / 1000  # getrusage would count what the parent held, too
    return row


def in_own_process(path: Path, rounds: int, threads: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.photo", "--measure", str(path), "--rounds", str(rounds)]
    environment = os.environ | {"HUMANSEG_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def plot(rows: list[tuple[float, dict[str, float]]], path: Path) -> None:
    from matplotlib.figure import Figure

    rows = sorted(rows, key=lambda row: row[0])
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name in (*STAGES, "whole"):
        axes.plot([mp for mp, _ in rows], [row[name] for _, row in rows], marker="o", label=name)
    axes.set_xlabel("megapixels")
    axes.set_ylabel("seconds (median)")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--plot", type=Path, metavar="PNG")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.rounds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        if options.photo:
            copy = Path(folder) / options.photo.name
            copy.write_bytes(options.photo.read_bytes())
            cases.append((options.photo.name, 0.0, copy))
        else:
            for width, height in PLOTTED if options.plot else SIZES:
                for label, share in (("close", 1.0), ("far", 0.35)):
                    path = Path(folder) / f"{width}x{height}-{label}.jpg"
                    write_scene(path, width, height, share)
                    cases.append((path.stem, width * height / 1e6, path))
        print(f"{options.threads} threads, load {os.getloadavg()[0]:.1f}; seconds (medians of {options.rounds})")
        print(f"{'photo':20}" + "".join(f"{name:>12}" for name in (*STAGES, "whole", "peak MB")))
        plotted = []
        for name, megapixels, path in cases:
            row = in_own_process(path, options.rounds, options.threads)
            cells = "".join(f"{row[stage]:12.3f}" for stage in (*STAGES, "whole"))
            print(f"{name:20}{cells}{row['MB']:12.0f}", flush=True)
            if name.endswith("close"):
                plotted.append((megapixels, row))
        if options.plot:
            plot(plotted, options.plot)


if __name__ == "__main__":
    main()
