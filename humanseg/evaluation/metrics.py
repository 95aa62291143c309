"""How good a mask is, photo by photo. Masks are bool HxW, alphas float32 HxW in [0, 1], `valid` bool HxW."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from humanseg.resize import resize_alpha

BOUNDARY_RATIO = 0.02  # of the diagonal, as Cheng et al. propose
# An alpha within these bounds is half-transparent, which is right up to this share of the diagonal from the outline.
HALF_TRANSPARENT = (0.1, 0.9)
HAZE_RATIO = 0.01


def iou(prediction: np.ndarray, truth: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Intersection over union of the person; 1 where both are empty."""
    if valid is not None:
        prediction, truth = prediction & valid, truth & valid
    union = np.count_nonzero(prediction | truth)
    return np.count_nonzero(prediction & truth) / union if union else 1.0


def dice(prediction: np.ndarray, truth: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Dice coefficient of the person; 1 where both are empty."""
    if valid is not None:
        prediction, truth = prediction & valid, truth & valid
    total = np.count_nonzero(prediction) + np.count_nonzero(truth)
    return 2 * np.count_nonzero(prediction & truth) / total if total else 1.0


def boundary_distance(shape: Sequence[int], ratio: float = BOUNDARY_RATIO) -> int:
    """`ratio` of the diagonal of a picture of this height and width, in whole pixels; at least one."""
    return max(1, round(ratio * math.hypot(*shape)))


def inner_boundary(mask: np.ndarray, ratio: float = BOUNDARY_RATIO) -> np.ndarray:
    """The mask's pixels within `ratio` of the image diagonal from its outline; the frame counts as outline."""
    distance = boundary_distance(mask.shape, ratio)
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=distance)
    return mask & (eroded[1:-1, 1:-1] == 0)


def boundary_iou(
    prediction: np.ndarray, truth: np.ndarray, valid: np.ndarray | None = None, ratio: float = BOUNDARY_RATIO
) -> float:
    """IoU of the two inner boundaries (Cheng et al. 2021, "Boundary IoU"), `ratio` of the diagonal wide.

    Ignored pixels must not make an outline of their own: there the truth is set to the prediction.
    """
    if valid is not None:
        truth = np.where(valid, truth, prediction)
    return iou(inner_boundary(prediction, ratio), inner_boundary(truth, ratio), valid)


def mean_absolute_error(alpha: np.ndarray, truth: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Mean |alpha - truth| with a soft truth (float32 HxW in [0, 1])."""
    difference = np.abs(alpha - truth)
    if valid is not None:
        difference = difference[valid]
    return float(difference.mean()) if difference.size else 0.0


def haze(alpha: np.ndarray, truth: np.ndarray, valid: np.ndarray | None = None) -> float | None:
    """Half-transparent pixels further than 1 % of the diagonal from the outline, as a share of the person's area.

    A soft truth's own half-transparent pixels count as outline, and so does the rim of what is ignored.

    Parameters
    ----------
    truth : float32 HxW in [0, 1]; 0.5 and more is person

    Returns
    -------
    0 and up; None where the truth has no person, so that there is no area to measure it by
    """
    person = truth >= 0.5 if valid is None else (truth >= 0.5) & valid
    area = np.count_nonzero(person)
    if not area:
        return None
    low, high = HALF_TRANSPARENT
    classes = person.astype(np.uint8) if valid is None else person + np.uint8(2) * ~valid
    kernel = np.ones((3, 3), np.uint8)
    outline = cv2.dilate(classes, kernel) != cv2.erode(classes, kernel)
    outline |= (truth > low) & (truth < high)
    half_transparent = (alpha >= low) & (alpha <= high) if valid is None else (alpha >= low) & (alpha <= high) & valid
    if outline.any():  # otherwise the person fills the frame: there is no outline to be near to
        distance = cv2.distanceTransform((~outline).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        half_transparent &= distance > HAZE_RATIO * math.hypot(*truth.shape)
    return np.count_nonzero(half_transparent) / area


def score(alpha: np.ndarray, mask: np.ndarray, threshold: float = 0.5) -> dict[str, float]:
    """All figures for one photo, at the mask's own size; no `haze` where the mask has no person.

    Parameters
    ----------
    alpha : float32, any size of the same aspect; resized to the mask's
    mask : uint8 HxW; 128 is ignored, otherwise >= 128 is person and value / 255 the soft truth
    """
    alpha = resize_alpha(alpha, *mask.shape[::-1])
    ignored = mask == 128
    # Soft masks contain 128 too: where a mask has other grey values, 128 doesn't mean "ignore".
    soft = np.count_nonzero((mask > 0) & (mask < 255) & ~ignored) > 0
    valid = None if soft or not ignored.any() else ~ignored
    prediction, truth, soft_truth = alpha >= threshold, mask >= 128, mask.astype(np.float32) / 255
    hazy = haze(alpha, soft_truth, valid)
    return {
        "iou": iou(prediction, truth, valid),
        "boundary_iou": boundary_iou(prediction, truth, valid),
        "dice": dice(prediction, truth, valid),
        "mae": mean_absolute_error(alpha, soft_truth, valid),
    } | ({} if hazy is None else {"haze": hazy})


def mean(scores: Iterable[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure over the photos that have it; empty for no photos."""
    values: dict[str, list[float]] = {}
    for figures in scores:
        for key, value in figures.items():
            values.setdefault(key, []).append(value)
    return {key: float(np.mean(found)) for key, found in values.items()}
