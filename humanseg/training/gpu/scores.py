"""Validation on the device: one pass over whole photos, scored on their canvases; to follow a run, not to report."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from humanseg.data.masks import IGNORE, PERSON
from humanseg.model.calibration import Calibration
from humanseg.parts import SMALLEST_PERSON
from humanseg.training.gpu.canvases import Canvases
from humanseg.training.gpu.labels import Predict
from humanseg.training.losses import inner_boundary

USUAL = Calibration()  # weights in training have none of their own yet


@torch.no_grad()
def score(canvases: Canvases, predict: Predict, size: int, batch: int = 64) -> dict[str, dict[str, float]]:
    """Means by set: IoU, boundary IoU, haze and the share in which somebody is found, of negatives too."""
    side = canvases.photos.shape[-1]
    rows: dict[str, list[Tensor]] = {}
    numbers = canvases.of("valid", "negative-valid")
    ramp = torch.arange(side, device=canvases.photos.device)
    for start in range(0, len(numbers), batch):
        chunk = torch.tensor(numbers[start : start + batch], device=canvases.photos.device)
        image = canvases.photos[chunk].float() / 255
        alpha = predict(F.interpolate(image, size=(size, size), mode="bilinear", antialias=True))
        alpha = F.interpolate(alpha, size=(side, side), mode="bilinear")
        sides = canvases.sides[chunk]
        inside = (ramp[None, :, None] < sides[:, 0, None, None]) & (ramp[None, None] < sides[:, 1, None, None])
        inside = inside[:, None]
        masks = canvases.masks[chunk]
        valid = inside & (masks != IGNORE)
        truth = (masks > PERSON // 2) & valid
        person = (alpha >= 0.5) & valid
        values = torch.stack(
            [
                _iou(person, truth),
                _iou(*(inner_boundary(m.float()) > 0.5 for m in (person, truth))),
                _haze(alpha, truth, valid),
                _found(alpha, inside),
            ],
            1,
        ).float()
        for number, value in zip(chunk.tolist(), values.cpu(), strict=True):
            rows.setdefault(canvases.rows[number].set, []).append(value)
    return {
        name: dict(zip(("iou", "boundary_iou", "haze", "found"), torch.stack(v).mean(0).tolist(), strict=True))
        for name, v in rows.items()
    }


def _iou(a: Tensor, b: Tensor) -> Tensor:
    union = (a | b).sum((1, 2, 3))
    return torch.where(union > 0, (a & b).sum((1, 2, 3)) / union.clamp_min(1), 1.0)


def _haze(alpha: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    # 1 % of the diagonal, of photos that fill three quarters of their canvases.
    reach = 2 * round(0.013 * alpha.shape[-1]) + 1
    wide = F.max_pool2d(truth.float(), reach, 1, reach // 2) > 0
    narrow = -F.max_pool2d(-truth.float(), reach, 1, reach // 2) > 0
    hazy = valid & (alpha > 0.1) & (alpha < 0.9) & ~(wide & ~narrow)
    return hazy.sum((1, 2, 3)) / truth.sum((1, 2, 3)).clamp_min(1)


def _found(alpha: Tensor, inside: Tensor) -> Tensor:
    """Whether somebody is found: enough pixels, the surest tenth of which are sure."""
    person = (alpha >= 0.5) & inside
    area = person.sum((1, 2, 3))
    sure = ((alpha >= USUAL.least_confidence) & inside).sum((1, 2, 3))
    return (area >= SMALLEST_PERSON * inside.sum((1, 2, 3))) & (sure >= USUAL.surest_share * area) & (area > 0)


def summary(figures: dict[str, dict[str, float]]) -> str:
    """A line for each set."""
    return "\n".join(
        f"  {name:28s} " + " ".join(f"{key} {value:.4f}" for key, value in row.items())
        for name, row in sorted(figures.items())
    )
