"""Things to look at: curves and a contact sheet of a run, and the model card beside the weights."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from humanseg.errors import DataError, TrainingError
from humanseg.model.config import ModelConfig, read_config, write_config

CARD_NAME = "README.md"
# What `evaluate` measures of each photo besides the score, and where its ranges begin.
ATTRIBUTES = {
    "people": (1, 2, 3),
    "person_share": (0, 0.05, 0.15, 0.3, 0.5),
    "scene_brightness": (0, 0.25, 0.4, 0.55, 0.7),
    "person_brightness": (0, 0.25, 0.4, 0.55, 0.7),
}
ATTRIBUTE_NAMES = {
    "people": "people apart from each other",
    "person_share": "share of the frame that is person",
    "scene_brightness": "brightness of the scene",
    "person_brightness": "brightness of the people",
}
MAGENTA = (255, 0, 255)  # no skin, cloth or sky looks like it: what's left of the background shows

# What is known of the sets that weights may have been trained on, by folder name.
TERMS = {
    "human-segmentation-dataset": "VikramShenoy97/Human-Segmentation-Dataset; no licence stated",
    "portraits": "EG1800 by way of bio-punk/AutoPortraitMatting; “academic exchange only”",
    "street-fashion": "Clothing Co-Parsing, bearpaw/clothing-co-parsing; Apache-2.0",
    "everyday": "PASCAL VOC 2012 photos with SBD outlines; photos are Flickr's, no licence stated",
    "no-people": "PASCAL VOC 2012 photos without people; photos are Flickr's, no licence stated",
    "sports-labelled": "Leeds Sports Pose Extended, axelcarlier/lsp, by `python -m humanseg label`; no licence stated",
}


def curves(run: Path) -> Path:
    """Draws `metrics.csv` of a run: loss above, IoU and boundary IoU of each set below; gives the PNG's path.

    Raises
    ------
    TrainingError : there are no metrics to draw
    """
    from matplotlib.figure import Figure

    rows = _metrics(run)
    figure = Figure(figsize=(9, 9), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    epochs = [row["epoch"] for row in rows]
    panels[0].plot(epochs, [row["loss"] for row in rows], color="black")
    panels[0].set_ylabel("training loss")
    for panel, figure_name in zip(panels[1:], ("iou", "boundary_iou"), strict=True):
        for key in rows[0]:
            if key.endswith(f"/{figure_name}"):
                name = key.rsplit("/", 1)[0]
                panel.plot(epochs, [row[key] for row in rows], label=name, linewidth=2.5 if name == "mean" else 1.2)
        panel.set_ylabel(f"validation {figure_name.replace('_', ' ')}")
        panel.grid(alpha=0.3)
        panel.legend(fontsize="small")
    panels[-1].set_xlabel("epoch")
    path = run / "curves.png"
    figure.savefig(path, dpi=110)
    return path


def write_report(run: Path) -> Path:
    """Writes `report.md` of a run: what was asked for, what came out, and the pictures; gives its path.

    Raises
    ------
    WeightsError : there are no weights yet
    TrainingError : there are no metrics
    """
    config = read_config(run)
    rows = _metrics(run)
    figures = config.metrics.get("validation", {})
    keys = ("iou", "boundary_iou", "dice", "mae", "false_area")
    table = _table(
        ("set", "IoU", "boundary IoU", "Dice", "MAE", "false area"),
        ((name, *(f"{row[key]:.4f}" if key in row else "" for key in keys)) for name, row in figures.items()),
    )
    names = ["curves.png", *sorted(f"sheets/{sheet.name}" for sheet in (run / "sheets").glob("*.png"))]
    pictures = "\n".join(f"![{name}]({name})" for name in names if (run / name).exists())
    speed = sorted(row["photos_per_s"] for row in rows)[len(rows) // 2]
    best = config.training.get("best_epoch", 0)
    text = f"""# Run {run.resolve().name}

{len(rows)} epochs; the weights here are of epoch {best}, the best by validation. Trained at {speed:.1f} photos a second
(median over epochs), precision {config.training.get("precision", "unknown")}.

## Validation figures of epoch {best}

{table}

## Recipe

