"""Gradients of two colours, as backgrounds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import cv2
import numpy as np

from humanseg.compose import parse_colour
from humanseg.errors import HumanSegError

RADIAL = "radial"
BAD_GRADIENT = (
    "{given!r} is no gradient: write two colours with two dots between, such as white..#8899aa, and if you like its "
    "direction in degrees, or radial: coral..navy@90, white..grey@radial."
)
# Levels of noise, which hides the steps that 8 bits make of a gentle gradient.
NOISE = np.random.default_rng(7).uniform(-0.5, 0.5, (64, 64)).astype(np.float32)


@dataclass(frozen=True)
class Gradient:
    """From one colour to another.

    Attributes
    ----------
    first, last : (red, green, blue), 0 to 255
    direction : that it goes in, in degrees as CSS counts them (180 is downwards, 90 to the right), or None for one that
        goes from the middle to the corners

    Examples
    --------
    >>> Gradient.parse("white..#8899aa@90").direction
    90.0
    """

    first: tuple[int, int, int]
    last: tuple[int, int, int]
    direction: float | None = 180.0

    @classmethod
    def parse(cls, given: str | Gradient) -> Gradient:
        """Reads "white..#8899aa", "white..#8899aa@90" or "white..#8899aa@radial".

        Raises
        ------
        HumanSegError : it's no gradient
        """
        if isinstance(given, Gradient):
            return given
        try:
            found = re.fullmatch(r"(.+?)\.\.([^@]+)(?:@(radial|-?\d{1,3}))?", given.strip().lower(), re.ASCII)
            first, last = (parse_colour(part) for part in found.groups()[:2])
        except (AttributeError, HumanSegError) as error:
            raise HumanSegError(BAD_GRADIENT.format(given=str(given)[:100])) from error
        return cls(first, last, None if found[3] == RADIAL else float(found[3] or 180) % 360)

    def paint(self, width: int, height: int) -> np.ndarray:
        """uint8 HxWx3."""
        share = self._share(width, height)
        noise = np.tile(NOISE, (-(-height // 64), -(-width // 64)))[:height, :width]
        planes = [cv2.add(share * float(b - a) + float(a), noise) for a, b in zip(self.first, self.last, strict=True)]
        return cv2.merge([cv2.convertScaleAbs(np.maximum(plane, 0)) for plane in planes])

    def _share(self, width: int, height: int) -> np.ndarray:
        """How far each pixel is on its way to the last colour: float32 HxW."""
        x = np.arange(width, dtype=np.float32) + (0.5 - width / 2)
        y = np.arange(height, dtype=np.float32)[:, None] + (0.5 - height / 2)
        if self.direction is None:
            return np.hypot(x, y) / np.float32(math.hypot(width, height) / 2)
        right, down = math.sin(math.radians(self.direction)), -math.cos(math.radians(self.direction))
        # Its ends are in the corners, as in CSS.
        length = abs(width * right) + abs(height * down)
        return x * np.float32(right / length) + (y * np.float32(down / length) + np.float32(0.5))
