"""`metrics.csv`: a row of figures for each epoch of a run. The state holds the rows; the table is made from them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from humanseg.files import replacing

METRICS_NAME = "metrics.csv"


def write_rows(run: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Writes `metrics.csv` anew, a row for each epoch; the cells before a set was added are empty.

    Raises
    ------
    OSError : the folder can't be written
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    for row in rows:
        writer.writerow({key: round(value, 5) if isinstance(value, float) else value for key, value in row.items()})
    with replacing(run / METRICS_NAME) as path:
        path.write_text(text.getvalue(), encoding="utf-8", newline="")


def read_rows(run: Path, until: int) -> list[dict[str, Any]]:
    """The rows of `metrics.csv` up to that epoch, each once; a row that a killed run left unfinished is skipped."""
    rows: dict[int, dict[str, Any]] = {}
    try:
        with (run / METRICS_NAME).open(newline="", encoding="utf-8") as file:
            for cells in csv.DictReader(file):
                try:
                    row: dict[str, Any] = {key: float(cell) for key, cell in cells.items() if cell != ""}
                except (TypeError, ValueError):
                    continue
                if row.get("epoch", 0) in range(1, until + 1):
                    rows[int(row["epoch"])] = {**row, "epoch": int(row["epoch"])}
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [rows[epoch] for epoch in sorted(rows)]
