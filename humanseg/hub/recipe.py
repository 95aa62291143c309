"""The part of a model card that is folded away: what the weights were trained on, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humanseg.hub.licence import training_sets
from humanseg.markdown import table
from humanseg.model.config import ModelConfig

# What of a stage's settings is told.
SETTINGS = (
    "on", "seconds", "steps", "samples", "epochs", "best_epoch", "batch_size", "sizes", "learning_rate", "encoder_rate",
    "weight_decay", "ema_decay", "hold", "loss", "zoom", "damage", "new_background", "second_person", "nobody",
    "mosaic", "small_people", "relabel", "decisive", "seed", "precision", "torch",
)  # fmt: skip


def source_table(config: ModelConfig) -> str:
    """The sets of the last stage."""
    sources = config.training.get("sources", {})
    if not sources:
        return "Unknown."
    rows = ((name, row["photos"], f"x{row['weight']:g}", _terms(name)) for name, row in sources.items())
    return table(("set", "photos", "drawn per epoch", "from, licence as stated there"), rows)


def _terms(name: str) -> str:
    known = training_sets().get(Path(name).name)
    return f"{known['from']}; {known['terms']}" if known else "not known to this project"


def recipe(config: ModelConfig) -> str:
    """The settings of each stage; nothing where they aren't known."""
    stages = [*config.training.get("earlier", []), config.training]
    lines = [", ".join(f"{key} {stage[key]}" for key in SETTINGS if key in stage) for stage in stages]
    if not any(lines):
        return ""
    for number, before in enumerate(stages[:-1], 1):
        if "mean_of" in before:
            lines[number] += f"; begun with the mean of {_parts(before)}"
        if before.get("logits_scaled", 1.0) != 1:
            lines[number] += f", its last layer scaled by {before['logits_scaled']}"
    if len(lines) == 1:
        told = f"Recipe of `train.py`: {lines[0]}."
    else:
        numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
        packed = any("on" in stage for stage in stages)
        tools = "`train.py`, and of `humanseg train-packed` where it was on packs" if packed else "`train.py`"
        told = f"Recipe of {tools}, each stage with `--start-from` the one before:\n\n{numbered}"
    return "\n\n".join([told, *_afterwards(config.training)])


def _afterwards(training: dict[str, Any]) -> list[str]:
    """What was done with the weights once they were trained."""
    done = []
    if "mean_of" in training:
        done.append(f"The weights are the mean of those of {_parts(training)} (`python -m humanseg average`).")
    scale = training.get("logits_scaled", 1.0)
    if scale != 1:
        done.append(
            f"Then the last layer was scaled by {scale} (`--scale-logits`), so that the network is as sure "
            "of people as the one before (temperature scaling, Guo et al. 2017); outlines stay where they are."
        )
    return done


def _parts(training: dict[str, Any]) -> str:
    """Which weights a mean was made of."""
    return ", ".join(_part(part) for part in training["mean_of"])


def _part(part: dict[str, Any]) -> str:
    if "share" in part:
        return f"stage {part['stage']} (a share of {part['share']:g})"
    return f"stage {part['stage']} " + ("(their mean)" if part["epoch"] is None else f"after epoch {part['epoch']}")


def measured_tables(config: ModelConfig) -> str:
    """What `benchmarks.ablation` and `benchmarks.folds` found."""
    names = {"iou": "IoU", "boundary_iou": "boundary IoU", "false_area": "nobody there: false area"}
    sections = []
    for title, content in config.metrics.get("tables", {}).items():
        keys = [key for key in names if any(key in row for row in content["rows"].values())]
        rows = (
            (name, *(f"{row[key]:.4f}" if key in row else "" for key in keys)) for name, row in content["rows"].items()
        )
        body = table(("", *(names[key] for key in keys)), rows)
        sections.append(f"### {title}\n\n{body}\n\n{content['what']}")
    return "\n\n".join(sections)
