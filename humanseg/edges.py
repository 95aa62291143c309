"""From the network's alpha to the photo's own edge: refinement at full size, and the people's own colours there.

Both work where the alpha is in doubt and leave the rest alone: what is surely person stays so, and flat background
stays empty.
"""

from __future__ import annotations

import cv2
import numpy as np

# Guided filter: radius in pixels of the coarse alpha, and how much contrast (of 1) counts as an edge, squared.
RADIUS = 3
EPSILON = 1e-3
# Half width of the band around the edge, in pixels of the coarse alpha, that refinement may change.
BAND = 4
SURE = 0.02  # alphas this close to 0 or 1 are taken for sure
# Blur fusion's two radii, in pixels (Forte 2021).
COLOUR_RADII = (90, 6)


def refine_alpha(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lifts an alpha to the photo's size, following the photo's own edges (fast guided filter, He & Sun 2015).

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 in [0, 1], of the photo's aspect, usually much smaller

    Returns
    -------
    float32 HxW in [0, 1]
    """
    height, width = rgb.shape[:2]
    rows, columns = alpha.shape
    lifted = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    if min(rows, columns) < 2 * RADIUS + 1 or not (SURE < alpha.max() and alpha.min() < 1 - SURE):
        return lifted
    guide = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    slope, offset = _linear_model(guide, alpha)
    unsure = cv2.dilate(((alpha > SURE) & (alpha < 1 - SURE)).astype(np.uint8), np.ones((2 * BAND + 1,) * 2, np.uint8))
    # Strip by strip: a phone photo in float32 would be a hundred and fifty megabytes a copy.
    step = max(1, 1_000_000 // width)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        _refine_strip(rgb, lifted, slope, offset, unsure, top, bottom)
    return lifted


def _linear_model(guide: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The guided filter's coefficients (He et al. 2013, colour guide): alpha is slope . colour + offset, locally."""
    size = (2 * RADIUS + 1,) * 2

    def mean(array: np.ndarray) -> np.ndarray:
        return cv2.blur(array, size, borderType=cv2.BORDER_REFLECT)

    guide_mean, alpha_mean = mean(guide), mean(alpha)
    covariance = mean(guide * alpha[..., None]) - guide_mean * alpha_mean[..., None]
    outer = guide[..., :, None] * guide[..., None, :]
    spread = np.empty((*alpha.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            value = mean(np.ascontiguousarray(outer[..., i, j])) - guide_mean[..., i] * guide_mean[..., j]
            spread[..., i, j] = spread[..., j, i] = value
    spread += EPSILON * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, covariance[..., None])[..., 0].astype(np.float32)
    offset = alpha_mean - (slope * guide_mean).sum(-1)
    return mean(slope), mean(offset)


def _refine_strip(
    rgb: np.ndarray,
    lifted: np.ndarray,
    slope: np.ndarray,
    offset: np.ndarray,
    unsure: np.ndarray,
    top: int,
    bottom: int,
) -> None:
    """Refines rows top..bottom of `lifted` in place, in the columns where anything is in doubt."""
    height, width = lifted.shape
    rows, columns = unsure.shape
    first, last = int(top * rows / height), min(rows, int(np.ceil(bottom * rows / height)))
    doubtful = np.flatnonzero(unsure[first:last].any(0))
    if not len(doubtful):
        return
    left = int(doubtful[0] * width / columns)
    right = min(width, int(np.ceil((doubtful[-1] + 1) * width / columns)))
    # Where each pixel of the strip lies in the coarse grid, pixel centres aligned as in cv2.resize.
    x = ((np.arange(left, right, dtype=np.float32) + 0.5) * columns / width - 0.5)[None].repeat(bottom - top, 0)
    y = ((np.arange(top, bottom, dtype=np.float32) + 0.5) * rows / height - 0.5)[:, None].repeat(right - left, 1)

    def sample(array: np.ndarray) -> np.ndarray:
        return cv2.remap(array, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    colours = rgb[top:bottom, left:right].astype(np.float32) / 255
    refined = (sample(slope) * colours).sum(-1) + sample(offset)
    share = np.clip(sample(unsure.astype(np.float32)), 0, 1)
    part = lifted[top:bottom, left:right]
    part += share * (np.clip(refined, 0, 1) - part)


def foreground_colours(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The people's own colours, without the old background that shines through their edge (blur fusion, Forte 2021).

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 HxW in [0, 1]

    Returns
    -------
    uint8 HxWx3; equal to `rgb` where alpha is 0 or 1
    """
    band = (alpha > SURE) & (alpha < 1 - SURE)
    if not band.any():
        return rgb
    rows, columns = np.flatnonzero(band.any(1)), np.flatnonzero(band.any(0))
    pad = COLOUR_RADII[0] // 4
    top, bottom = max(0, rows[0] - pad), min(rgb.shape[0], rows[-1] + 1 + pad)
    left, right = max(0, columns[0] - pad), min(rgb.shape[1], columns[-1] + 1 + pad)
    image = rgb[top:bottom, left:right].astype(np.float32)
    weight = alpha[top:bottom, left:right]
    foreground = background = image
    for radius in COLOUR_RADII:
        foreground, background = _blur_fusion(image, foreground, background, weight, radius)
    result = rgb.copy()
    inner = band[top:bottom, left:right]
    result[top:bottom, left:right][inner] = np.clip(foreground[inner] + 0.5, 0, 255).astype(np.uint8)
    return result


def _blur_fusion(
    image: np.ndarray, foreground: np.ndarray, background: np.ndarray, alpha: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    size = (radius, radius)
    soft = cv2.blur(alpha, size)[..., None]
    alpha = alpha[..., None]
    mean_foreground = cv2.blur(foreground * alpha, size) / (soft + 1e-5)
    mean_background = cv2.blur(background * (1 - alpha), size) / (1 - soft + 1e-5)
    foreground = mean_foreground + alpha * (image - alpha * mean_foreground - (1 - alpha) * mean_background)
    return np.clip(foreground, 0, 255), mean_background
