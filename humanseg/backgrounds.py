"""What goes behind the person: one type for Python, the command line, the page, its webcam, HTTP and MCP."""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from humanseg import compose
from humanseg.errors import HumanSegError
from humanseg.frame import Frame
from humanseg.gradients import Gradient
from humanseg.media import photos
from humanseg.resize import fitted

TRANSPARENT, COLOUR, GRADIENT, BLUR, PICTURE = "transparent", "colour", "gradient", "blur", "picture"
KINDS = (TRANSPARENT, COLOUR, GRADIENT, BLUR, PICTURE)
FITS = ("fill", "fit")


@dataclass(frozen=True, eq=False)
class Background:
    """One background, checked and ready to be put behind any cut-out.

    Attributes that don't belong to its kind are ignored: a blur may have any colour.

    Attributes
    ----------
    kind : one of `KINDS`
    colour : (red, green, blue), 0 to 255; may be given as "#rrggbb" or by name
    gradient : from one colour to another, as text such as "white..#8899aa@90", see `Gradient`
    strength : standard deviation of the blur as a share of the photo's diagonal, 0 to 1
    picture : uint8 HxWx3 of any size, or None
    fit : "fill" (covers everything) or "fit" (the whole picture shows, with bars of its mean colour)
    position : which part of a filling picture shows, (horizontal, vertical), each 0 to 1
    scale, offset : the person's size (1 keeps it), and shift as a share of width and height
    light_wrap : 0 to 1, how far the picture's light reaches over the person's edge
    match_colours : 0 to 1, how far the person's colours go towards the picture's

    Raises
    ------
    HumanSegError : there is no such kind, or a value is out of its range
    ValueError : `picture` is an array of another form

    Examples
    --------
    >>> Background("colour", colour="#20a060").colour
    (32, 160, 96)
    >>> Background.parse("blur", strength=0.05).kind
    'blur'
    """

    kind: str = TRANSPARENT
    colour: str | tuple[int, int, int] = (255, 255, 255)
    gradient: str | Gradient = "#ffffff..#c3ccd9"
    strength: float = 0.02
    picture: np.ndarray | None = None
    fit: str = "fill"
    position: tuple[float, float] = (0.5, 0.5)
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)
    light_wrap: float = 0.0
    match_colours: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise HumanSegError(f"There is no background of the kind {self.kind!r}: choose one of {', '.join(KINDS)}.")
        if self.kind == COLOUR:
            object.__setattr__(self, "colour", compose.parse_colour(self.colour))
        elif self.kind == GRADIENT:
            object.__setattr__(self, "gradient", Gradient.parse(self.gradient))
        elif self.kind == BLUR:
            within("strength of the blur", self.strength, 0, 1)
        elif self.kind == PICTURE:
            self._check_picture()

    def _check_picture(self) -> None:
        if self.picture is None:
            raise HumanSegError("There is no picture to put behind the people: give one.")
        if self.picture.dtype != np.uint8 or self.picture.ndim != 3 or self.picture.shape[2] != 3:
            raise ValueError(f"a background is uint8 HxWx3, not {self.picture.dtype} {self.picture.shape}")
        if self.fit not in FITS:
            raise HumanSegError(f"A picture can't be fitted by {self.fit!r}: choose {' or '.join(FITS)}.")
        for value in self.position:
            within("position of the picture", value, 0, 1)
        # From a few pixels to a face that fills the frame: values beyond are mistakes.
        within("size of the people", self.scale, 0.01, 100)
        for value in self.offset:
            within("shift of the people", value, -100, 100)
        within("light wrap", self.light_wrap, 0, 1)
        within("matching of colours", self.match_colours, 0, 1)

    @classmethod
    def parse(cls, given: Any, **options: Any) -> Background:
        """Takes a background in whatever form it is given.

        Parameters
        ----------
        given : "transparent", "blur", a colour ("#rrggbb", "#rgb", a name such as "purple", or three numbers), a
            gradient ("white..#8899aa", "coral..navy@90", "white..grey@radial"), or a picture (path, bytes, binary file,
            PIL image, uint8 array or `Photo`); what could be both a colour and a file is a colour: write "./purple" for
            the file. A `Background` is copied, with the options changed
        options : any other attribute, by name

        Raises
        ------
        HumanSegError : `given` is none of these, or the picture can't be read

        Examples
        --------
        >>> Background.parse("purple").colour
        (128, 0, 128)
        """
        if isinstance(given, Background):
            return replace(given, **options)
        if isinstance(given, str) and given.strip().lower() in (TRANSPARENT, BLUR):
            return cls(given.strip().lower(), **options)
        if isinstance(given, Gradient) or (isinstance(given, str) and _meant_as_gradient(given)):
            return cls(GRADIENT, gradient=given, **options)
        if isinstance(given, tuple | list) or (isinstance(given, str) and _meant_as_colour(given)):
            return cls(COLOUR, colour=given, **options)
        return cls(PICTURE, picture=photos.read(given).rgb, **options)

    def behind(self, image: np.ndarray, foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """The finished picture.

        Parameters
        ----------
        image : the photo, uint8 HxWx3, which the blur is made of
        foreground : the people's own colours, uint8 HxWx3
        alpha : float32 HxW in [0, 1]

        Returns
        -------
        uint8 HxWx4 when transparent (not premultiplied), else uint8 HxWx3
        """
        if self.kind == TRANSPARENT:
            return compose.transparent(foreground, alpha)
        if self.kind == COLOUR:
            return compose.on_colour(foreground, alpha, self.colour)
        if self.kind == GRADIENT:
            return compose.before(foreground, alpha, self.gradient.paint(*alpha.shape[::-1]))
        if self.kind == BLUR:
            return compose.blurred(image, foreground, alpha, strength=self.strength)
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

    def ground(self, image: np.ndarray, alpha: np.ndarray, frame: Frame) -> np.ndarray | None:
        """What is behind the people in a frame on the photo: uint8 hxwx3, or None for nothing.

        Parameters
        ----------
        image, alpha : as for `behind`; of a blur, the part of it that the frame shows
        """
        if self.kind == TRANSPARENT:
            return None
        if self.kind == GRADIENT:
            return self.gradient.paint(frame.width, frame.height)
        if self.kind == BLUR:
            return compose.seen_in(compose.out_of_focus(image, alpha, self.strength), frame)
        if self.kind == PICTURE:
            return fitted(self.picture, frame.width, frame.height, self.fit, self.position)
        ground = np.empty((frame.height, frame.width, 3), np.uint8)
        ground[...] = self.colour
        return ground

    def before(self, foreground: np.ndarray, alpha: np.ndarray, ground: np.ndarray) -> np.ndarray:
        """The people (uint8 hxwx3, float32 hxw) before what `ground` gave, blended as they are before a picture."""
        if self.kind != PICTURE:
            return compose.before(foreground, alpha, ground)
        return compose.before(foreground, alpha, ground, light_wrap=self.light_wrap, match_colours=self.match_colours)


def within(what: str, value: Any, least: float, most: float) -> None:
    """Makes sure that a number that somebody gave is in its range.

    Raises
    ------
    HumanSegError : it isn't, or is no number
    """
    try:
        fits = math.isfinite(value) and least <= value <= most
    except TypeError:
        fits = False
    if not fits:
        raise HumanSegError(f"The {what} is a number from {least:g} to {most:g}, not {value!r}.")


def _meant_as_gradient(text: str) -> bool:
    """Whether a text is a gradient rather than a path, which may well have two dots in it."""
    first, dots, last = text.partition("..")
    return bool(dots and first.strip() and last.strip()) and not {"/", os.sep} & set(text) and not Path(last).suffix


def _meant_as_colour(text: str) -> bool:
    """Whether a text is a colour rather than a path.

    Raises
    ------
    HumanSegError : it is neither
    """
    if text.strip().startswith("#"):
        return True
    try:
        compose.parse_colour(text)
    except HumanSegError:
        pass
    else:
        return True
    path = Path(text)
    with contextlib.suppress(OSError, ValueError):  # longer than any path, or with a null character in it
        if path.suffix or os.sep in text or path.exists():
            return False
    raise HumanSegError(
        f"{text[:100]!r} can't be a background: give transparent, blur, a colour (#20a060, or a name such as purple), "
        "a gradient (white..#8899aa) or the path of a picture."
    )
