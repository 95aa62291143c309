"""The pictures of a visitor's photos, as arrays and as files: made when asked for, from the record of the photo."""

from __future__ import annotations

import math
import secrets
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from humanseg import compose
from humanseg.backgrounds import COLOUR, PICTURE, Background
from humanseg.cutout import CutOut, encoded
from humanseg.errors import ImageError
from humanseg.foreground import foreground_colours
from humanseg.media import photos
from humanseg.people import People
from humanseg.resize import shrink
from humanseg.retouch import Repair
from humanseg.sizes import box_of
from humanseg.strokes import Box, Cover, Stroke, cover
from humanseg.tiles import eight_bits, for_each
from humanseg.ui import text
from humanseg.ui.desk import Desk
from humanseg.ui.item import Item
from humanseg.ui.memory import Memory
from humanseg.ui.preview import checkerboard, label
from humanseg.ui.server.limits import Limits
from humanseg.ui.shelf import Shelf
from humanseg.ui.upload import Upload

# Long side in pixels of pictures on the Background tab and after a repair: keeps a change under 0.3 s.
PREVIEW_SIDE = 1280
# Long side in pixels up to which before and after are shown at full size.
COMPARE_SIDE = 4096
THUMBNAIL_SIDE = 320
# Long side in pixels of the picture that's painted on: browsers on phones hold no more than 16 megapixels a canvas.
CANVAS_SIDE = 2048


@dataclass(frozen=True)
class _Alpha:
    """An alpha, uint8 HxW, after a repair."""

    alpha: np.ndarray
    repair: Repair


