"""The state from which a run that was stopped goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from humanseg.errors import TrainingError
from humanseg.files import replacing
from humanseg.training.rows import read_rows

STATE_NAME = "state.pt"


class State:
    """What a run needs to go on: written whole, or not at all.

    Attributes
    ----------
    epoch : how many are done
    rows : a row of figures for each of them, as in `metrics.csv`
    best, best_figures : of the weights that are kept: what they were picked by, and their validation figures by set
    """

    def __init__(self, path: Path, net: nn.Module, average: nn.Module, optimizer: Any, scheduler: Any):
        self.path = path
        self._parts = {"net": net, "average": average, "optimizer": optimizer, "scheduler": scheduler}
        self.epoch = 0
        self.rows: list[dict[str, Any]] = []
        self.best = -1.0
        self.best_figures: dict[str, Any] = {}

    @property
    def last_iou(self) -> float:
        """Mean validation IoU after the last epoch; 0 before the first."""
        return self.rows[-1].get("mean/iou", 0.0) if self.rows else 0.0

    def write(self) -> None:
        """Puts it on the disk.

        Raises
        ------
        TrainingError : it can't be written; what was there before still is
        """
        content = {name: part.state_dict() for name, part in self._parts.items()}
        # LambdaLR leaves its function out of the state; samples depend on the epoch alone.
        content |= {name: getattr(self, name) for name in ("epoch", "rows", "best", "best_figures")}
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
        """Takes it from the disk.

        Raises
        ------
        TrainingError : it isn't there, it's damaged, or it's of another network
        """
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(content[name])
            self.epoch, self.best, self.best_figures = content["epoch"], content["best"], content["best_figures"]
            # Older versions kept them in the table alone.
            self.rows = content["rows"] if "rows" in content else read_rows(self.path.parent, self.epoch)
        except FileNotFoundError as error:
            raise TrainingError(f"There is no {self.path} to resume from: start without --resume.") from error
        except Exception as error:  # torch's unpickler can raise anything
            detail = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise TrainingError(f"{self.path} can't be resumed from ({detail}): start without --resume.") from error
