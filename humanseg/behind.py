"""Another clip behind the people of a clip: in its own time, from its beginning again whenever it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from humanseg.backgrounds import PICTURE, Background
from humanseg.media.video import Clip, Frame
from humanseg.overlap import ahead
from humanseg.resize import fitted


class ClipBehind:
    """The frames of a clip as backgrounds, each at the time at which it is shown.

    Frames are read ahead in a thread of its own, which `close` ends. Its sound isn't taken.

    Parameters
    ----------
    clip : what goes behind; one of a single frame is a picture
    pause : as for `ahead`
    options : as for a `Background` of a picture

    Attributes
    ----------
    trouble : one sentence on what was wrong with the clip, "" if nothing was

    Raises
    ------
    HumanSegError : an option is out of its range
    """

    def __init__(self, clip: Clip, pause: Callable[[], None] = lambda: None, **options: Any) -> None:
        self.trouble = ""
        self._clip = clip
        self._like = Background(PICTURE, picture=np.zeros((1, 1, 3), np.uint8), **options)
        self._frames = ahead(self._rounds(), depth=1, pause=pause, name="behind")
        self._frame: Frame | None = None
        self._following: Frame | None = None
        self._shown: Background | None = None

    def at(self, time: float, width: int, height: int) -> Background:
        """What is behind a frame of width x height that is shown at a time, in seconds; times only grow.

        Raises
        ------
        VideoError : as for `Clip.frames`
        """
        if self._frame is None:
            self._frame, self._following = next(self._frames), next(self._frames, None)
        while self._following is not None and self._following.time <= time:
            self._frame, self._following, self._shown = self._following, next(self._frames, None), None
        if self._shown is None or self._shown.picture.shape[:2] != (height, width):
            picture = fitted(self._frame.rgb, width, height, self._like.fit, self._like.position)
            self._shown = replace(self._like, picture=picture)
        return self._shown

    def close(self) -> None:
        """Ends the reading."""
        self._frames.close()

    def _rounds(self) -> Iterator[Frame]:
        """The frames of one round after the other, with times that go on."""
        passed, alone = 0.0, False
        while not alone:  # a picture needn't be read again
            end = passed
            for number, frame in enumerate(self._clip.frames()):
                alone = number == 0
                end = passed + frame.time + frame.duration
                yield replace(frame, time=passed + frame.time)
            self.trouble = self.trouble or self._clip.trouble
            passed = end
