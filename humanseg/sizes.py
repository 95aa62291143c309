"""Sizes that pictures of people are wanted in, and which part of a photo such a picture shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from humanseg.errors import HumanSegError
from humanseg.frame import Frame
from humanseg.heads import head_of

AS_IS, PEOPLE, RATIO, PIXELS, PRINT = "as-is", "people", "ratio", "pixels", "print"
DPI = 300  # of sizes in millimetres: what print shops and passport offices ask for
MARGIN = 0.05  # around the people, as a share of the longer side of their box
LEAST_SIDE, LARGEST_SIDE = 16, 16_000  # pixels
LARGEST_AREA = 100_000_000  # pixels
LONGEST = 10  # times as long as wide, of a ratio
# Of a print: where a head's top and chin are, as shares of its height. ICAO Doc 9303 asks for a head of 70 to 80 % of
# the height, Germany for 32 to 36 of 45 mm, the United Kingdom for 29 to 34 mm.
HEAD_TOP, CHIN = 4 / 45, 37 / 45
BELOW_CHIN = 0.25  # of a head's height: at least so much of the neck is seen where the chest is left out
BAD_SIZE = (
    "{given!r} is no size: give as-is, people, square, a ratio such as 4:5, pixels such as 2000x2000, or millimetres "
    "such as 35x45mm."
)


@dataclass(frozen=True)
class Size:
    """The size of a picture that is made of a photo.

    Attributes
    ----------
    kind : "as-is" (the photo's own), "people" (cropped to them with a margin), "ratio" (the same, widened to a ratio of
        `width` to `height`), "pixels", or "print" (in millimetres, at 300 dpi, with the head as passports ask for it)
    width, height : in the kind's unit

    Raises
    ------
    HumanSegError : it's too small, too large or too narrow

    Examples
    --------
    >>> Size.parse("35x45mm").pixels
    (413, 531)
    """

    kind: str = AS_IS
    width: float = 0
    height: float = 0

    def __post_init__(self) -> None:
        short, long = sorted((self.width, self.height))
        if self.kind == RATIO and not 0 < long <= LONGEST * short:
            raise HumanSegError(f"A ratio goes from 1:{LONGEST} to {LONGEST}:1: choose one between them.")
        if self.kind not in (PIXELS, PRINT):
            return
        width, height = self.pixels
        if min(width, height) < LEAST_SIDE or max(width, height) > LARGEST_SIDE or width * height > LARGEST_AREA:
            raise HumanSegError(
                f"A picture of {width} x {height} pixels can't be made: give sides of {LEAST_SIDE} to {LARGEST_SIDE} "
                f"pixels, and at most {LARGEST_AREA // 1_000_000} megapixels."
            )

    @classmethod
    def parse(cls, given: str | Size) -> Size:
        """Reads "as-is", "people", "square", "4:5", "2000x2000" or "35x45mm".

        Raises
        ------
        HumanSegError : it's none of these
        """
        if isinstance(given, Size):
            return given
        text = given.strip().lower().replace("×", "x") if isinstance(given, str) else ""
        text = {"square": "1:1"}.get(text, text)
        if text in (AS_IS, PEOPLE):
            return cls(text)
        number = r"([0-9]{1,6}(?:\.[0-9]{1,3})?)"
        for kind, pattern in (
            (RATIO, f"{number}:{number}"),
            (PIXELS, r"(\d{1,6})x(\d{1,6})"),
            (PRINT, f"{number}x{number} ?mm"),
        ):
            if found := re.fullmatch(pattern, text, re.ASCII):
                return cls(kind, float(found[1]), float(found[2]))
        raise HumanSegError(BAD_SIZE.format(given=given if len(str(given)) < 50 else f"{str(given)[:50]}…"))

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height, where they don't depend on the photo."""
        scale = DPI / 25.4 if self.kind == PRINT else 1
        return round(self.width * scale), round(self.height * scale)

    @property
    def dpi(self) -> int | None:
        """Pixels per inch where it's printed; None where that doesn't matter."""
        return DPI if self.kind == PRINT else None

    def frame(self, alpha: np.ndarray, margin: float = MARGIN) -> Frame:
        """The part of a photo that a picture of this size shows; where nobody is, all of it.

        The frame has no margin, and more room on the other side, where the people are cut off by the photo's own edge.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1]
        margin : around the people, as a share of the longer side of their box; not for "as-is" and prints
        """
        height, width = alpha.shape
        if self.kind == AS_IS:
            return Frame(width, height)
        if self.kind == PRINT and (head := head_of(alpha)):
            columns, rows = self.pixels
            scale = (CHIN - HEAD_TOP) * rows / max(1.0, head.height)
            return Frame(
                columns, rows, head.centre - columns / scale / 2, head.top - HEAD_TOP * rows / scale, scale, DPI
            )
        return self._around(alpha, margin)

    def _around(self, alpha: np.ndarray, margin: float) -> Frame:
        left, top, right, bottom = box_of(alpha)
        pad = round(margin * max(right - left, bottom - top))
        across = _Edges(*_cut_off(alpha[:, 0], alpha[:, -1]), alpha.shape[1])
        along = _Edges(*_cut_off(alpha[0], alpha[-1]), alpha.shape[0])
        (left, right), (top, bottom) = across.widened(left, right, pad), along.widened(top, bottom, pad)
        if self.kind != PEOPLE:
            aspect = self.width / self.height
            if across.both and along.end and aspect * (bottom - top) > right - left:
                # Shoulders that the photo cuts off would end in mid-air: rather less of the chest.
                head = head_of(alpha)
                least = head.chin + BELOW_CHIN * head.height if head else bottom
                bottom = min(bottom, max(top + (right - left) / aspect, least))
                along = _Edges(along.start, False, along.side)
            wanted = max(right - left, aspect * (bottom - top))
            left, right = across.widened(left, right, least=wanted)
            top, bottom = along.widened(top, bottom, least=wanted / aspect)
        if self.kind in (PIXELS, PRINT):
            columns, rows = self.pixels
            return Frame(columns, rows, left, top, columns / (right - left), self.dpi)
        scale = min(1.0, (LARGEST_AREA / ((right - left) * (bottom - top))) ** 0.5)
        columns, rows = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        return Frame(columns, rows, round(left), round(top), scale)


@dataclass(frozen=True)
class _Edges:
    """Whether people are cut off by a photo's first and last row (or column), and how many it has."""

    start: bool
    end: bool
    side: int

    @property
    def both(self) -> bool:
        return self.start and self.end

    def widened(self, start: float, end: float, pad: float = 0, least: float = 0) -> tuple[float, float]:
        """A stretch with a margin and at least so long, which grows where people aren't cut off alone."""
        if self.both:
            pad = 0
        elif self.start:
            return 0, max(end + pad, least)
        elif self.end:
            return min(start - pad, self.side - least), self.side
        more = max(pad, (least - (end - start)) / 2)
        return start - more, end + more


def box_of(alpha: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the people in an alpha (float32 HxW); of the whole photo where nobody is."""
    left, top, width, height = cv2.boundingRect((alpha > 0.05).view(np.uint8))
    if not width:
        return 0, 0, alpha.shape[1], alpha.shape[0]
    return left, top, left + width, top + height


def _cut_off(first: np.ndarray, last: np.ndarray) -> tuple[bool, bool]:
    """Whether people are cut off by the photo's edges, whose alphas are given: at its beginning, at its end."""
    return bool((first >= 0.5).any()), bool((last >= 0.5).any())
