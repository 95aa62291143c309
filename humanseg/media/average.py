"""The average of alphas over frames: along the motion, where the frames show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from humanseg.media.motion import Motion, motion
from humanseg.media.view import View

# How many times the network's alpha of this frame the last, steady one counts, and each one ahead: noise of a resting
# outline falls to a seventh.
PAST, AHEAD = 4.0, 1.0
# What moves is judged anew by the network, and sooner believed: the last alpha counts so many times as much there.
MOVING = 0.4
# A frame that the network wasn't shown is the last one, moved along; those ahead count so much less then, since they
# count in the frames about it, too.
UNSEEN = 0.5
# Change of the picture (of 255, motion and noise taken out) at which the weight of other frames has fallen to a third:
# what is uncovered changes by more.
CHANGE = 6.0
# Alphas that differ by less than this agree: they are averaged even where the picture changes.
AGREE = 0.25


@dataclass
class Shot:
    """A frame and what the network made of it.

    Attributes
    ----------
    frame : uint8 HxWx3
    view : what of it the network was shown
    grey : uint8 hxw, the view's picture
    alpha : float32 hxw in [0, 1]; None where the last frame's serves again
    people : the same without what is doubtful; None where nobody is, and where there is no alpha
    back : how it lies in the frame before; None where that is unknown, or another scene
    """

    frame: np.ndarray
    view: View
    grey: np.ndarray
    alpha: np.ndarray | None
    people: np.ndarray | None
    back: Motion | None
    _next: dict[int, Motion] = field(default_factory=dict)

    def towards(self, later: Shot) -> Motion:
        """How this frame lies in the next one."""
        if id(later) not in self._next:
            self._next[id(later)] = motion(self.grey, later.grey)
        return self._next[id(later)]


@dataclass(frozen=True)
class Past:
    """The last frame's steady alpha and how this frame lies in it, all through this frame's view.

    Attributes
    ----------
    alpha : float32 hxw in [0, 1]
    motion : from this frame to that one
    known : bool hxw, where the last frame's view has shown as much as this one
    """

    alpha: np.ndarray
    motion: Motion
    known: np.ndarray

    @property
    def changed(self) -> np.ndarray:
        """Where (bool hxw) the picture isn't the last one's."""
        return (self.motion.change > CHANGE) | (self.motion.moved > 0.5) | ~self.known


def past_of(shot: Shot, last: Shot | None) -> Past | None:
    """What the last frame, whose alpha is the steady one, says about this frame; None if that shows another scene."""
    if last is None or last.view.frame != shot.view.frame:
        return None
    if last.view == shot.view:
        if shot.back is None:
            return None
        return Past(last.alpha, shot.back, np.ones(shot.grey.shape, bool))
    grey = cv2.cvtColor(shot.view.picture(last.frame), cv2.COLOR_RGB2GRAY)
    found = motion(shot.grey, grey)
    if found.is_cut:
        return None
    return Past(shot.view.from_other(last.alpha, last.view), found, shot.view.is_covered_by(last.view))


def steadied(shot: Shot, past: Past | None, ahead: Sequence[Shot]) -> np.ndarray:
    """The steady alpha of a frame: the weighted mean of its own, the last steady one, and those ahead.

    Raises
    ------
    ValueError : nothing says anything about the frame
    """
    alpha = shot.alpha
    if alpha is None and not past:
        raise ValueError("a frame without an alpha needs one before it")
    total = np.zeros(shot.grey.shape, np.float32) if alpha is None else alpha.copy()
    weight = np.full(shot.grey.shape, alpha is not None, dtype=np.float32)
    if past:
        other = past.motion.brought(past.alpha)
        more = np.float32(PAST) * past.known
        if alpha is not None:
            more *= (1 - (1 - np.float32(MOVING)) * past.motion.moved) * _trust(past.motion, other - alpha)
        total, weight = total + more * other, weight + more
    if later := _later(shot, ahead):
        other, found, looks = later
        more = np.float32(AHEAD * looks) * _trust(found, None if alpha is None else other - alpha)
        if alpha is None:
            more *= UNSEEN
        total, weight = total + more * other, weight + more
    return np.clip(total / np.maximum(weight, 1e-6), 0, 1)


def _trust(found: Motion, difference: np.ndarray | None) -> np.ndarray:
    """How far another frame's alpha can be averaged with this one's, from which it has that difference; 0 to 1."""
    change = found.change * np.float32(1 / CHANGE)
    if difference is not None:
        change *= np.minimum(np.abs(difference) * np.float32(1 / AGREE), 1)
    return np.exp(-np.square(change))


def _later(shot: Shot, ahead: Sequence[Shot]) -> tuple[np.ndarray, Motion, int] | None:
    """The alphas of the frames ahead, averaged, as they lie in this one, how that lies in the next, and how many."""
    if not ahead or ahead[0].view != shot.view:
        return None
    found = shot.towards(ahead[0])
    if found.is_cut:
        return None
    alpha, looks, later = ahead[0].alpha, int(ahead[0].alpha is not None), _later(ahead[0], ahead[1:])
    if later:
        other, further, more = later
        trust = _trust(further, other - alpha) if looks else 1
        alpha = (alpha + trust * other) / (1 + trust) if looks else other
        looks += more
    return (found.brought(alpha), found, looks) if looks else None
