"""The server's part in webcams that don't run in their visitor's browser: which ones have a place, and their alphas."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from humanseg.errors import HumanSegError, ImageError
from humanseg.parts import without_doubtful_parts
from humanseg.resize import resize_alpha
from humanseg.segmenter import Segmenter
from humanseg.ui import text

# Seconds without a frame after which a camera has given up its place.
AWAY = 5.0
# Long side in pixels of a frame that is sent: the browser fits the alpha to the full picture.
LONGEST_SIDE = 512


class Cameras:
    """The cameras that are served. Any number of threads may call it.

    Parameters
    ----------
    places : cameras at a time
    seconds : after so long a camera gives its place to the next one that asks, but to nobody else
    """

    def __init__(self, places: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._places, self._seconds, self._clock = places, seconds, clock
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, float]] = {}  # since when, and when last

    def admit(self, name: str) -> None:
        """Lets a camera send a frame.

        Parameters
        ----------
        name : the same for all frames of a camera, known to its own browser alone

        Raises
        ------
        HumanSegError : all places are taken
        """
        with self._lock:
            now = self._clock()
            self._seen = {key: times for key, times in self._seen.items() if now - times[1] <= AWAY}
            since, _ = self._seen.get(name, (now, now))
            if name not in self._seen and len(self._seen) >= self._places:
                oldest = min(self._seen, key=lambda key: self._seen[key][0])
                if now - self._seen[oldest][0] < self._seconds:
                    raise HumanSegError(text.CAMERAS_FULL)
                del self._seen[oldest]
            self._seen[name] = since, now


def alphas_of(picture: bytes, segmenter: Segmenter) -> np.ndarray:
    """The alphas of one small frame, by itself: the browser keeps them steady over time.

    Parameters
    ----------
    picture : JPEG, PNG or WebP of at most `LONGEST_SIDE` pixels a side

    Returns
    -------
    uint8 2xHxW: without the parts that the network isn't sure enough of, and the network's own

    Raises
    ------
    ImageError : it isn't such a picture
    """
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG", "WEBP")) as opened:
            if max(opened.size) > LONGEST_SIDE:
                raise ImageError(text.FRAME_BAD)
            frame = np.asarray(opened.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(text.FRAME_BAD) from error
    coarse = segmenter.coarse_alpha(frame, segmenter.config.live_size, second_pass=False)
    found = segmenter.confidence(coarse) > 0
    judged = without_doubtful_parts(coarse, segmenter.config) if found else np.zeros_like(coarse)
    both = [resize_alpha(alpha, *frame.shape[1::-1]) for alpha in (judged, coarse)]
    return (np.stack(both) * 255 + 0.5).astype(np.uint8)
