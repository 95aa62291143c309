"""A picture of how far the confidence can be trusted, for the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def plot_confidence(report: dict[str, Any], path: Path) -> None:
    """Draws expected against true IoU, photo by photo and in tenths.

    Parameters
    ----------
    report : of `calibrate.fitted`
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 4.0), layout="constrained")
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    expected, true = ([photo[key] for photo in report["photos"]] for key in ("expected", "iou"))
    panel.scatter(expected, true, s=7, color="#1f77b4", alpha=0.35, linewidths=0, label="a photo")
    panel.plot(*zip(*report["bins"], strict=True), "o-", color="#d62728", markersize=4, linewidth=1.2, label="a tenth")
    panel.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence (expected IoU)", ylabel="true IoU")
    panel.legend(loc="upper left", frameon=False)
    panel.set_title(
        f"rank correlation {report['rank_correlation']:.2f}, calibration error {report['calibration_error']:.3f}",
        fontsize="small",
    )
    figure.savefig(path, dpi=100)
