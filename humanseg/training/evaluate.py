"""Scores the pipeline as the page runs it, photo by photo."""

from __future__ import annotations

from collections.abc import Iterable

from tqdm import tqdm

from humanseg.data.datasets import Pair, check_aspect, read_mask
from humanseg.segmenter import Segmenter
from humanseg.training import metrics


def evaluate(
    segmenter: Segmenter,
    pairs: Iterable[Pair],
    *,
    second_look: bool = True,
    refine: bool = True,
    size: int | None = None,
    progress: bool = True,
) -> list[dict[str, float | str]]:
    """One row of figures for each pair, scored at the mask's own size: `id`, iou, boundary_iou, dice, mae.

    Raises
    ------
    DataError, ImageError : a pair can't be read
    """
    rows: list[dict[str, float | str]] = []
    for pair in tqdm(list(pairs), unit="photo", disable=not progress, leave=False):
        alpha = segmenter.alpha(pair.image, second_look=second_look, refine=refine, size=size)
        mask = read_mask(pair.mask)
        check_aspect(pair, mask.shape, alpha.shape)
        rows.append({"id": pair.stem, **metrics.score(alpha, mask, segmenter.config.threshold)})
    return rows


def summary(rows: list[dict[str, float | str]]) -> dict[str, float]:
    """The mean of each figure, and `n`."""
    figures = [{key: value for key, value in row.items() if key != "id"} for row in rows]
    return {"n": len(rows), **metrics.mean(figures)}
