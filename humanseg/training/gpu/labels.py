"""Masks for unmarked photos, made by the network in training: the rules of `training/pseudo.py`, on whole sets at once.

Self-training (Lee 2013, "Pseudo-Label"): what the network isn't sure of at several sizes, mirrored too, is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.training.gpu.canvases import Canvases
from humanseg.training.pseudo import AGREEMENT, FILLED, KNOWN, OUTSIDE, SMALLEST, SURELY, SURELY_NOT, Box, parts_of

SIZES = (320, 448, 576)

Predict = Callable[[Tensor], Tensor]  # float32 (N, 3, S, S) in [0, 1] -> probabilities (N, 1, S, S)


@torch.no_grad()
def votes(predict: Predict, photos: Tensor, sizes: Sequence[int] = SIZES) -> tuple[Tensor, Tensor, Tensor]:
    """Of photos (uint8 (N, 3, S, S)): the mean probability, and what all and what any of the sizes call person."""
    side = photos.shape[-1]
    image = photos.float() / 255
    total, by_all, by_any = 0, None, None
    for size in sizes:
        seen = F.interpolate(image, size=(size, size), mode="bilinear", antialias=True) if size != side else image
        alpha = (predict(seen) + predict(seen.flip(3)).flip(3)) / 2
        alpha = F.interpolate(alpha, size=(side, side), mode="bilinear")
        person = alpha >= 0.5
        total = total + alpha
        by_all = person if by_all is None else by_all & person
        by_any = person if by_any is None else by_any | person
    return total / len(sizes), by_all, by_any


def judge(mean: Tensor, by_all: Tensor, by_any: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """A mask (uint8 (S, S)) of one photo, and whether it is kept (bool, on the device).

    Parameters
    ----------
    mean, by_all, by_any : (S, S), from `votes`
    inside : bool (S, S), where the photo is on its canvas
    """
    both, either = (by_all & inside).sum(), (by_any & inside).sum()
    mask = torch.full(mean.shape, IGNORE, dtype=torch.uint8, device=mean.device)
    mask[inside & (mean >= SURELY) & by_all] = PERSON
    mask[inside & (mean <= SURELY_NOT) & ~by_any] = BACKGROUND
    kept = (both >= AGREEMENT * either) & (both >= SMALLEST * inside.sum())
    return mask, kept


def judge_boxes(mask: Tensor, boxes: Sequence[Box], height: int, width: int) -> Tensor:
    """Whether every box is filled and little lies outside of all; what lies outside is ignored from then on."""
    person = mask == PERSON
    outside = torch.ones_like(person)
    filled = torch.ones((), dtype=torch.bool, device=mask.device)
    for box in boxes:
        within, around = parts_of(box, height, width)
        filled &= person[within].float().mean() >= FILLED
        outside[around] = False
    astray = person & outside
    kept = filled & (astray.sum() <= OUTSIDE * person.sum())
    mask[astray] = IGNORE
    return kept


@torch.no_grad()
def label(canvases: Canvases, predict: Predict, batch: int = 64) -> dict[str, int]:
    """Labels the unlabelled photos in place; those that aren't kept come out wholly ignored.

    Returns
    -------
    how many photos of each set were kept
    """
    numbers = canvases.of("unlabelled")
    kept: dict[str, int] = {}
    for start in range(0, len(numbers), batch):
        chunk = numbers[start : start + batch]
        seen = votes(predict, canvases.photos[chunk])
        for place, number in enumerate(chunk):
            mask, good = _labelled(canvases, number, *(vote[place, 0] for vote in seen))
            if good:
                name = canvases.rows[number].set
                kept[name] = kept.get(name, 0) + 1
            canvases.set_mask(number, mask if good else torch.full_like(mask, IGNORE))
    return kept


def _labelled(canvases: Canvases, number: int, mean: Tensor, by_all: Tensor, by_any: Tensor) -> tuple[Tensor, bool]:
    row = canvases.rows[number]
    height, width = map(int, canvases.sides[number].tolist())
    inside = torch.zeros_like(by_all)
    inside[:height, :width] = True
    mask, good = judge(mean, by_all, by_any, inside)
    if row.boxes:
        good &= judge_boxes(mask, row.boxes, height, width)
    if number in canvases.known:
        known = canvases.known[number]
        good &= (known & by_any).sum() >= KNOWN * known.sum()
        mask[known] = PERSON
    return mask, bool(good)
