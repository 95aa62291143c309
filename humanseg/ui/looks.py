"""How finished pictures look: what is behind the people, and how large a picture is; for one photo or for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from humanseg.backgrounds import PICTURE, TRANSPARENT, Background
from humanseg.cutout import CutOut
from humanseg.media import photos
from humanseg.placing import Placement, composed
from humanseg.shadows import DARK
from humanseg.sizes import AS_IS, CHIN, HEAD_TOP, PRINT, RATIO, Size, box_of
from humanseg.ui import text
from humanseg.ui.item import Item
from humanseg.ui.pictures import PREVIEW_SIDE, Pictures
from humanseg.ui.placed import Placed
from humanseg.ui.preview import checkerboard

# A crop from the smaller copy of a photo with a shorter long side than this is made from the photo itself.
LEAST_SIDE = 700  # pixels
SOFT = 1.7  # times as large as in the photo, from which on people look soft


@dataclass(frozen=True)
class Look:
    """What finished pictures have in common, whatever photo they are of.

    Attributes
    ----------
    background : what is behind the people
    size, margin, shadow : as for `Placement`
    """

    background: Background
    size: str
    margin: float
    shadow: float

    def placement(self, item: Item) -> Placement:
        """Where the people of a photo are, by hand where they were moved in a picture of this size."""
        placed = item.placed.get(self.size, Placed())
        return Placement(self.size, self.margin, placed.scale, (placed.right, placed.down), self.shadow)

    def made(self, pictures: Pictures, item: Item) -> np.ndarray:
        """The finished picture: uint8 hxwx3, or hxwx4 when it's transparent."""
        return pictures.cut(item).on(self.background, placement=self.placement(item))

    @property
    def dpi(self) -> int | None:
        """Pixels per inch where it's printed."""
        return Size.parse(self.size).dpi


def scene(pictures: Pictures, item: Item, look: Look) -> dict[str, Any]:
    """A picture and its layers, for the canvas on which people are dragged (web/js/place.js), and what is said of it.

    Raises
    ------
    HumanSegError : the photo's files are gone
    """
    placement = look.placement(item)
    cut = _detailed_enough(pictures, item, placement)
    whole = placement.frames(cut.alpha)[0]
    frame = whole.shrunk(PREVIEW_SIDE)
    background = look.background
    if background.kind == TRANSPARENT:
        background = Background(PICTURE, picture=checkerboard(frame.height, frame.width))
    ground = background.ground(cut.image, cut.alpha, frame)
    made = composed(cut.image, cut.foreground, cut.alpha, background, placement, PREVIEW_SIDE)
    # A size in pixels is one of the file; any other grows with the photo, of which this may be a smaller copy.
    fixed, smaller = any(placement.size.pixels) and placement.size.kind != RATIO, cut.alpha.shape[1] / item.size[0]
    pixels = [round(side if fixed else side / smaller) for side in (whole.width, whole.height)]
    enlarged = placement.scale * whole.scale * (smaller if fixed else 1)
    return {
        "photo": item.id,
        "name": item.name,
        "size": look.size,
        "pixels": pixels,
        "frame": {name: getattr(frame, name) for name in ("width", "height", "left", "top", "scale")},
        "box": box_of(cut.alpha),
        "shadow": DARK * look.shadow,
        "lines": [HEAD_TOP, CHIN] if placement.size.kind == PRINT else [],
        "placed": vars(item.placed.get(look.size, Placed())),
        "ground": str(pictures.shelf.put("ground.jpg", _jpeg(ground))),
        "picture": str(pictures.shelf.put("background.jpg", _jpeg(made))),
        "people": str(pictures.people_alone(item, cut)),
        "says": _sentence(item, placement, pixels, enlarged),
    }


def _detailed_enough(pictures: Pictures, item: Item, placement: Placement) -> CutOut:
    """The smaller copy of a cut-out, or the cut-out itself where too little of the copy would be seen."""
    cut = pictures.preview(item)
    if placement.size.kind == AS_IS or cut.alpha.shape[::-1] == item.size:
        return cut
    frame = placement.frames(cut.alpha)[0]
    return pictures.cut(item) if max(frame.width, frame.height) / frame.scale < LEAST_SIDE else cut


def _sentence(item: Item, placement: Placement, pixels: list[int], enlarged: float) -> str:
    said = text.SHOWING.format(name=item.name, width=pixels[0], height=pixels[1])
    if placement.size.kind == PRINT:
        said += " " + text.PASSPORT
    return f"{said} {text.LOOKS_SOFT}" if enlarged > SOFT else said


def _jpeg(picture: np.ndarray) -> bytes:
    return photos.encode(picture, format="jpeg", quality=88)
