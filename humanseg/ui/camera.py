"""One visitor's webcam: alphas that are steady over time, and the rate of frames."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from humanseg.media.stream import Stream
from humanseg.segmenter import Segmenter

# Frames over which the rate is averaged, and seconds after which the stream counts as started anew.
RATE_OVER = 10
PAUSE = 2.0


class Camera:
    """The state that is kept from one frame to the next."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stream: Stream | None = None
        self._ticks: list[float] = []

    def alpha(self, frame: np.ndarray, segmenter: Callable[[], Segmenter]) -> np.ndarray:
        """The alpha of the next frame.

        Parameters
        ----------
        frame : uint8 HxWx3
        segmenter : gives the Segmenter for frames; called when the stream starts, or starts anew after a pause

        Returns
        -------
        float32 HxW in [0, 1]
        """
        if self._stream is None or not self._ticks or self._clock() - self._ticks[-1] > PAUSE:
            self._stream, self._ticks = Stream(segmenter()), []
        return self._stream.alpha(frame)

    def tick(self) -> float | None:
        """Counts a frame that is done; gives the frames a second, None while that can't be told."""
        self._ticks = [*self._ticks, self._clock()][-RATE_OVER:]
        if len(self._ticks) < 2:
            return None
        return (len(self._ticks) - 1) / (self._ticks[-1] - self._ticks[0])
