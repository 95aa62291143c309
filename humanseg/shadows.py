"""A soft shadow behind people: pure functions on arrays."""

from __future__ import annotations

import cv2
import numpy as np

from humanseg.resize import averaged

# Of the diagonal of the people's box: standard deviation of the shadow's blur, and how far it falls down. While people
# are dragged web/js/place.js draws the same.
SOFT, DROP = 0.022, 0.018
DARK = 0.6  # opacity of the strongest shadow


def shadow(alpha: np.ndarray, strength: float, box: tuple[float, float]) -> np.ndarray:
    """How dark the shadow is that people cast.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1]
    strength : 0 to 1
    box : width and height in pixels that the people have, those parts included that the frame cuts off

    Returns
    -------
    float32 HxW in [0, 1]
    """
    height, width = alpha.shape
    diagonal = float(np.hypot(*box))
    sigma, drop = max(0.3, SOFT * diagonal), DROP * diagonal
    # A soft shadow has no detail: it's blurred small, at about 3 pixels a standard deviation.
    step = max(1.0, sigma / 3)
    size = max(1, round(width / step)), max(1, round(height / step))
    small = averaged(alpha, *size) if step > 1 else alpha
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    across, down = width / size[0], height / size[1]
    # One step for the way back to full size and the fall, pixel's middle on pixel's middle.
    matrix = np.array([[1 / across, 0, (1 / across - 1) / 2], [0, 1 / down, (1 / down - 1) / 2 - drop / down]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(small, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return large * np.float32(DARK * strength)


def shaded(background: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """A background (uint8 HxWx3) with a shadow (float32 HxW in [0, 1]) on it."""
    light = cv2.merge([1 - dark] * 3)
    return cv2.multiply(background, light, dtype=cv2.CV_8U)


def under(rgba: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """A see-through cut-out (uint8 HxWx4, not premultiplied) with a black shadow (float32 HxW in [0, 1]) below it."""
    alpha = rgba[..., 3].astype(np.float32) / 255
    whole = alpha + dark * (1 - alpha)
    share = np.divide(alpha, whole, out=np.zeros_like(alpha), where=whole > 0)
    made = cv2.multiply(rgba, cv2.merge([share] * 4), dtype=cv2.CV_8U)
    made[..., 3] = np.round(whole * 255)
    return made
