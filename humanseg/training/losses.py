"""Losses as pure functions of logits and targets.

`logits` is float (N, 1, H, W); `target` float32 (N, 1, H, W) in [0, 1]; `valid` float32 (N, 1, H, W), 0 where a pixel
is to be ignored. Each gives a scalar.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from humanseg.evaluation.metrics import BOUNDARY_RATIO, boundary_distance

FAR = 0.012  # of the view's side, from which on nothing at an outline is see-through


def bce(logits: Tensor, target: Tensor, valid: Tensor, weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy, averaged over the valid pixels (weighted where `weight` is given)."""
    weight = valid if weight is None else valid * weight
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (loss * weight).sum() / weight.sum().clamp_min(1)


def dice(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Soft Dice loss (Milletari et al. 2016), per photo, averaged; smoothed, so that empty photos have one too."""
    probability = logits.sigmoid() * valid
    target = target * valid
    overlap = (probability * target).sum((1, 2, 3))
    total = (probability + target).sum((1, 2, 3))
    smooth = 0.001 * logits[0].numel()
    return (1 - (2 * overlap + smooth) / (total + smooth)).mean()


def boundary_weight(target: Tensor, kernel: int = 31, gain: float = 4.0) -> Tensor:
    """1 in flat regions, up to 1 + gain where the mask differs from its surroundings (Wei et al. 2020, F3Net)."""
    # Two passes with a line cost a fifteenth of one with a square of 31.
    mean = F.avg_pool2d(target, (kernel, 1), 1, (kernel // 2, 0), count_include_pad=False)
    mean = F.avg_pool2d(mean, (1, kernel), 1, (0, kernel // 2), count_include_pad=False)
    return 1 + gain * (mean - target).abs()


def weighted_iou(logits: Tensor, target: Tensor, valid: Tensor, weight: Tensor) -> Tensor:
    """Soft IoU loss in which pixels at the boundary count more (Wei et al. 2020)."""
    return _soft_iou(logits.sigmoid(), target, weight * valid)


def _soft_iou(predicted: Tensor, wanted: Tensor, weight: Tensor | float = 1.0) -> Tensor:
    """1 - IoU of two masks in [0, 1], per photo, averaged; smoothed, so that empty photos have one too."""
    overlap = (predicted * wanted * weight).sum((1, 2, 3))
    union = ((predicted + wanted - predicted * wanted) * weight).sum((1, 2, 3))
    smooth = 0.001 * predicted[0].numel()
    return (1 - (overlap + smooth) / (union + smooth)).mean()


def inner_boundary(mask: Tensor, ratio: float = BOUNDARY_RATIO) -> Tensor:
    """How much of each pixel is mask and within `ratio` of the diagonal from its outline; the frame counts as outline.

    The soft form of `metrics.inner_boundary`, and the same for a mask of 0 and 1: an erosion is the least value around.
    """
    distance = boundary_distance(mask.shape[2:], ratio)
    eroded = F.pad(mask, (distance,) * 4)
    for axis in (2, 3):
        eroded = _least_along(eroded, 2 * distance + 1, axis)
    return mask - eroded


def _least_along(array: Tensor, window: int, axis: int) -> Tensor:
    """The least value in each window along an axis."""
    # Windows of 2, 4, 8 built from one another: max_pool2d reads each pixel of a window, and takes three times as long.
    length = 1
    while length < window:
        step = min(length, window - length)
        rest = array.shape[axis] - step
        array = torch.minimum(array.narrow(axis, 0, rest), array.narrow(axis, step, rest))
        length += step
    return array


def inner_iou(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Soft IoU loss of the two inner boundaries: what Boundary IoU (Cheng et al. 2021) scores, per photo, averaged.

    Pixels to be ignored count as background in both, so that a perfect prediction loses nothing by them.
    """
    return _soft_iou(inner_boundary(logits.sigmoid() * valid), inner_boundary(target * valid))


def bce_dice(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Cross-entropy plus Dice, neither of them weighted."""
    return bce(logits, target, valid) + dice(logits, target, valid)


def boundary(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Cross-entropy plus IoU, both weighted towards the boundary (the "structure loss" of F3Net)."""
    weight = boundary_weight(target)
    return bce(logits, target, valid, weight) + weighted_iou(logits, target, valid, weight)


def boundary_iou(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """`boundary`, and as much again for the IoU of the inner boundaries."""
    return boundary(logits, target, valid) + inner_iou(logits, target, valid)


def undecided(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Haze that can be trained away: the mean of 4p(1 - p) farther than FAR of the view from the truth's outline."""
    reach = 2 * max(1, round(FAR * logits.shape[-1])) + 1
    wide = F.max_pool2d(target, reach, 1, reach // 2)
    narrow = -F.max_pool2d(-target, reach, 1, reach // 2)
    far = valid * (wide - narrow < 0.5)
    probability = logits.sigmoid()
    return (4 * probability * (1 - probability) * far).sum() / far.sum().clamp_min(1)


LOSSES = {"bce_dice": bce_dice, "boundary": boundary, "boundary_iou": boundary_iou}


def compute(name: str, logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """The loss called `name`, in float32 whatever the network ran in."""
    with torch.autocast(logits.device.type, enabled=False):
        return LOSSES[name](logits.float(), target, valid)
