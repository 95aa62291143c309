"""A training in progress: everything that it works with, one epoch, and what is written after it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader
from tqdm import tqdm

from humanseg.data.training_set import EpochSampler, TrainingSet
from humanseg.errors import TrainingError
from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.training import report
from humanseg.training.config import TrainingConfig
from humanseg.training.epoch import Learner, train_epoch
from humanseg.training.processes import share_statistics
from humanseg.training.rows import write_rows
from humanseg.training.state import State
from humanseg.training.validation import ValidationSet

SHEET_EVERY = 3  # epochs between contact sheets


@dataclass(frozen=True)
class Session:
    """What one process works with; `description` tells how the weights come about."""

    run: Path
    model: ModelConfig
    config: TrainingConfig
    accelerator: Accelerator
    dataset: TrainingSet
    sampler: EpochSampler
    loader: DataLoader
    learner: Learner
    state: State
    judged: ValidationSet
    description: dict[str, Any]
    events: report.Events | None

    def train_epoch(self, *, is_last: bool) -> None:
        """Trains on every photo once (by weight), validates, and writes weights, state and figures.

        Raises
        ------
        TrainingError : the loss isn't finite; something can't be written
        """
        started = time.time()
        state, accelerator = self.state, self.accelerator
        self.sampler.epoch = state.epoch
        # The encoder drops paths at random: seeded by epoch, a resumed run drops what an unbroken one would have.
        torch.manual_seed((self.config.seed * 1000 + state.epoch) * 1000 + accelerator.process_index)
        torch.empty((), dtype=torch.int64).random_()  # loaders drew one each epoch: old runs stay repeatable
        loss, seen = train_epoch(accelerator, self.learner, self._bar(), self.dataset, self.model, self.config)
        took = time.time() - started
        share_statistics(accelerator, self.learner.net, self.learner.average.module)
        figures = self._figures()
        state.epoch += 1
        row = {"epoch": state.epoch, "loss": loss, "photos_per_s": seen / took, **_flat(figures)}
        state.rows.append(row)
        is_best = figures["mean"]["pick"] > state.best
        if is_best:
            state.best, state.best_figures = figures["mean"]["pick"], figures
        if accelerator.is_main_process:
            if is_best:
                self.keep_weights(figures)
            self.record()
            if self.events:
                self.events.add(row)
            print(report.line(row, took), flush=True)
            if state.epoch % SHEET_EVERY == 0 or is_last:
                self._draw_sheets()
        accelerator.wait_for_everyone()

    def keep_weights(self, figures: dict[str, Any]) -> None:
        """Writes the averaged weights, with how they came about beside them.

        Raises
        ------
        TrainingError : they can't be written
        """
        training = {**self.description, "best_epoch": self.state.epoch}
        kept = replace(self.model, training=training, metrics={"validation": figures})
        try:
            unet.save(self.learner.average.module, kept, self.run)
        except OSError as error:
            raise TrainingError(
                f"The weights can't be written to {self.run} ({error}): make room and use --resume."
            ) from error

    def record(self) -> None:
        """Writes the state, then the rows, which it holds: a run killed between the two neither misses nor doubles one.

        Raises
        ------
        TrainingError : something can't be written
        """
        self.state.write()
        if not self.state.rows:
            return
        try:
            write_rows(self.run, self.state.rows)
            report.curves(self.run)
        except OSError as error:
            raise TrainingError(
                f"The figures can't be written to {self.run} ({error}): make room and use --resume."
            ) from error

    def _bar(self) -> tqdm:
        label = f"epoch {self.state.epoch + 1}/{self.config.epochs}"
        if self.state.epoch:
            label += f", validation IoU {self.state.last_iou:.3f}"
        hidden = not self.accelerator.is_main_process
        return tqdm(self.loader, label, unit="batch", disable=hidden, leave=False, mininterval=1)

    def _figures(self) -> dict[str, dict[str, float]]:
        average = self.learner.average.module
        return self.judged.figures(average, self.model, self.config.validation_size, self.accelerator.device)

    def _draw_sheets(self) -> None:
        average = self.learner.average.module
        self.judged.contact_sheet(average, self.model, self.config.validation_size, self.accelerator.device, self.run)


def _flat(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{name}/{key}": value for name, row in figures.items() for key, value in row.items()}
