"""Where a stream looks in each frame: crops follow people far away, and let go when they leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from humanseg.compose import crop_box
from humanseg.crops import Box, choose_crops
from humanseg.media.motion import CUT, motion
from humanseg.media.view import View
from humanseg.model.config import ModelConfig
from humanseg.resize import averaged

# People are followed where crops show them so many times larger than the whole frame would, and let go below.
FOLLOW, LET_GO = 1.6, 1.3
# A search shows the network the whole frame, this many times larger than usual: so people far away are found.
SEARCH = 1.75
# Frames between two searches, at least and at most; each one that finds nobody new doubles the wait.
SOONEST, LATEST = 3, 24
# Frames without anybody in a crop until it is let go, in one that never had anybody too, and for how many there is no
# crop at that place then. Where something moved that was nobody, it's looked at again sooner: they may not have been in
# sight yet.
GIVEN_UP, NEVER, REFUSED, NOBODY_YET = 4, 2, 60, 6
# Who comes near or walks by fast is seen whole: people are followed once the box around them has moved by less than
# this share of its long side in so many frames. If they reach a crop's side twice in as many, it has more room then.
RESTS, FRAMES, ROOM = 0.15, 4, 0.2
# People reach a crop's side where they come closer to it than this, in shares of its long side.
MARGIN = 0.06
# Movement is noticed in a small grey picture: its long side in pixels, and the change of grey (of 255). So many of its
# pixels are noise at most.
THUMB, NOTICED, FEW = 160, 16, 10


@dataclass(frozen=True)
class Plan:
    """How to look at a frame: through which view, and through which other one to search for people besides, if any."""

    view: View
    search: View | None


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
        self._people: np.ndarray | None = None  # uint8 0 or 1 of the thumb's size, who is shown
        self._sees: bool | None = None  # whether the network has found anybody in the last frame that it was shown
        self._refused: np.ndarray | None = None  # for how many frames there is no crop there
        self._boxes: list[Box] = []  # around all who are shown, of the last frames
        self._empty: list[int] = [0]  # of each crop, for how many frames
        self._confirmed = False  # whether somebody has been seen in these crops
        self._since, self._wait, self._reached = SOONEST, SOONEST, FRAMES

    def plan(self, frame: np.ndarray) -> Plan:
        """How to look at the next frame (uint8 HxWx3)."""
        shape = frame.shape[:2]
        if self._view is None or self._view.frame != shape:
            self.reset()
            self._view = View.whole(shape, self.size)
        moves, cut = self._notice(frame)
        if self._people is None:
            self._people, self._refused = np.zeros_like(moves), np.zeros(moves.shape, np.int16)
        if cut and self._is_searching:
            self._see(self._whole)
            self._refused[:] = self._people[:] = 0
            self._sees = False
            self._since = self._wait = SOONEST
        self._since, self._reached = self._since + 1, self._reached + 1
        search = None
        if self._is_searching and self._since >= self._wait:
            search = View.whole(shape, round(SEARCH * self.size))
            self._wait = min(2 * self._wait, LATEST)
        elif self._is_searching and self._since >= SOONEST and moves.any():
            search = self._around(moves, FOLLOW)
        if search:
            self._since = 0
        return Plan(self._view, search)

    @property
    def _whole(self) -> View:
        return View.whole(self._view.frame, self.size)

    @property
    def _is_searching(self) -> bool:
        """Whether anybody may be there unseen: not where somebody is shown in the whole frame."""
        return self._sees is not None and not (self._view.is_whole and (self._sees or self._people.any()))

    def searched(self, view: View, alpha: np.ndarray) -> None:
        """Takes note of who was found by a search through a view: float32 HxW in [0, 1], people alone, or all 0."""
        person = (alpha >= self.config.threshold).astype(np.uint8)
        # Who only comes in is near soon, and seen whole then.
        new = _within(self._on_thumb(view, person)) & self._is_free()
        if new.any():
            self._wait = SOONEST
            self._follow(self._people | new)
        elif not view.is_whole:
            self._refuse(view.boxes, NOBODY_YET)

    def looked(self, view: View, alpha: np.ndarray) -> None:
        """Takes note of whom the network sees in a frame: float32 HxW in [0, 1], people alone. Crops move with them."""
        person = (alpha >= self.config.threshold).astype(np.uint8)
        self._sees = bool(person.any())
        if view.is_whole or view != self._view:
            return
        there = [bool(part.any()) for _, part in view.parts(person)]
        self._confirmed |= any(there)
        self._empty = [0 if somebody else count + 1 for somebody, count in zip(there, self._empty, strict=True)]
        most = GIVEN_UP if self._confirmed else NEVER
        given_up = [box for box, count in zip(view.boxes, self._empty, strict=True) if count >= most]
        self._refuse(given_up, REFUSED)
        reached = self._reaches(view, person)
        if given_up or reached:
            self._follow(self._on_thumb(view, person), ROOM if reached and self._reached < FRAMES else 0.0)
        if reached:
            self._reached = 0

    def shown(self, view: View, alpha: np.ndarray) -> None:
        """Takes note of what is shown of a frame through a view: float32 HxW in [0, 1]; a clip's is an earlier one."""
        self._people = self._on_thumb(view, (alpha >= self.config.threshold).astype(np.uint8))
        self._refused = np.maximum(self._refused - 1, 0)
        self._boxes = [*self._boxes, Box(*crop_box(self._people.astype(np.float32), margin=0))][-FRAMES:]
        if view == self._view and view.is_whole and self._people.any() and self._rest():
            self._follow(self._people)

    def _rest(self) -> bool:
        """Whether those who are shown have hardly moved for a few frames."""
        moved = max(abs(a - b) for a, b in zip(self._boxes[0], self._boxes[-1], strict=True))
        return len(self._boxes) == FRAMES and moved <= max(1, RESTS * self._boxes[-1].sides[1])

    def _on_thumb(self, view: View, person: np.ndarray) -> np.ndarray:
        """People seen through a view (uint8 0 or 1), in a frame of the thumb's size."""
        return (view.on_frame(person.astype(np.float32), self._thumb.shape) > 0.25).astype(np.uint8)

    def _follow(self, places: np.ndarray, room: float = 0.0) -> None:
        """Moves the view to crops around places (uint8 0 or 1, of the thumb's size) if that shows them larger."""
        self._see(self._around(places, FOLLOW if self._view.is_whole else LET_GO, room) or self._whole)

    def _around(self, places: np.ndarray, least: float, room: float = 0.0) -> View | None:
        """Crops around places, if they show them so many times larger than the whole frame does.

        Parameters
        ----------
        room : on each side, besides the usual margin, as a share of a crop's long side
        """
        frame = self._view.frame
        crops = choose_crops(places, frame, self.config.calibration.usual_inscribed_radius)
        if not crops:
            return None
        view = View.of_crops(frame, [box.with_margin(room, frame).scaled(frame, frame) for box, _ in crops], self.size)
        return view if view.scale >= least * self._whole.scale else None

    def _refuse(self, boxes: Iterable[Box], frames: int) -> None:
        """No new crops there for so many frames."""
        for box in boxes:
            inside = box.scaled(self._view.frame, self._thumb.shape)
            part = self._refused[inside.top : inside.bottom, inside.left : inside.right]
            np.maximum(part, frames, out=part)

    def _see(self, view: View) -> None:
        if view != self._view:
            self._confirmed = self._confirmed and not (view.is_whole or self._view.is_whole)
            self._view, self._empty = view, [0] * len(view.boxes)

    def _is_free(self) -> np.ndarray:
        """Where, in the thumb, a new crop may be: neither in those that there are, nor where one was given up."""
        free = self._refused == 0
        for box in () if self._view.is_whole else self._view.boxes:
            inside = box.scaled(self._view.frame, free.shape)
            free[inside.top : inside.bottom, inside.left : inside.right] = False
        return free

    def _reaches(self, view: View, person: np.ndarray) -> bool:
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
        thumb = cv2.cvtColor(averaged(frame, *size), cv2.COLOR_RGB2GRAY)
        before, self._thumb = self._thumb, thumb
        if before is None or self._refused is None:
            return np.zeros(thumb.shape, np.uint8), False
        differs = cv2.absdiff(before, thumb) > NOTICED
        if np.count_nonzero(differs) > CUT * differs.size:  # a camera that moves, at least
            return np.zeros(thumb.shape, np.uint8), motion(thumb, before).is_cut
        differs &= self._is_free()
        if np.count_nonzero(differs) < FEW:
            differs[:] = False
        return cv2.dilate(differs.astype(np.uint8), np.ones((5, 5), np.uint8)), False


def _within(person: np.ndarray) -> np.ndarray:
    """Those connected parts (uint8 0 or 1) that the frame doesn't cut off."""
    _, labels = cv2.connectedComponents(person, connectivity=8)
    cut_off = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return person * ~np.isin(labels, cut_off[cut_off > 0])
