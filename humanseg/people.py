"""The people in an alpha, one by one: which part of a photo is whose, and who of them stays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from humanseg.errors import HumanSegError
from humanseg.parts import SMALL_PART, SMALLEST_PERSON
from humanseg.resize import shrink
from humanseg.tiles import for_each, sample, tiles_with

LARGEST = "largest"
Point = tuple[float, float]
Keep = str | Sequence[Point]  # see `kept`

# Long side in pixels at which people are told apart.
SIDE = 1024
PERSON = 0.5  # least alpha of somebody
# A small part that's no further from a larger one than this share of its own size belongs to it, as a hand does behind
# a pole; see `parts.SMALL_PART` for small.
GAP = 0.5
# Share of the long side within which a point still means somebody whom it misses.
NEAR = 0.03

BAD_KEEP = "“{keep}” doesn't say who is to be kept: write largest, or points such as 0.4,0.5 or 812,430."
NOBODY_THERE = "Nobody is at {x:g}, {y:g}: give a point that lies on somebody who was found."


@dataclass(frozen=True)
class Person:
    """Somebody in an alpha.

    Attributes
    ----------
    box : left, top, width, height in pixels
    area : in pixels
    point : x and y of a pixel well within them
    """

    box: tuple[int, int, int, int]
    area: int
    point: tuple[int, int]


@dataclass(frozen=True)
class People:
    """The people in an alpha, largest first, as connected parts: those who touch are one.

    Attributes
    ----------
    persons : all of them
    whose : the number in `persons` of the nearest one for every place, uint8 hxw, smaller than the alpha
    parts : bool hxw: which of those places are a person's
    shape : height and width of the alpha
    """

    persons: tuple[Person, ...]
    whose: np.ndarray
    parts: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, alpha: np.ndarray) -> People:
        """The people in an alpha, float32 HxW in [0, 1] or uint8."""
        small = shrink(alpha, SIDE)
        mask = (small >= (PERSON * 255 if small.dtype == np.uint8 else PERSON)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        found = _somebody(labels, stats[:, :5], count)[:255]
        whose = np.zeros(mask.shape, np.uint8)
        for number, part in enumerate(found):
            whose[labels == part] = number + 1
        parts = whose > 0
        if found:
            whose = _nearest(whose)
        scale = alpha.shape[1] / small.shape[1], alpha.shape[0] / small.shape[0]
        persons = tuple(_person(labels == part, stats[part], scale) for part in found)
        return cls(persons, whose, parts, alpha.shape)

    def at(self, point: Point) -> int | None:
        """The number of whoever is at a point (x, y in pixels of the alpha), or hardly beside it; None for nobody."""
        rows, columns = self.whose.shape
        x, y = point[0] * columns / self.shape[1], point[1] * rows / self.shape[0]
        column, row = min(columns - 1, max(0, int(x))), min(rows - 1, max(0, int(y)))
        if not self.persons:
            return None
        reach = math.ceil(NEAR * max(rows, columns))
        top, left = max(0, row - reach), max(0, column - reach)
        rows, columns = np.nonzero(self.parts[top : row + reach + 1, left : column + reach + 1])
        distances = np.hypot(rows + (top + 0.5 - y), columns + (left + 0.5 - x))
        if distances.min(initial=math.inf) > reach:
            return None
        nearest = distances.argmin()
        return int(self.whose[top + rows[nearest], left + columns[nearest]])

    def without(self, alpha: np.ndarray, numbers: Iterable[int]) -> np.ndarray:
        """The alpha without some of the people, and without what is nearer to them than to others.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1], or uint8

        Returns
        -------
        a new array of the same kind
        """
        made, gone = alpha.copy(), np.isin(self.whose, list(numbers)).astype(np.float32)

        def drop(part: tuple[slice, slice]) -> None:
            left = made[part] * (1 - sample(gone, part, alpha.shape))
            made[part] = np.round(left) if made.dtype == np.uint8 else left

        for_each(tiles_with(gone, alpha.shape), drop)
        return made

    def outlines(self, number: int) -> list[np.ndarray]:
        """The outlines of somebody, for the screen: int nx2 each, x and y in pixels of the alpha."""
        mask = (self.parts & (self.whose == number)).astype(np.uint8)
        found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        scale = np.array(self.shape[::-1]) / self.whose.shape[::-1]
        lines = [cv2.approxPolyDP(line, 1.0, closed=True)[:, 0] for line in found]
        return [np.round((line + 0.5) * scale).astype(int) for line in lines if len(line) > 2]


def kept(alpha: np.ndarray, keep: Keep) -> np.ndarray:
    """The alpha of some of the people alone.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1]
    keep : "largest", or a point on each who is to stay: x and y in pixels from the top left corner, or as shares of
        width and height where both are from 0 to 1

    Raises
    ------
    HumanSegError : nobody is at one of the points, or `keep` is neither

    Examples
    --------
    >>> alpha = np.zeros((100, 100), np.float32)
    >>> alpha[10:90, 10:40] = alpha[20:80, 60:80] = 1
    >>> kept(alpha, "largest")[50, [20, 70]]
    array([1., 0.], dtype=float32)
    >>> kept(alpha, [(0.7, 0.5)])[50, [20, 70]]
    array([0., 1.], dtype=float32)
    """
    points = None if isinstance(keep, str) and keep == LARGEST else read_points(keep)
    people = People.of(alpha)
    stay = {0} if points is None else {_number_at(people, point) for point in points}
    others = set(range(len(people.persons))) - stay
    return people.without(alpha, others) if others else alpha


def read(keep: str) -> Keep:
    """Who is to be kept, from text: "largest", or points such as "0.4,0.5" or "812,430; 1200,400".

    Raises
    ------
    HumanSegError : it's neither
    """
    if keep.strip().lower() == LARGEST:
        return LARGEST
    try:
        return read_points([tuple(map(float, point.split(","))) for point in keep.split(";") if point.strip()])
    except (ValueError, HumanSegError) as error:  # in the words that were given
        raise HumanSegError(BAD_KEEP.format(keep=keep)) from error


def read_points(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points, once it's sure that they are some.

    Raises
    ------
    HumanSegError : there are none, or something else
    """
    try:
        read = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError) as error:
        raise HumanSegError(BAD_KEEP.format(keep=points)) from error
    if not read or not all(math.isfinite(number) for point in read for number in point):
        raise HumanSegError(BAD_KEEP.format(keep=points))
    return read


def _number_at(people: People, point: Point) -> int:
    x, y = point
    if 0 <= x <= 1 and 0 <= y <= 1:
        x, y = x * people.shape[1], y * people.shape[0]
    number = people.at((x, y))
    if number is None:
        raise HumanSegError(NOBODY_THERE.format(x=point[0], y=point[1]))
    return number


def _somebody(labels: np.ndarray, stats: np.ndarray, count: int) -> list[int]:
    """Which connected parts are somebody, largest first: not too small, and no piece of a larger one beside."""
    order = sorted(range(1, count), key=lambda part: -stats[part, cv2.CC_STAT_AREA])
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    found: list[int] = []
    for part in order:
        if stats[part, cv2.CC_STAT_AREA] < SMALLEST_PERSON * labels.size:
            break
        larger = [other for other in found if sides[part] < SMALL_PART * sides[other]]
        if larger and _gap(labels, stats[part], part, larger) <= GAP * sides[part]:
            continue
        found.append(part)
    return found or order[:1]


def _gap(labels: np.ndarray, stat: np.ndarray, part: int, others: list[int]) -> float:
    """How far a part is from the nearest of others, in pixels, as far as that matters."""
    left, top, width, height = stat[:4]
    reach = math.ceil(GAP * max(width, height)) + 1
    around = labels[max(0, top - reach) : top + height + reach, max(0, left - reach) : left + width + reach]
    other = np.isin(around, others)
    if not other.any():
        return math.inf
    return float(cv2.distanceTransform((~other).astype(np.uint8), cv2.DIST_L2, 3)[around == part].min())


def _nearest(numbers: np.ndarray) -> np.ndarray:
    """For every place the number, less one, of the nearest one that has any; uint8 hxw, 0 where there's none."""
    _, labels = cv2.distanceTransformWithLabels((numbers == 0).astype(np.uint8), cv2.DIST_L2, 5)
    belongs = np.zeros(labels.max() + 1, np.uint8)
    inside = numbers > 0
    belongs[labels[inside]] = numbers[inside] - 1
    return belongs[labels]


def _person(mask: np.ndarray, stat: np.ndarray, scale: tuple[float, float]) -> Person:
    left, top, width, height, area = (int(value) for value in stat)
    inside = np.zeros((height + 2, width + 2), np.uint8)
    inside[1:-1, 1:-1] = mask[top : top + height, left : left + width]
    y, x = np.unravel_index(cv2.distanceTransform(inside, cv2.DIST_L2, 5).argmax(), inside.shape)
    (across, down) = scale
    box = (round(left * across), round(top * down), round(width * across), round(height * down))
    point = (int((left + x - 0.5) * across), int((top + y - 0.5) * down))
    return Person(box, round(area * across * down), point)