```json
{json.dumps(config.training, indent=2)}
```

## Pictures

{pictures}
"""
    path = run / "report.md"
    path.write_text(text, encoding="utf-8")
    return path


def _metrics(run: Path) -> list[dict[str, float]]:
    try:
        with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{run / 'metrics.csv'} can't be read ({error}): train first.") from error
    if not rows:
        raise TrainingError(f"{run / 'metrics.csv'} is empty: train for at least one epoch first.")
    return rows


def contact_sheet(samples: Sequence[tuple[np.ndarray, np.ndarray, str]], path: Path, cell: int = 240) -> None:
    """Writes photos and their cut-outs on magenta as one picture.

    Parameters
    ----------
    samples : photo uint8 HxWx3, alpha float32 (any size of its aspect), caption; drawn in this order, four to a row
    cell : side in pixels that each photo is fitted into
    """
    tiles = [_tile(*sample, cell) for sample in samples]
    columns = min(4, max(1, len(tiles)))
    tiles += [np.full((cell + 20, 2 * cell, 3), 255, np.uint8)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.vstack(rows)[..., ::-1]):
        raise OSError(f"{path} can't be written")


def _tile(rgb: np.ndarray, alpha: np.ndarray, caption: str, cell: int) -> np.ndarray:
    scale = cell / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)[..., None]
    cut = small * soft + np.array(MAGENTA) * (1 - soft)
    tile = np.full((cell + 20, 2 * cell, 3), 255, np.uint8)
    tile[: size[1], : size[0]] = small
    tile[: size[1], cell : cell + size[0]] = cut.round()
    cv2.putText(tile, caption, (4, cell + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return tile


def best_median_worst(scores: Sequence[float], each: int = 4) -> list[int]:
    """The indices of the `each` best, most middling and worst scores, best first, none twice."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    middle = max(0, (len(order) - each) // 2)
    chosen = order[:each] + order[middle : middle + each] + order[-each:]
    return sorted(set(chosen), key=order.index)


def add_scores(folder: Path, files: Sequence[Path]) -> ModelConfig:
    """Puts what `humanseg evaluate --json` wrote into the configuration beside the weights.

    Raises
    ------
    DataError : a file isn't one of those
    WeightsError : the folder has no configuration
    """
    config = read_config(folder)
    scores = dict(config.metrics.get("evaluation", {}))
    alarms = dict(config.metrics.get("false_alarms", {}))
    photos: list[dict[str, float]] = []
    for file in files:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            usual = content["size"] == config.size
            name = content["data"] if usual else f"{content['data']}, {content['size']} px"
            name += "" if content.get("second_pass", True) else ", one pass"
            row = {**content["mean"], "engine": content["engine"], "size": content["size"]}
            if "somebody" in row:
                alarms[name] = row
            else:
                scores[name] = row
                photos += content["photos"] if usual else []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{file} isn't what `humanseg evaluate --json` writes ({error}).") from error
    measured = {"evaluation": scores, "false_alarms": alarms}
    if photos:
        measured["dependence"] = dependence(photos)
    return _with_metrics(folder, config, measured)


def _with_metrics(folder: Path, config: ModelConfig, measured: dict[str, Any]) -> ModelConfig:
    """Puts more figures into the configuration, and that beside the weights."""
    config = replace(config, metrics={**config.metrics, **measured})
    write_config(config, folder)
    return config


def dependence(photos: Sequence[dict[str, float]]) -> dict[str, dict[str, dict[str, float]]]:
    """How the score depends on what can be measured: by attribute and range, n and the mean figures of its photos.

    Parameters
    ----------
    photos : rows of `evaluate.evaluate`; those without the attributes are left out
    """
    table: dict[str, dict[str, dict[str, float]]] = {}
    for attribute, edges in ATTRIBUTES.items():
        rows = [row for row in photos if attribute in row]
        for low, high in zip(edges, (*edges[1:], float("inf")), strict=True):
            chosen = [row for row in rows if low <= row[attribute] < high]
            if chosen:
                name = f"{low:g} and more" if high == float("inf") else f"{low:g} to below {high:g}"
                means = {key: float(np.mean([row[key] for row in chosen])) for key in ("iou", "boundary_iou")}
                table.setdefault(attribute, {})[name] = {"n": len(chosen), **means}
    return table


