"""What a camera or clip needs on top of the network: alphas that are steady in time, edges of each frame's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

import cv2
import numpy as np

from humanseg import parts
from humanseg.errors import ImageError
from humanseg.media.average import CHANGE, Past, Shot, past_of, steadied
from humanseg.media.finish import Finisher, Steady
from humanseg.media.follow import Follower
from humanseg.media.lasting import Lasting
from humanseg.media.motion import Motion, motion
from humanseg.media.view import View
from humanseg.model.config import ModelConfig
from humanseg.resize import resize_alpha

# A new part appears in the frame after the one in which it is first seen. A clip knows what comes after.
APPEARS_AFTER = 2
# Share of the picture that may change, motion taken out, for the last frame's alpha to serve again, moved along.
HARDLY = 0.002
# The same share in a frame in which people far away are searched for, which shows the network as much as a look does.
# Somebody who comes in changes more.
SEARCHED = 0.01


class Shows(Protocol):
    """What a stream needs of a `Segmenter`."""

    config: ModelConfig

    def coarse_alpha(self, rgb: np.ndarray, size: int, *, second_pass: bool) -> np.ndarray: ...

    def confidence(self, *alphas: np.ndarray) -> float: ...


class Stream:
    """Alphas of one camera or clip, frame after frame.

    The last frame's alpha is moved along with the picture and averaged with the network's own where the two frames show
    the same; where the picture changes, the new alpha counts, so nothing trails behind. Parts have to last to appear or
    vanish. A cut starts afresh. People far away are followed by crops; a frame that hardly differs from the last one is
    not shown to the network.

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
        self._follower = Follower(segmenter.config, self.size)
        self._finisher = Finisher(segmenter.config)
        self.reset()

    def reset(self) -> None:
        """Forgets the last frame, for instance because the camera was switched off."""
        self._newest: Shot | None = None  # as it was taken
        self._last: Shot | None = None  # with its alpha steadied; a clip's is a few frames older
        self._lasting.reset()
        self._follower.reset()
        self._finisher.reset()

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
        return self._finisher.alpha(self._settle(self._shot(frame), []))

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
            yield one.frame, self._finisher.alpha(one)

    def _shot(self, frame: np.ndarray) -> Shot:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
            raise ImageError(f"A frame must be uint8 HxWx3 RGB, this one is {frame.dtype} {frame.shape}.")
        plan = self._follower.plan(frame)
        view, before = plan.view, self._newest
        picture = view.picture(frame)
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        back = motion(grey, before.grey) if before and before.view == view else None
        if back and back.is_cut:
            back = None
        alpha = self._searched(frame, plan.search) if plan.search else None
        if not view.is_whole or not (plan.search and plan.search.is_whole):
            alpha = None
        elif alpha is not None:
            alpha = resize_alpha(alpha, *view.shape[::-1])
        # A search is this frame's look, if the last one's alpha can serve again.
        most = SEARCHED if plan.search else HARDLY
        if alpha is None and (back is None or before.alpha is None or not _differs_at_most(back, most)):
            alpha = self.segmenter.coarse_alpha(picture, max(view.shape), second_pass=False)
        people = None if alpha is None else self._people(alpha)
        if alpha is not None:
            self._follower.looked(view, np.zeros_like(alpha) if people is None else people)
        self._newest = Shot(frame, view, grey, alpha, people, back)
        return self._newest

    def _people(self, alpha: np.ndarray) -> np.ndarray | None:
        """A frame's alpha without what is doubtful, by itself, as thresholds are made for; None where nobody is."""
        somebody = self.segmenter.confidence(alpha) > 0
        return parts.without_doubtful_parts(alpha, self.segmenter.config) if somebody else None

    def _searched(self, frame: np.ndarray, view: View) -> np.ndarray:
        """Searches a frame through a view for people who are far away; the network's alpha of it."""
        alpha = self.segmenter.coarse_alpha(view.picture(frame), max(view.shape), second_pass=False)
        people = self._people(alpha)
        self._follower.searched(view, np.zeros_like(alpha) if people is None else people)
        return alpha

    def _settle(self, shot: Shot, ahead: list[Shot]) -> Steady:
        past = past_of(shot, self._last)
        alpha = steadied(shot, past, ahead)
        shown = self._shown(shot, alpha, past)
        self._follower.shown(shot.view, shown)
        self._last = Shot(shot.frame, shot.view, shot.grey, alpha, None, None)
        rests = None
        if past:
            rests = (1 - past.motion.moved) * past.known * np.exp(-np.square(past.motion.change / CHANGE))
        return Steady(shot.frame, shot.view, shown, rests)

    def _shown(self, shot: Shot, alpha: np.ndarray, past: Past | None) -> np.ndarray:
        """The parts of a steady alpha that last."""
        config, last = self.segmenter.config, self._last
        if past is None:
            bring = None
        elif last.view == shot.view:
            bring = lambda age: past.motion.brought(age, nearest=True)  # noqa: E731
        else:
            bring = lambda age: shot.view.from_other(age, last.view, nearest=True)  # noqa: E731
        if shot.alpha is None:
            return self._lasting.still(alpha, config, bring)
        return self._lasting.shown(alpha, shot.people, config, bring, past.changed if past else None)


def _differs_at_most(found: Motion, most: float) -> bool:
    """Whether a frame is the last one, moved at most, except for this share of it."""
    return np.count_nonzero(found.change > CHANGE) <= most * found.change.size
