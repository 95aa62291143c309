"""What a camera or clip needs on top of the network: alphas that are steady in time, edges of each frame's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from humanseg import edges, haze, parts
from humanseg.errors import ImageError
from humanseg.media.lasting import Lasting
from humanseg.media.motion import Motion, motion
from humanseg.model.config import ModelConfig
from humanseg.resize import averaged

# How many times the network's alpha of this frame the last, steady one counts, and the ones ahead: noise of a resting
# outline falls to a seventh.
PAST, AHEAD = 4.0, 2.0
# Change of the picture (of 255, motion and noise taken out) at which the weight of other frames has fallen to a third:
# what is uncovered changes by more.
CHANGE = 6.0
# Alphas that differ by less than this agree: they are averaged even where the picture changes.
AGREE = 0.25
# Share of the last frame's refined alpha that is kept where nothing moves: the guide's noise is in each frame's edges.
INERTIA = 0.6
# A new part appears in the frame after the one in which it is first seen. A clip knows what comes after.
APPEARS_AFTER = 2


class Shows(Protocol):
    """What a stream needs of a `Segmenter`."""

    config: ModelConfig

    def coarse_alpha(self, rgb: np.ndarray, size: int, *, second_pass: bool) -> np.ndarray: ...

    def confidence(self, *alphas: np.ndarray) -> float: ...


@dataclass(frozen=True)
class Shot:
    """A frame, the network's alpha of it (float32 HxW, small), and the frame in grey (uint8) at that size."""

    frame: np.ndarray
    alpha: np.ndarray
    grey: np.ndarray


@dataclass(frozen=True)
class Steady:
    """A frame with its steady alpha, still at the network's size.

    Attributes
    ----------
    frame : uint8 HxWx3 RGB
    alpha : float32 hxw in [0, 1]
    rests : float32 hxw in [0, 1], how much of the last frame's edge can be kept; None where there was none
    """

    frame: np.ndarray
    alpha: np.ndarray
    rests: np.ndarray | None


