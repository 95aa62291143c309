"""Fits what the calibration says about decisions: from which evidence on somebody is there, and what IoU to expect."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from humanseg import confidence
from humanseg.data.datasets import Pair, check_aspect
from humanseg.data.masks import check_masks, read_mask
from humanseg.engines import Engine
from humanseg.errors import DataError
from humanseg.evaluation import metrics
from humanseg.media import photos
from humanseg.model.calibration import Calibration
from humanseg.passes import run_passes
from humanseg.segmenter import finished

# Somebody in at most this share of photos of nobody (2 % is asked for: the rest is a margin), nobody in at most this
# share of the others.
MOST_FALSE, MOST_MISSED = 0.015, 0.01
FEWEST = 20  # photos to fit a regression on
FOLDS = 10
RIDGE = 1.0  # on standardised features: with hundreds of photos it hardly shows
BINS = 10
SMOOTHING = 0.15  # in logits: how much surer or less sure another photo of the same kind might have come out


@dataclass(frozen=True)
class Measurement:
    """What one photo says: `iou` of its cut-out, 0 for one of nobody; `features` and `iou` are None without alpha."""

    dataset: str
    stem: str
    somebody: bool
    evidence: float
    features: np.ndarray | None
    iou: float | None


def measure(
    engine: Engine, pairs: Iterable[Pair], *, second_pass: bool = True, cache: Path | None = None, progress: bool = True
) -> list[Measurement]:
    """Runs the pipeline on pairs and on photos of nobody, as if somebody were in every photo.

    Parameters
    ----------
    cache : a folder for the passes' alphas, so that a second fit needs no network; it has to belong to these weights

    Raises
    ------
    DataError, ImageError : a file can't be read
    """
    pairs = list(pairs)
    check_masks([pair.mask for pair in pairs if pair.mask])
    config, rows = engine.config, []
    for pair in tqdm(pairs, unit="photo", disable=not progress, leave=False):
        rgb = photos.read(pair.image).rgb
        alphas = _passes(engine, rgb, second_pass, cache and cache / pair.dataset / f"{pair.stem}.npz")
        evidence, iou, known = confidence.evidence(alphas, config), None, None
        somebody = pair.mask is not None
        if evidence:
            known, iou = confidence.features(alphas, config), 0.0
        if somebody:
            mask = read_mask(pair.mask)
            check_aspect(pair, mask.shape, rgb.shape)
            if evidence:
                iou = metrics.score(finished(rgb, alphas[-1], config), mask, config.threshold)["iou"]
        rows.append(Measurement(pair.dataset, pair.stem, somebody, evidence, known, iou))
    return rows


def _passes(engine: Engine, rgb: np.ndarray, second_pass: bool, file: Path | None) -> list[np.ndarray]:
    """The passes' alphas, from the file where it is there, else from the network."""
    if file and file.is_file():
        with np.load(file) as stored:
            return [stored[name].astype(np.float32) / 65535 for name in stored.files]
    alphas = run_passes(engine, rgb, engine.config.size, second_pass=second_pass)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, *[(alpha * 65535 + 0.5).astype(np.uint16) for alpha in alphas])
    return alphas


def fitted(rows: list[Measurement], calibration: Calibration) -> tuple[Calibration, dict[str, Any]]:
    """The calibration with `least_evidence` and `expected_iou` fitted, and how well they fit, for the model card.

    From then on evidence decides alone: `least_confidence` becomes 0. The regression is fitted on all photos in which
    somebody is found; the figures are of predictions for photos that it wasn't fitted on, by cross-validation.

    Raises
    ------
    DataError : there are too few photos of either kind
    """
    people, nobody = ([row.evidence for row in rows if row.somebody is kind] for kind in (True, False))
    found_in = [row for row in rows if row.features is not None]
    if not nobody or len(people) < FEWEST:
        raise DataError(f"A calibration needs photos of nobody and at least {FEWEST} pairs: name more sets.")
    least = _threshold(np.array(people), np.array(nobody))
    found = [row for row in found_in if row.evidence >= least]
    features = np.stack([row.features for row in found])
    ious = np.array([row.iou for row in found])
    expected = cross_validated(features, ious)
    coefficients = logistic_regression(features, ious)
    missed, false = (np.array(people) < least).sum(), (np.array(nobody) >= least).sum()
    report = {
        "people": {"n": len(people), "missed": int(missed)},
        "nobody": {"n": len(nobody), "somebody": int(false)},
        **agreement(expected, ious),
        "photos": [
            {"data": row.dataset, "id": row.stem, "expected": round(float(guess), 4), "iou": round(float(row.iou), 4)}
            for row, guess in zip(found, expected, strict=True)
        ],
    }
    values = {
        "least_confidence": 0.0,
        "least_evidence": round(least, 6),
        "expected_iou": tuple(round(float(c), 6) for c in coefficients),
    }
    return replace(calibration, **values), report


