"""Which parts of a photo a second pass is shown, and how large: around the people whom the first pass found."""

from __future__ import annotations

import itertools
import math
from functools import reduce
from typing import NamedTuple

import cv2
import numpy as np

# Where the box around the people is shorter than this share of the photo's long side, it becomes a crop, with this
# margin on each side (a share of the box's long side); otherwise the second pass is shown the whole photo.
CROP_BELOW = 0.7
CROP_MARGIN = 0.3
# People who stand apart, in up to so many groups, get a crop each, so that they are shown larger; this is its margin.
MOST_GROUPS = 4
GROUP_MARGIN = 0.2
# Joining groups takes time with the cube of their number; more connected components than this are a crowd: one group.
MOST_COMPONENTS = 16
# Connected components of less than this share of the frame are noise, and would drag the crop across the frame.
SMALLEST_COMPONENT = 0.0005
# Slim figures are shown larger, since arms and legs are thin; stout ones, such as heads that fill the frame, smaller.
# These are the bounds: below the first too much detail is lost, above the second it takes too long.
SMALLEST_SCALE, LARGEST_SCALE = 6 / 7, 8 / 7


class Box(NamedTuple):
    """A rectangle in a picture, in its pixels; whole ones where it is cut out."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def sides(self) -> tuple[float, float]:
        """The short one and the long one."""
        height, width = self.bottom - self.top, self.right - self.left
        return min(height, width), max(height, width)

    @property
    def area(self) -> float:
        return (self.bottom - self.top) * (self.right - self.left)

    def around(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))

    def with_margin(self, margin: float, shape: tuple[int, int]) -> Box:
        """Larger by this share of the long side on each side, but within a picture of this shape."""
        more = margin * self.sides[1]
        top, left = max(0.0, self.top - more), max(0.0, self.left - more)
        return Box(top, left, min(shape[0], self.bottom + more), min(shape[1], self.right + more))

    def scaled(self, old: tuple[int, int], new: tuple[int, int]) -> Box:
        """The same part of a picture of another size (height, width), in whole pixels."""
        down, across = new[0] / old[0], new[1] / old[1]
        bottom, right = min(new[0], math.ceil(self.bottom * down)), min(new[1], math.ceil(self.right * across))
        return Box(int(self.top * down), int(self.left * across), bottom, right)


def choose_crops(person: np.ndarray, shape: tuple[int, int], usual_radius: float) -> list[tuple[Box, float]]:
    """The crops for a second pass over a photo, the largest first; none where nobody was found.

    Parameters
    ----------
    person : uint8 0 or 1, what the first pass found, at its own size
    shape : height and width of the photo
    usual_radius : see `Calibration.usual_inscribed_radius`

    Returns
    -------
    for each crop its box, in the photo's pixels, and how many times larger its long side is shown than a whole photo's
    """
    boxes = _boxes(person, shape)
    return list(zip(boxes, _scales(person, boxes, shape, usual_radius), strict=True))


def _boxes(person: np.ndarray, shape: tuple[int, int]) -> list[Box]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(person, connectivity=8)
    least = max(1, SMALLEST_COMPONENT * person.size)
    components = [
        Box(top, left, top + height, left + width)
        for left, top, width, height, area in stats[1:].tolist()
        if area >= least
    ]
    if not components:
        return []
    groups = []
    if len(components) <= MOST_COMPONENTS:
        groups = _grouped([box.with_margin(GROUP_MARGIN, person.shape) for box in components])
    if not 1 < len(groups) <= MOST_GROUPS:
        groups = [reduce(Box.around, components).with_margin(CROP_MARGIN, person.shape)]
    boxes = [group.scaled(person.shape, shape) for group in groups]
    # By the long side, since that sets the scale at which the network is shown a crop.
    if len(boxes) == 1 and boxes[0].sides[1] > CROP_BELOW * max(shape):
        return [Box(0, 0, *shape)]
    return sorted(boxes, key=lambda box: box.area, reverse=True)


def _grouped(boxes: list[Box]) -> list[Box]:
    """The boxes, joined wherever one crop around two of them has fewer pixels than two crops."""
    for first, second in itertools.combinations(boxes, 2):
        both = first.around(second)
        if both.area < first.area + second.area:
            return _grouped([both, *(box for box in boxes if box is not first and box is not second)])
    return boxes


def _scales(person: np.ndarray, boxes: list[Box], shape: tuple[int, int], usual_radius: float) -> list[float]:
    """A scale for each box, by how slim the people in it are.

    Together the crops never give the network more pixels than one square photo at the largest scale.
    """
    radii = [_inscribed_radius(person, box.scaled(shape, person.shape)) for box in boxes]
    scales = [float(np.clip(math.sqrt(usual_radius / radius), SMALLEST_SCALE, LARGEST_SCALE)) for radius in radii]
    squares = sum(scale**2 * box.sides[0] / box.sides[1] for scale, box in zip(scales, boxes, strict=True))
    share = LARGEST_SCALE / max(LARGEST_SCALE, math.sqrt(squares))
    return [scale * share for scale in scales]


def _inscribed_radius(person: np.ndarray, box: Box) -> float:
    """The radius of the largest circle that fits into the people (uint8 0 or 1) in a box, by the box's long side."""
    part = person[box.top : box.bottom, box.left : box.right]
    if part.all():  # the distance transform measures to the nearest 0, and there is none
        return 1.0
    radius = float(cv2.distanceTransform(part, cv2.DIST_L2, 3).max())
    return max(radius, 0.5) / max(part.shape)
