"""The optimiser, its learning rate, and the moving average of the weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from humanseg.training.config import TrainingConfig


class Rates(Protocol):
    """What the optimiser has to know of a configuration."""

    learning_rate: float
    encoder_rate: float  # of the learning rate
    weight_decay: float


def make_optimizer(net: nn.Module, config: Rates) -> torch.optim.Optimizer:
    """AdamW with a lower rate for the encoder, and no weight decay on biases and norms."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in net.named_parameters():
        groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": config.learning_rate * (config.encoder_rate if in_encoder else 1.0),
                "weight_decay": config.weight_decay if decays else 0.0,
            }
            for (in_encoder, decays), parameters in groups.items()
        ],
        fused=True,
    )


def make_scheduler(
    optimizer: torch.optim.Optimizer, config: TrainingConfig, total_steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """The learning rate as `rate_at` says, step by step."""
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_at(step, total_steps, config.warmup, config.hold)
    )


def rate_at(step: int, total: int, warmup: float, hold: float = 0.0) -> float:
    """Share of the learning rate at a step: linear warm-up, all of it for a while, a half cosine down to 1 %.

    `warmup` is a share of all steps, `hold` of those after it; with a hold of 1 the rate stays.
    """
    rising = max(1, int(total * warmup))
    if step < rising:
        return (step + 1) / rising
    progress = min(1.0, (step - rising) / max(1, total - rising))
    if progress <= hold:
        return 1.0
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - hold) / (1 - hold)))


class WeightAverage(AveragedModel):
    """An exponential moving average of weights and batch-norm statistics that never waits for the GPU.

    torch's own `update_parameters` reads its count of steps from the device each time it is called.
    """

    def __init__(self, net: nn.Module, decay: float):
        super().__init__(net, multi_avg_fn=warmed_up_ema(decay), use_buffers=True)
        # On the CPU, whatever the network is on.
        self.n_averaged = torch.tensor(0, dtype=torch.long)

    @torch.no_grad()
    def update_parameters(self, net: nn.Module) -> None:
        pairs = list(zip(self.module.state_dict().values(), net.state_dict().values(), strict=True))
        averaging = int(self.n_averaged) > 0
        floats = [pair for pair in pairs if averaging and pair[0].is_floating_point()]
        if floats:
            self.multi_avg_fn(*map(list, zip(*floats, strict=True)), self.n_averaged)
        for ours, theirs in pairs:
            if not (averaging and ours.is_floating_point()):  # the first weights; later the counts of batches
                ours.copy_(theirs)
        self.n_averaged += 1


def warmed_up_ema(decay: float) -> Callable[..., None]:
    """An exponential moving average that forgets its random beginning: the decay rises to `decay` step by step."""

    def update(averaged: list[torch.Tensor], current: list[torch.Tensor], steps: torch.Tensor | int) -> None:
        step = int(steps)
        get_ema_multi_avg_fn(min(decay, (1 + step) / (10 + step)))(averaged, current, steps)

    return update
