"""What a stream needs on top of the network: smoothing in time, at a size that keeps up with a camera."""

from __future__ import annotations

import cv2
import numpy as np

from humanseg import haze
from humanseg.errors import ImageError
from humanseg.resize import shrink
from humanseg.segmenter import Segmenter

# Change of brightness (of 255) between two frames at which half of the smoothing is given up: sensor noise of a
# webcam stays well below it, a moving arm well above.
MOTION = 12.0
# Share of the last alpha that is kept where nothing moves.
INERTIA = 0.6


class Stream:
    """Alphas of one camera or clip, frame after frame.

    Where the picture stands still the alpha is averaged over the last few frames, which stops the outline from
    shimmering; where it moves, the new alpha counts, so nothing trails behind.

    Parameters
    ----------
    segmenter : whose `alpha(frame, second_pass=False, size=..., decide=False)` is called
    size : long side in pixels at which the network is shown frames; None for the model's own `live_size`
    inertia : share in [0, 1) of the last alpha that is kept where nothing moves

    Examples
    --------
    >>> stream = Stream(Segmenter.from_pretrained("humansegnet-live"))  # doctest: +SKIP
    >>> alphas = [stream.alpha(frame) for frame in frames]  # doctest: +SKIP
    """

    def __init__(self, segmenter: Segmenter, size: int | None = None, *, inertia: float = INERTIA) -> None:
        self.segmenter = segmenter
        self.size = segmenter.config.live_size if size is None else size
        self.inertia = inertia
        self._alpha: np.ndarray | None = None
        self._grey: np.ndarray | None = None

    def reset(self) -> None:
        """Forgets the last frame, for instance because the camera was switched off."""
        self._alpha = self._grey = None

    def alpha(self, frame: np.ndarray) -> np.ndarray:
        """The smoothed alpha of the next frame.

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
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ImageError(f"A frame must be uint8 HxWx3 RGB, this one is {frame.dtype} {frame.shape}.")
        alpha = self.segmenter.alpha(frame, second_pass=False, size=self.size, decide=False)
        grey = shrink(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), self.size)
        if self._alpha is not None and self._alpha.shape == alpha.shape:
            difference = cv2.blur(cv2.absdiff(grey, self._grey), (5, 5)).astype(np.float32)
            keep = self.inertia / (1.0 + np.square(difference / MOTION))
            keep = cv2.resize(keep, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
            alpha = alpha + keep * (self._alpha - alpha)
        self._alpha, self._grey = alpha, grey
        # A copy, since the next frame builds upon this array, and the caller may write to theirs.
        alpha = alpha.copy()
        # Only now: what is near 0.5 would flicker if each frame were decided by itself.
        haze.decide(alpha, self.segmenter.config.calibration)
        return alpha
