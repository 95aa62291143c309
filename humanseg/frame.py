"""Which part of a photo's plane a picture shows."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Frame:
    """A picture's frame on a photo, beyond whose edges it may reach.

    Attributes
    ----------
    width, height : of the picture, in pixels
    left, top : of the frame, in pixels of the photo from its top left corner
    scale : pixels of the picture per pixel of the photo
    dpi : pixels per inch where it's printed; None where that doesn't matter

    Examples
    --------
    >>> Frame(200, 100, left=50, top=0, scale=2).place(60, 10)
    (20.0, 20.0)
    """

    width: int
    height: int
    left: float = 0.0
    top: float = 0.0
    scale: float = 1.0
    dpi: int | None = None

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the photo is in the picture."""
        return self.scale * (x - self.left), self.scale * (y - self.top)

    def shrunk(self, most: int) -> Frame:
        """The same part of the photo in a picture whose long side has at most so many pixels."""
        share = min(1.0, most / max(self.width, self.height))
        width, height = max(1, round(self.width * share)), max(1, round(self.height * share))
        return replace(self, width=width, height=height, scale=self.scale * share)

    def moved(self, scale: float, offset: tuple[float, float], anchor: tuple[float, float]) -> Frame:
        """The frame in which the photo is seen `scale` times as large and shifted.

        Parameters
        ----------
        offset : to the right and down, as shares of the picture's width and height
        anchor : x and y in the picture of what stays in its place while the size changes
        """
        right, down = (
            (1 - scale) * fixed + shift * side
            for fixed, shift, side in zip(anchor, offset, (self.width, self.height), strict=True)
        )
        together = scale * self.scale
        return replace(self, left=self.left - right / together, top=self.top - down / together, scale=together)
