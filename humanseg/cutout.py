"""CutOut: a photo with the people that were found in it, ready for another background."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from humanseg import compose, people
from humanseg.backgrounds import TRANSPARENT, Background
from humanseg.errors import ImageError
from humanseg.foreground import foreground_colours
from humanseg.media import photos
from humanseg.people import Keep, People, Person
from humanseg.placing import Placement, composed
from humanseg.sizes import Size

# What a cut-out can be written as, by the file's suffix.
FORMATS = {".png": "png", ".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg"}
NOT_TRANSPARENT = "JPEG can't be transparent: choose PNG or WebP, or give a background."


@dataclass(frozen=True)
class CutOut:
    """A photo with what was found in it.

    Attributes
    ----------
    image : the photo, uint8 HxWx3 RGB, upright
    foreground : the people's own colours, free of the old background at their edge, uint8 HxWx3
    alpha : float32 HxW in [0, 1]; all zero where nobody was found
    person_found : whether anybody was found
    confidence : the IoU with the truth that the alpha can be expected to have, from 0 to 1; 0 where nobody was found
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
        foreground = foreground_colours(self.image, alpha)
        return replace(self, alpha=alpha, foreground=foreground, person_found=bool((alpha >= 0.5).any()))

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """The people in it, largest first; those who touch are one."""
        return People.of(self.alpha).persons

    def keeping(self, keep: Keep) -> CutOut:
        """The same photo with some of the people alone.

        Parameters
        ----------
        keep : "largest", or a point on each who is to stay: x and y in pixels from the top left corner, or as shares
            of width and height where both are from 0 to 1

        Raises
        ------
        HumanSegError : nobody is at one of the points
        """
        if not self.person_found:
            return self
        alpha = people.kept(self.alpha, keep)
        return self if alpha is self.alpha else self.with_alpha(alpha)

    def on(
        self, background: Background | Any, *, placement: Placement | Size | str | None = None, **options: Any
    ) -> np.ndarray:
        """The people on another background.

        Parameters
        ----------
        background : "transparent", "blur", a colour ("#rrggbb", a name, or (r, g, b)), a picture (path, array, ...), or
            a `Background`; see `Background.parse`
        placement : the picture's size, such as "square", "4:5" or "35x45mm" (see `Size.parse`), or a `Placement`, which
            says besides where the people are and whether they cast a shadow; by default the photo's own
        options : of the background, such as `strength` or `fit`; see `Background`

        Returns
        -------
        uint8 HxWx3, or HxWx4 for "transparent"

        Raises
        ------
        HumanSegError : it is no background or size, or the picture can't be read
        """
        background = Background.parse(background, **options)
        return composed(self.image, self.foreground, self.alpha, background, Placement.of(placement))

    def save(
        self,
        path: str | os.PathLike[str],
        background: Background | Any = TRANSPARENT,
        *,
        placement: Placement | Size | str | None = None,
        **options: Any,
    ) -> Path:
        """Writes the people, on a background or on none, to a file: whole or not at all.

        Nothing of the photo's EXIF, which may say where it was taken, goes into the file.

        Parameters
        ----------
        path : its suffix says the format: .png, .webp, or .jpg (which can't be transparent); what is there is replaced
        background, placement, options : as for `on`; sizes in millimetres have their dpi written into the file

        Returns
        -------
        the path

        Raises
        ------
        HumanSegError : the format can't be told or can't hold the picture, there is no such background, or the file
            can't be written

        Examples
        --------
        >>> cut_out = Segmenter.from_pretrained().cut_out("photo.jpg")  # doctest: +SKIP
        >>> cut_out.save("beach.jpg", "#20a060")  # doctest: +SKIP
        PosixPath('beach.jpg')
        """
        path = Path(path)
        format, background = format_of(path), Background.parse(background, **options)
        check_format(background, format)
        placement = Placement.of(placement)
        picture = self.on(background, placement=placement)
        photos.write(path, encoded(picture, format, dpi=placement.size.dpi))
        return path


def format_of(path: Path) -> str:
    """png, webp or jpeg, as a file's suffix says.

    Raises
    ------
    ImageError : the suffix is another one
    """
    format = FORMATS.get(path.suffix.lower())
    if format is None:
        raise ImageError(f"{path.name} can't be written: end its name in .png, .webp or .jpg.")
    return format


def check_format(background: Background, format: str) -> None:
    """Makes sure that a format can hold a cut-out on that background.

    Raises
    ------
    ImageError : the background is transparent and the format is jpeg
    """
    if background.kind == TRANSPARENT and format == "jpeg":
        raise ImageError(NOT_TRANSPARENT)


def encoded(picture: np.ndarray, format: str, *, exif: bytes | None = None, dpi: int | None = None) -> bytes:
    """What `CutOut.on` gave (uint8 HxWx3, or HxWx4 not premultiplied) as a file: png, webp or jpeg.

    Raises
    ------
    ImageError : the format can't hold the picture
    """
    if picture.shape[2] == 4 and format == "jpeg":
        raise ImageError(NOT_TRANSPARENT)
    return photos.encode(picture, format=format, exif=exif, dpi=dpi)
