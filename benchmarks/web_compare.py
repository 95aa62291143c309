"""Frames in the browser beside MediaPipe's segmenter: whole frames' time, and whose alphas are better."""

from __future__ import annotations

import base64
import statistics
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page

from benchmarks.limit import counted
from benchmarks.sequences import CLOSE, Sequence, sequences
from benchmarks.steadiness import figures
from humanseg.hub.find import LIVE_NAME, find_weights
from humanseg.model import unet
from humanseg.model.fused import fuse

OPEN = """async () => {
  window.compare = await import("./web_compare.js");
  window.ways = await compare.open();
}"""
SIZE = 256  # long side of the webcam's net, in pixels
# A laptop's graphics chip without memory of its own (Intel Iris Xe, 80 execution units at 1.1 GHz): operations a second
# in float32, and bytes a second of two channels of LPDDR4X-4266, of which such chips reach about 50 GB.
GPU, MEMORY = 1.4e12, 50e9
# What convolutions of few channels reach of a chip's best, at worst and at best, and microseconds that each of the
# network's operations takes to be handed over. My own guesses: they decide, so the estimate is a span.
REACHED, HANDED_OVER = (0.05, 0.2), (40e-6, 10e-6)
OPERATIONS = 85  # of the webcam's network, as it's handed over


def whole_frames(page: Page, rounds: int) -> None:
    """Milliseconds from a bitmap to a canvas with a blurred background, the two in turns."""
    page.evaluate(OPEN)
    for size in (SIZE, 192):
        taken = page.evaluate("([rounds, size]) => compare.times(ways, rounds, size)", [rounds, size])
        ours, theirs = (statistics.median(taken[name]) for name in ("ours", "theirs"))
        ratio = statistics.median(a / b for a, b in zip(taken["ours"], taken["theirs"], strict=True))
        print(f"| whole frame, net at {size} px, ms | {ours:.0f}, MediaPipe {theirs:.0f}: {ratio:.2f} times |")


def score(page: Page, data: Path, files: dict[str, bytes]) -> None:
    """IoU with the truth, and flicker where nothing moves (lower is better), by kind of clip.

    Parameters
    ----------
    files : what the page's server hands out; frames are put there
    """
    page.evaluate(OPEN)
    print("| | frames | IoU, MediaPipe | IoU, ours | flicker, MediaPipe | flicker, ours |\n|" + " --- |" * 6)
    every: dict[str, list[dict[str, float]]] = {"theirs": [], "ours": []}
    count = 0
    drawn = (sequence for sequence in sequences(data, part=1, each=2) if sequence.kind in CLOSE)
    for kind, group in groupby(drawn, key=lambda sequence: sequence.kind):
        rows: dict[str, list[dict[str, float]]] = {"theirs": [], "ours": []}
        frames = 0
        for sequence in group:
            frames += len(sequence.frames)
            for name, alphas in found(page, sequence, files).items():
                rows[name].append(figures(sequence, alphas))
        show(kind, frames, rows)
        count += frames
        for name in every:
            every[name] += rows[name]
    show("all", count, every)


def found(page: Page, sequence: Sequence, files: dict[str, bytes]) -> dict[str, list[np.ndarray]]:
    """The alphas of a clip's frames, by whose they are: float32 HxW in [0, 1]."""
    alphas: dict[str, list[np.ndarray]] = {"theirs": [], "ours": []}
    for number, frame in enumerate(sequence.frames):
        files["frame.png"] = cv2.imencode(".png", frame[..., ::-1])[1].tobytes()
        both = page.evaluate("([size, first]) => compare.alphas(ways, 'frame.png', size, first)", [SIZE, number == 0])
        for name, content in both.items():
            alpha = np.frombuffer(base64.b64decode(content), np.uint8).reshape(frame.shape[:2])
            alphas[name].append(alpha.astype(np.float32) / 255)
    return alphas


def show(kind: str, frames: int, rows: dict[str, list[dict[str, float]]]) -> None:
    cells = [
        f"{np.mean([row[key] for row in rows[name]]):.{digits}f}"
        for key, digits in (("IoU", 1), ("flicker", 2))
        for name in rows
    ]
    print(f"| {kind} | {frames} | " + " | ".join(cells) + " |", flush=True)


def estimate() -> None:
    """What a frame should take on a laptop's graphics chip, from the network's operations and bytes."""
    net, _ = unet.load(find_weights(LIVE_NAME))
    fuse(net)
    operations, written, _ = counted(net, 192, SIZE)
    # Counted with two bytes each, where WebGPU computes with four; everything is written once and read once.
    moved = 2 * (2 * written) + 4 * sum(parameter.numel() for parameter in net.parameters())
    print(f"{operations / 1e9:.2f} GFLOP and {moved / 1e6:.0f} MB a frame of {SIZE}x192")
    spans = [
        max(operations / (GPU * reached), moved / MEMORY) + OPERATIONS * each
        for reached, each in zip(REACHED, HANDED_OVER, strict=True)
    ]
    slow, fast = (1000 * span for span in spans)
    print(f"a chip of {GPU / 1e12:.1f} TFLOP/s and {MEMORY / 1e9:.0f} GB/s: {fast:.0f} to {slow:.0f} ms")
