"""The one way to the network's size, the one way back, and smaller copies."""

from __future__ import annotations

import cv2
import numpy as np


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


def shrink(array: np.ndarray, side: int) -> np.ndarray:
    """The array with its long side at most `side`, averaged over pixels; itself where it fits already."""
    scale = side / max(array.shape[:2])
    if scale >= 1:
        return array
    return averaged(array, max(1, round(array.shape[1] * scale)), max(1, round(array.shape[0] * scale)))


def averaged(array: np.ndarray, width: int, height: int) -> np.ndarray:
    """The array at a smaller size, each pixel the mean of those it covers."""
    # OpenCV averages pairs with the processor's vector unit, and everything else many times slower.
    rows, columns = array.shape[:2]
    while rows % 2 == columns % 2 == 0 and rows >= 2 * height and columns >= 2 * width:
        rows, columns = rows // 2, columns // 2
        array = cv2.resize(array, (columns, rows), interpolation=cv2.INTER_AREA)
    # So near the size wanted there's nothing left to average.
    near = rows < 1.25 * height and columns < 1.25 * width
    return cv2.resize(array, (width, height), interpolation=cv2.INTER_LINEAR if near else cv2.INTER_AREA)
