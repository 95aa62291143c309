"""People placed in a picture of any size: what the page, the command line, Python, HTTP and MCP all call."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from humanseg import compose, shadows
from humanseg.backgrounds import PICTURE, Background, within
from humanseg.errors import HumanSegError
from humanseg.frame import Frame
from humanseg.sizes import AS_IS, MARGIN, Size, box_of

SMALLEST, LARGEST = 0.05, 20.0  # times as large as people are at first
# The middle half of the people's box, in whose corners somebody is, unlike in those of the box, always reaches into the
# frame by this share of its side, or as a whole where it's smaller. web/js/place-view.js has the same.
KEPT = 0.1


@dataclass(frozen=True)
class Placement:
    """How large a picture is, and where in it the people are.

    Attributes
    ----------
    size : a `Size`, or what `Size.parse` reads, such as "4:5" or "35x45mm"
    margin : around the people where the size crops to them, as a share of the longer side of their box, 0 to 1
    scale : of the people, 0.05 to 20; 1 is the size at which they are placed by themselves
    offset : to the right and down, as shares of the picture's width and height
    shadow : how dark the soft shadow behind them is, 0 to 1

    Raises
    ------
    HumanSegError : a value is out of its range

    Examples
    --------
    >>> Placement("35x45mm").size.pixels
    (413, 531)
    """

    size: Size | str = AS_IS
    margin: float = MARGIN
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)
    shadow: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", Size.parse(self.size))
        within("margin", self.margin, 0, 1)
        within("size of the people", self.scale, SMALLEST, LARGEST)
        try:
            right, down = self.offset
        except (TypeError, ValueError):
            raise HumanSegError("The shift of the people is two numbers: to the right, and down.") from None
        for value in (right, down):
            within("shift of the people", value, -100, 100)
        within("shadow", self.shadow, 0, 1)

    @classmethod
    def of(cls, given: Placement | Size | str | None) -> Placement:
        """A placement in whatever form it's given: itself, a size, or None for the photo's own.

        Raises
        ------
        HumanSegError : it's no size
        """
        return given if isinstance(given, Placement) else cls(AS_IS if given is None else given)

    @property
    def plain(self) -> bool:
        """Whether the picture is the photo's own frame with the people where they are in it."""
        return self.size.kind == AS_IS and self.scale == 1 and tuple(self.offset) == (0, 0) and not self.shadow

    def frames(self, alpha: np.ndarray, most: int | None = None) -> tuple[Frame, Frame]:
        """The picture's frame on the photo, and the frame in which the people are seen once they were moved.

        Wherever they are moved to, a part of them stays in the picture.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1]
        most : pixels that the picture's long side has at the most, where it's to be looked at alone
        """
        frame = self.size.frame(alpha, self.margin)
        if most is not None:
            frame = frame.shrunk(most)
        return frame, moved(frame, box_of(alpha), self.scale, self.offset)


def moved(frame: Frame, box: tuple[float, float, float, float], scale: float, offset: tuple[float, float]) -> Frame:
    """The frame in which people are seen once they were scaled, about the middle of their lower edge, and shifted.

    Parameters
    ----------
    box : left, top, right, bottom of the people in pixels of the photo
    """
    left, top, right, bottom = box
    seen = frame.moved(scale, offset, frame.place((left + right) / 2, bottom))
    (x0, y0), (x1, y1) = seen.place(left, top), seen.place(right, bottom)
    back = _back(x0, x1, frame.width), _back(y0, y1, frame.height)
    return replace(seen, left=seen.left - back[0] / seen.scale, top=seen.top - back[1] / seen.scale)


def _back(start: float, end: float, side: float) -> float:
    """By how much a stretch has to be shifted so that enough of its middle half is between 0 and `side`."""
    start, end = start + (end - start) / 4, end - (end - start) / 4
    least = min(KEPT * side, end - start)
    return max(0.0, least - end) - max(0.0, start - (side - least))


def placed_alpha(alpha: np.ndarray, placement: Placement) -> np.ndarray:
    """The alpha (float32) as it is in the picture."""
    if placement.plain:
        return alpha
    _, seen = placement.frames(alpha)
    return compose.placed(np.zeros((*alpha.shape, 3), np.uint8), alpha, seen)[1]


def composed(
    image: np.ndarray,
    foreground: np.ndarray,
    alpha: np.ndarray,
    background: Background,
    placement: Placement | None = None,
    most: int | None = None,
) -> np.ndarray:
    """The finished picture.

    Parameters
    ----------
    image : the photo, uint8 HxWx3
    foreground : the people's own colours, uint8 HxWx3
    alpha : float32 HxW in [0, 1]
    most : as for `Placement.frames`

    Returns
    -------
    uint8 hxwx4 when transparent (not premultiplied), else uint8 hxwx3; of the placement's size
    """
    if placement is None or (placement.plain and most is None):
        return background.behind(image, foreground, alpha)
    frame, seen = placement.frames(alpha, most)
    if background.kind == PICTURE:
        seen = seen.moved(background.scale, background.offset, (frame.width / 2, frame.height))
    ground = background.ground(image, alpha, frame)
    left, top, right, bottom = box_of(alpha)
    foreground, alpha = compose.placed(foreground, alpha, seen)
    dark = None
    if placement.shadow:
        dark = shadows.shadow(alpha, placement.shadow, ((right - left) * seen.scale, (bottom - top) * seen.scale))
    if ground is None:
        rgba = compose.transparent(foreground, alpha)
        return rgba if dark is None else shadows.under(rgba, dark)
    if dark is not None:
        ground = shadows.shaded(ground, dark)
    return background.before(foreground, alpha, ground)
