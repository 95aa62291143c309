"""Where somebody's head is, told by the outline alone: for photos that passports ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from humanseg.people import PERSON, People
from humanseg.resize import shrink

SIDE = 512  # pixels of the long side at which outlines are read
# Height of a head, from the top of the hair to the chin, over the outline's width halfway down. Where long hair hides
# the neck it's wider for its height. By eye on 48 portraits and street photos.
RATIO, LONG_HAIR = 1.4, 1.22
LEAST = 1 / 12  # of a person's height: no head is lower. Without it a strand of hair that stands up is taken for one
NECK = 0.86  # a row narrower than this share of the head's width, with wider ones below, is a neck


@dataclass(frozen=True)
class Head:
    """Somebody's head, upright and seen from the front.

    Attributes
    ----------
    top, chin : y in pixels, of the hair's or hat's top and of the chin
    centre : x in pixels
    """

    top: float
    chin: float
    centre: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.chin - self.top


def head_of(alpha: np.ndarray) -> Head | None:
    """The head of the largest person, None where there's nobody.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1]
    """
    people = People.of(alpha)
    if not people.persons:
        return None
    others = range(1, len(people.persons))
    small = shrink(people.without(alpha, others) if others else alpha, SIDE)
    scale = alpha.shape[0] / small.shape[0]
    left, right = _outline(small >= PERSON)
    top, widths = int(np.flatnonzero(right > left)[0]), right - left
    height = _height(widths[top:])
    middle = slice(top + height // 4, top + max(height // 4 + 1, 3 * height // 4))
    centre = float(np.median((left[middle] + right[middle]) / 2))
    return Head(top * scale, (top + height) * scale, centre * alpha.shape[1] / small.shape[1])


def _outline(person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right end, for each row, of the run that goes on from the row above: arms held up don't count."""
    left, right = np.zeros(len(person)), np.zeros(len(person))
    middle = None
    for row in np.flatnonzero(person.any(1)):
        edges = np.flatnonzero(np.diff(person[row].astype(np.int8), prepend=0, append=0))
        starts, ends = edges[::2], edges[1::2]
        if middle is None:
            run = int(np.argmax(ends - starts))
        else:
            run = int(np.argmin(np.maximum(0, np.maximum(starts - middle, middle - ends))))
        left[row], right[row] = starts[run], ends[run]
        middle = (left[row] + right[row]) / 2 if middle is None else 0.8 * middle + 0.1 * (left[row] + right[row])
    return left, right


def _height(widths: np.ndarray) -> int:
    """The height in rows of the head that an outline begins with."""
    short, long = (_in_proportion(widths, ratio) for ratio in (LONG_HAIR, RATIO))
    # The chin is where the neck, seen below the jaw, is narrowest. Long hair hides that, or a collar.
    near = widths[short : round(1.2 * long)]
    if len(near) and near.min() < NECK * widths[:short].max():
        neck = short + int(np.median(np.flatnonzero(near <= 1.05 * near.min())))
        if widths[neck:].max() > near.min() / NECK:
            return max(short, round(0.97 * neck))
    return short


def _in_proportion(widths: np.ndarray, ratio: float) -> int:
    """The height in rows at which a head would be so many times as high as the outline is wide halfway down."""
    for height in range(max(4, round(LEAST * np.count_nonzero(widths))), len(widths)):
        if height >= ratio * np.median(widths[height // 4 : 3 * height // 4 + 1]):
            return height
    return len(widths)
