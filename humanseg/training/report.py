"""How a run is shown: a line for each epoch, curves, contact sheets, a report."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from humanseg.errors import TrainingError
from humanseg.markdown import table
from humanseg.model.config import read_config
from humanseg.training.rows import METRICS_NAME

MAGENTA = (255, 0, 255)  # no skin, cloth or sky has this colour, so that remains of the background show


def line(row: dict[str, float], seconds: float) -> str:
    """An epoch in a line: `row` is one of `metrics.csv`, `seconds` the time that its training took."""
    sets = " ".join(
        f"{key.removesuffix('/iou')} {value:.3f}/{row[key.removesuffix('iou') + 'boundary_iou']:.3f}"
        for key, value in row.items()
        if key.endswith("/iou")
    )
    false = " ".join(f"{k} {v:.4f}" for k, v in row.items() if k.endswith("/false_area"))
    head = f"epoch {row['epoch']}: loss {row['loss']:.4f}, {row['photos_per_s']:.1f} photos/s, {seconds:.0f} s"
    return f"{head} | {sets} {false}"


class Events:
    """The figures of every epoch for TensorBoard, in a folder of the run.

    Raises
    ------
    TrainingError : TensorBoard isn't installed
    """

    def __init__(self, run: Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise TrainingError("TensorBoard isn't installed: run `pip install tensorboard`.") from error
        self._writer = SummaryWriter(str(run / "tensorboard"))

    def add(self, row: dict[str, float]) -> None:
        for key, value in row.items():
            self._writer.add_scalar(key, value, row["epoch"])
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


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
        for key in rows[-1]:
            if key.endswith(f"/{figure_name}"):
                name = key.rsplit("/", 1)[0]
                values = [row.get(key, float("nan")) for row in rows]
                panel.plot(epochs, values, label=name, linewidth=2.5 if name == "mean" else 1.2)
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
    keys = ("iou", "boundary_iou", "dice", "mae", "haze", "false_area")
    scores = table(
        ("set", "IoU", "boundary IoU", "Dice", "MAE", "haze", "false area"),
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

{scores}

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
        with (run / METRICS_NAME).open(newline="", encoding="utf-8") as file:
            # A set that was added later has no figures before.
            rows = [{key: float(cell) for key, cell in row.items() if cell != ""} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{run / METRICS_NAME} can't be read ({error}): train first.") from error
    if not rows:
        raise TrainingError(f"{run / METRICS_NAME} is empty: train for at least one epoch first.")
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
