"""What goes behind the person: the choice of the Background tab, shared with the Webcam tab and the endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from humanseg import compose
from humanseg.errors import HumanSegError
from humanseg.ui import text

PLACES_FOLDER = Path(__file__).parent / "backgrounds"

TRANSPARENT, COLOUR, BLUR, PICTURE = "Transparent", "Colour", "Blur", "Picture"
KINDS = (TRANSPARENT, COLOUR, BLUR, PICTURE)


@dataclass(frozen=True)
class Backdrop:
    """One background, ready to be put behind any cut-out.

    Attributes
    ----------
    kind : one of `KINDS`
    colour : "#rrggbb"
    strength : blur's sigma in per cent of the diagonal
    picture : uint8 HxWx3 or None
    fit : "fill" (covers everything) or "fit" (the whole picture shows)
    position : which part of a filling picture shows, (horizontal, vertical) in [0, 1]
    scale, offset : the person's size, and shift in fractions of width and height
    light_wrap, match_colours : in [0, 1]
    """

    kind: str = TRANSPARENT
    colour: str = "#ffffff"
    strength: float = 2.0
    picture: np.ndarray | None = None
    fit: str = "fill"
    position: tuple[float, float] = (0.5, 0.5)
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)
    light_wrap: float = 0.0
    match_colours: float = 0.0

    def behind(self, image: np.ndarray, foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """The finished picture.

        Parameters
        ----------
        image, foreground : uint8 HxWx3
        alpha : float32 HxW in [0, 1]

        Returns
        -------
        uint8 HxWx4 when transparent, else uint8 HxWx3

        Raises
        ------
        HumanSegError : the kind is none of `KINDS`, or there is no picture yet
        """
        if self.kind == TRANSPARENT:
            return compose.transparent(foreground, alpha)
        if self.kind == COLOUR:
            return compose.on_colour(foreground, alpha, compose.parse_colour(self.colour))
        if self.kind == BLUR:
            return compose.blurred(image, foreground, alpha, strength=self.strength / 100)
        if self.kind == PICTURE:
            if self.picture is None:
                raise HumanSegError(text.NO_PICTURE)
            return compose.on_picture(
                foreground,
                alpha,
                self.picture,
                fit=self.fit,
                position=self.position,
                scale=self.scale,
                offset=self.offset,
                light_wrap=self.light_wrap,
                match_colours=self.match_colours,
            )
        raise HumanSegError(text.NO_SUCH_BACKGROUND.format(kinds=", ".join(KINDS)))


def places() -> list[tuple[Path, str]]:
    """The pictures that ship as backgrounds, with the name each is shown under."""
    return [(path, path.stem.replace("-", " ").capitalize()) for path in sorted(PLACES_FOLDER.glob("*.jpg"))]
