"""The people's own colours at their edge, without the old background that shines through there.

Where the alpha is surely 0 or 1 the photo is left alone.
"""

from __future__ import annotations

import cv2
import numpy as np

from humanseg.resize import shrink
from humanseg.tiles import (
    SURE,
    TOGETHER,
    at_pixels,
    check_pair,
    for_each,
    four_times,
    padded,
    put_colours,
    sample,
    strips_of,
    sum_of_four,
    take_colours,
    tiles_with,
)

# Blur fusion: long sides in pixels at which the mean colours are found, and the box's side at each (Forte 2021).
COLOUR_SIDES = (256, 1024)
COLOUR_BOXES = (12, 6)
RIM = 1 / 1024  # of the long side: how far inside the edge there's a trace of the background as well
# Where the alpha is too high, the old background shows. So the photo's own colour corrects it, with a weight that grows
# with the distance of the two mean colours; at this squared distance (levels of 255) both weigh the same.
COLOUR_DOUBT = 1e4


def foreground_colours(rgb: np.ndarray, alpha: np.ndarray, *, fine: int = COLOUR_SIDES[1]) -> np.ndarray:
    """The people's own colours, without the old background that shines through their edge (blur fusion, Forte 2021).

    The mean colours around each place are found on a smaller copy; the photo's own detail is put on top at full size.

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 HxW in [0, 1]
    fine : long side in pixels at which the narrow mean colours are found; half of it takes half the time, and changes
        the colours of the edge by 1 of 255 on average

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
    result, band = rgb.copy(), np.empty(alpha.shape, bool)
    height, width = alpha.shape
    rim = max(1, round(max(height, width) * RIM))
    strips = strips_of(alpha.shape)

    def find_band(strip: slice) -> None:
        around = slice(max(0, strip.start - rim), strip.stop + rim)
        seen = alpha[around] > SURE
        soft = cv2.dilate((seen & (alpha[around] < 1 - SURE)).view(np.uint8), np.ones((2 * rim + 1,) * 2, np.uint8))
        inside = slice(strip.start - around.start, strip.stop - around.start)
        np.logical_and(soft[inside], seen[inside], out=band[strip])

    for_each(strips, find_band)
    if not band.any():
        return result
    means = _mean_colours(rgb, alpha, band, fine)

    def unmix(strip: slice) -> None:
        found = np.flatnonzero(band[strip])
        soft = alpha[strip].reshape(-1)
        for start in range(0, len(found), TOGETHER):
            some = found[start : start + TOGETHER]
            y, x = np.divmod(some, width)
            near, far = (at_pixels(mean, y + strip.start, x, alpha.shape) for mean in means)
            colours = take_colours(result[strip], some)
            put_colours(result[strip], some, _own_colours(colours, soft.take(some), near, far))

    for_each(strips, unmix)
    return result


def _own_colours(colours: np.ndarray, alpha: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """The people's colours (uint8 nx3) in pixels of these colours (uint8 nx3) and alphas, between two means (nx4)."""
    apart = near - far
    own = cv2.cvtColor(colours[None], cv2.COLOR_RGB2RGBA)[0].astype(np.float32)
    own -= far
    # The likeliest alpha given both the alpha so far and where the colours lie between the two means.
    distance = sum_of_four(apart * apart)
    along = sum_of_four(own * apart)
    share = (COLOUR_DOUBT * alpha + np.clip(along, 0, distance)) / (COLOUR_DOUBT + distance)
    share = four_times(share[None])[0]
    apart *= share
    own -= apart
    own *= share
    own += near
    own += np.float32(0.5)
    own = np.clip(own, 0, 255, out=own).astype(np.uint8)
    return cv2.cvtColor(own[None], cv2.COLOR_RGBA2RGB)[0]


def _mean_colours(rgb: np.ndarray, alpha: np.ndarray, band: np.ndarray, fine: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean colour of the people and of the background near each place, 0 to 255, right near the band.

    The wide mean is taken at a small scale, where it costs little; the people's narrow one where the band is. The
    background needs none: behind the people, all that's known of it is its wide mean.

    Returns
    -------
    float32 hxwx4, each of a size of its own; the fourth channel is 0: OpenCV works on four channels several times
    faster than on three
    """
    image, soft = (shrink(array, fine, near=2) for array in (rgb, alpha))
    box = max(1, round(COLOUR_BOXES[1] * fine / COLOUR_SIDES[1]))
    image = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
    image[..., 3] = 0
    small, small_soft = (shrink(array, COLOUR_SIDES[0]) for array in (image, soft))
    small = small.astype(np.float32)
    wide, far = (_weighted_mean(small, weight, COLOUR_BOXES[0]) for weight in (small_soft, 1 - small_soft))
    near = np.zeros(image.shape, np.float32)

    def narrow(part: tuple[slice, slice]) -> None:
        around, inside = padded(part, box, soft.shape)
        above, behind = (sample(mean, around, soft.shape) for mean in (wide, far))
        share = four_times(soft[around])
        # As in `_own_colours`, but the alpha is what it is.
        own = image[around] - behind
        own -= share * (above - behind)
        own *= share
        own += above
        np.clip(own, 0, 255, out=own)
        near[part] = _weighted_mean(own, soft[around], box)[inside]

    for_each(tiles_with(band, soft.shape), narrow)
    return near, far


def _weighted_mean(colours: np.ndarray, weight: np.ndarray, side: int) -> np.ndarray:
    """Means of colours (float32 hxwx4) over squares, weighted by how much of them shows (float32 hxw)."""
    mean = cv2.blur(colours * four_times(weight), (side, side))
    mean *= four_times(1 / (cv2.blur(weight, (side, side)) + np.float32(1e-5)))
    return mean