class Stream:
    """Alphas of one camera or clip, frame after frame.

    The last frame's alpha is moved along with the picture and averaged with the network's own where the two frames show
    the same; where the picture changes, the new alpha counts, so nothing trails behind. Parts have to last to appear or
    vanish. A cut starts afresh.

    Parameters
    ----------
    segmenter : a `Segmenter`, or what shows frames to a network as it does
    size : long side in pixels at which the network is shown frames; None for the model's own `live_size`
    look_ahead : frames that a clip looks ahead, for `alphas`; a camera can't

    Examples
    --------
    >>> stream = Stream(Segmenter.from_pretrained("humansegnet-live"))  # doctest: +SKIP
    >>> alphas = [stream.alpha(frame) for frame in frames]  # doctest: +SKIP
    """

    def __init__(self, segmenter: Shows, size: int | None = None, *, look_ahead: int = 0) -> None:
        self.segmenter = segmenter
        self.size = segmenter.config.live_size if size is None else size
        self.look_ahead = look_ahead
        self._lasting = Lasting(1 if look_ahead else APPEARS_AFTER)
        self.reset()

    def reset(self) -> None:
        """Forgets the last frame, for instance because the camera was switched off."""
        self._last: Shot | None = None
        self._edge: np.ndarray | None = None
        self._lasting.reset()

    def alpha(self, frame: np.ndarray) -> np.ndarray:
        """The steady alpha of a camera's next frame.

        Parameters
        ----------
        frame : uint8 HxWx3 RGB; a frame of another size than the last starts afresh

        Returns
        -------
        float32 HxW in [0, 1]

        Raises
        ------
        ImageError : the frame isn't of that form
        """
        return self._finish(self._settle(self._shot(frame), []))

    def alphas(self, frames: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Each frame of a clip with its alpha, in order; at most `look_ahead` + 2 frames are held.

        Parameters, results and errors are as for `alpha`.
        """
        return self.finished(self.steady(frames))

    def steady(self, frames: Iterable[np.ndarray]) -> Iterator[Steady]:
        """The first half of `alphas`, the network's: steady alphas at its size."""
        waiting: deque[Shot] = deque()
        for frame in frames:
            waiting.append(self._shot(frame))
            if len(waiting) > self.look_ahead:
                yield self._settle(waiting.popleft(), list(waiting))
        while waiting:
            yield self._settle(waiting.popleft(), list(waiting))

    def finished(self, steady: Iterable[Steady]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The second half of `alphas`, at the frame's size; it may run in another thread than the first."""
        for one in steady:
            yield one.frame, self._finish(one)

    def _shot(self, frame: np.ndarray) -> Shot:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
            raise ImageError(f"A frame must be uint8 HxWx3 RGB, this one is {frame.dtype} {frame.shape}.")
        alpha = self.segmenter.coarse_alpha(frame, self.size, second_pass=False)
        height, width = alpha.shape
        return Shot(frame, alpha, averaged(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), width, height))

    def _settle(self, shot: Shot, ahead: list[Shot]) -> Steady:
        before = self._motion_from_last(shot)
        alpha, weight = shot.alpha, np.ones(shot.alpha.shape, np.float32)
        total = alpha.copy()
        if before:
            past = before.brought(self._last.alpha)
            more = PAST * _trust(before, past - alpha)
            total, weight = total + more * past, weight + more
        future = _future(shot, ahead)
        if future:
            more = AHEAD * _trust(future[0], future[1] - alpha)
            total, weight = total + more * future[1], weight + more
        steady = total / weight
        self._last = Shot(shot.frame, steady, shot.grey)
        config = self.segmenter.config
        # By this frame alone, since that is what thresholds are made for.
        seen = shot.alpha if self.segmenter.confidence(shot.alpha) > 0 else None
        bring = (lambda age: before.brought(age, nearest=True)) if before else None
        changed = before.change > CHANGE if before else None
        shown = self._lasting.shown(steady, seen, config, bring, changed)
        rests = (1 - before.moved) * np.exp(-np.square(before.change / CHANGE)) if before else None
        return Steady(shot.frame, shown, rests)

    def _motion_from_last(self, shot: Shot) -> Motion | None:
        """How a frame lies in the last one; None where there is none, or another scene."""
        if self._last is None or self._last.frame.shape != shot.frame.shape:
            return None
        found = motion(shot.grey, self._last.grey)
        return None if found.is_cut else found

    def _finish(self, steady: Steady) -> np.ndarray:
        config, frame = self.segmenter.config, steady.frame
        coarse = parts.eroded(haze.weighed_together(steady.alpha), config.inset)
        alpha = edges.refine_alpha(frame, coarse)
        if steady.rests is not None and self._edge is not None and self._edge.shape == alpha.shape:
            keep = cv2.resize(INERTIA * steady.rests, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
            alpha += keep * (self._edge - alpha)
        # A copy, since the next frame builds upon this array, and the caller may write to theirs.
        self._edge = alpha.copy()
        # Only now: what is near 0.5 would flicker if each frame were decided by itself.
        haze.decide(alpha, config.calibration)
        return alpha


def _trust(found: Motion, difference: np.ndarray) -> np.ndarray:
    """How far another frame's alpha can be averaged with this one's, from which it has that difference; 0 to 1."""
    disagree = np.minimum(np.abs(difference) * np.float32(1 / AGREE), 1)
    return np.exp(-np.square(found.change * np.float32(1 / CHANGE) * disagree))


def _future(shot: Shot, ahead: list[Shot]) -> tuple[Motion, np.ndarray] | None:
    """The alphas of the frames ahead, averaged, as they lie in this one, and how the next frame does."""
    if not ahead or ahead[0].frame.shape != shot.frame.shape:
        return None
    found = motion(shot.grey, ahead[0].grey)
    if found.is_cut:
        return None
    alpha, later = ahead[0].alpha, _future(ahead[0], ahead[1:])
    if later:
        trust = _trust(later[0], later[1] - alpha)
        alpha = (alpha + trust * later[1]) / (1 + trust)
    return found, found.brought(alpha)
