"""How to train from packs: the plan, which photos are drawn by it, and what is told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from humanseg.errors import TrainingError
from humanseg.training.gpu.canvases import Canvases
from humanseg.training.gpu.views import Variety


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes
    ----------
    seconds : of training, labelling included, which decide on the number of steps
    batch : views of the largest size; of smaller ones as many more as have the same pixels
    sizes : a batch's views have one of these sides
    hold : share of the time after the warm-up at the full learning rate; it falls after that
    damage : share of the views with photometric augmentation
    decisive : weight of the loss that wants alphas near 0 or 1 away from outlines
    relabel : shares of the time at which unlabelled photos are labelled anew
    weights : chance of each photo of a set to be drawn, relative to the others; 1 for sets that aren't named
    """

    seconds: float = 360.0
    batch: int = 64
    sizes: tuple[int, ...] = (384, 448, 512)
    learning_rate: float = 1e-3
    encoder_rate: float = 0.3
    weight_decay: float = 0.05
    warmup: float = 0.03
    hold: float = 0.45
    ema_decay: float = 0.998
    damage: float = 0.5
    decisive: float = 0.1
    relabel: tuple[float, ...] = (0.0, 0.4, 0.75)
    seed: int = 0
    variety: Variety = field(default_factory=Variety)
    weights: dict[str, float] = field(default_factory=dict)


def chances(canvases: Canvases, plan: Plan) -> Tensor:
    """How often each photo is drawn: those for training, and of the unlabelled ones those that got a label."""
    labelled = (canvases.people[:, 2] > 0).tolist()
    chances = [
        plan.weights.get(row.set, 1.0)
        if row.role in ("train", "negative") or (row.role == "unlabelled" and labelled[number])
        else 0.0
        for number, row in enumerate(canvases.rows)
    ]
    if not sum(chances):
        raise TrainingError("There is nothing to train on in these packs: pack sets with --data.")
    return torch.tensor(chances)


def described(plan: Plan) -> dict[str, Any]:
    """The plan in the words of `train.py`'s options, as far as it has them."""
    values = asdict(plan)
    variety = values.pop("variety")
    return {"on": "packs", "batch_size": values.pop("batch"), **values, **variety, "loss": "boundary_iou"}


def sources(canvases: Canvases, plan: Plan) -> dict[str, dict[str, Any]]:
    """What was trained on, by set, as `train.py` describes it: the card tells it, and the licence depends on it."""
    drawn, found = (chances(canvases, plan) > 0).tolist(), {}
    for row, is_drawn in zip(canvases.rows, drawn, strict=True):
        if is_drawn or row.role == "pasted":
            weight = plan.weights.get(row.set, 1.0) if is_drawn else 0.0
            source = found.setdefault(row.set, {"photos": 0, "weight": weight, "loose": row.loose})
            source["photos"] += 1
    return found