def add_table(folder: Path, file: Path) -> ModelConfig:
    """Puts a table that `benchmarks/ablation.py` or `benchmarks/folds.py` wrote into the configuration of the weights.

    Raises
    ------
    DataError : the file isn't one of those
    WeightsError : the folder has no configuration
    """
    config = read_config(folder)
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        missing = {"title", "what", "rows"} - table.keys()
        if missing:
            raise KeyError(", ".join(sorted(missing)))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DataError(f"{file} isn't what `benchmarks.ablation` or `benchmarks.folds` writes ({error}).") from error
    return _with_metrics(folder, config, {"tables": {**config.metrics.get("tables", {}), table["title"]: table}})


def write_card(folder: Path) -> Path:
    """Writes the model card from the configuration; gives its path.

    Raises
    ------
    WeightsError : the folder has no configuration
    """
    config = read_config(folder)
    path = folder / CARD_NAME
    path.write_text(model_card(config), encoding="utf-8")
    return path


def model_card(config: ModelConfig) -> str:
    """The model card as Markdown, with the Hub's front matter."""
    shown = f"{config.size} pixels for photos and of {config.live_size} for webcam frames"
    if config.size == config.live_size:
        shown = f"{config.size} pixels, which is meant for webcam frames"
    # smp knows no decoder that ends before full resolution.
    whole = config.coarseness == 1
    coarser = "" if whole else f", {config.coarseness} times coarser than its input"
    drawn_in = ""
    if config.inset:
        drawn_in = f"\nPhotos' outlines are then drawn in by {config.inset:g} of the network's pixels (`inset`)."
    by_smp = ", or with\n`smp.from_pretrained(folder, encoder_weights=None)`" if whole else ""
    return f"""---
license: other
license_name: research-and-demonstration
library_name: segmentation-models-pytorch
pipeline_tag: image-segmentation
tags: [image-segmentation, background-removal, person, u-net]
---

# HumanSegNet weights

Separates people from their background. For photos and webcam frames of one or several people; made for research and
demonstration, since some of the training sets allow no more.

A U-Net with encoder `{config.encoder}`, started from ImageNet, and a decoder of
{"-".join(map(str, config.decoder_channels))} channels{coarser}.
It is shown a long side of {shown}. Load it with
`humanseg.Segmenter.from_pretrained(folder)`{by_smp}; then normalise RGB in [0, 1] with mean {list(config.mean)} and
std {list(config.std)}, and take the sigmoid.{drawn_in}

## What it reaches

{_score_table(config)}{_false_alarms(config)}

By `python -m humanseg evaluate --data SET [--ids FILE]`: means over photos, each scored at its mask's own size, by the
whole pipeline: second pass, unless a row says otherwise, and refinement. Boundary IoU after Cheng et al. 2021, at 2 %
of the diagonal. Rows of photos that are held back for validation picked the checkpoint; the 60 fixed test photos of the
human dataset didn't.

{_dependence_section(config)}## What it was trained on

{_source_table(config)}

{_recipe(config)}

{_table_sections(config)}## What it can't do

- It knows people, not portraits: a statue, a doll or a photo on a wall may come out as a person.
- What is held or worn is learned from sets that disagree: bags and hats count as person in one and not in another.
- Hair is soft at best: single strands are lost. Glass, veils and motion blur come out as person or not, seldom as both.
- People far away, in the dark, seen from above or cut to a limb are missed more often than others. Who stands apart and
  is less than a third as large as the largest is left out, unless the network is sure of nearly all of them.
- Who is in the training photos was not chosen to represent everybody, and how the score depends on skin tone, age or
  clothing has not been measured. Don't decide anything about anybody by it.
"""


def _score_table(config: ModelConfig) -> str:
    rows = config.metrics.get("evaluation", {})
    if not rows:
        return "Not measured yet."
    keys = ("iou", "boundary_iou", "dice", "mae")
    return _table(
        ("set", "photos", "IoU", "boundary IoU", "Dice", "MAE", "looked at"),
        (
            (name, row["n"], *(f"{row[key]:.3f}" for key in keys), f"{row['size']} px, {row['engine']}")
            for name, row in rows.items()
        ),
    )


