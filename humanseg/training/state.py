"""What a run needs to go on after whatever stopped it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from humanseg.errors import TrainingError
from humanseg.files import replacing

STATE_NAME = "state.pt"


class State:
    """What a run needs to go on: written whole, or not at all."""

    def __init__(self, path: Path, net: nn.Module, average: nn.Module, optimizer: Any, scheduler: Any):
        self.path = path
        self._parts = {"net": net, "average": average, "optimizer": optimizer, "scheduler": scheduler}
        self.epoch = 0
        self.best = -1.0
        self.last_iou = 0.0
        self.best_figures: dict[str, Any] = {}

    def write(self) -> None:
        content = {name: part.state_dict() for name, part in self._parts.items()}
        # LambdaLR keeps its function out of the state by itself; samples depend on the epoch alone.
        content |= {name: getattr(self, name) for name in ("epoch", "best", "best_figures", "last_iou")}
        try:
            for left in self.path.parent.glob(f".{self.path.name}.*"):  # by a run that was killed while writing
                left.unlink()
            with replacing(self.path, durable=True) as temporary:
                torch.save(content, temporary)
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f"The state of epoch {self.epoch} can't be written to {self.path} ({error}): make room there and go "
                "on with --resume; the state of the epoch before is whole."
            ) from error

    def read(self) -> None:
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(content[name])
        except FileNotFoundError as error:
            raise TrainingError(f"There is no {self.path} to resume from: start without --resume.") from error
        except Exception as error:  # torch raises whatever its unpickler met
            raise TrainingError(f"{self.path} can't be resumed from ({error}): start without --resume.") from error
        self.epoch, self.best, self.best_figures = content["epoch"], content["best"], content["best_figures"]
        self.last_iou = content.get("last_iou", 0.0)
