"""From the network's alpha to the photo's own edge: refinement at full size.

Only the alpha near an edge is changed: what is surely person stays so, and what is surely background stays empty.
"""

from __future__ import annotations

import cv2
import numpy as np

from humanseg.resize import averaged, resize_alpha
from humanseg.tiles import SURE, channel_sum, check_pair, padded, sample, tiles_with

# Guided filter, one step after the other: scale of the coarse alpha, radius in pixels at that scale, and how much
# contrast (of 1, squared) counts as an edge. Measured by benchmarks/edges.py, like the contrast below.
STEPS = ((1, 4, 1e-3), (2, 3, 1e-4))
LARGEST = 2048  # long side of the largest step, in pixels: a larger one takes longer and adds no detail
# The filter leaves faint haze on both sides of an edge; a little contrast about one half takes it away.
CONTRAST = 1.2
# Half width of the band around the edge, in pixels of the coarse alpha, that refinement may change.
BAND = 3


def refine_alpha(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lifts an alpha to the photo's size, following the photo's own edges (fast guided filter, He & Sun 2015).

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 in [0, 1], of the photo's aspect, usually much smaller

    Returns
    -------
    float32 HxW in [0, 1]; only interpolated further than a few of `alpha`'s pixels from any edge

    Raises
    ------
    ValueError : wrong dtype or shape
    """
    check_pair(rgb, alpha)
    height, width = rgb.shape[:2]
    lifted = resize_alpha(alpha, width, height)
    if alpha.size > lifted.size:  # the network was shown the photo enlarged
        alpha = lifted.copy()
    kernel = np.ones((3, 3), np.uint8)
    # Both neighbours count, so that a hard mask has an edge too.
    unsure = (cv2.dilate(alpha, kernel) > SURE) & (cv2.erode(alpha, kernel) < 1 - SURE)
    if min(alpha.shape) < 2 * STEPS[0][1] + 1 or not unsure.any():
        return lifted
    share = cv2.dilate(unsure.astype(np.float32), np.ones((2 * BAND + 1,) * 2, np.uint8))
    model = _linear_model(rgb, alpha, share)
    for part in tiles_with(share, (height, width)):
        refined = _through(sample(model, part, (height, width)), rgb[part])
        doubt = sample(share, part, (height, width))
        lifted[part] += doubt * (refined - lifted[part])
    return lifted


def _through(line: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """The alpha that a linear model (float32 HxWx4, see `_guided`) gives for a photo's pixels, in [0, 1]."""
    # The fourth channel is 255, which makes up for the offset's division.
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.float32)
    pixels *= line
    alpha = channel_sum(pixels, CONTRAST)
    alpha -= np.float32((CONTRAST - 1) / 2)
    return np.minimum(np.maximum(alpha, 0, out=alpha), 1, out=alpha)


def _linear_model(rgb: np.ndarray, alpha: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The linear model that gives alpha from colours (see `_guided`): float32 hxwx4, at the scale of the last step."""
    (height, width), (rows, columns) = rgb.shape[:2], alpha.shape
    finest = LARGEST / max(rows, columns)
    scales = [max(1.0, min(scale, finest)) for scale, _, _ in STEPS]
    sizes = [(min(width, round(columns * scale)), min(height, round(rows * scale))) for scale in scales]
    # The small guide is made of the large one: reading a whole phone photo twice would cost more than the filter.
    guides = [averaged(rgb, *sizes[-1])]
    guides = [averaged(guides[0], *size) for size in sizes[:-1]] + guides
    line = None
    for number, (_, radius, epsilon) in enumerate(STEPS):
        if line is not None:
            if sizes[number] == sizes[number - 1]:
                break  # the photo or `LARGEST` allows no finer scale
            alpha = _applied(line, guides[number - 1], alpha, share)
        alpha, share = (cv2.resize(array, sizes[number], interpolation=cv2.INTER_LINEAR) for array in (alpha, share))
        # Tiles rather than the whole: few of them hold an edge, and each fits into the processor's cache.
        line = np.zeros((*alpha.shape, 4), np.float32)
        for part in tiles_with(share, alpha.shape):
            around, inside = padded(part, 2 * radius + 1, alpha.shape)
            line[part] = _guided(guides[number][around], alpha[around], radius, epsilon)[inside]
    return line


def _applied(line: np.ndarray, guide: np.ndarray, alpha: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The alpha that a linear model gives at its own scale, where `share` says so."""
    alpha = alpha.copy()
    for part in tiles_with(share, alpha.shape):
        alpha[part] += share[part] * (_through(line[part], guide[part]) - alpha[part])
    return alpha


def _guided(guide: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """The guided filter's mean coefficients (He et al. 2013, equations 19 to 21), float32 HxWx4.

    Slope for each of the guide's colours (uint8 HxWx3, 0 to 255), and a 255th of the offset. `epsilon` is for colours
    in [0, 1].
    """

    def mean(array: np.ndarray) -> np.ndarray:
        return cv2.blur(array, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    def covariance(one: np.ndarray, other: np.ndarray, one_mean: np.ndarray, other_mean: np.ndarray) -> np.ndarray:
        product = mean(one * other)
        product -= one_mean * other_mean
        return product

    # OpenCV splits channels four times slower from a part of a larger array.
    red, green, blue = (channel.astype(np.float32) for channel in cv2.split(np.ascontiguousarray(guide)))
    r, g, b, offset = mean(red), mean(green), mean(blue), mean(alpha)
    rr, gg, bb = covariance(red, red, r, r), covariance(green, green, g, g), covariance(blue, blue, b, b)
    for variance in (rr, gg, bb):
        variance += np.float32(epsilon * 255**2)
    rg, rb, gb = covariance(red, green, r, g), covariance(red, blue, r, b), covariance(green, blue, g, b)
    ra, ga, ba = (covariance(c, alpha, m, offset) for c, m in ((red, r), (green, g), (blue, b)))
    # Gaussian elimination, written out and in place: far quicker than a solver for each pixel.
    inverse = 1 / rr
    rg_rr, rb_rr = rg * inverse, rb * inverse
    gg -= rg * rg_rr
    gb -= rg * rb_rr
    ga -= rg_rr * ra
    bb -= rb * rb_rr
    ba -= rb_rr * ra
    gb_gg = gb / gg
    bb -= gb * gb_gg
    ba -= gb_gg * ga
    slope_b = ba / bb
    slope_g = ga / gg - gb_gg * slope_b
    slope_r = ra * inverse - rg_rr * slope_g - rb_rr * slope_b
    offset -= slope_r * r
    offset -= slope_g * g
    offset -= slope_b * b
    offset *= np.float32(1 / 255)
    return mean(cv2.merge([slope_r, slope_g, slope_b, offset]))
