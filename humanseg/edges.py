"""From the network's alpha to the photo's own edge: refinement at full size.

Only the alpha near an edge is changed: what is surely person stays so, and what is surely background stays empty.
"""

from __future__ import annotations

import cv2
import numpy as np

from humanseg.resize import averaged, resize_alpha
from humanseg.tiles import SURE, check_pair, for_each, four_times, mirrored, sample, sum_of_four, tiles_with

# Guided filter, one step after the other: scale of the coarse alpha, half the box's side in pixels at that scale, and
# how much contrast (of 1, squared) counts as an edge. Measured by benchmarks/edges.py, like the contrast below.
STEPS = ((1, 5, 7e-4), (2, 4, 1e-4))
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
    share = band(alpha)
    if not share.any():
        return lifted
    line = linear_model(rgb, alpha, share)

    def refine(part: tuple[slice, slice]) -> None:
        lifted[part] = through(sample(line, part, (height, width)), rgb[part])

    for_each(tiles_with(share, (height, width)), refine)
    return lifted


def band(alpha: np.ndarray) -> np.ndarray:
    """How far refinement may change an alpha (float32 hxw, not refined): 1 around its edges, 0 elsewhere."""
    if min(alpha.shape) < 2 * STEPS[0][1] + 1:  # too small for the filter
        return np.zeros_like(alpha)
    unsure = unsure_in(alpha).astype(np.float32)
    return cv2.dilate(unsure, np.ones((2 * BAND + 1,) * 2, np.uint8))


def unsure_in(alpha: np.ndarray) -> np.ndarray:
    """Where (bool HxW) an alpha is neither surely 0 nor 1; neighbours count, so that a hard mask has an edge too."""
    kernel = np.ones((3, 3), np.uint8)
    return (cv2.dilate(alpha, kernel) > SURE) & (cv2.erode(alpha, kernel) < 1 - SURE)


def through(line: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """The alpha that a linear model (float32 HxWx4, see `linear_model`) gives for a photo's pixels, in [0, 1]."""
    # The fourth channel is 255, which makes up for the offset's division.
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.float32)
    pixels *= line
    alpha = sum_of_four(pixels)
    return np.clip(alpha, 0, 1, out=alpha)


