"""Masks for unmarked photos, made by the network itself: pixels that it isn't sure of are to be ignored.

Training on them is self-training (Lee 2013, "Pseudo-Label"). A network may be wrong about a photo at one size and right
at another, or right about its mirror image, so masks are made of the average over both, and a pixel counts only where
all sizes agree. What is known of a photo beforehand, boxes around its people or a part of their masks, decides whether
the mask can be believed. `training/gpu/labels.py` has the same rules for whole sets on a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.engines import Engine
from humanseg.resize import letterbox, resize_alpha
from humanseg.segmenter import Segmenter

Box = Sequence[float]  # left, top, right, bottom, as shares of the photo's width and height

# Of the size at which the network is shown photos.
SIZES = (5 / 7, 1.0, 9 / 7)
# Photos in which the sizes agree less than this (intersection over union over all of them) get no mask.
AGREEMENT = 0.6
# The mean over the sizes from which a pixel is person, and up to which it's background.
SURELY, SURELY_NOT = 0.8, 0.2
# Least share of a photo, and of each box, that has to be person: of a box around somebody standing it's about a half.
SMALLEST, FILLED = 0.004, 0.3
# Most person outside of all boxes, as a share of the person's area; by MARGIN of the photo's sides boxes are enlarged
# for that, since they are drawn by hand.
OUTSIDE, MARGIN = 0.08, 0.04
# Least share of what is known to be person that has to be found at any size.
KNOWN = 0.85


def label(
    segmenter: Segmenter, rgb: np.ndarray, boxes: Sequence[Box] | None = None, known: np.ndarray | None = None
) -> np.ndarray | None:
    """A mask as uint8 HxW of PERSON, IGNORE and BACKGROUND for a photo (uint8 HxWx3); None where it would be a guess.

    That's where nobody is found, too: a network that misses somebody must not learn that nobody is there.

    Parameters
    ----------
    boxes : around everybody in the photo; None where they aren't known
    known : bool HxW, what is known to be person; nothing is known of the rest
    """
    alphas = votes(segmenter.engine, rgb)
    if known is None and not segmenter.confidence(np.mean(alphas, axis=0)):
        return None
    by_any = (np.stack(alphas) >= segmenter.config.threshold).any(0)
    mask = agreed(alphas, segmenter.config.threshold)
    if mask is not None and boxes is not None:
        mask = within_boxes(mask, boxes)
    if mask is not None and known is not None:
        mask = with_known(mask, by_any, known)
    return mask


def votes(engine: Engine, rgb: np.ndarray) -> list[np.ndarray]:
    """For each size the network's alpha, averaged with that of the mirror image: float32 HxW in [0, 1]."""
    height, width = rgb.shape[:2]
    alphas = []
    for share in SIZES:
        boxed, (rows, columns) = letterbox(rgb, round(engine.config.size * share), engine.config.stride)
        shown = boxed[:rows, :columns]
        mirrored, _ = letterbox(shown[:, ::-1], max(rows, columns), engine.config.stride)
        alpha = (engine(boxed)[:rows, :columns] + engine(mirrored)[:rows, :columns][:, ::-1]) / 2
        alphas.append(resize_alpha(np.ascontiguousarray(alpha), width, height))
    return alphas


def agreed(alphas: Sequence[np.ndarray], threshold: float = 0.5) -> np.ndarray | None:
    """The mask on which several alphas (float32 HxW) agree; None where they hardly do, or find hardly anybody."""
    mean = np.mean(alphas, axis=0)
    person = np.stack(alphas) >= threshold
    by_all, by_any = person.all(0), person.any(0)
    if by_all.sum() < max(AGREEMENT * by_any.sum(), SMALLEST * by_all.size):
        return None
    mask = np.full(mean.shape, IGNORE, np.uint8)
    mask[(mean >= SURELY) & by_all] = PERSON
    mask[(mean <= SURELY_NOT) & ~by_any] = BACKGROUND
    return mask


def within_boxes(mask: np.ndarray, boxes: Sequence[Box]) -> np.ndarray | None:
    """The mask where every box is filled and little lies outside of all, which is ignored; else None.

    Parameters
    ----------
    mask : uint8 HxW of PERSON, IGNORE and BACKGROUND
    boxes : around everybody in the photo
    """
    height, width = mask.shape
    person, outside = mask == PERSON, np.ones(mask.shape, bool)
    for box in boxes:
        within, around = parts_of(box, height, width)
        if person[within].mean() < FILLED:
            return None
        outside[around] = False
    astray = person & outside
    if astray.sum() > OUTSIDE * person.sum():
        return None
    return np.where(astray, np.uint8(IGNORE), mask)


def parts_of(box: Box, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The rows and columns that a box covers, at least one of each; and those that it covers enlarged by MARGIN."""
    x0, y0, x1, y1 = box
    left, top, right, bottom = round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height)
    across, down = MARGIN * width, MARGIN * height
    rows = slice(max(0, int(top - down)), int(bottom + down))
    within = slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))
    return within, (rows, slice(max(0, int(left - across)), int(right + across)))


def with_known(mask: np.ndarray, by_any: np.ndarray, known: np.ndarray) -> np.ndarray | None:
    """The mask with what is known to be person; None where too little of that was found at any size.

    Parameters
    ----------
    mask : uint8 HxW of PERSON, IGNORE and BACKGROUND
    by_any, known : bool HxW
    """
    if (known & by_any).sum() < KNOWN * known.sum():
        return None
    return np.where(known, np.uint8(PERSON), mask)
