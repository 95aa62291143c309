"""CutOut: a photo with the people that were found in it, ready for another background."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from humanseg import compose, edges
from humanseg.backgrounds import Background


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

    def on(self, background: Background | Any, **options: Any) -> np.ndarray:
        """The people on another background.

        Parameters
        ----------
        background : "transparent", "blur", a colour ("#rrggbb", a name, or (r, g, b)), a picture (path, array, ...), or
            a `Background`; see `Background.parse`
        options : of the background, such as `strength` or `fit`; see `Background`

        Returns
        -------
        uint8 HxWx3, or HxWx4 for "transparent"

        Raises
        ------
        HumanSegError : it is no background, or the picture can't be read
        """
        return Background.parse(background, **options).behind(self.image, self.foreground, self.alpha)
