"""What the network is shown: a first pass over the whole photo, then mirrored passes over crops, joined into one alpha.

Everything here is test-time augmentation: the network's alphas in, one better alpha out, nothing thresholded.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from humanseg.crops import Box, choose_crops
from humanseg.engines import Engine
from humanseg.model.calibration import Calibration
from humanseg.resize import letterbox, resize_alpha

# The joined alpha keeps the second pass's resolution up to this long side, in pixels; refinement does the rest.
JOINED_LONG_SIDE = 2048
# The second pass's weight rises from 0 over this share of a crop's long side, at sides that lie within the photo.
SEAM = 0.06


def run_passes(engine: Engine, rgb: np.ndarray, size: int, *, second_pass: bool) -> list[np.ndarray]:
    """The first pass, and after it the passes joined: alphas of the photo's aspect, not refined.

    Parameters
    ----------
    rgb : uint8 HxWx3, at any size
    size : long side in pixels that the network is shown of a whole photo
    second_pass : show it crops too; where the first pass finds nobody, there are none

    Returns
    -------
    float32 HxW in [0, 1] each; the first alone without `second_pass`
    """
    first, shown = _pass(engine, rgb, size)
    if not second_pass:
        return [first]
    config, joined, shape = engine.config, first, rgb.shape[:2]
    person = (first >= config.threshold).astype(np.uint8)
    for box, scale in choose_crops(person, shape, config.calibration.usual_inscribed_radius):
        top, left, bottom, right = box
        # Up to the next multiple of the stride, to which it would be padded otherwise, at the same cost.
        long_side = math.ceil(round(scale * size) / config.stride) * config.stride
        crop = rgb[top:bottom, left:right]
        # Resizing a large photo takes as long as the network does: what the first pass was shown is good enough.
        if box == (0, 0, *shape) and long_side <= size:
            crop = shown
        # Mirrored, since the network seldom makes the same mistake in a photo and in its mirror image.
        mirrored, _ = _pass(engine, cv2.flip(crop, 1), long_side)
        joined = _joined(joined, mirrored[:, ::-1], box, shape, config.calibration)
    return [first, joined]


def _pass(engine: Engine, rgb: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The network's alpha, and the photo at the size that the network was shown."""
    boxed, (rows, columns) = letterbox(rgb, size, engine.config.stride)
    return engine(boxed)[:rows, :columns], boxed[:rows, :columns]


def _joined(
    first: np.ndarray, second: np.ndarray, box: Box, shape: tuple[int, int], calibration: Calibration
) -> np.ndarray:
    """The first pass with the second blended in at its box, at a size that keeps the second one's resolution."""
    height, width = shape
    top, left, bottom, right = box
    scale = max(second.shape[0] / (bottom - top), second.shape[1] / (right - left))
    scale = min(scale, 1.0, JOINED_LONG_SIDE / max(height, width))
    scale = max(scale, first.shape[0] / height)
    canvas = resize_alpha(first, max(1, round(width * scale)), max(1, round(height * scale)))
    y0, x0 = round(top * canvas.shape[0] / height), round(left * canvas.shape[1] / width)
    y1, x1 = round(bottom * canvas.shape[0] / height), round(right * canvas.shape[1] / width)
    if y1 <= y0 or x1 <= x0:
        return first
    seam = _seam(y1 - y0, x1 - x0, (top > 0, left > 0, bottom < height, right < width))
    more = resize_alpha(second, x1 - x0, y1 - y0) - canvas[y0:y1, x0:x1]
    trust = np.where(more > 0, np.float32(calibration.trust_more), np.float32(calibration.trust_less))
    canvas[y0:y1, x0:x1] += seam * trust * more
    return canvas


def _seam(height: int, width: int, within: tuple[bool, bool, bool, bool]) -> np.ndarray:
    """Weight of the second pass: 1, falling to 0 at sides (top, left, bottom, right) within the photo."""
    ramp = max(1, round(SEAM * max(height, width)))

    def profile(length: int, at_start: bool, at_end: bool) -> np.ndarray:
        position = np.arange(length, dtype=np.float32) + 0.5
        rising = position / ramp if at_start else np.ones(length, np.float32)
        falling = (length - position) / ramp if at_end else np.ones(length, np.float32)
        return np.clip(np.minimum(rising, falling), 0, 1)

    return np.outer(profile(height, within[0], within[2]), profile(width, within[1], within[3]))
