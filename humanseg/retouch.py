"""Repair of an alpha by hand: brush strokes, people who are dropped, and an outline that is moved or softened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from humanseg import strokes as brush
from humanseg.people import People, Point
from humanseg.strokes import Box, Cover, Stroke

# Of a Gaussian's standard deviation: how far OpenCV's filter reaches, for float32.
_REACH = 4


@dataclass(frozen=True)
class Repair:
    """What was done by hand to a cut-out.

    Attributes
    ----------
    strokes : of the brush, in the order in which they were painted
    dropped : a point (x, y in pixels of the photo) on each of the people who don't stay
    grow : pixels of the photo by which the outline moves outwards (inwards when negative)
    feather : pixels of the photo over which the outline fades

    Examples
    --------
    >>> photo, alpha = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.float32)
    >>> repair = Repair((Stroke(((4, 4),), radius=20, keep=True),))
    >>> float(repair(alpha, photo).min())
    1.0
    """

    strokes: tuple[Stroke, ...] = ()
    grow: int = 0
    feather: int = 0
    dropped: tuple[Point, ...] = ()

    def __bool__(self) -> bool:
        return self != Repair()

    def __call__(self, alpha: np.ndarray, rgb: np.ndarray) -> np.ndarray:
        """The repaired alpha.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1], of the photo's size
        rgb : the photo, uint8 HxWx3

        Returns
        -------
        float32 HxW in [0, 1]
        """
        everything = slice(0, alpha.shape[0]), slice(0, alpha.shape[1])
        return self.within(everything, self.with_those_who_stay(alpha), partial(brush.cover, rgb))

    def with_those_who_stay(self, alpha: np.ndarray, people: People | None = None) -> np.ndarray:
        """The alpha (float32 HxW in [0, 1], or uint8) without the people who are dropped.

        Parameters
        ----------
        people : the people in the alpha, where they are known
        """
        if not self.dropped:
            return alpha
        people = people or People.of(alpha)
        return people.without(alpha, {people.at(point) for point in self.dropped} - {None})

    def within(self, box: Box, alpha: np.ndarray, cover: Callable[[Stroke], Cover]) -> np.ndarray:
        """The repaired alpha within a part of the photo, the same as if all of it had been repaired.

        Parameters
        ----------
        alpha : of the whole photo `with_those_who_stay`, float32 HxW in [0, 1] or uint8
        cover : gives how far a stroke takes effect: `strokes.cover`, or what is kept of it
        """
        made = self._edge(box, alpha)
        # Strokes come last: what they mark stays, whatever the edge control does.
        for stroke in self.strokes:
            if not _both(box, stroke.box(alpha.shape)):
                continue
            covered = cover(stroke)
            both = _both(box, covered.box)
            share = covered.share[_moved(both, covered.box)].astype(np.float32) / 255
            part = made[_moved(both, box)]
            part += share * (np.float32(stroke.keep) - part)
        return np.clip(made, 0, 1, out=made)

    def _edge(self, box: Box, alpha: np.ndarray) -> np.ndarray:
        """A part of the alpha with its outline moved and softened; always a new array."""
        sigma = max(0.3, self.feather / 2) if self.feather else 0
        reach = abs(self.grow) + int(_REACH * sigma + 2)
        around = tuple(
            slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(box, alpha.shape, strict=True)
        )
        part = alpha[around]
        made = part.astype(np.float32) / 255 if part.dtype == np.uint8 else part.copy()
        if self.grow:
            made = grown(made, self.grow)
        if sigma:
            made = cv2.GaussianBlur(made, (0, 0), sigma)
        return np.ascontiguousarray(made[_moved(box, around)])

    def other_strokes(self, earlier: Repair) -> tuple[Stroke, ...] | None:
        """The strokes that one of both repairs has and the other hasn't; None where they differ in more than that."""
        if replace(self, strokes=()) != replace(earlier, strokes=()):
            return None
        same = 0
        for one, other in zip(self.strokes, earlier.strokes, strict=False):
            if one != other:
                break
            same += 1
        return (*self.strokes[same:], *earlier.strokes[same:])

    def changed(self, earlier: Repair, shape: tuple[int, int]) -> Box | None:
        """The part of a photo (of this height and width) that this repair changes in another way; None for nothing."""
        others = self.other_strokes(earlier)
        if others is None:
            return slice(0, shape[0]), slice(0, shape[1])
        boxes = [stroke.box(shape) for stroke in others]
        boxes = [box for box in boxes if all(side.start < side.stop for side in box)]
        if not boxes:
            return None
        rows, columns = zip(*boxes, strict=True)
        return _around(rows), _around(columns)


def _around(parts: tuple[slice, ...]) -> slice:
    return slice(min(part.start for part in parts), max(part.stop for part in parts))


def _both(one: Box, other: Box) -> Box | None:
    """What two parts of a photo have in common; None for nothing."""
    found = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return found if all(side.start < side.stop for side in found) else None


def _moved(box: Box, inside: Box) -> Box:
    """A part of a photo, counted within another part."""
    return tuple(slice(s.start - o.start, s.stop - o.start) for s, o in zip(box, inside, strict=True))


def grown(alpha: np.ndarray, radius: int) -> np.ndarray:
    """The alpha with its outline moved by `radius` pixels, outwards when positive; soft edges keep their softness.

    An octagon stands for the disc: small steps cost far less than one large kernel.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1]
    radius : in pixels of `alpha`

    Returns
    -------
    float32 HxW in [0, 1]
    """
    change = cv2.dilate if radius > 0 else cv2.erode
    kernels = [cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_CROSS, cv2.MORPH_RECT)]
    for step in range(abs(radius)):
        alpha = change(alpha, kernels[step % 2])
    return alpha
