"""How good a cut-out can be expected to be, from the network's alphas alone: a regression whose weights are fitted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from humanseg import haze, parts
from humanseg.model.config import ModelConfig
from humanseg.resize import resize_alpha, shrink

# What the expected IoU is made of, each made unbounded by a logit or logarithm. In brackets the value of a photo of
# usual difficulty, which also stands in for `agreement` where there was one pass only.
FEATURES = {
    "decided": 3.0,  # soft IoU of the alpha with itself thresholded: 1 where every pixel is 0 or 1 (0.95)
    "agreement": 3.0,  # soft IoU of the first pass with both joined (0.95)
    "haze": -5.0,  # hazy pixels as a share of the person's (0.004)
    "outline": 2.5,  # its length against the root of the person's area (12): slim, ragged or several people have more
}
LEAST, LEAST_SURE = 1e-3, 1e-5  # of what a logit is taken, and as far from 1; sure pixels come closer
LEAST_HAZE = 3e-3

DOUBTFUL = 0.8  # IoU below which a cut-out can't be used without repair; expected to be worse, it's worth a look

Person = tuple[np.ndarray, np.ndarray, int]  # of `_person`


def confidence(alphas: Sequence[np.ndarray], config: ModelConfig) -> float:
    """The IoU that the cut-out can be expected to have with the truth, above 0 and up to 1; 0 where nobody is found.

    Weights without fitted coefficients (`Calibration.expected_iou`) give the alpha that the person's surest pixels
    reach instead, which says whether somebody is there rather than how well they are cut out.

    Parameters
    ----------
    alphas : that the passes gave, float32 HxW in [0, 1], the best one last
    """
    calibration, surest = config.calibration, parts.surest_alpha(alphas, config)
    if not surest or surest < calibration.least_confidence:
        return 0.0
    if not (calibration.expected_iou or calibration.least_evidence):
        return surest  # without finding out more, which would take a tenth of a frame's time
    person = _person(alphas[-1], config)
    if _evidence(surest, person) <= calibration.least_evidence:
        return 0.0
    if not calibration.expected_iou:
        return surest
    bias, *weights = calibration.expected_iou
    score = bias + float(np.dot(weights, _features(alphas, person)))
    return max(LEAST, 0.5 + 0.5 * math.tanh(score / 2))  # the logistic function, which can't overflow so


def evidence(alphas: Sequence[np.ndarray], config: ModelConfig) -> float:
    """How much speaks for somebody being there, 0 to 1: surest pixels that are sure, and few that are undecided.

    Above `Calibration.least_evidence` somebody is. A thing that is taken for a person is sure in places, too, but
    seldom all over. It is the mean, in logits, of what the surest pixels reach and of how decided the alpha is.
    """
    surest = parts.surest_alpha(alphas, config)
    return _evidence(surest, _person(alphas[-1], config)) if surest else 0.0


def _evidence(surest: float, person: Person) -> float:
    score = (_logit(surest, LEAST_SURE) + _logit(_decided(*person))) / 2
    return 0.5 + 0.5 * math.tanh(score / 2)


def features(alphas: Sequence[np.ndarray], config: ModelConfig) -> np.ndarray:
    """The `FEATURES` of a photo in which somebody was found, less their usual values: float64, one number each."""
    return _features(alphas, _person(alphas[-1], config))


def _features(alphas: Sequence[np.ndarray], found: Person) -> np.ndarray:
    small, person, area = found
    kernel = np.ones((3, 3), np.uint8)
    mask = person.astype(np.uint8)
    outline = np.count_nonzero(cv2.dilate(mask, kernel) != cv2.erode(mask, kernel))
    values = {
        "decided": _logit(_decided(small, person, area)),
        "agreement": FEATURES["agreement"],
        "haze": math.log(np.count_nonzero(haze.wide(small)) / area + LEAST_HAZE),
        "outline": math.log((outline + 1) / math.sqrt(area)),
    }
    if len(alphas) > 1:
        first = resize_alpha(alphas[0], small.shape[1], small.shape[0])
        least, most = cv2.min(first, small), cv2.max(first, small)
        values["agreement"] = _logit(float(least.sum() / max(most.sum(), 1e-6)))
    return np.array([values[name] - usual for name, usual in FEATURES.items()])


def _person(alpha: np.ndarray, config: ModelConfig) -> Person:
    """The alpha without doubtful parts, at the network's size; where it is person (bool), and that area in pixels."""
    small = shrink(parts.without_doubtful_parts(alpha, config), config.size)
    person = small >= config.threshold
    return small, person, max(1, np.count_nonzero(person))


def _decided(small: np.ndarray, person: np.ndarray, area: int) -> float:
    return float(small[person].sum() / (area + small[~person].sum()))


def _logit(share: float, least: float = LEAST) -> float:
    share = min(max(share, least), 1 - least)
    return math.log(share / (1 - share))
