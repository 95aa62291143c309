"""Brush strokes on a photo: where a stroke is, and which of the pixels under the brush it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from humanseg.edges import refine_alpha
from humanseg.errors import HumanSegError
from humanseg.resize import averaged
from humanseg.tiles import eight_bits, tiles_with

Box = tuple[slice, slice]  # rows and columns of a photo

MOST_POINTS = 2000  # of a stroke: a minute of painting
# Pixels of the photo. No photo is read that's larger than this.
FURTHEST = 200_000
WIDEST = 16_000  # radius; OpenCV draws no line that's wider
# Of the brush's radius: up to where a stroke always takes effect, and the outline that is moved to the photo's edges.
CORE, GUESS = 0.5, 0.75
# The outline is found with the brush at this radius in pixels: refinement reaches `edges.BAND` of them to both sides,
# so about from the core to the brush's rim.
COARSE = 6
# Where the photo has no edge near the outline, refinement leaves a ramp, which this makes steeper.
CONTRAST = 3
_STEEPER = np.clip((np.arange(256) - 127.5) * CONTRAST + 127.5, 0, 255).round().astype(np.uint8)
# Decimals of a pixel to which lines are drawn, as OpenCV counts them: 1/16.
_FRACTION = 4

BAD_STROKE = "This stroke can't be read: reload the page and paint it again."


@dataclass(frozen=True)
class Stroke:
    """A line painted with a round brush.

    Attributes
    ----------
    points : x and y of one point or several, in pixels of the photo from its top left corner
    radius : of the brush, in pixels of the photo
    keep : whether what's under the brush is to be kept; otherwise it's removed
    snap : whether the stroke ends at the photo's own edges where there are some between half the radius and the rim

    Raises
    ------
    HumanSegError : there is no point, or one that no photo has; there's no brush of that radius
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    keep: bool
    snap: bool = True

    def __post_init__(self) -> None:
        numbers = [number for point in self.points for number in point]
        fits = 0 < len(self.points) <= MOST_POINTS and all(len(point) == 2 for point in self.points)
        if not fits or not all(abs(number) <= FURTHEST for number in numbers) or not 0 < self.radius <= WIDEST:
            raise HumanSegError(BAD_STROKE)

    @classmethod
    def read(cls, value: Any) -> Stroke:
        """A stroke of what a page sent: a dictionary with the attributes' names.

        Raises
        ------
        HumanSegError : it is none
        """
        try:
            points = tuple((float(x), float(y)) for x, y in value["points"][: MOST_POINTS + 1])
            return cls(points, float(value["radius"]), bool(value["keep"]), bool(value.get("snap", True)))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise HumanSegError(BAD_STROKE) from error

    def box(self, shape: tuple[int, int]) -> Box:
        """The part of a photo (of this height and width) that the brush has touched; empty where that's none of it."""
        x, y = zip(*self.points, strict=True)
        (top, bottom), (left, right) = (
            (max(0, math.floor(min(along) - self.radius) - 1), min(side, math.ceil(max(along) + self.radius) + 2))
            for along, side in zip((y, x), shape, strict=True)
        )
        return slice(top, max(top, bottom)), slice(left, max(left, right))


@dataclass(frozen=True)
class Cover:
    """How far a stroke takes effect: `share` (uint8, 255 for wholly) within `box` of the photo, nowhere else."""

    box: Box
    share: np.ndarray

    def tiles(self) -> list[Box]:
        """The tiles of the photo in which it does."""
        rows, columns = self.box
        tiles = tiles_with(self.share, self.share.shape)
        return [
            (slice(rows.start + y.start, rows.start + y.stop), slice(columns.start + x.start, columns.start + x.stop))
            for y, x in tiles
        ]


def cover(rgb: np.ndarray, stroke: Stroke) -> Cover:
    """How far a stroke takes effect in each pixel.

    Wholly within half its radius, and nowhere beyond the brush's rim. In between the photo's own edges decide, by a
    guided filter (see `edges.refine_alpha`) on what's near the stroke, so that one needn't paint exactly.

    Parameters
    ----------
    rgb : the photo, uint8 HxWx3
    """
    shape = rgb.shape[:2]
    box = stroke.box(shape)
    limit = _drawn(stroke, box, 1)
    if not stroke.snap or not limit.any():
        return Cover(box, limit)
    # The filter looks at what's beyond the brush, too.
    margin = math.ceil(stroke.radius / 2)
    around = tuple(slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(box, shape, strict=True))
    inside = tuple(slice(s.start - a.start, s.stop - a.start) for s, a in zip(box, around, strict=True))
    guess = _drawn(stroke, around, GUESS)
    scale = max(1.0, stroke.radius / COARSE)
    height, width = (max(1, round(side / scale)) for side in guess.shape)
    coarse = averaged(guess, width, height) if (height, width) != guess.shape else guess
    share = refine_alpha(rgb[around], coarse.astype(np.float32) / 255)[inside]
    share = cv2.LUT(eight_bits(share), _STEEPER)
    return Cover(box, cv2.min(cv2.max(share, _drawn(stroke, box, CORE)), limit))


def _drawn(stroke: Stroke, box: Box, share: float) -> np.ndarray:
    """The line as painted with a brush of a share of its radius: uint8, of the box's size."""
    rows, columns = box
    drawn = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    if not drawn.size:
        return drawn
    # Pixels are counted from their centres there.
    points = np.array(stroke.points) - (columns.start + 0.5, rows.start + 0.5)
    points = np.round(points * (1 << _FRACTION)).astype(np.int32)
    # Smoothed lines of OpenCV's are so much wider.
    radius = max(0.5, share * stroke.radius - 0.75)
    line = {"color": 255, "lineType": cv2.LINE_AA, "shift": _FRACTION}
    for x, y in (points[0], points[-1]):
        cv2.circle(drawn, (int(x), int(y)), round(radius * (1 << _FRACTION)), thickness=-1, **line)
    if len(points) > 1:
        cv2.polylines(drawn, [points], isClosed=False, thickness=max(1, round(2 * radius)), **line)
    return drawn
