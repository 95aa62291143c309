"""Where a stream looks in each frame: crops follow people far away, and let go when they leave."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from humanseg.crops import choose_crops
from humanseg.media.motion import CUT, motion
from humanseg.media.view import View
from humanseg.model.config import ModelConfig

# People are followed where crops show them so many times larger than the whole frame would, and let go below.
FOLLOW, LET_GO = 1.6, 1.3
# A search shows the network the whole frame, this many times larger than usual: so people far away are found.
SEARCH = 1.75
# Frames between two searches, at least and at most; each one that finds nobody new doubles the wait.
SOONEST, LATEST = 3, 24
# Frames without anybody in a crop until it is let go, and for how many there is no crop at that place then.
GIVEN_UP, REFUSED = 4, 60
# People who come closer to a crop's side than this, in shares of its long side, are about to leave it.
MARGIN = 0.06
# Movement is noticed in a small grey picture: its long side in pixels, and the change of grey (of 255). So many of its
# pixels are noise at most.
THUMB, NOTICED, FEW = 160, 16, 10


@dataclass(frozen=True)
class Plan:
    """How to look at a frame: through which view, and whether to search the whole frame besides."""

    view: View
    search: bool


class Follower:
    """Chooses the view of each frame by who was found in those before, and by what moves.

    Parameters
    ----------
    size : long side in pixels at which the network is shown a frame
    """

    def __init__(self, config: ModelConfig, size: int) -> None:
        self.config, self.size = config, size
        self.reset()

    def reset(self) -> None:
        self._view: View | None = None
        self._thumb: np.ndarray | None = None  # uint8 hxw, the last frame
        self._people: np.ndarray | None = None  # uint8 0 or 1, who is shown, in a frame of the thumb's size
        self._refused: np.ndarray | None = None  # for how many frames there is no crop there
        self._empty: list[int] = [0]  # of each crop, for how many frames
        self._since, self._wait = SOONEST, SOONEST

    def plan(self, frame: np.ndarray) -> Plan:
        """How to look at the next frame (uint8 HxWx3)."""
        shape = frame.shape[:2]
        if self._view is None or self._view.frame != shape:
            self.reset()
            self._view = View.whole(shape, self.size)
        moves, cut = self._notice(frame)
        if cut and self._is_searching:
            self._see(self._whole)
            self._refused[:] = self._people[:] = 0
            self._since = self._wait = SOONEST
        self._since += 1
        search = self._is_searching and self._since >= self._wait
        if search:
            self._since, self._wait = 0, min(2 * self._wait, LATEST)
        elif self._is_searching and moves.any() and self._since >= SOONEST:
            self._since = 0
            self._follow(self._people | moves)
        return Plan(self._view, search)

    @property
    def _whole(self) -> View:
        return View.whole(self._view.frame, self.size)

    @property
    def _is_searching(self) -> bool:
        """Whether anybody may be there unseen: not where somebody is shown in the whole frame."""
        return self._people is not None and not (self._view.is_whole and self._people.any())

    def searched(self, alpha: np.ndarray) -> None:
        """Takes note of who was found in the whole frame: float32 HxW in [0, 1], people alone; all 0 for nobody."""
        if self._people is None:
            return
        found = cv2.resize((alpha >= self.config.threshold).astype(np.float32), self._thumb.shape[::-1])
        new = ((found > 0.25) & self._is_free()).astype(np.uint8)
        if new.any():
            self._wait = SOONEST
            self._follow(self._people | new)

    def shown(self, view: View, alpha: np.ndarray) -> None:
        """Takes note of what is shown of a frame through a view: float32 HxW in [0, 1]. Moves the view if it has to."""
        person = (alpha >= self.config.threshold).astype(np.uint8)
        self._people = (view.on_frame(person.astype(np.float32), self._thumb.shape) > 0.25).astype(np.uint8)
        if self._refused is None:
            self._refused = np.zeros(self._thumb.shape, np.int16)
        self._refused = np.maximum(self._refused - 1, 0)
        if view != self._view:  # a clip looks ahead: this was before the view moved
            return
        if view.is_whole:
            if self._people.any():
                self._follow(self._people)
            return
        there = [bool(part.any()) for _, part in view.parts(person)]
        self._empty = [0 if somebody else count + 1 for somebody, count in zip(there, self._empty, strict=True)]
        given_up = [box for box, count in zip(view.boxes, self._empty, strict=True) if count >= GIVEN_UP]
        for box in given_up:
            inside = box.scaled(view.frame, self._thumb.shape)
            self._refused[inside.top : inside.bottom, inside.left : inside.right] = REFUSED
        if given_up or self._leaves(view, person):
            self._follow(self._people)

    def _follow(self, places: np.ndarray) -> None:
        """Moves the view to crops around places (uint8 0 or 1, of the thumb's size) if that shows them larger."""
        crops = choose_crops(places, self._view.frame, self.config.calibration.usual_inscribed_radius)
        view, whole = self._whole, self._whole
        if crops:
            view = View.of_crops(view.frame, [box for box, _ in crops], self.size)
        least = FOLLOW if self._view.is_whole else LET_GO
        self._see(view if view.scale >= least * whole.scale else whole)

    def _see(self, view: View) -> None:
        if view != self._view:
            self._view, self._empty = view, [0] * len(view.boxes)

    def _is_free(self) -> np.ndarray:
        """Where, in the thumb, a new crop may be: neither in those that there are, nor where one was given up."""
        free = self._refused == 0
        for box in () if self._view.is_whole else self._view.boxes:
            inside = box.scaled(self._view.frame, free.shape)
            free[inside.top : inside.bottom, inside.left : inside.right] = False
        return free

    def _leaves(self, view: View, person: np.ndarray) -> bool:
        """Whether somebody comes close to a side of a crop that isn't one of the frame's."""
        height, width = view.frame
        for box, part in view.parts(person):
            rim = max(1, round(MARGIN * max(part.shape)))
            near = (part[:rim], part[:, :rim], part[-rim:], part[:, -rim:])
            within = (box.top > 0, box.left > 0, box.bottom < height, box.right < width)
            if any(inside and strip.any() for inside, strip in zip(within, near, strict=True)):
                return True
        return False

    def _notice(self, frame: np.ndarray) -> tuple[np.ndarray, bool]:
        """What moves outside the crops (uint8 0 or 1, of the thumb's size), and whether another scene begins."""
        scale = THUMB / max(frame.shape[:2])
        size = tuple(max(1, round(side * scale)) for side in frame.shape[1::-1])
        thumb = cv2.cvtColor(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        before, self._thumb = self._thumb, thumb
        if before is None or self._people is None:
            return np.zeros(thumb.shape, np.uint8), False
        differs = cv2.absdiff(before, thumb) > NOTICED
        if np.count_nonzero(differs) > CUT * differs.size:  # a camera that moves, at least
            return np.zeros(thumb.shape, np.uint8), motion(thumb, before).is_cut
        differs &= self._is_free()
        if np.count_nonzero(differs) < FEW:
            differs[:] = False
        return cv2.dilate(differs.astype(np.uint8), np.ones((5, 5), np.uint8)), False
