"""One pass over the photos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import torch
from accelerate import Accelerator
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader
from tqdm import tqdm

from humanseg.data.training_set import Draw, TrainingSet
from humanseg.errors import TrainingError
from humanseg.model.config import ModelConfig
from humanseg.training import losses
from humanseg.training.config import TrainingConfig
from humanseg.training.optimisation import WeightAverage

MAX_GRADIENT_NORM = 5.0
CHECK_EVERY = 16  # steps between two checks of the loss, since each check waits for the GPU


@dataclass(frozen=True)
class Learner:
    """Everything that a step changes: the network, bare and wrapped for several processes, and its optimiser."""

    net: nn.Module
    parallel: nn.Module
    average: WeightAverage
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler


def make_loader(dataset: TrainingSet, batches: Iterable[list[Draw]], config: TrainingConfig) -> DataLoader:
    """Makes the samples beside the training, in `config.workers` processes that stay from epoch to epoch."""
    # torch limits its workers' threads; OpenCV's would compete with those that train. Set here and not in the workers,
    # where it was seen to hang: a forked one would have to end threads that only its parent has.
    cv2.setNumThreads(1)
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=config.workers,
        persistent_workers=config.workers > 0,
        pin_memory=torch.cuda.is_available(),
        # A generator of its own: drawing from the network's would change which paths are dropped.
        generator=torch.Generator(),
    )


def train_epoch(
    accelerator: Accelerator,
    learner: Learner,
    batches: tqdm,
    dataset: TrainingSet,
    model: ModelConfig,
    config: TrainingConfig,
) -> tuple[float, int]:
    """One pass over the photos; the mean loss over all processes, and how many photos that was.

    Raises
    ------
    TrainingError : the loss isn't finite; names the photos, at most CHECK_EVERY steps later
    """
    learner.parallel.train()
    if config.frozen_norm:
        for module in learner.net.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
    device = accelerator.device
    mean = torch.tensor(model.mean, device=device).view(1, 3, 1, 1) * 255
    std = torch.tensor(model.std, device=device).view(1, 3, 1, 1) * 255
    seen = SeenLosses(dataset)
    for images, targets, valid, indices in batches:
        inputs = (images.to(device, non_blocking=True).float() - mean) / std
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        targets, valid = targets.to(device, non_blocking=True), valid.to(device, non_blocking=True)
        loss = step(accelerator, learner, inputs, targets, valid, config)
        seen.add(loss, indices)
        if seen.waiting == CHECK_EVERY:
            batches.set_postfix(loss=f"{seen.mean():.4f}")
    own_mean = torch.tensor(seen.mean(), device=device)
    return accelerator.reduce(own_mean, "mean").item(), seen.count * config.batch_size


def step(
    accelerator: Accelerator,
    learner: Learner,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    valid: torch.Tensor,
    config: TrainingConfig,
) -> torch.Tensor:
    """One step of learning; gives the loss, on the device. Nothing in it waits for a GPU to finish.

    Parameters
    ----------
    inputs : float32 (N, 3, H, W), normalised
    targets, valid : float32 (N, 1, H, W), as for `losses`
    """
    with accelerator.autocast():
        logits = learner.parallel(inputs)
    loss = losses.compute(config.loss, logits, targets, valid)
    learner.optimizer.zero_grad(set_to_none=True)
    accelerator.backward(loss)
    accelerator.clip_grad_norm_(learner.net.parameters(), MAX_GRADIENT_NORM)
    learner.optimizer.step()
    learner.scheduler.step()
    learner.average.update_parameters(learner.net)
    return loss.detach()


class SeenLosses:
    """The losses of an epoch so far; they stay on the device until they are read."""

    def __init__(self, dataset: TrainingSet):
        self.count = 0
        self._sum = 0.0
        self._dataset = dataset
        self._waiting: list[tuple[torch.Tensor, torch.Tensor]] = []

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def add(self, loss: torch.Tensor, indices: torch.Tensor) -> None:
        """Takes a step's loss (a scalar), and which photos it was over."""
        self._waiting.append((loss, indices))
        self.count += 1

    def mean(self) -> float:
        """The mean of all.

        Raises
        ------
        TrainingError : one isn't finite
        """
        if self._waiting:
            values = torch.stack([loss for loss, _ in self._waiting]).tolist()
            for value, (_, indices) in zip(values, self._waiting, strict=True):
                if not abs(value) < float("inf"):
                    self._refuse(value, indices)
            self._sum += sum(values)
            self._waiting.clear()
        return self._sum / max(self.count, 1)

    def _refuse(self, value: float, indices: torch.Tensor) -> None:
        names = ", ".join(str(self._dataset.pairs[i].image) for i in indices[:8].tolist())
        raise TrainingError(
            f"The loss became {value} on a batch with {names}: look at these photos, or lower --learning-rate and go "
            "on from the last epoch with --resume."
        )
