"""Puts people on another background: pure functions on arrays.

`foreground` is uint8 HxWx3, `alpha` float32 HxW in [0, 1]; results are uint8.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import ImageColor

from humanseg import lighting
from humanseg.errors import HumanSegError
from humanseg.frame import Frame
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
    """The photo with its background out of focus; see `out_of_focus`.

    Parameters
    ----------
    image : the photo, uint8 HxWx3
    """
    _checked(foreground, alpha)
    if image.shape != foreground.shape:
        raise ValueError(f"the photo is {image.shape}, the foreground {foreground.shape}")
    return _blend(np.ascontiguousarray(foreground), alpha, out_of_focus(image, alpha, strength))


def out_of_focus(image: np.ndarray, alpha: np.ndarray, strength: float = 0.02) -> np.ndarray:
    """What is behind the people, blurred: uint8 HxWx3.

    Parameters
    ----------
    image : the photo, uint8 HxWx3
    strength : standard deviation of the blur as a share of the diagonal

    The people are taken out before blurring, and the hole is filled by what surrounds it (a blur normalised by the
    background's own weight), so that they never smear into the background.
    """
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
    return cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)


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
        seen = Frame(width, height).moved(scale, offset, (width / 2, height))
        foreground, alpha = placed(foreground, alpha, seen)
    return before(foreground, alpha, background, light_wrap=light_wrap, match_colours=match_colours)


def before(
    foreground: np.ndarray,
    alpha: np.ndarray,
    background: np.ndarray,
    *,
    light_wrap: float = 0.0,
    match_colours: float = 0.0,
) -> np.ndarray:
    """uint8 HxWx3: the people before a background (uint8 HxWx3) of their size; the rest is as for `on_picture`."""
    _checked(foreground, alpha)
    if match_colours > 0:
        foreground = lighting.matched(foreground, alpha, background, match_colours)
    foreground = np.ascontiguousarray(foreground)
    if light_wrap > 0:
        foreground = lighting.wrapped(foreground, alpha, background, light_wrap)
    return _blend(foreground, alpha, background)


def placed(foreground: np.ndarray, alpha: np.ndarray, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """The people's colours and their alpha as they are seen in a frame: uint8 and float32, of its width and height."""
    _checked(foreground, alpha)
    rows, columns = alpha.shape
    scale = frame.scale
    left, top = frame.place(0, 0)
    if scale <= 1:
        small = max(1, round(columns * scale)), max(1, round(rows * scale))
        if small != (columns, rows):
            # A warp skips pixels where it shrinks, so they are averaged first; colours weighted by alpha, or the old
            # background beside the edge would be mixed in.
            seen = averaged(_blend(np.ascontiguousarray(foreground), alpha, np.zeros_like(foreground)), *small)
            alpha = averaged(alpha, *small)
            weight = (alpha * 255 + 0.5).astype(np.uint8)
            foreground = cv2.divide(seen, cv2.merge([weight] * 3), scale=255)
        # Moved by whole pixels, since a second interpolation would blur.
        at = math.floor(left + 0.5), math.floor(top + 0.5)
        return _cut_to(foreground, frame, at), _cut_to(alpha, frame, at)
    # From pixel's middle to pixel's middle.
    matrix = np.array([[scale, 0, left + (scale - 1) / 2], [0, scale, top + (scale - 1) / 2]])
    size = frame.width, frame.height
    foreground, alpha = (
        cv2.warpAffine(array, matrix, size, borderMode=cv2.BORDER_REPLICATE) for array in (foreground, alpha)
    )
    outside = np.ones(alpha.shape, bool)
    outside[_span(top, rows * scale, frame.height), _span(left, columns * scale, frame.width)] = False
    alpha[outside] = 0
    return foreground, alpha


def _span(start: float, length: float, side: int) -> slice:
    """Where a stretch is between 0 and `side`, in whole pixels."""
    return slice(*(min(side, max(0, math.floor(value + 0.5))) for value in (start, start + length)))


def _cut_to(array: np.ndarray, frame: Frame, at: tuple[int, int]) -> np.ndarray:
    """The array as it lies in a frame with its top left corner at (x, y); zeros around it."""
    made = np.zeros((frame.height, frame.width, *array.shape[2:]), array.dtype)
    columns, rows = (
        _span(start, length, side)
        for start, length, side in zip(at, array.shape[1::-1], (frame.width, frame.height), strict=True)
    )
    made[rows, columns] = array[rows.start - at[1] : rows.stop - at[1], columns.start - at[0] : columns.stop - at[0]]
    return made


def seen_in(picture: np.ndarray, frame: Frame) -> np.ndarray:
    """The part of a photo (uint8 HxWx3) that a frame shows, or, where it reaches beyond, the nearest that's as wide and
    as high for its size: uint8 hxwx3."""
    rows, columns = picture.shape[:2]
    width, height = frame.width / frame.scale, frame.height / frame.scale
    share = min(1, columns / width, rows / height)
    left = min(max(0, frame.left + (1 - share) * width / 2), columns - share * width)
    top = min(max(0, frame.top + (1 - share) * height / 2), rows - share * height)
    part = picture[_span(top, max(1, share * height), rows), _span(left, max(1, share * width), columns)]
    if part.shape[:2] == (frame.height, frame.width):
        return part
    return fitted(np.ascontiguousarray(part), frame.width, frame.height, "fill", (0.5, 0.5))


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
