"""CutOut: a photo with the people that were found in it, ready for another background."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from humanseg import compose, edges


@dataclass(frozen=True)
class CutOut:
    """A photo with what was found in it.

    Attributes
    ----------
    image : the photo, uint8 HxWx3 RGB, upright
    foreground : the people's own colours, free of the old background at their edge, uint8 HxWx3
    alpha : float32 HxW in [0, 1]; all zero where nobody was found
    person_found : whether there is anybody
    confidence : how sure the network is, from 0 to 1
    name : of the file that the photo came from, "" if unknown
    """

    image: np.ndarray
    foreground: np.ndarray
    alpha: np.ndarray
    person_found: bool
    confidence: float
    name: str = ""

    @cached_property
    def rgba(self) -> np.ndarray:
        """uint8 HxWx4, not premultiplied."""
        return compose.transparent(self.foreground, self.alpha)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.rgba, dtype=dtype, copy=copy)

    def with_alpha(self, alpha: np.ndarray) -> CutOut:
        """The same photo with a repaired alpha (float32 HxW in [0, 1]); foreground colours are estimated anew."""
        if alpha.shape != self.image.shape[:2]:
            raise ValueError(f"the alpha is {alpha.shape}, the photo {self.image.shape[:2]}")
        alpha = np.clip(alpha, 0, 1).astype(np.float32)
        foreground = edges.foreground_colours(self.image, alpha)
        return replace(self, alpha=alpha, foreground=foreground, person_found=bool((alpha >= 0.5).any()))

    def on(self, background: str | tuple[int, int, int] | np.ndarray, **options: Any) -> np.ndarray:
        """The people on another background.

        Parameters
        ----------
        background : "transparent", "blur", "#rrggbb" or (r, g, b), or a picture as uint8 HxWx3
        options : passed on to `compose.blurred` or `compose.on_picture`

        Returns
        -------
        uint8 HxWx3, or HxWx4 for "transparent"

        Raises
        ------
        HumanSegError : the colour can't be read
        """
        if isinstance(background, np.ndarray):
            return compose.on_picture(self.foreground, self.alpha, background, **options)
        if background == "transparent":
            return self.rgba
        if background == "blur":
            return compose.blurred(self.image, self.foreground, self.alpha, **options)
        colour = compose.parse_colour(background) if isinstance(background, str) else background
        return compose.on_colour(self.foreground, self.alpha, colour)
