"""Masks for unmarked photos, made by the network itself: pixels that it isn't sure of are to be ignored.

Training on them is self-training (Lee 2013, "Pseudo-Label"). A network may be wrong about a photo at one size and right
at another, so a pixel counts only where all sizes agree.
"""

from __future__ import annotations

import numpy as np

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.resize import resize_alpha
from humanseg.segmenter import Segmenter

# Of the size at which the network is shown photos; each is done with its second pass.
SIZES = (5 / 7, 1.0, 9 / 7)
# Photos in which the sizes agree less than this (intersection over union over all of them) get no mask.
AGREEMENT = 0.6
# The mean over the sizes from which a pixel is person, and up to which it's background.
SURELY, SURELY_NOT = 0.8, 0.2


def label(segmenter: Segmenter, rgb: np.ndarray) -> np.ndarray | None:
    """A mask as uint8 HxW of PERSON, IGNORE and BACKGROUND for a photo (uint8 HxWx3); None where it would be a guess.

    That's where nobody is found, too: a network that misses somebody must not learn that nobody is there.
    """
    height, width = rgb.shape[:2]
    sizes = [round(segmenter.config.size * share) for share in SIZES]
    alphas = [resize_alpha(segmenter.coarse_alpha(rgb, size, second_pass=True), width, height) for size in sizes]
    mean = np.mean(alphas, axis=0)
    votes = np.stack([alpha >= segmenter.config.threshold for alpha in alphas])
    by_all, by_any = votes.all(0), votes.any(0)
    if not segmenter.confidence(mean) or by_all.sum() < AGREEMENT * by_any.sum():
        return None
    mask = np.full((height, width), IGNORE, np.uint8)
    mask[(mean >= SURELY) & by_all] = PERSON
    mask[(mean <= SURELY_NOT) & ~by_any] = BACKGROUND
    return mask
