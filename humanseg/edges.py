"""From the network's alpha to the photo's own edge: refinement at full size, and the people's own colours there.

Both work where the alpha is in doubt and leave the rest alone: what is surely person stays so, and flat background
stays empty. At full size they go tile by tile, since a phone photo in float32 would be 150 megabytes a copy.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from humanseg.resize import averaged, resize_alpha, shrink

# Guided filter, one pass after the other: scale of the coarse alpha, radius in pixels at that scale, and how much
# contrast (of 1, squared) counts as an edge. Measured by benchmarks/edges.py, like the contrast below.
PASSES = ((1, 4, 1e-3), (2, 3, 1e-4))
LARGEST = 2048  # long side of the largest pass, in pixels: more costs time and shows nothing new
# The filter leaves a faint veil on both sides of an edge; a little contrast about one half takes it away.
CONTRAST = 1.2
# Half width of the band around the edge, in pixels of the coarse alpha, that refinement may change.
BAND = 3
SURE = 0.02  # alphas this close to 0 or 1 are taken for sure
# Blur fusion: long sides in pixels at which the mean colours are found, and the radius at each (Forte 2021).
COLOUR_SIDES = (256, 1024)
COLOUR_RADII = (12, 6)
# An alpha is never quite right, and the old background shows where it says too much: the photo's own colour has a say,
# the more the further apart the two mean colours are (squared distance in levels at which both weigh the same).
COLOUR_DOUBT = 1e4
TILE = 128  # pixels, at whatever scale


def refine_alpha(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lifts an alpha to the photo's size, following the photo's own edges (fast guided filter, He & Sun 2015).

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 in [0, 1], of the photo's aspect, usually much smaller

    Returns
    -------
    float32 HxW in [0, 1]; a plain enlargement further than a few of `alpha`'s pixels from any edge

    Raises
    ------
    ValueError : wrong dtype or shape
    """
    _check(rgb, alpha)
    height, width = rgb.shape[:2]
    lifted = resize_alpha(alpha, width, height)
    if alpha.size > lifted.size:  # the network saw the photo enlarged
        alpha = lifted.copy()
    kernel = np.ones((3, 3), np.uint8)
    # Both neighbours count, so that a hard mask has an edge too.
    unsure = (cv2.dilate(alpha, kernel) > SURE) & (cv2.erode(alpha, kernel) < 1 - SURE)
    if min(alpha.shape) < 2 * PASSES[0][1] + 1 or not unsure.any():
        return lifted
    share = cv2.dilate(unsure.astype(np.float32), np.ones((2 * BAND + 1,) * 2, np.uint8))
    model = _linear_model(rgb, alpha, share)
    for part in _tiles(share, (height, width)):
        refined = _through(_sample(model, part, (height, width)), rgb[part])
        doubt = _sample(share, part, (height, width))
        lifted[part] += doubt * (refined - lifted[part])
    return lifted


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
    _check(rgb, alpha)
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
    for part in _tiles(band, (height, width)):
        inside = band[part]
        near = _sample(foreground, part, (height, width))[inside]
        far = _sample(background, part, (height, width))[inside]
        colours = rgb[part][inside].astype(np.float32)
        own = _unmixed(colours, _share(colours, alpha[part][inside][:, None], near, far), near, far)
        result[part][inside] = np.clip(own + 0.5, 0, 255).astype(np.uint8)
    return result


def _check(rgb: np.ndarray, alpha: np.ndarray) -> None:
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.size:
        raise ValueError(f"a photo is uint8 HxWx3, not {rgb.dtype} {rgb.shape}")
    if alpha.dtype != np.float32 or alpha.ndim != 2 or not alpha.size:
        raise ValueError(f"an alpha is float32 HxW, not {alpha.dtype} {alpha.shape}")


def _through(line: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """The alpha that a linear model (float32 HxWx4, see `_guided`) gives for a photo's pixels, in [0, 1]."""
    # The fourth channel is 255, which makes up for the offset's division.
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.float32)
    pixels *= line
    alpha = _channel_sum(pixels, CONTRAST)
    alpha -= np.float32((CONTRAST - 1) / 2)
    return np.minimum(np.maximum(alpha, 0, out=alpha), 1, out=alpha)


def _channel_sum(array: np.ndarray, factor: float = 1) -> np.ndarray:
    """The sum over the last axis of few, contiguous: BLAS takes a tenth of NumPy's or OpenCV's time."""
    channels = array.shape[-1]
    return (array.reshape(-1, channels) @ np.full(channels, factor, array.dtype)).reshape(array.shape[:-1])


def _linear_model(rgb: np.ndarray, alpha: np.ndarray, share: np.ndarray) -> np.ndarray:
    """What turns the photo into alpha (see `_guided`): float32 hxwx4, at the scale of the last pass."""
    (height, width), (rows, columns) = rgb.shape[:2], alpha.shape
    finest = LARGEST / max(rows, columns)
    scales = [max(1.0, min(scale, finest)) for scale, _, _ in PASSES]
    sizes = [(min(width, round(columns * scale)), min(height, round(rows * scale))) for scale in scales]
    # The small guide is made of the large one: reading a whole phone photo twice would cost more than the filter.
    guides = [averaged(rgb, *sizes[-1])]
    guides = [averaged(guides[0], *size) for size in sizes[:-1]] + guides
    line = None
    for number, (_, radius, epsilon) in enumerate(PASSES):
        if line is not None:
            if sizes[number] == sizes[number - 1]:
                break  # as fine as it gets
            alpha = _applied(line, guides[number - 1], alpha, share)
        alpha, share = (cv2.resize(array, sizes[number], interpolation=cv2.INTER_LINEAR) for array in (alpha, share))
        # Tiles rather than the whole: few of them hold an edge, and each fits into the processor's cache.
        line = np.zeros((*alpha.shape, 4), np.float32)
        for part in _tiles(share, alpha.shape):
            around, inside = _padded(part, 2 * radius + 1, alpha.shape)
            line[part] = _guided(guides[number][around], alpha[around], radius, epsilon)[inside]
    return line