def _false_alarms(config: ModelConfig) -> str:
    lines = [
        f"{name}: {row['somebody']} of {row['n']} photos without people come out with somebody "
        f"({row['size']} px, {row['engine']})."
        for name, row in config.metrics.get("false_alarms", {}).items()
    ]
    return "".join(f"\n\n{line}" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join("|".join(("", *(f" {cell} " if cell != "" else " " for cell in line), "")) for line in lines)


def _dependence_section(config: ModelConfig) -> str:
    dependence = config.metrics.get("dependence", {})
    if not dependence:
        return ""
    table = _table(
        ("", "range", "photos", "IoU", "boundary IoU"),
        (
            (
                ATTRIBUTE_NAMES.get(attribute, attribute),
                name,
                row["n"],
                f"{row['iou']:.3f}",
                f"{row['boundary_iou']:.3f}",
            )
            for attribute, ranges in dependence.items()
            for name, row in ranges.items()
        ),
    )
    return f"""## What the score depends on

{table}

Over all photos of the table above at {config.size} px. People who touch count as one; brightness is the mean luma,
0 to 1.

"""


def _table_sections(config: ModelConfig) -> str:
    names = {"iou": "IoU", "boundary_iou": "boundary IoU", "false_area": "nobody there: false area"}
    sections = []
    for title, content in config.metrics.get("tables", {}).items():
        keys = [key for key in names if any(key in row for row in content["rows"].values())]
        rows = (
            (name, *(f"{row[key]:.4f}" if key in row else "" for key in keys)) for name, row in content["rows"].items()
        )
        table = _table(("", *(names[key] for key in keys)), rows)
        sections.append(f"### {title}\n\n{table}\n\n{content['what']}\n\n")
    return "".join(sections)


def _source_table(config: ModelConfig) -> str:
    sources = config.training.get("sources", {})
    if not sources:
        return "Unknown."
    return _table(
        ("set", "photos", "drawn per epoch", "from, licence as stated there"),
        (
            (name, source["photos"], f"x{source['weight']:g}", TERMS.get(name, "not known to this project"))
            for name, source in sources.items()
        ),
    )


def _recipe(config: ModelConfig) -> str:
    keys = (
        "epochs", "best_epoch", "batch_size", "sizes", "learning_rate", "encoder_rate", "weight_decay", "ema_decay",
        "hold", "loss", "zoom", "damage", "new_background", "second_person", "nobody", "mosaic", "seed",
        "precision", "torch",
    )  # fmt: skip
    stages = [*config.training.get("earlier", []), config.training]
    lines = [", ".join(f"{key} {stage[key]}" for key in keys if key in stage) for stage in stages]
    if not any(lines):
        return ""
    for number, before in enumerate(stages[:-1], 1):
        if "mean_of" in before:
            lines[number] += f"; begun with the mean of {_parts(before)}"
        if before.get("logits_scaled", 1.0) != 1:
            lines[number] += f", its last layer scaled by {before['logits_scaled']}"
    mean = ""
    if "mean_of" in config.training:
        mean = f"\n\nThe weights are the mean of those of {_parts(config.training)} (`python -m humanseg average`)."
    scale = config.training.get("logits_scaled", 1.0)
    if scale != 1:
        mean += (
            f"\n\nThen the last layer was scaled by {scale} (`--scale-logits`), so that the network is as sure "
            "of people as the one before (temperature scaling, Guo et al. 2017); outlines stay where they are."
        )
    if len(lines) == 1:
        return f"Recipe of `train.py`: {lines[0]}.{mean}"
    numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return f"Recipe of `train.py`, each stage with `--start-from` the one before:\n\n{numbered}{mean}"


def _parts(training: dict[str, Any]) -> str:
    """Which weights a mean was made of."""
    return ", ".join(
        f"stage {part['stage']} after epoch {part['epoch']}"
        if part["epoch"] is not None
        else f"stage {part['stage']} (their mean)"
        for part in training["mean_of"]
    )
