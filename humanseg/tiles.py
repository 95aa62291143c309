"""Work at full size part by part, where there is an edge: a phone photo in float32 would be 150 megabytes a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2
import numpy as np

TILE = 128  # pixels a side, at every scale
STRIP = 1 << 18  # pixels of a strip of rows
# More would mostly wait for one another, and each needs about 10 MB for its part.
MOST_THREADS = 8
SURE = 0.02  # alphas this close to 0 or 1 count as sure

TOGETHER = 1 << 14  # single pixels that are worked on together: what they need fits into the processor's cache

Part = TypeVar("Part")


def check_pair(rgb: np.ndarray, alpha: np.ndarray) -> None:
    """Raises ValueError unless these are a photo, uint8 HxWx3, and an alpha, float32 HxW."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.size:
        raise ValueError(f"a photo is uint8 HxWx3, not {rgb.dtype} {rgb.shape}")
    if alpha.dtype != np.float32 or alpha.ndim != 2 or not alpha.size:
        raise ValueError(f"an alpha is float32 HxW, not {alpha.dtype} {alpha.shape}")


def tiles_with(mask: np.ndarray, shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """The tiles of an array of this shape in which the mask, of any size, has anything."""
    (height, width), (rows, columns) = shape, mask.shape
    if mask.dtype != bool:
        mask = mask != 0  # in which NumPy finds whether there is any in a fraction of the time
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(height, top + TILE), min(width, left + TILE)
            # One more on each side, since interpolation reaches that far.
            y0, y1 = max(0, top * rows // height - 1), -(-bottom * rows // height) + 1
            x0, x1 = max(0, left * columns // width - 1), -(-right * columns // width) + 1
            if mask[y0:y1, x0:x1].any():
                yield slice(top, bottom), slice(left, right)


def strips_of(shape: tuple[int, int]) -> list[slice]:
    """Slices of an array's rows, of about as many pixels each, one after the other."""
    height, width = shape
    rows = max(1, STRIP // width)
    return [slice(top, min(height, top + rows)) for top in range(0, height, rows)]


def for_each(parts: Iterable[Part], work: Callable[[Part], object]) -> None:
    """Calls `work` on every part, which mustn't overlap, on as many threads as OpenCV has, up to `MOST_THREADS`.

    The order is left open. NumPy and OpenCV let other threads run while they compute.
    """
    parts, threads = list(parts), min(MOST_THREADS, max(1, cv2.getNumThreads()))
    shares = [parts[first::threads] for first in range(min(threads, len(parts)))]

    def work_on(share: list[Part]) -> None:
        for part in share:
            work(part)

    if len(shares) == 1:
        work_on(parts)
    elif shares:
        with ThreadPoolExecutor(len(shares), "humanseg-tiles") as pool:
            for _ in pool.map(work_on, shares):
                pass  # the loop raises what was raised in a thread


def sample(array: np.ndarray, part: tuple[slice, slice], shape: tuple[int, int]) -> np.ndarray:
    """A tile of a smaller array as if it had been enlarged to `shape`, pixel centres aligned as in cv2.resize."""
    down, right = array.shape[0] / shape[0], array.shape[1] / shape[1]
    (top, bottom), (left, end) = ((s.start, s.stop) for s in part)
    matrix = np.array([[right, 0, (left + 0.5) * right - 0.5], [0, down, (top + 0.5) * down - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(array, matrix, (end - left, bottom - top), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def padded(
    part: tuple[slice, slice], reach: int, shape: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """A tile with `reach` more pixels on each side, as far as the array goes, and the tile's place in it."""
    around = tuple(slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(part, shape, strict=True))
    inside = tuple(slice(s.start - a.start, s.stop - a.start) for s, a in zip(part, around, strict=True))
    return around, inside


def mirrored(array: np.ndarray, part: tuple[slice, slice], reach: int) -> np.ndarray:
    """A tile with `reach` more pixels on each side, mirrored where the array ends; contiguous."""
    around, inside = padded(part, reach, array.shape[:2])
    (top, left), (bottom, right) = (
        (reach - s.start for s in inside),
        (reach + p.stop - a.stop for p, a in zip(part, around, strict=True)),
    )
    return cv2.copyMakeBorder(array[around], top, bottom, left, right, cv2.BORDER_REFLECT)


def take_colours(rgb: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """The colours (uint8 nx3) of some pixels of a photo (uint8 HxWx3), by their number in it, row after row."""
    # Three bytes at once, which NumPy moves several times faster than one after the other.
    return rgb.reshape(-1, 3).view("V3")[:, 0].take(pixels).view(np.uint8).reshape(-1, 3)


def put_colours(rgb: np.ndarray, pixels: np.ndarray, colours: np.ndarray) -> None:
    """Sets the colours of some pixels, as for `take_colours`; the photo has to be contiguous."""
    rgb.reshape(-1, 3).view("V3")[:, 0].put(pixels, colours.view("V3")[:, 0])


def at_pixels(array: np.ndarray, y: np.ndarray, x: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A smaller array (float32 hxw or hxwxk) at some pixels of what it'd be if enlarged to `shape`: n or nxk.

    Parameters
    ----------
    y, x : their rows and columns, fewer than 32,767
    """
    y, x = (
        ((index + 0.5) * (small / large) - 0.5).astype(np.float32)[None]
        for index, small, large in zip((y, x), array.shape, shape, strict=False)
    )
    return cv2.remap(array, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]


def four_times(array: np.ndarray) -> np.ndarray:
    """An HxW array as HxWx4, four times the same: NumPy is many times slower where it has to repeat values itself."""
    return cv2.merge([array] * 4)


def sum_of_four(array: np.ndarray) -> np.ndarray:
    """The sum over a last axis of 4, contiguous: in pairs, which takes half of BLAS's time and a tenth of `sum`'s."""
    flat = array.reshape(-1)
    pairs = flat[0::2] + flat[1::2]
    return (pairs[0::2] + pairs[1::2]).reshape(array.shape[:-1])


def eight_bits(alpha: np.ndarray) -> np.ndarray:
    """An alpha (float32 HxW in [0, 1]) as uint8, rounded."""
    rounded = np.empty(alpha.shape, np.uint8)

    def fill(strip: slice) -> None:
        part = np.clip(alpha[strip], 0, 1)
        part *= 255
        part += np.float32(0.5)
        rounded[strip] = part

    for_each(strips_of(alpha.shape), fill)
    return rounded


def with_alpha(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """uint8 HxWx4 of uint8 HxWx3 and uint8 HxW."""
    rgba = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)
    cv2.insertChannel(alpha, rgba, 3)
    return rgba
