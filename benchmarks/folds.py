"""Five folds of the human dataset alone: how far the recipe gets on its 290 photos, and the classic recipe beside it.

    python -m benchmarks.folds DATA/human-segmentation-dataset --out runs/folds [--epochs 25] [--size 256]
    python -m humanseg card --tables runs/folds/folds.json

Folds keep the photos of one shoot together; the 60 fixed test photos are in none of them. The weights of the best epoch
on a fold are scored on that fold, which flatters both recipes a little. Finished runs are kept, so that it can be
stopped and continued.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from functools import partial
from pathlib import Path

import torch

from benchmarks.ablation import trained
from humanseg.data.datasets import Pair
from humanseg.data.splits import split
from humanseg.data.training_set import Source
from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig

FOLDS = 5
OURS, CLASSIC = "the recipe", "the classic recipe"


def recipes(epochs: int, size: int) -> dict[str, TrainingConfig]:
    """Ours, and the one that is usual for this dataset as near as the loop comes to it.

    Photos are letterboxed rather than squashed, and not mirrored or turned over.
    """
    ours = TrainingConfig(epochs=epochs, batch_size=8, sizes=(size,), validation_size=size, ema_decay=0.99)
    classic = TrainingConfig(
        epochs=epochs,
        batch_size=8,
        sizes=(size,),
        validation_size=size,
        ema_decay=0.0,
        learning_rate=3e-3,
        encoder_rate=1.0,
        weight_decay=0.0,
        warmup=0.0,
        hold=1.0,
        loss="bce_dice",
        plain=True,
    )
    return {OURS: ours, CLASSIC: classic}


def fold_of(data: Path, fold: int) -> tuple[list[Source], dict[str, list[Pair]]]:
    """What to train on and what to validate on, for one fold."""
    train, valid = split(data, folds=FOLDS, fold=fold)
    return [Source(data.name, train, complete=True)], {data.name: valid}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/folds"))
    parser.add_argument("--encoder", default=ModelConfig.encoder)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()

    model = ModelConfig(encoder=options.encoder)
    table: dict[str, dict[str, float]] = {}
    for name, config in recipes(options.epochs, options.size).items():
        rows = []
        for fold in range(FOLDS):
            out = options.out / f"{name.replace(' ', '-')}-{fold}"
            figures = trained(out, model, config, partial(fold_of, options.data, fold))
            rows.append(figures[options.data.name])
            print(f"{name}, fold {fold + 1}: " + json.dumps(rows[-1]), flush=True)
        for what, figure in (("mean", statistics.mean), ("standard deviation over folds", statistics.stdev)):
            table[f"{name}, {what}"] = {key: figure([row[key] for row in rows]) for key in ("iou", "boundary_iou")}
    content = {
        "title": "The human dataset alone, five folds",
        "what": f"`python -m benchmarks.folds`: {options.epochs} epochs at {options.size} px with {options.encoder}, "
        "first pass only; photos of one shoot stay together, the 60 test photos are in no fold; the best epoch of each "
        "fold counts. The classic recipe: Adam at 3e-3 throughout, BCE + Dice, one rate for all layers, no "
        f"augmentation, no average of weights. {torch.get_num_threads()} of {os.cpu_count()} cores.",
        "rows": table,
    }
    (options.out / "folds.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
