"""Puts people on another background: pure functions on arrays.

`foreground` is uint8 HxWx3, `alpha` float32 HxW in [0, 1]; results are uint8.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import ImageColor

from humanseg.errors import HumanSegError
from humanseg.resize import averaged, fitted
from humanseg.tiles import TOGETHER, eight_bits, for_each, put_colours, strips_of, take_colours, with_alpha


def parse_colour(given: str | Sequence[int]) -> tuple[int, int, int]:
    """A colour as (red, green, blue), 0 to 255.

    Parameters
    ----------
    given : "#rrggbb", "#rgb" (either without the # too), one of CSS's names ("purple"), or three whole numbers

    Raises
    ------
    HumanSegError : `given` is none of these
    """
    if not isinstance(given, str):
        return _three_numbers(given)
    text = given.strip().lower()
    text = ImageColor.colormap.get(text, text)
    if isinstance(text, tuple):  # Pillow keeps a name's three numbers there once it has drawn with it
        return text
    found = re.fullmatch(r"#?([0-9a-f]{6}|[0-9a-f]{3})", text)
    if not found:
        raise HumanSegError(f"{given!r} isn't a colour: write it as #rrggbb, for instance #20a060, or by name.")
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _three_numbers(given: Sequence[int]) -> tuple[int, int, int]:
    try:
        red, green, blue = (operator.index(value) for value in given)
    except (TypeError, ValueError):
        red = green = blue = -1
    if min(red, green, blue) < 0 or max(red, green, blue) > 255:
        raise HumanSegError(f"{given!r} isn't a colour: give red, green and blue as whole numbers from 0 to 255.")
    return red, green, blue


def _checked(foreground: np.ndarray, alpha: np.ndarray) -> None:
    if foreground.dtype != np.uint8 or foreground.ndim != 3 or foreground.shape[2] != 3:
        raise ValueError(f"a foreground is uint8 HxWx3, not {foreground.dtype} {foreground.shape}")
    if alpha.dtype != np.float32 or alpha.shape != foreground.shape[:2]:
        raise ValueError(f"the alpha is {alpha.dtype} {alpha.shape}, the foreground {foreground.shape[:2]}")


def transparent(foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """uint8 HxWx4, not premultiplied; black where nothing can be seen, which makes files much smaller."""
    _checked(foreground, alpha)
    eight = eight_bits(alpha)
    rgba = with_alpha(foreground, eight)
    return cv2.bitwise_and(rgba, rgba, mask=eight)


def _blend(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The foreground before the background, as a new array."""
    result = background.copy()

    def blend(strip: slice) -> None:
        share, out = alpha[strip], result[strip]
        cv2.copyTo(foreground[strip], (share >= 1).view(np.uint8), out)
        # Only what is see-through has to be worked out: a few hundredths of most photos.
        found = np.flatnonzero((share > 0) & (share < 1))
        for start in range(0, len(found), TOGETHER):
            some = found[start : start + TOGETHER]
            near, far = (take_colours(colours, some).astype(np.float32) for colours in (foreground[strip], out))
            near -= far
            near *= np.repeat(share.reshape(-1).take(some), 3).reshape(-1, 3)
            near += far
            near += np.float32(0.5)
            put_colours(out, some, near.astype(np.uint8))

    for_each(strips_of(alpha.shape), blend)
    return result


def on_colour(foreground: np.ndarray, alpha: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """uint8 HxWx3 on one colour."""
    _checked(foreground, alpha)
    background = np.empty(foreground.shape, np.uint8)
    # A row at once: NumPy takes twenty times longer to repeat three bytes.
    background[:] = np.tile(np.uint8(colour), (foreground.shape[1], 1))
    return _blend(np.ascontiguousarray(foreground), alpha, background)


def blurred(image: np.ndarray, foreground: np.ndarray, alpha: np.ndarray, strength: float = 0.02) -> np.ndarray:
    """The photo with its background out of focus.

    Parameters
    ----------
    image : the photo, uint8 HxWx3
    strength : standard deviation of the blur as a share of the diagonal

    The people are taken out before blurring, and the hole is filled by what surrounds it (a blur normalised by the
    background's own weight), so that they never smear into the background.
    """
    _checked(foreground, alpha)
    if image.shape != foreground.shape:
        raise ValueError(f"the photo is {image.shape}, the foreground {foreground.shape}")
    height, width = alpha.shape
    sigma = max(0.3, strength * float(np.hypot(height, width)))
    # A wide blur leaves no detail, so a small copy is blurred, at about 4 pixels per standard deviation.
    scale = min(1.0, 4.0 / sigma)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Dilated a little, since a person's colour reaches to where alpha is almost 0.
    grown = cv2.dilate(averaged(alpha, *size), np.ones((3, 3), np.uint8))
    weight = np.clip(1 - grown * 1.05, 0.0, 1)[..., None] + 1e-4
    small = averaged(image, *size).astype(np.float32)
    total = cv2.GaussianBlur(small * weight, (0, 0), sigma * scale, borderType=cv2.BORDER_REFLECT)
    share = cv2.GaussianBlur(weight, (0, 0), sigma * scale, borderType=cv2.BORDER_REFLECT)
    filled = np.clip(total / share[..., None] + 0.5, 0, 255).astype(np.uint8)
    background = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return _blend(np.ascontiguousarray(foreground), alpha, background)


def on_picture(
    foreground: np.ndarray,
    alpha: np.ndarray,
    picture: np.ndarray,
    *,
    fit: str = "fill",
    position: tuple[float, float] = (0.5, 0.5),
    scale: float = 1.0,
    offset: tuple[float, float] = (0.0, 0.0),
    light_wrap: float = 0.0,
    match_colours: float = 0.0,
) -> np.ndarray:
    """uint8 HxWx3 on another picture (uint8, any size).

    Parameters
    ----------
    fit, position : how the picture fills the frame, see `fitted`
    scale : of the people, about the middle of the bottom edge, where they mostly stand
    offset : (x, y) that the people are moved by, as a share of the frame
    light_wrap : 0 to 1, how far the background's light reaches over the people's edge
    match_colours : 0 to 1, how far the people's mean colour and contrast go towards the background's
    """
    _checked(foreground, alpha)
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"people are scaled by a positive number, not by {scale}")
    height, width = alpha.shape
    background = fitted(picture, width, height, fit, position)
    if scale != 1.0 or offset != (0.0, 0.0):
        foreground, alpha = _moved(foreground, alpha, scale, offset)
    if match_colours > 0:
        foreground = _matched(foreground, alpha, background, match_colours)
    foreground = np.ascontiguousarray(foreground)
    if light_wrap > 0:
        foreground = _wrapped(foreground, alpha, background, light_wrap)
    return _blend(foreground, alpha, background)


def _moved(
    foreground: np.ndarray, alpha: np.ndarray, scale: float, offset: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    height, width = alpha.shape
    right, down = (1 - scale) * width / 2 + offset[0] * width, (1 - scale) * height + offset[1] * height
    if scale >= 1:
        matrix = np.array([[scale, 0, right], [0, scale, down]])
        colours = cv2.warpAffine(foreground, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return colours, cv2.warpAffine(alpha, matrix, (width, height), borderValue=0)
    # A warp skips pixels where it shrinks, so they are averaged first; colours weighted by alpha, or the old
    # background beside the edge would be mixed in.
    small = max(1, round(width * scale)), max(1, round(height * scale))
    seen = averaged(_blend(np.ascontiguousarray(foreground), alpha, np.zeros_like(foreground)), *small)
    alpha = averaged(alpha, *small)
    # Moved by whole pixels, since a second interpolation would blur.
    left, top = (round(start + (1 - scale) / 2) for start in (right, down))
    matrix = np.array([[1.0, 0, left], [0, 1, top]])
    seen, alpha = (cv2.warpAffine(array, matrix, (width, height), borderValue=0) for array in (seen, alpha))
    weight = (alpha * 255 + 0.5).astype(np.uint8)
    return cv2.divide(seen, cv2.merge([weight] * 3), scale=255), alpha


def _matched(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray, strength: float) -> np.ndarray:
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


def _wrapped(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray, strength: float) -> np.ndarray:
    """Lets the background's blurred light spill over the edge, as a lens would."""
    height, width = alpha.shape
    sigma = 0.01 * float(np.hypot(height, width))
    step = max(1, round(sigma / 3))
    size = (max(1, width // step), max(1, height // step))
    outside, light = averaged(1 - alpha, *size), averaged(background, *size)
    reach = cv2.resize(cv2.GaussianBlur(outside, (0, 0), sigma / step), (width, height)) * (0.6 * min(1.0, strength))
    glow = cv2.resize(cv2.GaussianBlur(light, (0, 0), sigma / step), (width, height))
    return cv2.blendLinear(foreground, glow, 1 - reach, reach)


def crop_box(alpha: np.ndarray, margin: float = 0.05) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) around the people with a margin (a share of the box's longer side).

    The whole frame where nobody is.
    """
    height, width = alpha.shape
    person = alpha > 0.05
    rows, columns = np.flatnonzero(person.any(1)), np.flatnonzero(person.any(0))
    if not len(rows):
        return 0, 0, height, width
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    pad = round(margin * max(bottom - top, right - left))
    return max(0, int(top) - pad), max(0, int(left) - pad), min(height, int(bottom) + pad), min(width, int(right) + pad)
