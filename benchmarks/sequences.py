"""Moving pictures of known alpha: people moved, scaled and shaken over a place, with a camera's noise and JPEG."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from humanseg import compose
from humanseg.foreground import foreground_colours
from humanseg.media import photos

FRAMES = 36
# Standard deviation of the sensor's noise, of 255: a webcam's by lamplight. Then the quality of its JPEG.
NOISE, QUALITY = 5.0, 70
PERIOD = 24  # frames of a sway to and fro
# What happens in a sequence; `far` people are those of `people-cutouts`, at most a third of the frame tall.
CLOSE = ("still", "sway", "walk", "zoom", "shake", "lamp", "enter")
FAR = ("far", "far pair", "far enter")
ENTERS = 12  # the frame in which somebody is there all at once


@dataclass(frozen=True)
class Figure:
    """A person to be pasted: colours (uint8 HxWx3) that go on beyond the edge, and alpha (float32 HxW in [0, 1])."""

    colours: np.ndarray
    alpha: np.ndarray


@dataclass(frozen=True)
class Sequence:
    """Frames (uint8 HxWx3) and their true alphas (float32 HxW in [0, 1]).

    Attributes
    ----------
    kind : one of `CLOSE` or `FAR`
    """

    name: str
    kind: str
    frames: list[np.ndarray]
    truths: list[np.ndarray]


def half_bodies(data: Path) -> list[Figure]:
    """Those of `halfbody-mattes`, which the frame cuts off below."""
    found = []
    for mask in sorted((data / "halfbody-mattes" / "masks").iterdir()):
        photo = photos.read(next((data / "halfbody-mattes" / "images").glob(f"{mask.stem}.*"))).rgb
        alpha = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
        found.append(Figure(foreground_colours(photo, alpha), alpha))
    return found


def whole_bodies(data: Path) -> list[Figure]:
    """Those of `people-cutouts`, 83 to 252 pixels tall."""
    found = []
    for path in sorted((data / "people-cutouts").glob("*.png")):
        rgba = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        found.append(Figure(cv2.cvtColor(rgba, cv2.COLOR_BGRA2RGB), rgba[..., 3].astype(np.float32) / 255))
    return found


def sequences(data: Path, *, part: int, each: int = 2) -> Iterator[Sequence]:
    """Sequences of every kind.

    Parameters
    ----------
    data : with `halfbody-mattes`, `people-cutouts` and `backgrounds`
    part : 0 to choose constants on, 1 to report on: other people, other places
    each : how many of each kind
    """
    close, far = half_bodies(data)[part::2], whole_bodies(data)[part::2]
    places = [photos.read(path).rgb for path in sorted((data / "backgrounds").glob("*.jpg"))[part::2]]
    for number, kind in enumerate(CLOSE):
        for i in range(each):
            person, place = close[(5 * number + i) % len(close)], places[(number + i) % len(places)]
            yield drawn(kind, [person], place, (640, 480), seed=100 * number + i)
    for number, kind in enumerate(FAR):
        for i in range(each):
            people = [far[(23 * number + 7 * i + n) % len(far)] for n in range(2 if kind == "far pair" else 1)]
            yield drawn(kind, people, places[(number + i + 3) % len(places)], (1280, 720), seed=700 + 100 * number + i)


def drawn(
    kind: str, people: list[Figure], place: np.ndarray, size: tuple[int, int], *, seed: int, frames: int = FRAMES
) -> Sequence:
    """One sequence.

    Parameters
    ----------
    kind : what happens in it
    people : one, or several who stand apart
    place : uint8 HxWx3
    size : width and height of its frames
    """
    random = np.random.default_rng(seed)
    width, height = size
    margin = 16  # pixels of the place beyond the frame, so that a shaken camera has something to show
    place = compose.fitted(place, width + 2 * margin, height + 2 * margin, "fill", (0.5, 0.5)).astype(np.float32)
    shots, truths = [], []
    for t in range(frames):
        clean, truth = place, np.zeros(place.shape[:2], np.float32)
        for n, person in enumerate(people):
            colours, alpha = _posed(person, _pose(kind, t, n, person, size, margin), place.shape[:2])
            clean = alpha[..., None] * colours + (1 - alpha[..., None]) * clean
            truth = np.maximum(truth, alpha)
        y, x = (margin + random.integers(-4, 5, 2)) if kind == "shake" else (margin, margin)
        light = 1 + 0.05 * math.sin(2 * math.pi * t / 3.7) if kind == "lamp" else 1.0
        shots.append(_shot(clean[y : y + height, x : x + width] * light, random))
        truths.append(truth[y : y + height, x : x + width].copy())
    return Sequence(f"{kind} {seed}", kind, shots, truths)


def _pose(
    kind: str, t: int, number: int, person: Figure, size: tuple[int, int], margin: int
) -> tuple[float, float, float, float] | None:
    """Where somebody stands in a frame: x of the middle, y of the lower end, height, tilt; in pixels and degrees.

    None where nobody is there yet.
    """
    width, height = size
    swing = math.sin(2 * math.pi * t / PERIOD)
    if kind in ("enter", "far enter") and t < ENTERS:
        return None
    if kind in FAR:
        # Two pixels a frame is a walk at that distance.
        x = width * (0.25 + 0.45 * number) + 2 * t + margin
        return x, height * 0.85 + margin + 2 * abs(swing), min(height / 3, person.alpha.shape[0]), 2 * swing
    x, tall, tilt = width / 2 + margin, 0.85 * height, 0.0
    if kind == "sway":
        x, tilt = x + 24 * swing, 2 * swing
    elif kind == "walk":
        x = width * (0.1 + 0.8 * t / FRAMES) + margin
    elif kind == "zoom":
        tall *= 1 + 0.4 * t / FRAMES
    return x, height + margin + 1, tall, tilt


def _posed(
    person: Figure, pose: tuple[float, float, float, float] | None, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Colours (float32 HxWx3) and alpha (float32 HxW) of somebody at that place, in a frame of that shape."""
    if pose is None:
        return np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    x, y, tall, tilt = pose
    rows, columns = person.alpha.shape
    scale = tall / rows
    turn = cv2.getRotationMatrix2D((columns / 2, rows), tilt, scale)
    turn[:, 2] += (x - columns / 2, y - rows)
    # People shrunk by interpolation alone would shimmer by themselves.
    colours, alpha = person.colours, person.alpha
    if scale < 0.6:
        colours, alpha = (cv2.GaussianBlur(array, (0, 0), 0.4 / scale) for array in (colours, alpha))
    colours = cv2.warpAffine(colours, turn, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return colours.astype(np.float32), cv2.warpAffine(alpha, turn, shape[::-1], flags=cv2.INTER_LINEAR)


def _shot(clean: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """What a webcam makes of it: noise, a little of it coarse as of a small sensor, and JPEG."""
    noise = random.standard_normal(clean.shape, np.float32)
    noise = 0.7 * noise + 0.7 * 2 * cv2.GaussianBlur(noise, (0, 0), 1.0)
    noisy = np.clip(clean + NOISE * noise + 0.5, 0, 255).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1].copy()
