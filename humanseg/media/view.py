"""What of a frame the network is shown: all of it, or crops around people far away, side by side in one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from humanseg.crops import Box
from humanseg.resize import averaged

# Crops are enlarged so much at most: there is nothing more to see.
LARGEST_SCALE = 2.0
# A view that shows things smaller than by this factor doesn't say what a larger one would see.
FINER = 1.3


@dataclass(frozen=True)
class View:
    """Crops of a frame, all at the same scale, in a row or a column.

    Attributes
    ----------
    frame : height and width of the frame
    boxes : in the frame's pixels
    places : where each is in the picture
    scale : pixels of the picture for one of the frame
    """

    frame: tuple[int, int]
    boxes: tuple[Box, ...]
    places: tuple[Box, ...]
    scale: float

    @classmethod
    def whole(cls, frame: tuple[int, int], size: int) -> View:
        """All of a frame, with its long side at `size`."""
        scale = size / max(frame)
        place = Box(0, 0, *(max(1, round(side * scale)) for side in frame))
        return cls(frame, (Box(0, 0, *frame),), (place,), scale)

    @classmethod
    def of_crops(cls, frame: tuple[int, int], boxes: Sequence[Box], size: int) -> View:
        """Crops around boxes (whole pixels) in one picture whose long side is at most `size`."""
        tall, wide = (max(box.bottom - box.top for box in boxes), max(box.right - box.left for box in boxes))
        row = size / max(tall, sum(box.right - box.left for box in boxes))
        column = size / max(wide, sum(box.bottom - box.top for box in boxes))
        scale = min(max(row, column), LARGEST_SCALE)
        # All as high as the highest in a row, as wide as the widest in a column: so they fill the picture.
        grown = [_grown(box, *((tall, 0) if row >= column else (0, wide)), frame) for box in boxes]
        places, offset = [], 0
        for box in grown:
            height, width = max(1, round((box.bottom - box.top) * scale)), max(1, round((box.right - box.left) * scale))
            top, left = (0, offset) if row >= column else (offset, 0)
            places.append(Box(top, left, top + height, left + width))
            offset += width if row >= column else height
        return cls(frame, tuple(grown), tuple(places), scale)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return max(place.bottom for place in self.places), max(place.right for place in self.places)

    @property
    def is_whole(self) -> bool:
        return self.boxes == (Box(0, 0, *self.frame),)

    def picture(self, frame: np.ndarray) -> np.ndarray:
        """What the network is shown of a frame (uint8 HxWx3)."""
        return self._filled(frame, self.frame)

    def from_other(self, array: np.ndarray, other: View, *, nearest: bool = False) -> np.ndarray:
        """An array that belongs to another view of frames as large, as it lies in this one; 0 where that is blind."""
        return self._filled(other.on_frame(array, self.frame_shape, nearest=nearest), self.frame_shape, nearest=nearest)

    @property
    def frame_shape(self) -> tuple[int, int]:
        """The frame's height and width at this view's scale."""
        return tuple(max(1, round(side * self.scale)) for side in self.frame)

    def on_frame(self, array: np.ndarray, shape: tuple[int, int], *, nearest: bool = False) -> np.ndarray:
        """What belongs to the picture (HxW) in a frame of that shape; 0 where the picture doesn't show it."""
        out = np.zeros(shape, array.dtype)
        for box, part in self.parts(array):
            into = box.scaled(self.frame, shape)
            size = (into.right - into.left, into.bottom - into.top)
            out[into.top : into.bottom, into.left : into.right] = _resized(part, size, nearest)
        return out

    def parts(self, array: np.ndarray) -> Iterator[tuple[Box, np.ndarray]]:
        """Each crop's box in the frame, and what of the picture belongs to it."""
        for box, place in zip(self.boxes, self.places, strict=True):
            yield box, array[place.top : place.bottom, place.left : place.right]

    def is_covered_by(self, other: View) -> np.ndarray:
        """Where (bool HxW of the picture) another view shows as much: places, and details of this size."""
        if other.scale * FINER < self.scale:
            return np.zeros(self.shape, bool)
        return self.from_other(np.ones(other.shape, np.uint8), other, nearest=True) > 0

    def _filled(self, source: np.ndarray, shape: tuple[int, int], *, nearest: bool = False) -> np.ndarray:
        out = np.zeros((*self.shape, *source.shape[2:]), source.dtype)
        for box, place in zip(self.boxes, self.places, strict=True):
            of = box.scaled(self.frame, shape)
            size = (place.right - place.left, place.bottom - place.top)
            part = source[of.top : of.bottom, of.left : of.right]
            out[place.top : place.bottom, place.left : place.right] = _resized(part, size, nearest)
        return out


def _resized(part: np.ndarray, size: tuple[int, int], nearest: bool) -> np.ndarray:
    if part.shape[1::-1] == size:
        return part
    if nearest:
        return cv2.resize(part, size, interpolation=cv2.INTER_NEAREST)
    if part.shape[1] > size[0] and part.shape[0] > size[1]:
        return averaged(part, *size)
    return cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)


def _grown(box: Box, tall: int, wide: int, frame: tuple[int, int]) -> Box:
    """A box at least so tall and wide, within a frame that is, about the same middle where it can be."""
    tall, wide = max(tall, box.bottom - box.top), max(wide, box.right - box.left)
    top = min(max(0, (box.top + box.bottom - tall) // 2), frame[0] - tall)
    left = min(max(0, (box.left + box.right - wide) // 2), frame[1] - wide)
    return Box(top, left, top + tall, left + wide)