def _applied(line: np.ndarray, guide: np.ndarray, alpha: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The alpha that a linear model gives at its own scale, where `share` says so."""
    alpha = alpha.copy()
    for part in _tiles(share, alpha.shape):
        alpha[part] += share[part] * (_through(line[part], guide[part]) - alpha[part])
    return alpha


def _padded(
    part: tuple[slice, slice], reach: int, shape: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """A tile with `reach` more on each side, as far as there is any, and where in that the tile itself is."""
    around = tuple(slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(part, shape, strict=True))
    inside = tuple(slice(s.start - a.start, s.stop - a.start) for s, a in zip(part, around, strict=True))
    return around, inside


def _guided(guide: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """The guided filter's mean coefficients (He et al. 2013, equations 19 to 21), float32 HxWx4.

    Slope for each of the guide's colours (uint8 HxWx3, 0 to 255), and a 255th of the offset; `epsilon` is for 0 to 1.
    """

    def mean(array: np.ndarray) -> np.ndarray:
        return cv2.blur(array, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    def covariance(one: np.ndarray, other: np.ndarray, one_mean: np.ndarray, other_mean: np.ndarray) -> np.ndarray:
        product = mean(one * other)
        product -= one_mean * other_mean
        return product

    # Of a part of a larger array, OpenCV splits off channels four times slower.
    red, green, blue = (channel.astype(np.float32) for channel in cv2.split(np.ascontiguousarray(guide)))
    r, g, b, offset = mean(red), mean(green), mean(blue), mean(alpha)
    rr, gg, bb = covariance(red, red, r, r), covariance(green, green, g, g), covariance(blue, blue, b, b)
    for variance in (rr, gg, bb):
        variance += np.float32(epsilon * 255**2)
    rg, rb, gb = covariance(red, green, r, g), covariance(red, blue, r, b), covariance(green, blue, g, b)
    ra, ga, ba = (covariance(c, alpha, m, offset) for c, m in ((red, r), (green, g), (blue, b)))
    # Gauss's elimination, written out and in place: far quicker than a solver for each pixel.
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


def _mean_colours(rgb: np.ndarray, alpha: np.ndarray, band: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean colour of the people and of the background near each place: float32 hxwx3, 0 to 255, true near the band.

    The wide mean is taken at a small scale, where it costs little; the narrow one where the band is.
    """
    image, soft = (shrink(array, COLOUR_SIDES[1]) for array in (rgb, alpha))
    small, small_soft = (shrink(array, COLOUR_SIDES[0]) for array in (image, soft))
    wide = _fused_means(small.astype(np.float32), small, small_soft[..., None], COLOUR_RADII[0])
    soft, shape = soft[..., None], soft.shape
    near, far = np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32)
    for part in _tiles(band, shape):
        around, inside = _padded(part, COLOUR_RADII[1], shape)
        above, behind = (_sample(mean, around, shape) for mean in wide)
        own = np.clip(_unmixed(image[around], soft[around], above, behind), 0, 255)
        means = _fused_means(own, behind, soft[around], COLOUR_RADII[1])
        near[part], far[part] = (mean[inside] for mean in means)
    return near, far


def _unmixed(image: np.ndarray, alpha: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """The people's colours where an image is a mix: their mean, and the share of what the means don't explain."""
    return near + alpha * (image - alpha * near - (1 - alpha) * far)


def _share(colours: np.ndarray, alpha: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """The likeliest alpha given both the alpha so far and where the colours lie between the two means."""
    apart = near - far
    distance = _channel_sum(apart * apart)[..., None]
    along = _channel_sum((colours - far) * apart)[..., None]
    return (COLOUR_DOUBT * alpha + np.clip(along, 0, distance)) / (COLOUR_DOUBT + distance)


def _fused_means(
    people: np.ndarray, background: np.ndarray, alpha: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Means of both, weighted by how much of them shows: float32 hxwx3 each."""
    window = (radius, radius)
    weight = cv2.blur(alpha, window)[..., None]
    near = cv2.blur(people * alpha, window) / (weight + 1e-5)
    far = cv2.blur(background * (1 - alpha), window) / (1 - weight + 1e-5)
    return near, far


def _tiles(mask: np.ndarray, shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """The tiles of an array of this shape in which the mask, of any size, has anything."""
    (height, width), (rows, columns) = shape, mask.shape
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(height, top + TILE), min(width, left + TILE)
            # One more on each side, for interpolation reaches that far.
            y0, y1 = max(0, top * rows // height - 1), -(-bottom * rows // height) + 1
            x0, x1 = max(0, left * columns // width - 1), -(-right * columns // width) + 1
            if mask[y0:y1, x0:x1].any():
                yield slice(top, bottom), slice(left, right)


def _sample(array: np.ndarray, part: tuple[slice, slice], shape: tuple[int, int]) -> np.ndarray:
    """A tile of a smaller array as if it had been enlarged to `shape`, pixel centres aligned as in cv2.resize."""
    down, right = array.shape[0] / shape[0], array.shape[1] / shape[1]
    (top, bottom), (left, end) = ((s.start, s.stop) for s in part)
    matrix = np.array([[right, 0, (left + 0.5) * right - 0.5], [0, down, (top + 0.5) * down - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(array, matrix, (end - left, bottom - top), flags=flags, borderMode=cv2.BORDER_REPLICATE)