def linear_model(rgb: np.ndarray, alpha: np.ndarray, share: np.ndarray, *, times: int = 2) -> np.ndarray:
    """The linear model that gives alpha from colours: float32 hxwx4, at half the scale of the last step.

    A slope for each of the photo's colours (0 to 255), and a 255th of the offset. Where `share`, which is of the
    alpha's shape, is 0, the model is the alpha itself, whatever the colours.

    Parameters
    ----------
    times : how many times the model's size the photo is looked at, 1 or 2; at 1 it takes a quarter of the time, and
        details finer than the model's pixels don't count
    """
    (height, width), (rows, columns) = rgb.shape[:2], alpha.shape
    finest = LARGEST / max(rows, columns)
    scales = [max(1.0, min(scale, finest)) for scale, _, _ in STEPS]
    sizes = [
        tuple(max(1, min(n // 2, round(m * scale / 2))) for n, m in ((width, columns), (height, rows)))
        for scale in scales
    ]
    # The small guide is made of the large one: reading a whole phone photo twice would cost more than the filter.
    guides = [averaged(rgb, *(times * n for n in sizes[-1]), near=2)]
    guides = [averaged(guides[0], *(times * n for n in size), near=2) for size in sizes[:-1]] + guides
    plain = alpha
    line = None
    for number, (_, radius, epsilon) in enumerate(STEPS):
        if line is not None:
            if sizes[number] == sizes[number - 1]:
                break  # the photo or `LARGEST` allows no finer scale
            alpha = _applied(line, guides[number - times + 1], alpha, share)
        line = _fitted(guides[number], alpha, plain, share, radius, epsilon, times)
    return line


def _applied(line: np.ndarray, guide: np.ndarray, alpha: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The alpha that a linear model gives for a guide (uint8 HxWx3), where `share` says so; float32 HxW."""
    shape = guide.shape[:2]
    alpha = cv2.resize(alpha, shape[::-1])

    def apply(part: tuple[slice, slice]) -> None:
        alpha[part] = through(sample(line, part, shape), guide[part])

    for_each(tiles_with(share, shape), apply)
    return alpha


def _fitted(
    guide: np.ndarray, alpha: np.ndarray, plain: np.ndarray, share: np.ndarray, radius: int, epsilon: float, times: int
) -> np.ndarray:
    """One step: the linear model of `alpha` where `share` says so, of `plain` elsewhere.

    The guide is `times` as large as the model.
    """
    rows, columns = guide.shape[0] // times, guide.shape[1] // times
    alpha = cv2.resize(alpha, guide.shape[1::-1])
    plain, doubt = (cv2.resize(array, (columns, rows)) for array in (plain, share))
    line = np.zeros((rows, columns, 4), np.float32)
    line[..., 3] = plain * np.float32(1 / 255)

    def fit(part: tuple[slice, slice]) -> None:
        larger = tuple(slice(times * s.start, times * s.stop) for s in part)
        rim = times * radius
        model = _guided(*(mirrored(array, larger, rim) for array in (guide, alpha)), radius, epsilon, times)
        model -= line[part]
        model *= four_times(doubt[part])
        line[part] += model

    for_each(tiles_with(share, (rows, columns)), fit)
    return line


def _guided(guide: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float, times: int) -> np.ndarray:
    """The guided filter's mean coefficients (He et al. 2013, equations 19 to 21), with contrast.

    Parameters
    ----------
    guide, alpha : uint8 HxWx3, float32 HxW; sides are multiples of `times`
    radius : statistics are taken over squares of so many pixels of the model
    epsilon : for colours in [0, 1]
    times : 1 or 2, how many times the model's size the guide has

    Returns
    -------
    float32 hxwx4, see `linear_model`, of the guide without a rim of `radius` pixels of the model
    """
    height, width = alpha.shape
    # Planes one below the other are one picture to OpenCV; where they meet is in the rim.
    planes = np.empty((13, height, width), np.float32)
    colours = planes[:3]
    for plane, channel in zip(colours, cv2.split(guide), strict=True):
        plane[...] = channel
    planes[3] = alpha
    _multiply(planes, planes[4:])
    height, width = height // times, width // times
    small = cv2.resize(planes.reshape(13 * height * times, -1), (width, 13 * height), interpolation=cv2.INTER_AREA)
    # Not `cv2.blur`, whose running sums would carry what is wrong in the rim into all the rest.
    box = np.full(radius, 1 / radius, np.float32)
    means = cv2.sepFilter2D(small, -1, box, box).reshape(13, height, width)
    products = np.empty_like(means[4:])
    _multiply(means, products)
    np.subtract(means[4:], products, out=products)
    products[:3] += np.float32(epsilon * 255**2)
    slopes = np.empty_like(means[:4])
    with np.errstate(all="ignore"):  # in the rim there may be no solution
        _solve(products, slopes[:3])
        np.subtract(means[3], (slopes[:3] * means[:3]).sum(0), out=slopes[3])
    slopes *= np.float32(CONTRAST)
    slopes[3] -= np.float32((CONTRAST - 1) / 2)
    slopes[3] *= np.float32(1 / 255)
    # An even box leans to one side, and this one back.
    lean = (radius - 1) // 2
    model = cv2.sepFilter2D(cv2.merge(list(slopes)), -1, box, box, anchor=(lean, lean))
    return model[radius:-radius, radius:-radius]


def _solve(covariances: np.ndarray, slopes: np.ndarray) -> None:
    """Writes the slopes of red, green and blue that explain alpha best; covariances are in the order of `_multiply`.

    Gaussian elimination, written out and in place: far quicker than a solver for each pixel.
    """
    rr, gg, bb, rg, rb, gb, ra, ga, ba = covariances
    r, g, b = slopes
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
    np.divide(ba, bb, out=b)
    np.subtract(ga / gg, gb_gg * b, out=g)
    np.subtract(ra * inverse - rg_rr * g, rb_rr * b, out=r)


def _multiply(planes: np.ndarray, products: np.ndarray) -> None:
    """Of red, green, blue and alpha: rr, gg, bb, rg, rb, gb, ra, ga, ba."""
    np.multiply(planes[:3], planes[:3], out=products[:3])
    np.multiply(planes[0], planes[1:3], out=products[3:5])
    np.multiply(planes[1], planes[2], out=products[5])
    np.multiply(planes[:3], planes[3], out=products[6:9])
