"""A stream's alphas at the frames' own size: each frame's own edges, and the last one's where the picture rests.

Photos are refined everywhere at full size, for seconds of looking at them. A stream does so in two steps: at a middle
size it is found out where anything is see-through, and only those pixels are worked out at the frame's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from humanseg import edges, haze, parts
from humanseg.media.view import View
from humanseg.model.config import ModelConfig
from humanseg.resize import averaged, resize_alpha
from humanseg.tiles import TOGETHER, at_pixels, take_colours

# Where nothing moves, a change of refined alpha by less than this is noise of the frame, which guides refinement; of
# a larger one this share waits for the next frame. The first frames of a scene only find where the edge is.
SMALL, INERTIA, SETTLED = 0.1, 0.6, 8
# How far alpha may be soft, against a photo's: over frames the outline is surer, and what is soft drags along.
SOFT = 1 / 2
# Long side in pixels of the middle size, at most. Twice as much takes a quarter longer, for as good alphas.
MIDDLE = 320
LEAST_REACH = 1.2  # pixels of the middle size: an outline is that soft at least


@dataclass(frozen=True)
class Steady:
    """A frame with its steady alpha, still at the network's size.

    Attributes
    ----------
    frame : uint8 HxWx3 RGB
    view : what of it the alpha is of; nobody is elsewhere
    alpha : float32 hxw in [0, 1]
    rests : float32 hxw in [0, 1], how much of the last frame's edge can be kept; None where there was none
    """

    frame: np.ndarray
    view: View
    alpha: np.ndarray
    rests: np.ndarray | None


class Finisher:
    """Lifts a stream's steady alphas to its frames' size, one after the other."""

    def __init__(self, config: ModelConfig) -> None:
        self._inset = config.inset
        self._calibration = replace(config.calibration, outline=SOFT * config.calibration.outline)
        self.reset()

    def reset(self) -> None:
        """Forgets the last frame."""
        self._edge: np.ndarray | None = None  # float32 HxW, the last frame's refined alpha, not decided
        self._frames = 0  # of this scene that are finished

    def alpha(self, steady: Steady) -> np.ndarray:
        """The alpha of the next frame: float32 HxW in [0, 1]."""
        frame, shape = steady.frame, steady.frame.shape[:2]
        self._frames = 0 if steady.rests is None else self._frames + 1
        last = self._edge if self._edge is not None and self._edge.shape == shape else None
        rests = np.zeros_like(steady.alpha) if steady.rests is None else steady.rests
        edge, out = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for (box, coarse), (_, rest) in zip(steady.view.parts(steady.alpha), steady.view.parts(rests), strict=True):
            if not coarse.any():
                continue
            part = (slice(box.top, box.bottom), slice(box.left, box.right))
            one = self._part(np.ascontiguousarray(frame[part]), coarse, rest, None if last is None else last[part])
            if steady.view.is_whole:
                edge, out = one
                break
            for whole, alpha in zip((edge, out), one, strict=True):
                np.maximum(whole[part], alpha, out=whole[part])  # crops may overlap
        self._edge = edge
        return out

    def _part(
        self, frame: np.ndarray, coarse: np.ndarray, rest: np.ndarray, last: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The refined alpha of a frame or crop (uint8 HxWx3), before and after it is decided: float32 HxW.

        Parameters
        ----------
        coarse, rest : float32 hxw, its steady alpha, and how far the picture rests there
        last : float32 HxW, the last frame's refined alpha
        """
        coarse = parts.eroded(haze.weighed_together(coarse), self._inset)
        if coarse.size > frame[..., 0].size:  # the network was shown the crop enlarged
            coarse, rest = (resize_alpha(array, *frame.shape[1::-1]) for array in (coarse, rest))
        band = edges.band(coarse)
        middle = _middle(frame, coarse.shape)
        size = middle.shape[1::-1]
        if band.any():
            line = edges.linear_model(middle, coarse, band, times=1)
        else:
            line = np.zeros((*coarse.shape, 4), np.float32)
            line[..., 3] = coarse * np.float32(1 / 255)
        edge = edges.through(cv2.resize(line, size), middle)
        rest = rest * band
        if last is not None:
            _keep(edge, resize_alpha(last, *size), cv2.resize(rest, size), self._small)
        side = haze.sides(edge, self._calibration.outline, LEAST_REACH)
        # Only now: what is near 0.5 would flicker if each frame were decided by itself.
        decided = haze.decided(edge, side, self._calibration.certain)
        if middle is frame:
            return edge, decided
        unsure = edges.unsure_in(decided).view(np.uint8)
        shape = frame.shape[1::-1]
        edge, decided = (cv2.resize(array, shape) for array in (edge, decided))
        pixels = np.flatnonzero(cv2.resize(unsure, shape, interpolation=cv2.INTER_NEAREST).view(bool))
        for start in range(0, len(pixels), TOGETHER):
            some = pixels[start : start + TOGETHER]
            y, x = np.divmod(some, shape[0])
            own = edges.through(at_pixels(line, y, x, edge.shape)[None], take_colours(frame, some)[None])[0]
            if last is not None:
                _keep(own, last[y, x], at_pixels(rest, y, x, edge.shape), self._small)
            edge.put(some, own)
            decided.put(some, haze.decided(own, at_pixels(side, y, x, edge.shape), self._calibration.certain))
        return edge, decided

    @property
    def _small(self) -> float:
        """Changes of alpha up to this are none, where the picture rests."""
        return SMALL * min(1, self._frames / SETTLED)


def _middle(frame: np.ndarray, least: tuple[int, int]) -> np.ndarray:
    """A frame (uint8 HxWx3) halved until it is at most `MIDDLE` long, but no smaller than `least`; maybe itself."""
    rows, columns = frame.shape[:2]
    while max(rows, columns) > MIDDLE and rows >= 2 * least[0] and columns >= 2 * least[1]:
        rows, columns = rows // 2, columns // 2
    return frame if rows == frame.shape[0] else averaged(frame, columns, rows)


def _keep(alpha: np.ndarray, last: np.ndarray, rests: np.ndarray, small: float) -> None:
    """Keeps the last frame's edges in an alpha, in place, where they rest.

    Parameters
    ----------
    alpha, last, rests : float32 of one shape: of this frame and the last one, and how far the picture rests, 0 to 1
    small : changes of alpha up to this are none
    """
    alpha -= last
    least = rests * np.float32(small)
    alpha -= np.clip(alpha, -least, least)
    alpha *= 1 - np.float32(INERTIA) * rests
    alpha += last
