"""Whether anybody is in an alpha, and which of its connected parts are people; outlines drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from humanseg.model.config import ModelConfig
from humanseg.resize import resize_alpha, shrink

# Least share of the frame that has to be person: anybody smaller isn't who the photo is about.
SMALLEST_PERSON = 0.001
# Where a part's box is shorter than this share of the largest part's (long sides), the network has to be sure of it
# nearly everywhere: such a part is seldom somebody who was meant, and often a passer-by's shoulder, a bag or a dog.
SMALL_PART = 1 / 3


def surest_alpha(alphas: Sequence[np.ndarray], config: ModelConfig) -> float:
    """The alpha that the person's surest pixels reach; 0 where they are too few for anybody.

    Below `Calibration.least_confidence` nobody is there.

    Parameters
    ----------
    alphas : the network's own, not refined, float32 HxW in [0, 1]; of several the mean counts
    """
    reached = []
    for alpha in alphas:
        person = alpha[alpha >= config.threshold]
        if person.size < SMALLEST_PERSON * alpha.size or not person.size:
            return 0.0
        share = config.calibration.surest_share
        reached.append(float(np.quantile(person[:: max(1, person.size // 50_000)], 1 - share)))
    return sum(reached) / len(reached)


def without_doubtful_parts(alpha: np.ndarray, config: ModelConfig) -> np.ndarray:
    """The alpha without those connected parts of which the network is nowhere sure enough.

    Of small parts it has to be sure nearly everywhere except at their rim, where it never is. Parts above the threshold
    are judged first, since haze may connect them with somebody; then haze that stands alone.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1], not refined, in which somebody was found
    """
    calibration, small = config.calibration, shrink(alpha, config.size)
    person, sure = small >= config.threshold, small >= calibration.least_part_confidence
    inside = cv2.erode(person.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    out = np.zeros_like(small)
    for least in (config.threshold, calibration.haze):
        seen = (small * (1 - out) >= least).astype(np.uint8)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=8)
        if count < 3:  # the background and a single part
            continue
        doubtful = _lacks(sure, person, calibration.surest_share, parts, count)
        sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        tiny = sides < SMALL_PART * sides[1:][~doubtful[1:]].max(initial=0)
        doubtful |= tiny & _lacks(sure, inside, calibration.small_part_share, parts, count)
        doubtful[0] = False  # the background
        if doubtful.any() and not doubtful[1:].all():  # somebody is there: all can't be doubtful
            # A part's soft rim goes too, except where it belongs to another part.
            gone = doubtful[parts]
            rim = cv2.dilate(gone.astype(np.float32), np.ones((9, 9), np.uint8))
            rim[(parts > 0) & ~gone] = 0
            out = np.maximum(out, rim)
    return alpha * (1 - resize_alpha(out, alpha.shape[1], alpha.shape[0])) if out.any() else alpha


def _lacks(sure: np.ndarray, among: np.ndarray, share: float, parts: np.ndarray, count: int) -> np.ndarray:
    """Which of the parts (labels below `count`) are sure in less than this share of those pixels, or in none."""
    least = np.maximum(1, share * np.bincount(parts[among], minlength=count))
    return np.bincount(parts[sure & among], minlength=count) < least


def eroded(alpha: np.ndarray, inset: float) -> np.ndarray:
    """The alpha with outlines moved inwards by `inset` of a pixel; people cut off by the frame aren't eroded there."""
    if not inset:
        return alpha
    by_one = cv2.erode(alpha, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    return cv2.addWeighted(alpha, 1 - inset, by_one, inset, 0)
