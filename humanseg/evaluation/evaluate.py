"""Scores the pipeline as the page runs it, photo by photo."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from tqdm import tqdm

from humanseg.data.datasets import Pair, check_aspect
from humanseg.data.masks import IGNORE, check_masks, read_mask
from humanseg.evaluation import metrics
from humanseg.media import photos
from humanseg.segmenter import Segmenter

FIGURES = ("iou", "boundary_iou", "dice", "mae", "haze")
SPECK = 0.05  # of the largest person's area: anything smaller isn't counted as a person


def evaluate(
    segmenter: Segmenter,
    pairs: Iterable[Pair],
    *,
    second_pass: bool = True,
    refine: bool = True,
    size: int | None = None,
    progress: bool = True,
) -> list[dict[str, float | bool | str]]:
    """One row for each pair, scored at its mask's size: `id`, iou, boundary_iou, dice, mae, and, where
    anybody is in the mask, haze, `missed` (whether nobody was found) and attributes.

    For a photo of nobody, which has no mask: `id`, `somebody` (whether anybody was found), `false_area` (share of the
    photo that was taken for person).

    Raises
    ------
    DataError : a mask can't be read or isn't clear, before anything is scored; a pair's frames differ
    ImageError : a photo can't be read
    """
    pairs = list(pairs)
    check_masks([pair.mask for pair in pairs if pair.mask])
    rows: list[dict[str, float | bool | str]] = []
    for pair in tqdm(pairs, unit="photo", disable=not progress, leave=False):
        photo = photos.read(pair.image)
        alpha = segmenter.alpha(photo, second_pass=second_pass, refine=refine, size=size)
        if pair.mask is None:
            area = float((alpha >= segmenter.config.threshold).mean())
            rows.append({"id": pair.stem, "somebody": bool(alpha.any()), "false_area": area})
            continue
        mask = read_mask(pair.mask)
        check_aspect(pair, mask.shape, alpha.shape)
        figures = metrics.score(alpha, mask, segmenter.config.threshold)
        missed = {"missed": not alpha.any()} if (mask > IGNORE).any() else {}
        rows.append({"id": pair.stem, **figures, **missed, **attributes(photo.rgb, mask)})
    return rows


def attributes(rgb: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Attributes of a photo that the score may depend on.

    Parameters
    ----------
    rgb : uint8 HxWx3
    mask : uint8, of the photo's aspect

    Returns
    -------
    people (apart from each other, specks left out), person_share of the frame, and mean luma from 0 to 1 of the scene
    (scene_brightness) and of the people (person_brightness); empty where the mask is
    """
    person = (mask > IGNORE).astype(np.uint8)
    if not person.any():
        return {}
    _, _, stats, _ = cv2.connectedComponentsWithStats(person, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    size = (mask.shape[1], mask.shape[0])
    luma = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY) / 255.0
    return {
        "people": int((areas >= SPECK * areas.max()).sum()),
        "person_share": float(person.mean()),
        "scene_brightness": float(luma.mean()),
        "person_brightness": float(luma[person > 0].mean()),
    }


def summary(rows: list[dict[str, float | bool | str]]) -> dict[str, float]:
    """The mean of each score, `n`, and in how many photos somebody was `missed`.

    Of photos of nobody: `n`, in how many there is `somebody`, and mean `false_area`.
    """
    if rows and "somebody" in rows[0]:
        area = float(np.mean([row["false_area"] for row in rows]))
        return {"n": len(rows), "somebody": sum(bool(row["somebody"]) for row in rows), "false_area": area}
    figures = [{key: row[key] for key in FIGURES if key in row} for row in rows]
    missed = sum(bool(row.get("missed")) for row in rows)
    return {"n": len(rows), **metrics.mean(figures), "missed": missed}
