"""A clip in, the people in each of its frames out: decode -> network and time -> edges, beside each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from humanseg import compose
from humanseg.backgrounds import BLUR, Background
from humanseg.foreground import foreground_colours
from humanseg.media.stream import Stream
from humanseg.media.video import Clip, Frame
from humanseg.overlap import ahead, one_thread_each

COLOUR_SIDE = 256  # pixels: a quarter of what photos take, which changes what is seen of the edge by 1 to 2 of 255
LOOK_AHEAD = 2  # frames by which the stream knows what comes, so that nobody appears late


@dataclass(frozen=True)
class CutFrame:
    """A frame of a clip with the people that were found in it.

    Attributes
    ----------
    image : uint8 HxWx3 RGB, upright
    alpha : float32 HxW in [0, 1]; all zero where nobody is
    time, duration : when the frame is shown and for how long, in seconds from the clip's first frame
    """

    image: np.ndarray
    alpha: np.ndarray
    time: float
    duration: float

    @cached_property
    def foreground(self) -> np.ndarray:
        """The people's own colours, free of the old background at their edge, uint8 HxWx3."""
        return foreground_colours(self.image, self.alpha, fine=COLOUR_SIDE)

    @property
    def rgba(self) -> np.ndarray:
        """uint8 HxWx4, not premultiplied."""
        return compose.transparent(self.foreground, self.alpha)

    def on(self, background: Background | Any, **options: Any) -> np.ndarray:
        """The people on another background, as for `CutOut.on`: uint8 HxWx3, or HxWx4 for "transparent"."""
        chosen = Background.parse(background, **options)
        # The old background's colours at the edge are right where that background stays, out of focus.
        return chosen.behind(self.image, self.image if chosen.kind == BLUR else self.foreground, self.alpha)


def cut_frames(
    segmenter: Any,
    clip: Clip,
    start: float | None = None,
    end: float | None = None,
    *,
    size: int | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Iterator[CutFrame]:
    """The frames of a clip, one after the other, with alphas that are steady over time.

    Parameters
    ----------
    segmenter : a `Segmenter`
    start, end : as for `Clip.frames`
    size : long side in pixels at which the network is shown frames; by default what it was made for
    pause : called before each frame in each thread; may wait, for more urgent work

    Raises
    ------
    VideoError : as for `Clip.frames`
    """
    stream = Stream(segmenter, size or segmenter.config.size, look_ahead=LOOK_AHEAD)
    waiting: deque[Frame] = deque()

    def pictures() -> Iterator[np.ndarray]:
        for frame in ahead(clip.frames(start, end), depth=1, pause=pause, name="decode"):
            waiting.append(frame)
            yield frame.rgb

    steady = ahead(stream.steady(pictures()), depth=1, pause=pause, name="net")
    with one_thread_each():
        for rgb, alpha in ahead(stream.finished(steady), depth=1, pause=pause, name="edges"):
            frame = waiting.popleft()
            if frame.alpha is not None:
                alpha = alpha * frame.alpha
            yield CutFrame(rgb, alpha, frame.time, frame.duration)
