"""Haze: half-transparent where nothing is, because the network isn't sure. It is decided; soft outlines stay soft."""

from __future__ import annotations

import math

import cv2
import numpy as np

from humanseg.model.calibration import Calibration
from humanseg.resize import resize_alpha, shrink
from humanseg.tiles import for_each, sample, strips_of, tiles_with

# The network isn't sure of alphas between these.
UNSURE = (0.1, 0.9)
# A band of unsure alpha that is narrower than twice this share of the diagonal is an outline, or hair; wider ones are
# haze. Measured on the validation photos: half or one and a half times as much makes little difference.
HAZE_RADIUS = 0.006
# How far a hazy region's pixels move to the region's mean: at 1 it is kept or dropped as a whole, which is right less
# often than the pixels are, at 0 an uncertain arm becomes a ragged arm.
TOGETHER = 0.5
# Long side in pixels at which regions are found and distances are measured.
SIDE = 640
LEAST_REACH = 2.0  # pixels: interpolation alone makes an outline that soft
# Less change than this (of 1) can't be seen.
VISIBLE = 0.01


def weighed_together(alpha: np.ndarray) -> np.ndarray:
    """The alpha in which the pixels of each hazy region agree more about whether they are person.

    Parameters
    ----------
    alpha : the network's own, float32 HxW in [0, 1], not refined
    """
    small = shrink(alpha, SIDE)
    core = wide(small)
    if not core.any():
        return alpha
    # Morphological opening by a disc, from two distances.
    near = cv2.distanceTransform(1 - core.astype(np.uint8), cv2.DIST_L2, 3) <= _radius(small) + 1
    hazy = (_unsure(small) & near).astype(np.uint8)
    count, regions = cv2.connectedComponents(hazy, connectivity=8)
    pixels = np.maximum(1, np.bincount(regions.ravel(), minlength=count))
    means = np.bincount(regions.ravel(), small.ravel(), count) / pixels
    share = cv2.blur(hazy.astype(np.float32), (3, 3)) * hazy  # falls at the region's rim, so that it leaves no step
    change = np.float32(TOGETHER) * share * (means.astype(np.float32)[regions] - small)
    return np.clip(alpha + resize_alpha(change, *alpha.shape[::-1]), 0, 1)


def wide(alpha: np.ndarray) -> np.ndarray:
    """Where an alpha (float32 HxW in [0, 1]) is hazy: bool, the middle of bands that are too wide for an outline."""
    # The frame isn't an outline: haze goes on beyond it.
    framed = cv2.copyMakeBorder(_unsure(alpha).view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    if framed.all():  # the distance transform measures to the nearest 0, and there is none
        return np.ones(alpha.shape, bool)
    return cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] > _radius(alpha)


def _unsure(alpha: np.ndarray) -> np.ndarray:
    return (alpha > UNSURE[0]) & (alpha < UNSURE[1])


def _radius(alpha: np.ndarray) -> float:
    return max(1.5, HAZE_RADIUS * math.hypot(*alpha.shape))


def decide(alpha: np.ndarray, calibration: Calibration) -> None:
    """Makes an alpha (float32 HxW, at the photo's size) in place the surer, the further it is from its 0.5 contour.

    From `calibration.outline` of the diagonal on it is 0 or 1; at half of that it is below 0.25 or above 0.75. What is
    within `calibration.certain` of 0 or 1 becomes 0 or 1 anywhere.
    """
    small = shrink(alpha, SIDE)
    side = sides(small, calibration.outline)

    def bound(part: tuple[slice, slice]) -> None:
        alpha[part] = _bounded(alpha[part], sample(side, part, alpha.shape))

    changes = np.abs(small - np.float32(0.5)) < np.abs(side) - np.float32(VISIBLE)
    for_each(tiles_with(changes, alpha.shape), bound)
    _stretch(alpha, calibration.certain)


def decided(alpha: np.ndarray, side: np.ndarray, certain: float) -> np.ndarray:
    """The decided alpha of some pixels, see `decide`: a new array.

    Parameters
    ----------
    alpha, side : float32 of one shape, not decided, and from `sides`
    """
    alpha = _bounded(alpha, side)
    alpha -= np.float32(certain)
    alpha *= np.float32(1 / (1 - 2 * certain))
    return np.clip(alpha, 0, 1, out=alpha)


def sides(alpha: np.ndarray, outline: float, least: float = LEAST_REACH) -> np.ndarray:
    """On which side of the 0.5 contour pixels lie, and how far from it: float32 HxW.

    From -0.5 outside to 0.5 inside, which are reached at the distance `outline` (of the diagonal); 0 at the contour
    itself, and everywhere where nobody is.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1], at most `SIDE` long
    least : pixels that `outline` is at least
    """
    person = (alpha >= 0.5).astype(np.uint8)
    if not person.any():
        return np.zeros_like(alpha)
    reach = max(least, outline * math.hypot(*alpha.shape))
    kernel = np.ones((3, 3), np.uint8)
    contour = cv2.dilate(person, kernel) != cv2.erode(person, kernel)
    depth = np.full(alpha.shape, 0.5, np.float32)  # of people who fill the frame
    if contour.any():
        depth = cv2.distanceTransform((~contour).view(np.uint8), cv2.DIST_L2, 3)
        depth = np.minimum(depth * np.float32(0.5 / reach), np.float32(0.5))
    return depth * (person.astype(np.float32) * 2 - 1)


def _bounded(alpha: np.ndarray, side: np.ndarray) -> np.ndarray:
    limit = side + np.float32(0.5)
    # At the contour itself, where `side` is 0, there is no bound.
    least, most = np.where(side > 0, limit, np.float32(0)), np.where(side < 0, limit, np.float32(1))
    return np.clip(alpha, least, most)


def _stretch(alpha: np.ndarray, certain: float) -> None:
    """Stretches an alpha (float32 HxW) in place, so that what is within `certain` of 0 or 1 becomes 0 or 1."""

    def stretch(strip: slice) -> None:
        # In place: an alpha of a large photo is larger than the processor's cache, and new memory takes even longer.
        part = alpha[strip]
        np.subtract(part, certain, out=part)
        np.divide(part, 1 - 2 * certain, out=part)
        np.clip(part, 0, 1, out=part)

    for_each(strips_of(alpha.shape), stretch)