class Pictures:
    """The pictures of a photo: its cut-out, smaller copies, thumbnail, before and after.

    A picture is made from a record (`Item`) and nothing else, so that it always shows one photo with one repair.
    Arrays are kept in `memory` while there is room, files are written to `shelf`; either may go at any time and is made
    again, pixel for pixel, from the photo as it was uploaded and the network's PNG. When those are gone, all raise
    ImageError with a sentence.
    """

    def __init__(self, shelf: Shelf, memory: Memory, limits: Limits) -> None:
        self.shelf, self.memory, self.limits = shelf, memory, limits
        self._key = secrets.token_hex(8)
        self._files: dict[tuple[str, str], tuple[Any, Path]] = {}
        weakref.finalize(self, memory.forget, self._key)

    def rgba(self, item: Item) -> np.ndarray:
        """The finished cut-out: uint8 HxWx4, black where nobody is."""
        make = self._repaired if item.repair else self._read
        return self._array(item, "rgba", item.repair, lambda: make(item))

    def photo(self, item: Item) -> np.ndarray:
        """The photo: uint8 HxWx3. It is read anew each time, which takes less than its cut-out: that one is kept."""
        return item.upload.read(self.limits).rgb

    def cut(self, item: Item) -> CutOut:
        """The finished cut-out at full size, with exactly the pixels of its PNG."""
        return _cut_out(item, self.photo(item), self.rgba(item))

    def preview(self, item: Item) -> CutOut:
        """The finished cut-out with its long side at most `PREVIEW_SIDE`."""
        if item.repair:
            return self._array(item, "small, repaired", item.repair, lambda: self._repaired_preview(item))
        return self._array(item, "small", None, lambda: _smaller(self.cut(item), PREVIEW_SIDE))

    def found(self, item: Item) -> bool:
        """Whether there is anybody in the finished cut-out."""
        return self.preview(item).person_found if item.repair else item.person_found

    def picture(self, upload: Upload, side: int) -> np.ndarray:
        """A picture to put behind the person: uint8 hxwx3, its long side at most `side`."""

        def read() -> np.ndarray:
            return shrink(upload.read(self.limits).rgb, side)

        # The large one is for a single download; the small one is needed at every change of a control.
        return read() if side > PREVIEW_SIDE else self.memory.get(self._key, "behind", read, (upload.source, side))

    def alpha(self, item: Item) -> np.ndarray:
        """The finished alpha at full size: uint8 HxW. After a stroke only the part that it touches is made anew."""
        desk = self._desk(item)
        last = self._array(item, "alpha", None, lambda: _Alpha(desk.alpha, Repair()))
        if item.repair == last.repair:
            return last.alpha
        staying, made = self._staying(item, desk), last.alpha.copy()
        # Held here as well, since what is kept may go at any time.
        covers = cache(lambda stroke: self._cover(item, desk, stroke))

        def mend(box: Box) -> None:
            made[box] = eight_bits(item.repair.within(box, staying, covers))

        others = item.repair.other_strokes(last.repair)
        if others is None:
            mend((slice(0, made.shape[0]), slice(0, made.shape[1])))
        for stroke in others or ():
            for_each(covers(stroke).tiles(), mend)
        self.memory.put(self._key, (item.id, "alpha"), _Alpha(made, item.repair))
        return made

    def people(self, item: Item) -> People:
        """The people whom the network found."""
        return self._array(item, "people", None, lambda: People.of(self._desk(item).alpha))

    def to_repair(self, item: Item) -> Path:
        """The photo to paint on: a JPEG, its long side at most `CANVAS_SIDE`."""
        return self._file(item, "canvas", None, "photo.jpg", lambda: _jpeg(shrink(self._desk(item).rgb, CANVAS_SIDE)))

    def alpha_on_canvas(self, item: Item, before: Item | None = None) -> tuple[tuple[int, int, int, int], np.ndarray]:
        """The finished alpha where it isn't as it was before, at the size of `to_repair`.

        Parameters
        ----------
        before : the same photo earlier; None for all of the alpha

        Returns
        -------
        left, top, width, height in the smaller photo; uint8 height x width
        """
        alpha = self.alpha(item)
        # All of it, since a part by itself would be averaged over other pixels.
        small = shrink(alpha, CANVAS_SIDE)
        everything = slice(0, alpha.shape[0]), slice(0, alpha.shape[1])
        box = everything if before is None else item.repair.changed(before.repair, alpha.shape)
        if box is None:
            return (0, 0, 0, 0), small[:0, :0]
        (top, bottom), (left, right) = (
            (math.floor(part.start * n / side), math.ceil(part.stop * n / side))
            for part, side, n in zip(box, alpha.shape, small.shape, strict=True)
        )
        return (left, top, right - left, bottom - top), small[top:bottom, left:right]

    def people_alone(self, item: Item, cut: CutOut) -> Path:
        """The people of a cut-out of the photo, within their box: a WebP, its long side at most `PREVIEW_SIDE`."""

        def make() -> bytes:
            left, top, right, bottom = box_of(cut.alpha)
            foreground, alpha = (shrink(of[top:bottom, left:right], PREVIEW_SIDE) for of in (cut.foreground, cut.alpha))
            return photos.encode(foreground, alpha, format="webp", quality=90)

        return self._file(item, f"people {max(cut.alpha.shape)}", item.repair, "people.webp", make)

    def png(self, item: Item) -> Path:
        """The finished cut-out as a PNG."""
        if item.result is None:
            raise ImageError(item.error)
        if not item.repair:
            if not item.result.exists():
                raise ImageError(text.GONE.format(name=item.name))
            return item.result
        return self._file(
            item, "repaired", item.repair, photos.output_name(item.name), lambda: encoded(self.rgba(item), "png")
        )

    def thumbnail(self, item: Item) -> Path:
        """What the gallery shows: the finished cut-out, or a sign that it failed."""
        if item.error or not item.repair:
            return item.thumbnail
        try:
            return self._file(item, "thumbnail", item.repair, "thumbnail.jpg", lambda: thumbnail(self.preview(item)))
        except ImageError:
            return item.thumbnail  # the photo's files are gone, and the next answer leaves it out

    def before_after(self, item: Item, shown: str, tint: str) -> tuple[Path, Path]:
        """Two pictures of equal size; of a repaired photo smaller ones, to keep up with the brush.

        Parameters
        ----------
        shown, tint : what to show the cut-out on, and the colour where that is `text.COLOUR`
        """
        if item.repair:
            cut = self.preview(item)
        elif max(item.size) > COMPARE_SIDE:
            cut = _smaller(self.cut(item), COMPARE_SIDE)
        else:
            # For this the photo itself needn't be read again.
            rgba = self.rgba(item)
            colours = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
            alpha = cv2.extractChannel(rgba, 3).astype(np.float32) / 255
            cut = CutOut(colours, colours, alpha, item.person_found, item.confidence, item.name)
        side = max(cut.alpha.shape)
        if not cut.person_found:
            # The same on both sides, so that the words aren't cut by the slider.
            photo = label(shrink(self.photo(item), side), text.NOBODY_SHORT)
            return (both := self.shelf.put("after.jpg", _jpeg(photo))), both
        after = on_ground(cut, shown, tint)
        before = self._file(item, f"before {side}", None, "before.jpg", lambda: self._before(item, side))
        return before, self.shelf.put("after.jpg", _jpeg(after))

    def remember(self, item: Item, cut: CutOut) -> None:
        """Keeps the arrays of a photo that was just cut out, as far as there is room."""
        # From the 8 bits of alpha that its file has, so that the kept pixels and those read again are the same.
        self.memory.put(self._key, (item.id, "rgba"), cut.rgba, Repair())
        small = _smaller(_cut_out(item, cut.image, cut.rgba), PREVIEW_SIDE)
        self.memory.put(self._key, (item.id, "small"), small)
        side = min(max(item.size), COMPARE_SIDE)
        self._file(item, f"before {side}", None, "before.jpg", lambda: _jpeg(shrink(cut.image, side)))

    def rest(self) -> None:
        """Drops what is kept in memory, since the page is closed."""
        self.memory.forget(self._key)

    def forget(self) -> None:
        """Drops everything: the photos are gone."""
        self._files = {}
        self.rest()

    def _array(self, item: Item, kind: str, version: Any, make: Callable[[], Any]) -> Any:
        return self.memory.get(self._key, (item.id, kind), make, version)

    def _file(self, item: Item, kind: str, version: Any, name: str, make: Callable[[], bytes]) -> Path:
        of, path = self._files.get((item.id, kind), (None, None))
        if path is None or of != version or not path.exists():
            path = self.shelf.put(name, make())
            self._files[item.id, kind] = version, path
        return path

    def _read(self, item: Item) -> np.ndarray:
        # Pillow would take three times as long, and needn't be asked about a file of our own.
        try:
            data = np.frombuffer(self.png(item).read_bytes(), np.uint8)
            return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
        except (OSError, cv2.error) as error:
            raise ImageError(text.GONE.format(name=item.name)) from error

    def _repaired(self, item: Item) -> np.ndarray:
        alpha, rgb = self.alpha(item).astype(np.float32) / 255, self._desk(item).rgb
        return compose.transparent(foreground_colours(rgb, alpha), alpha)

    def _repaired_preview(self, item: Item) -> CutOut:
        rgb = shrink(self._desk(item).rgb, PREVIEW_SIDE)
        alpha = shrink(self.alpha(item), PREVIEW_SIDE).astype(np.float32) / 255
        return CutOut(rgb, rgb, alpha, item.person_found, item.confidence, item.name).with_alpha(alpha)

    def _desk(self, item: Item) -> Desk:
        def make() -> Desk:
            return Desk(self.photo(item), _alpha_of(self.rgba(_bare(item))))

        if 4 * item.size[0] * item.size[1] <= self.memory.each:
            return self._array(item, "desk", None, make)
        # To read a photo as large as that again for every stroke would take seconds.
        return Desk.opened(self._file(item, "desk", None, "desk.npy", lambda: make().packed()))

    def _staying(self, item: Item, desk: Desk) -> np.ndarray:
        """The alpha before any repair, of the people who weren't dropped."""
        if not item.repair.dropped:
            return desk.alpha
        make = partial(item.repair.with_those_who_stay, desk.alpha, self.people(item))
        return self._array(item, "staying", item.repair.dropped, make)

    def _cover(self, item: Item, desk: Desk, stroke: Stroke) -> Cover:
        return self._array(item, f"cover {hash(stroke)}", stroke, lambda: cover(desk.rgb, stroke))

    def _before(self, item: Item, side: int) -> bytes:
        image = self.preview(item).image if side <= PREVIEW_SIDE else shrink(self.photo(item), side)
        return _jpeg(image)


