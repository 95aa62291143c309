"""What moved between two frames of a clip: optical flow, what it leaves unexplained, and cuts."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass

import cv2
import numpy as np

# Share of the picture that differs by more than so many grey levels (of 255) even once motion is taken out, above which
# another scene begins. Of joins between the photos of `backgrounds` 98 % reach 0.5; of the sequences of
# benchmarks/steadiness.py, shaken ones included, none reaches 0.1, and 0.2 where somebody is there all at once.
CUT, DIFFERENT = 0.4, 15.0
# Grey levels (of 255) by which following the motion has to explain the picture better than standing still does: in
# flat regions noise alone gives vectors of a quarter of a pixel, which would make a resting outline wobble.
GAIN = 1.5
# The noise is the median difference, which what moves seldom covers; a webcam's by lamplight is 4 of 255 at the most.
MOST_NOISE = 4.0
BLOCK = (5, 5)  # pixels over which differences are averaged: sensor noise goes, an arm's edge stays


@dataclass(frozen=True)
class Motion:
    """How one frame lies in another.

    Attributes
    ----------
    columns, rows : float32 HxW, where each pixel of this frame lies in the other one; None where all stands still
    change : float32 HxW, of 255: how far the pictures differ once moved so, averaged over a few pixels, beyond the
        camera's noise
    moved : float32 HxW, 0 or 1: where following the motion explains more than standing still
    """

    columns: np.ndarray | None
    rows: np.ndarray | None
    change: np.ndarray
    moved: np.ndarray

    @property
    def is_cut(self) -> bool:
        """Whether the two frames show different scenes."""
        return np.count_nonzero(self.change > DIFFERENT) > CUT * self.change.size

    def brought(self, other: np.ndarray, *, nearest: bool = False) -> np.ndarray:
        """An array that belongs to the other frame (HxW), as it lies in this one; always a new array."""
        if self.columns is None:
            return other.copy()
        how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return cv2.remap(other, self.columns, self.rows, how, borderMode=cv2.BORDER_REPLICATE)


def motion(grey: np.ndarray, other: np.ndarray) -> Motion:
    """How a frame lies in another: dense inverse search (Kroeger et al. 2016), kept only where it explains something.

    Parameters
    ----------
    grey, other : uint8 HxW of the same shape; a few hundred pixels wide are enough
    """
    # A lamp's flicker or a camera's exposure is no motion. By the median, which somebody who comes in doesn't move far.
    gain = (float(np.median(grey[::4, ::4])) + 1) / (float(np.median(other[::4, ::4])) + 1)
    lit = cv2.convertScaleAbs(other, alpha=min(max(gain, 0.8), 1.25))
    resting, relit = _difference(grey, other), _difference(grey, lit)
    if relit.mean() < resting.mean():
        other, resting = lit, relit
    noise = np.float32(min(float(np.median(resting[::4, ::4])), MOST_NOISE))
    # Dense inverse search works on patches of 8 pixels over three scales.
    if min(grey.shape) < 32 or resting.max() < 2 * GAIN:
        return Motion(None, None, np.maximum(resting - noise, 0), np.zeros(grey.shape, np.float32))
    flow = _search().calc(grey, other, None)
    rows, columns = _places(grey.shape)
    following = _difference(
        grey,
        cv2.remap(other, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE),
    )
    # Flow fits noise too: what it explains of that is no motion.
    moved = (resting > following + max(GAIN, noise)).astype(np.float32)
    moved = cv2.blur(cv2.dilate(moved, np.ones((3, 3), np.uint8)), (3, 3))
    change = np.maximum(following + (1 - moved) * (resting - following) - noise, 0)
    return Motion(columns + moved * flow[..., 0], rows + moved * flow[..., 1], change, moved)


def _difference(grey: np.ndarray, other: np.ndarray) -> np.ndarray:
    return cv2.blur(cv2.absdiff(grey, other), BLOCK).astype(np.float32)


@functools.lru_cache(maxsize=8)
def _places(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return rows, columns


_LOCAL = threading.local()


def _search() -> cv2.DISOpticalFlow:
    """One for each thread, since it keeps its buffers."""
    if not hasattr(_LOCAL, "search"):
        _LOCAL.search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    return _LOCAL.search
