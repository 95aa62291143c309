"""How steady alphas are over time: each frame by itself, as a webcam's stream, and as a clip that looks ahead.

    python -m benchmarks.steadiness DATA [--model humansegnet-live] [--size 256] [--part 1] [--each 2]

DATA holds `halfbody-mattes`, `people-cutouts`, `backgrounds` and `videos`. Part 0 of the sequences is for choosing
constants, part 1 for reporting. For each kind of sequence:

- flicker: mean |change of alpha| from frame to frame where the truth doesn't change, in thousandths; of real clips,
  where the picture doesn't
- IoU with the truth, in %, over the frames in which somebody is
- lag: of how many frames ago the truth is that fits best, in kinds that move by pixels a frame
- entering: frames until who is there all at once is found (IoU above half of what it ends at)
- empty: share of the frames without anybody that stay empty, in %
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.sequences import ENTERS, Sequence, sequences
from humanseg import Segmenter
from humanseg.media.stream import Stream

Way = Callable[[list[np.ndarray]], list[np.ndarray]]
STILL = 1 / 255  # change of the true alpha that nobody sees
# Change of grey, of 255 and over 9x9 pixels, below which a real clip's picture stands still: its coding noise is less.
STILL_GREY = 1.0
MOVING = ("walk", "far")  # kinds whose outlines move by at least 2 pixels a frame, so that lag can be told
# The frames of one_by_one_person.mp4 without anybody, told from the empty room by their pixels, then seen.
EMPTY = ((0, 60), (204, 227), (453, 502), (705, 745), (874, 921), (1207, 1234), (1367, 1394))
PERSON_FOUND = 0.002  # share of the frame that is person
LOOK_AHEAD = 2


def flicker(alphas: list[np.ndarray], still: list[np.ndarray]) -> float:
    """Mean |change| from frame to frame, in thousandths, where `still` (bool, one fewer) says so."""
    changes = [np.abs(b - a)[where] for a, b, where in zip(alphas, alphas[1:], still, strict=False)]
    return 1000 * float(np.concatenate(changes).mean())


def iou(alpha: np.ndarray, truth: np.ndarray) -> float:
    found, there = alpha >= 0.5, truth >= 0.5
    return np.count_nonzero(found & there) / max(1, np.count_nonzero(found | there))


def lag(alphas: list[np.ndarray], truths: list[np.ndarray], longest: int = 4) -> int:
    """Of how many frames ago the truth is that fits the alphas best."""
    errors = [
        np.mean([np.abs(alphas[t] - truths[t - shift]).mean() for t in range(longest, len(alphas))])
        for shift in range(longest)
    ]
    return int(np.argmin(errors))


def entering(alphas: list[np.ndarray], truths: list[np.ndarray]) -> int:
    """Frames after the first in which somebody is there until they are found."""
    ious = [iou(alpha, truth) for alpha, truth in zip(alphas[ENTERS:], truths[ENTERS:], strict=True)]
    return next((n for n, value in enumerate(ious) if value > 0.5 * ious[-1] > 0), len(ious))


def figures(sequence: Sequence, alphas: list[np.ndarray]) -> dict[str, float]:
    truths = sequence.truths
    still = [np.abs(b - a) < STILL for a, b in pairwise(truths)]
    there = [(a, t) for a, t in zip(alphas, truths, strict=True) if t.max() >= 0.5]
    row = {"flicker": flicker(alphas, still), "IoU": 100 * float(np.mean([iou(*pair) for pair in there]))}
    if sequence.kind in MOVING:
        row["lag"] = lag(alphas, truths)
    if "enter" in sequence.kind:
        row["entering"] = entering(alphas, truths)
        row["empty"] = 100 * float(np.mean([a.max() < 0.5 for a in alphas[:ENTERS]]))
    return row


def of_clip(path: Path, last: int | None = None) -> Iterator[np.ndarray]:
    with av.open(str(path)) as clip:
        for number, frame in enumerate(clip.decode(video=0)):
            if number == last:
                return
            yield frame.to_ndarray(format="rgb24")


def still_in(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Where a real clip's picture doesn't change from frame to frame."""
    grey = [cv2.blur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32), (9, 9)) for frame in frames]
    return [cv2.dilate(np.abs(b - a), np.ones((9, 9))) < STILL_GREY for a, b in pairwise(grey)]