def _threshold(people: np.ndarray, nobody: np.ndarray) -> float:
    """The lowest evidence for somebody at which no more photos of nobody come out with somebody than MOST_FALSE.

    The lowest, since a person who is missed costs a user the photo, and who cuts out people seldom has one of nobody.
    Each photo counts as a normal distribution of logits, since the few near the threshold might lie a little elsewhere.
    """
    people, nobody = (_logits(alphas) for alphas in (people, nobody))
    candidates = np.linspace(0, _logits(np.ones(1))[0], 1000)
    missed, false = _share_below(candidates, people), 1 - _share_below(candidates, nobody)
    best = np.argmax(false <= MOST_FALSE)
    # Where that can't be had, or not without missing too many, as few of either kind as can be.
    if false[best] > MOST_FALSE or missed[best] > MOST_MISSED:
        best = np.argmin(np.maximum(missed / MOST_MISSED, false / MOST_FALSE))
    return float(1 / (1 + np.exp(-candidates[best])))


def _logits(shares: np.ndarray) -> np.ndarray:
    shares = np.clip(shares, 1e-5, 1 - 1e-5)
    return np.log(shares / (1 - shares))


def _share_below(thresholds: np.ndarray, logits: np.ndarray) -> np.ndarray:
    distances = (thresholds[:, None] - logits) / (SMOOTHING * math.sqrt(2))
    return np.array([[0.5 + 0.5 * math.erf(one) for one in row] for row in distances]).mean(1)


def logistic_regression(features: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Bias and coefficients that expect a share in [0, 1] (fractional logit, Papke & Wooldridge 1996).

    Parameters
    ----------
    features : float NxK
    shares : float N
    """
    mean, spread = features.mean(0), features.std(0)
    spread[spread < 1e-9] = 1  # a feature that never varies gets no weight
    inputs = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    weights, penalty = np.zeros(inputs.shape[1]), RIDGE * np.eye(inputs.shape[1])
    penalty[0, 0] = 0
    for _ in range(50):  # Newton's method: converges in less than ten
        expected = 1 / (1 + np.exp(-inputs @ weights))
        curvature = inputs.T @ (inputs * (expected * (1 - expected) + 1e-6)[:, None]) + penalty
        weights += np.linalg.solve(curvature, inputs.T @ (shares - expected) - penalty @ weights)
    slopes = weights[1:] / spread
    return np.concatenate([[weights[0] - slopes @ mean], slopes])


def cross_validated(features: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """For each photo what a regression fitted on the others, without its fold, expects."""
    fold = np.random.default_rng(0).permutation(len(shares)) % FOLDS
    expected = np.empty(len(shares))
    for number in range(FOLDS):
        held = fold == number
        bias, *slopes = logistic_regression(features[~held], shares[~held])
        expected[held] = 1 / (1 + np.exp(-(bias + features[held] @ slopes)))
    return expected


def agreement(expected: np.ndarray, ious: np.ndarray) -> dict[str, Any]:
    """How well expected IoUs agree with true ones.

    Returns
    -------
    rank_correlation (Spearman), calibration_error (mean distance of a tenth of the photos, ordered by expectation, from
    its true mean), failures (true IoU below 0.8), failures_in_doubtful_tenth, and bins: (expected, true) of each tenth
    """
    order = np.argsort(expected)
    tenths = [tenth for tenth in np.array_split(order, BINS) if len(tenth)]
    bins = [(float(expected[tenth].mean()), float(ious[tenth].mean())) for tenth in tenths]
    weights = [len(tenth) / len(ious) for tenth in tenths]
    failed = ious < confidence.DOUBTFUL
    return {
        "n": len(ious),
        "rank_correlation": _rank_correlation(expected, ious),
        "calibration_error": float(sum(w * abs(a - b) for w, (a, b) in zip(weights, bins, strict=True))),
        "failures": int(failed.sum()),
        "failures_in_doubtful_tenth": int(failed[tenths[0]].sum()),
        "bins": bins,
    }


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's; 0 where one of them is the same everywhere."""
    ranks = _ranks(one), _ranks(other)
    return float(np.corrcoef(*ranks)[0, 1]) if all(np.ptp(values) for values in ranks) else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values share their mean rank."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[which]
