"""What each ingredient of the recipe earns: short trainings that differ in one thing, scored on validation photos.

    python -m benchmarks.ablation DATA --out runs/ablation [--only NAME ...] [--epochs 3] [--size 256]
    python -m humanseg card --tables runs/ablation/ablation.json

DATA is the folder that holds the sets. Finished runs are kept, so that it can be stopped and continued.
Short runs at a small size show whether an ingredient helps, not by how much a whole training gains from it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from humanseg.cli import main as humanseg
from humanseg.data.datasets import Pair
from humanseg.data.sources import gather
from humanseg.data.training_set import Source
from humanseg.model.config import ModelConfig, read_config
from humanseg.training.config import TrainingConfig
from humanseg.training.fit import fit
from humanseg.training.state import STATE_NAME

# How often each set's photos are drawn, relative to the others; the folder is DATA's.
DATA = {"human-segmentation-dataset": 3.5, "portraits": 0.8, "street-fashion": 0.8, "everyday": 1.8}
NEGATIVES = {"no-people": 2.5}
LOOSE = ["everyday"]
COMPLETE = ["everyday", "human-segmentation-dataset"]
# Photos without masks, for the recipe's own weights to label.
UNLABELLED, PSEUDO_WEIGHT = "sports-unlabelled", 1.5
BASE = "the recipe"
VARIANTS: dict[str, dict] = {
    BASE: {},
    "the recipe, another seed": {"seed": 1},  # how much two runs of one recipe differ
    "one scale (zoom 0.95 to 1.05)": {"zoom": (0.95, 1.05)},
    "no copy-paste of people": {"new_background": 0.0, "second_person": 0.0},
    "mosaics of four photos, 15 %": {"mosaic": 0.15},
    "no camera damage": {"damage": 0.0},
    "BCE + Dice": {"loss": "bce_dice"},
    "Boundary IoU not in the loss": {"loss": "boundary"},
    "one learning rate for all layers": {"encoder_rate": 1.0},
    "no EMA": {"ema_decay": 0.0},
    "constant learning rate": {"hold": 1.0},
    "no photos without people": {"negatives": False, "nobody": 0.0},
    "loose outlines taken as they are": {"loose": False},
    "sports photos that the recipe labelled": {"pseudo": True},
    "no augmentation": {"plain": True},
}


def trained(
    folder: Path,
    model: ModelConfig,
    config: TrainingConfig,
    gathered: Callable[[], tuple[list[Source], dict[str, list[Pair]]]],
) -> dict[str, dict[str, float]]:
    """Validation figures of a training's best epoch, by set; what was finished before isn't trained again."""
    done = folder / "done.json"
    if not done.exists():
        fit(folder, model, config, *gathered(), resume=(folder / STATE_NAME).exists())
        done.write_text(json.dumps(read_config(folder).metrics["validation"], indent=2) + "\n", encoding="utf-8")
    return json.loads(done.read_text(encoding="utf-8"))


def labelled(data: Path, out: Path) -> Path:
    """The folder of those photos without masks that the weights of `BASE` label, on which it is trained first."""
    teacher, folder = run_folder(out, BASE), out / "labelled"
    if not (teacher / "done.json").exists():
        raise SystemExit(f"{BASE!r} labels photos for this: run it first (--only {BASE!r}).")
    if not folder.exists():
        photos = sorted(str(photo) for photo in (data / UNLABELLED).glob("*.jpg"))
        unfinished = out / "labelling"
        if humanseg(["label", *photos, "--model", str(teacher), "--out", str(unfinished)]):
            raise SystemExit(f"{UNLABELLED} couldn't be labelled.")
        unfinished.rename(folder)
    return folder


def run_folder(out: Path, name: str) -> Path:
    return out / "".join(c if c.isalnum() else "-" for c in name)


def run(name: str, changes: dict, data: Path, out: Path, model: ModelConfig, config: TrainingConfig, share: float):
    """One variant's mean validation figures."""
    folder = run_folder(out, name)
    changes = dict(changes)
    loose = LOOSE if changes.pop("loose", True) else []
    # Without its negatives a variant is still judged by them.
    weight = 1.0 if changes.pop("negatives", True) else 1e-9
    pseudo = [f"{labelled(data, out)}={PSEUDO_WEIGHT * share}"] if changes.pop("pseudo", False) else []

    def gathered() -> tuple[list[Source], dict[str, list[Pair]]]:
        return gather(
            [f"{data / set_name}={w * share}" for set_name, w in DATA.items()],
            [f"{data / set_name}={w * share * weight}" for set_name, w in NEGATIVES.items()],
            pseudo,
            loose=loose,
            complete=COMPLETE,
        )

    figures = trained(folder, model, replace(config, **changes), gathered)
    false_area = [row["false_area"] for row in figures.values() if "false_area" in row]
    return {**{key: figures["mean"][key] for key in ("iou", "boundary_iou")}, "false_area": sum(false_area)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), metavar="NAME")
    parser.add_argument("--encoder", default=ModelConfig.encoder)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--share", type=float, default=1.0, help="of the draws of a whole epoch")
    options = parser.parse_args()

    model = ModelConfig(encoder=options.encoder)
    config = TrainingConfig(
        epochs=options.epochs, batch_size=8, sizes=(options.size,), validation_size=320, ema_decay=0.99
    )
    rows = {}
    for name in options.only:
        changes = VARIANTS[name]
        rows[name] = run(name, changes, options.data, options.out, model, config, options.share)
        print(f"{name:40}" + "".join(f"{key} {value:.4f}  " for key, value in rows[name].items()), flush=True)
    draws = round(options.share * 100)
    table = {
        "title": "What each ingredient earns",
        "what": f"`python -m benchmarks.ablation DATA`: {options.epochs} epochs of {draws} % of the usual draws at "
        f"{options.size} px with {options.encoder}, one thing changed at a time; best epoch, means over the validation "
        f"photos of all sets at {config.validation_size} px, first pass only; one seed, {torch.get_num_threads()} of "
        f"{os.cpu_count()} cores. The row with another seed shows how much two runs of one recipe differ.",
        "rows": rows,
    }
    (options.out / "ablation.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
