"""People in the light of what is behind them: pure functions on arrays.

`foreground` and `background` are uint8 HxWx3, `alpha` float32 HxW in [0, 1], `strength` goes from 0 to 1.
"""

from __future__ import annotations

import cv2
import numpy as np

from humanseg.resize import averaged


def matched(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray, strength: float) -> np.ndarray:
    """Moves mean and spread in L*a*b* towards the background's (Reinhard et al. 2001), half way at the most."""
    mask = (alpha > 0.5).astype(np.uint8)
    if not mask.any():
        return foreground
    small = (max(1, min(320, background.shape[1])), max(1, min(320, background.shape[0])))
    lab = cv2.cvtColor(foreground, cv2.COLOR_RGB2LAB)
    scene = cv2.cvtColor(averaged(background, *small), cv2.COLOR_RGB2LAB)
    mean, spread = (v.ravel() for v in cv2.meanStdDev(lab, mask=mask))
    aim, aim_spread = (v.ravel() for v in cv2.meanStdDev(scene))
    share = 0.5 * min(1.0, strength)
    gain = 1 + share * 0.5 * (np.clip(aim_spread / np.maximum(spread, 1), 0.7, 1.4) - 1)
    shift = share * (aim - mean)
    steps = np.arange(256, dtype=np.float64)
    table = np.stack([(steps - m) * g + m + s for m, g, s in zip(mean, gain, shift, strict=True)], axis=1)
    table = np.clip(table + 0.5, 0, 255).astype(np.uint8)[None]
    return cv2.cvtColor(cv2.LUT(lab, table), cv2.COLOR_LAB2RGB)


def wrapped(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray, strength: float) -> np.ndarray:
    """Lets the background's blurred light spill over the edge, as a lens would."""
    height, width = alpha.shape
    sigma = 0.01 * float(np.hypot(height, width))
    step = max(1, round(sigma / 3))
    size = (max(1, width // step), max(1, height // step))
    outside, light = averaged(1 - alpha, *size), averaged(background, *size)
    reach = cv2.resize(cv2.GaussianBlur(outside, (0, 0), sigma / step), (width, height)) * (0.6 * min(1.0, strength))
    glow = cv2.resize(cv2.GaussianBlur(light, (0, 0), sigma / step), (width, height))
    return cv2.blendLinear(foreground, glow, 1 - reach, reach)