def ways(segmenter: Segmenter, size: int) -> dict[str, Way]:
    def by_itself(frames):
        return [segmenter.alpha(frame, second_pass=False, size=size) for frame in frames]

    def webcam(frames):
        stream = Stream(segmenter, size)
        return [stream.alpha(frame) for frame in frames]

    def clip(frames):
        return [alpha for _, alpha in Stream(segmenter, size, look_ahead=LOOK_AHEAD).alphas(frames)]

    return {"by itself": by_itself, "webcam": webcam, "clip": clip}


def drawn_sequences(data: Path, part: int, each: int, compared: dict[str, Way]) -> None:
    every: dict[str, list[dict[str, float]]] = {name: [] for name in compared}
    for kind, group in groupby(sequences(data, part=part, each=each), key=lambda sequence: sequence.kind):
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in compared}
        for sequence in group:
            for name, way in compared.items():
                rows[name].append(figures(sequence, way(sequence.frames)))
        for name in compared:
            every[name] += rows[name]
            show(kind, name, rows[name], rows[next(iter(compared))])
    for name in compared:
        show("all", name, every[name], every[next(iter(compared))])


def show(kind: str, name: str, rows: list[dict[str, float]], beside: list[dict[str, float]]) -> None:
    def mean(of: list[dict[str, float]], key: str) -> float:
        values = [row[key] for row in of if key in row]
        return float(np.mean(values)) if values else float("nan")

    cells = "".join(f"{mean(rows, key):10.2f}" for key in ("flicker", "IoU", "lag", "entering", "empty"))
    ratio = mean(rows, "flicker") / max(1e-9, mean(beside, "flicker"))
    print(f"{kind:10} {name:10}{cells}{ratio:10.2f}", flush=True)


def real_clips(data: Path, part: int, compared: dict[str, Way]) -> None:
    for path in sorted((data / "videos").glob("asl_*"))[part::2]:
        frames = list(of_clip(path))
        still = still_in(frames)
        rows = {name: [{"flicker": flicker(way(frames), still)}] for name, way in compared.items()}
        for name, row in rows.items():
            show(path.stem, name, row, rows[next(iter(compared))])


def empty_room(data: Path, compared: dict[str, Way]) -> None:
    """Of one_by_one_person.mp4: share of empty frames that stay so, and when who enters is found.

    Only the frames about the empty stretches are shown, from 30 before each until 12 after it.
    """
    frames = list(of_clip(data / "videos" / "one_by_one_person.mp4"))
    for name, way in compared.items():
        quiet, delays = [], []
        for first, last in EMPTY:
            start = max(0, first - 30)
            found = [(alpha >= 0.5).mean() > PERSON_FOUND for alpha in way(frames[start : last + 12])]
            quiet += [not one for one in found[first - start : last - start]]
            after = found[last - start :]
            if after:
                delays.append(after.index(True) if True in after else len(after))
        print(f"{'empty room':10} {name:10} empty {100 * np.mean(quiet):.1f} %, entering {delays}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="humansegnet-live")
    parser.add_argument("--size", type=int, help="long side at which the network is shown frames")
    parser.add_argument("--part", type=int, choices=(0, 1), default=1)
    parser.add_argument("--each", type=int, default=2, help="sequences of each kind")
    options = parser.parse_args()
    segmenter = Segmenter.from_pretrained(options.model)
    compared = ways(segmenter, options.size or segmenter.config.live_size)
    head = "".join(f"{key:>10}" for key in ("flicker", "IoU", "lag", "entering", "empty", "ratio"))
    print(f"{options.model}, part {options.part}\n{'':21}{head}")
    start = time.perf_counter()
    drawn_sequences(options.data, options.part, options.each, compared)
    real_clips(options.data, options.part, compared)
    empty_room(options.data, compared)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
