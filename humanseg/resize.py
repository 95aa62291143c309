"""Resizing: to the network's size and back, to smaller copies, and to pictures that fill a frame."""

from __future__ import annotations

import math

import cv2
import numpy as np

# A picture that would be enlarged to more than this many times the frame is cropped before, at whole pixels of its own,
# which may shift it by half a pixel of the frame. Any other is cropped afterwards.
MOST_TOO_MUCH = 3
NEAR = 1.25  # times the size wanted: so near it there's nothing left to average


def letterbox(rgb: np.ndarray, size: int, stride: int) -> tuple[np.ndarray, tuple[int, int]]:
    """The photo with its long side at `size`, its edge repeated until both sides are multiples of `stride`.

    Returns
    -------
    boxed : uint8, contiguous
    inner : height and width of the photo within it, at the top left: cut there and resize back for the exact inverse
    """
    height, width = rgb.shape[:2]
    scale = size / max(height, width)
    inner = (max(1, round(height * scale)), max(1, round(width * scale)))
    if inner != (height, width):
        larger = scale > 1
        rgb = cv2.resize(rgb, inner[::-1], interpolation=cv2.INTER_LINEAR) if larger else averaged(rgb, *inner[::-1])
    below, right = -inner[0] % stride, -inner[1] % stride
    if below or right:
        rgb = cv2.copyMakeBorder(rgb, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(rgb), inner


def resize_alpha(alpha: np.ndarray, width: int, height: int) -> np.ndarray:
    """An alpha (float32 HxW) at another size; always a new array."""
    if alpha.shape == (height, width):
        return alpha.copy()
    if width * height < alpha.size:
        return averaged(alpha, width, height)
    return cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)


def shrink(array: np.ndarray, side: int, near: float = NEAR) -> np.ndarray:
    """The array with its long side at most `side`, averaged over pixels; itself where it fits already.

    `near` is as for `averaged`.
    """
    scale = side / max(array.shape[:2])
    if scale >= 1:
        return array
    return averaged(array, max(1, round(array.shape[1] * scale)), max(1, round(array.shape[0] * scale)), near)


def averaged(array: np.ndarray, width: int, height: int, near: float = NEAR) -> np.ndarray:
    """The array at a smaller size, each pixel the mean of those it covers.

    What is less than `near` times as large, after halving, is interpolated. At 2 that is several times faster, but
    pixels count for more or less, and some hardly: good enough where noise in single pixels does no harm.
    """
    # OpenCV averages pairs with the processor's vector unit, and everything else many times slower.
    rows, columns = array.shape[:2]
    while rows % 2 == columns % 2 == 0 and rows >= 2 * height and columns >= 2 * width:
        rows, columns = rows // 2, columns // 2
        array = cv2.resize(array, (columns, rows), interpolation=cv2.INTER_AREA)
    interpolated = rows < near * height and columns < near * width
    return cv2.resize(array, (width, height), interpolation=cv2.INTER_LINEAR if interpolated else cv2.INTER_AREA)


def fitted(picture: np.ndarray, width: int, height: int, fit: str, position: tuple[float, float]) -> np.ndarray:
    """A picture (uint8 HxWx3) at width x height: `fill` crops it, `fit` leaves bars of its mean colour.

    `position` is (x, y) from 0 to 1: which part of it is kept, or where it stands between the bars.
    """
    if fit not in ("fill", "fit"):
        raise ValueError(f"fit is 'fill' or 'fit', not {fit!r}")
    if fit == "fit":
        return _with_bars(picture, width, height, position)
    scale, size = _covering(picture, width, height)
    left, top = (round(max(0, b - a) * p) for a, b, p in zip((width, height), size, position, strict=True))
    if scale > 1 and size[0] * size[1] > MOST_TOO_MUCH * width * height:
        picture, left, top = _cut_to(picture, scale, (left, top, width, height))
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    part = _scaled(picture, scale, size)[top : top + height, left : left + width]
    if part.shape[:2] != (height, width):  # rounding took a row
        part = cv2.resize(part, (width, height))
    return np.ascontiguousarray(part)


def covering(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture (uint8 HxWx3) no larger than it has to be to fill width x height; itself where it isn't larger."""
    scale, size = _covering(picture, width, height)
    return _scaled(picture, scale, size) if scale < 1 else picture


def _covering(picture: np.ndarray, width: int, height: int) -> tuple[float, tuple[int, int]]:
    """The factor by which a picture fills a frame, and its width and height then."""
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    return scale, (max(1, round(columns * scale)), max(1, round(rows * scale)))


def _scaled(picture: np.ndarray, scale: float, size: tuple[int, int]) -> np.ndarray:
    return averaged(picture, *size) if scale < 1 else cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)


def _cut_to(picture: np.ndarray, scale: float, frame: tuple[int, int, int, int]) -> tuple[np.ndarray, int, int]:
    """The pixels that a frame of the enlarged picture is interpolated from, and the frame's place in them once scaled.

    Parameters
    ----------
    frame : left, top, width, height within the picture as it'll be once scaled
    """
    left, top, width, height = frame
    beyond = 2  # pixels to each side that cubic interpolation reads
    x, y = max(0, int(left / scale) - beyond), max(0, int(top / scale) - beyond)
    right, bottom = math.ceil((left + width) / scale) + beyond, math.ceil((top + height) / scale) + beyond
    return picture[y:bottom, x:right], round(left - x * scale), round(top - y * scale)


def _with_bars(picture: np.ndarray, width: int, height: int, position: tuple[float, float]) -> np.ndarray:
    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[...] = picture.reshape(-1, 3).mean(0).round().astype(np.uint8)
    left, top = (round(max(0, a - b) * p) for a, b, p in zip((width, height), size, position, strict=True))
    part = _scaled(picture, scale, size)[:height, :width]
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas
