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
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        rgb = cv2.resize(rgb, inner[::-1], interpolation=method)
    below, right = -inner[0] % stride, -inner[1] % stride
    if below or right:
        rgb = cv2.copyMakeBorder(rgb, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(rgb), inner


def resize_alpha(alpha: np.ndarray, width: int, height: int) -> np.ndarray:
    """An alpha (float32 HxW) at another size; always a new array."""
    if alpha.shape == (height, width):
        return alpha.copy()
    shrinks = width * height < alpha.size
    return cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def shrink(array: np.ndarray, side: int) -> np.ndarray:
    """The array with its long side at most `side`, averaged over pixels; itself where it fits already."""
    scale = side / max(array.shape[:2])
    if scale >= 1:
        return array
    shape = (max(1, round(array.shape[1] * scale)), max(1, round(array.shape[0] * scale)))
    return cv2.resize(array, shape, interpolation=cv2.INTER_AREA)