def thumbnail(cut: CutOut) -> bytes:
    """What the gallery shows of a cut-out, as a JPEG."""
    small = _smaller(cut, THUMBNAIL_SIDE)
    found = on_ground(small, text.CHECKERBOARD, "") if cut.person_found else label(small.image, text.NOBODY_SHORT)
    return photos.encode(found, format="jpeg", quality=85)


def on_ground(cut: CutOut, shown: str, tint: str) -> np.ndarray:
    """The cut-out to be looked at, on the checkerboard or one colour: uint8 HxWx3."""
    if shown == text.CHECKERBOARD:
        ground = Background(PICTURE, picture=checkerboard(*cut.alpha.shape))
    else:
        ground = Background(COLOUR, colour={text.WHITE: "#ffffff", text.BLACK: "#000000"}.get(shown, tint))
    return ground.behind(cut.image, cut.foreground, cut.alpha)


def _jpeg(picture: np.ndarray) -> bytes:
    return photos.encode(picture, format="jpeg", quality=90)


def _bare(item: Item) -> Item:
    return replace(item, repair=Repair()) if item.repair else item


def _smaller(cut: CutOut, side: int) -> CutOut:
    return replace(cut, **{part: shrink(getattr(cut, part), side) for part in ("image", "foreground", "alpha")})


def _cut_out(item: Item, image: np.ndarray, rgba: np.ndarray) -> CutOut:
    eight = _alpha_of(rgba)
    alpha = eight.astype(np.float32) / 255
    foreground = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    # Where alpha is 0 the file is black; the photo's own colours there keep smaller copies free of a dark halo.
    cv2.copyTo(image, (eight == 0).view(np.uint8), foreground)
    found = item.person_found if not item.repair else bool((alpha >= 0.5).any())
    return CutOut(image, foreground, alpha, found, item.confidence, item.name)


def _alpha_of(rgba: np.ndarray) -> np.ndarray:
    return cv2.extractChannel(rgba, 3)
