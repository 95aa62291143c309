"""The people's own colours at their edge, without the old background that shines through there.

Where the alpha is surely 0 or 1 the photo is left alone.
"""

from __future__ import annotations

import cv2
import numpy as np

from humanseg.resize import shrink
from humanseg.tiles import SURE, channel_sum, check_pair, padded, sample, tiles_with

# Blur fusion: long sides in pixels at which the mean colours are found, and the radius at each (Forte 2021).
COLOUR_SIDES = (256, 1024)
COLOUR_RADII = (12, 6)
# Where the alpha is too high, the old background shows. So the photo's own colour corrects it, with a weight that grows
# with the distance of the two mean colours; at this squared distance (levels of 255) both weigh the same.
COLOUR_DOUBT = 1e4


def foreground_colours(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The people's own colours, without the old background that shines through their edge (blur fusion, Forte 2021).

    The mean colours around each place are found on a smaller copy; the photo's own detail is put on top at full size.

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 HxW in [0, 1]

    Returns
    -------
    uint8 HxWx3, always a new array; equal to `rgb` where alpha is surely 0, and where it is surely 1 but for a rim of
    a thousandth of the long side

    Raises
    ------
    ValueError : wrong dtype or shape
    """
    check_pair(rgb, alpha)
    if alpha.shape != rgb.shape[:2]:
        raise ValueError(f"the alpha is {alpha.shape}, the photo {rgb.shape[:2]}")
    result = rgb.copy()
    seen = alpha > SURE
    band = (seen & (alpha < 1 - SURE)).view(np.uint8)
    if not band.any():
        return result
    height, width = alpha.shape
    # The rim just inside has a trace of the background as well.
    rim = max(1, round(max(height, width) / COLOUR_SIDES[1]))
    band = cv2.dilate(band, np.ones((2 * rim + 1,) * 2, np.uint8)).view(bool) & seen
    foreground, background = _mean_colours(rgb, alpha, band)
    for part in tiles_with(band, (height, width)):
        inside = band[part]
        near = sample(foreground, part, (height, width))[inside]
        far = sample(background, part, (height, width))[inside]
        colours = rgb[part][inside].astype(np.float32)
        own = _unmixed(colours, _share(colours, alpha[part][inside][:, None], near, far), near, far)
        result[part][inside] = np.clip(own + 0.5, 0, 255).astype(np.uint8)
    return result


def _mean_colours(rgb: np.ndarray, alpha: np.ndarray, band: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean colour of the people and of the background near each place: float32 hxwx3, 0 to 255, right near the band.

    The wide mean is taken at a small scale, where it costs little; the narrow one where the band is.
    """
    image, soft = (shrink(array, COLOUR_SIDES[1]) for array in (rgb, alpha))
    small, small_soft = (shrink(array, COLOUR_SIDES[0]) for array in (image, soft))
    wide = _fused_means(small.astype(np.float32), small, small_soft[..., None], COLOUR_RADII[0])
    soft, shape = soft[..., None], soft.shape
    near, far = np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32)
    for part in tiles_with(band, shape):
        around, inside = padded(part, COLOUR_RADII[1], shape)
        above, behind = (sample(mean, around, shape) for mean in wide)
        own = np.clip(_unmixed(image[around], soft[around], above, behind), 0, 255)
        means = _fused_means(own, behind, soft[around], COLOUR_RADII[1])
        near[part], far[part] = (mean[inside] for mean in means)
    return near, far


def _unmixed(image: np.ndarray, alpha: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """The people's colours where an image is a mix: their mean, and alpha times what both means leave unexplained."""
    return near + alpha * (image - alpha * near - (1 - alpha) * far)


def _share(colours: np.ndarray, alpha: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """The likeliest alpha given both the alpha so far and where the colours lie between the two means."""
    apart = near - far
    distance = channel_sum(apart * apart)[..., None]
    along = channel_sum((colours - far) * apart)[..., None]
    return (COLOUR_DOUBT * alpha + np.clip(along, 0, distance)) / (COLOUR_DOUBT + distance)


def _fused_means(
    people: np.ndarray, background: np.ndarray, alpha: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Means of the people's and the background's colours, weighted by how much of each shows: float32 hxwx3."""
    window = (radius, radius)
    weight = cv2.blur(alpha, window)[..., None]
    near = cv2.blur(people * alpha, window) / (weight + 1e-5)
    far = cv2.blur(background * (1 - alpha), window) / (1 - weight + 1e-5)
    return near, far
