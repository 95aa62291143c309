"""Puts measured figures into the configuration beside the weights, from where the model card takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from humanseg.errors import DataError
from humanseg.model.config import ModelConfig, read_config, write_config

# What `evaluate` measures of each photo besides the score, and where its ranges begin.
ATTRIBUTES = {
    "people": (1, 2, 3),
    "person_share": (0, 0.05, 0.15, 0.3, 0.5),
    "scene_brightness": (0, 0.25, 0.4, 0.55, 0.7),
    "person_brightness": (0, 0.25, 0.4, 0.55, 0.7),
}


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
    measurements = [(file, *measured) for file in files for measured in _read_measurements(file, config)]
    names = [name for _, name, _ in measurements]
    for file, name, content in measurements:
        if names.count(name) > 1:  # two folders of one name
            name = f"{name} ({file.stem})"
        row = {**content["mean"], "engine": content["engine"], "size": content["size"]}
        if "somebody" in row:
            alarms[name] = row
        else:
            scores[name] = row
            photos += content["photos"] if content["size"] == config.size else []
    measured = {"evaluation": scores, "false_alarms": alarms}
    if photos:
        measured["dependence"] = dependence(photos)
    return _with_metrics(folder, config, measured)


def _read_measurements(file: Path, config: ModelConfig) -> list[tuple[str, dict[str, Any]]]:
    """What `humanseg evaluate --json` wrote of each set, and what to call the set."""
    measured = []
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        for one in content.get("sets", [content]):
            missing = {"data", "size", "mean", "engine", "photos"} - one.keys()
            if missing:
                raise KeyError(", ".join(sorted(missing)))
            name = one["data"] if one["size"] == config.size else f"{one['data']}, {one['size']} px"
            measured.append((name + ("" if one.get("second_pass", True) else ", one pass"), one))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(f"{file} isn't what `humanseg evaluate --json` writes ({error}).") from error
    return measured


def _with_metrics(folder: Path, config: ModelConfig, measured: dict[str, Any]) -> ModelConfig:
    """Adds figures to the configuration and writes it."""
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
