"""Hysteresis over frames: a connected part has to last before it appears, and to be doubted for a while to vanish."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from humanseg import parts
from humanseg.model.config import ModelConfig

# Frames in a row in which a part that is there has to be doubted until it goes: the network seldom errs for longer.
VANISHES_AFTER = 4
# Share of a part's pixels that have to have been there before for it to be the same part.
SAME = 0.1
# Share of a new part's pixels in which the picture has changed, from which on it appears at once: somebody has come in.
# What the network sees anew in a picture that stands still has to last.
CHANGED = 0.3
# Share of a part's averaged alpha that this frame's own has to have there for the network to be sure of it now.
SURE = 0.5

Bring = Callable[[np.ndarray], np.ndarray]


class Lasting:
    """Which parts of a stream's alphas are shown.

    Parameters
    ----------
    appears_after : frames in a row in which the network has to be sure of a new part until it is shown
    """

    def __init__(self, appears_after: int) -> None:
        self._appears, self._most = appears_after, appears_after + VANISHES_AFTER - 1
        # How long each pixel's part has lasted: shown from `_appears` on. None before the first frame.
        self._age: np.ndarray | None = None

    def reset(self) -> None:
        self._age = None

    def shown(
        self,
        alpha: np.ndarray,
        seen: np.ndarray | None,
        config: ModelConfig,
        bring: Bring | None,
        changed: np.ndarray | None,
    ) -> np.ndarray:
        """The alpha without those parts that aren't shown yet, or not any more.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1], averaged over frames, not refined
        seen : this frame's alpha by itself, without what is doubtful in it; None where nobody is
        bring : moves what belongs to the last frame (uint8 HxW) to where it is in this one; None at a new scene, in
            which everything the network is sure of is shown at once
        changed : bool HxW, where the picture isn't the last frame's; None at a new scene
        """
        labels, pixels = _parts(alpha, config)
        count = len(pixels)
        if seen is None:
            judged, sure = np.zeros_like(alpha), np.zeros(count, bool)
        else:
            judged = parts.without_doubtful_parts(alpha, config)
            whole = np.bincount(labels.ravel(), alpha.ravel(), count)
            sure = np.bincount(labels.ravel(), seen.ravel(), count) > SURE * whole
        if bring is None or self._age is None:
            ages = np.where(sure, self._most, 0)
        else:
            before = _before(bring(self._age), labels, pixels)
            older = np.where(before + 1 >= self._appears, self._most, before + 1)
            younger = np.where(before - 1 >= self._appears, before - 1, 0)
            ages = np.where(sure, older, younger)
            came = np.bincount(labels.ravel(), changed.ravel(), count) > CHANGED * pixels
            ages[came & sure] = self._most
        return self._gated(judged, alpha, labels, ages)

    def still(self, alpha: np.ndarray, config: ModelConfig, bring: Bring) -> np.ndarray:
        """The parts that are shown of a frame that the network wasn't shown: those of the last one.

        Parameters and result are as for `shown`.
        """
        labels, pixels = _parts(alpha, config)
        ages = _before(bring(self._age), labels, pixels)
        return self._gated(parts.without_doubtful_parts(alpha, config), alpha, labels, ages)

    def _gated(self, judged: np.ndarray, alpha: np.ndarray, labels: np.ndarray, ages: np.ndarray) -> np.ndarray:
        """An alpha with those parts that are old enough; what is no part is as it is `judged`."""
        ages[0] = 0  # the background
        self._age = ages.astype(np.uint8)[labels]
        held, hidden = ages >= self._appears, ages < self._appears
        hidden[0] = False
        out = judged.copy()
        for chosen, source in ((held, alpha), (hidden, np.zeros_like(alpha))):
            if chosen.any():
                # With the part's soft rim, except where that belongs to another part.
                zone = cv2.dilate(chosen[labels].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
                zone &= (labels == 0) | chosen[labels]
                out[zone] = source[zone]
        return out


def _parts(alpha: np.ndarray, config: ModelConfig) -> tuple[np.ndarray, np.ndarray]:
    """The connected parts that are person, as labels from 1 on, and how many pixels each has."""
    count, labels = cv2.connectedComponents((alpha >= config.threshold).astype(np.uint8), connectivity=8)
    return labels, np.bincount(labels.ravel(), minlength=count)


def _before(age: np.ndarray, labels: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """The age that each part (labels) had, from that of the pixels (uint8 HxW) where it is now; 0 of a new one."""
    count = len(pixels)
    lasted = np.bincount(labels.ravel(), (age > 0).ravel(), count)
    mean = np.bincount(labels.ravel(), age.ravel(), count) / np.maximum(1, lasted)
    return np.where(lasted > SAME * pixels, np.rint(mean), 0).astype(int)
