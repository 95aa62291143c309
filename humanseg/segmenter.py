"""Segmenter: RGB in, alpha out. Owns resizing and its exact inverse, the second look, and what a cut-out is."""

from __future__ import annotations

import itertools
import math
import os
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import cv2
import numpy as np

from humanseg import compose, edges
from humanseg.engines import Engine, load_engine
from humanseg.hub.find import find_weights
from humanseg.media import photos
from humanseg.media.photos import Photo
from humanseg.model.config import ModelConfig
from humanseg.resize import letterbox, resize_alpha, shrink

Source = str | os.PathLike[str] | bytes | BinaryIO | np.ndarray | Photo | Any  # Any: a PIL image

# The second look is mirrored. Where people fill less than this share of the frame it's on their box, with this margin
# on each side.
LOOK_AGAIN_BELOW = 0.7
LOOK_MARGIN = 0.3
# People who stand apart, in up to so many groups, are each looked at on their own, and larger; this is the margin then.
MOST_GROUPS = 4
GROUP_MARGIN = 0.2
# Joining groups takes the cube of the time; a crowd is one group anyway.
MOST_BLOBS = 16
# People are looked at again larger or smaller, within these bounds, the slimmer or stouter they are: one who stands is
# all limbs, a head is one large blob. Their girth is the radius of the largest circle in them by their box's long side;
# this one leaves the size as it is.
USUAL_GIRTH = 0.15
SMALLER, LARGER = 6 / 7, 8 / 7
# How far the second look counts against the first, and how far where it sees less person: what's cut off at the frame,
# an arm or a leg, is harder to make out without its surroundings.
LOOK_TRUST, LOOK_TRUST_LESS = 0.5, 0.4
# The joined alpha keeps the second look's resolution up to this long side; the rest is left to refinement.
JOINED_LONG_SIDE = 2048
# Nobody is there where less than this share of the frame is person, or where the net isn't this sure of the surest
# tenth of it: a real person has parts that are beyond doubt.
SMALLEST_PERSON = 0.001
SUREST = 0.1
LEAST_CONFIDENCE = 0.975
# A lower bar for each part that stands apart, once somebody is there: what has nothing beyond doubt is left out.
LEAST_PART_CONFIDENCE = 0.9
# What is this small beside the largest part, by the long sides of their boxes, has to be so for this share of what lies
# inside its rim: otherwise it's seldom somebody whom the photo is of, and often a passer-by's shoulder, a bag or a dog.
SMALL_PART = 1 / 3
SMALL_PART_SUREST = 7 / 8
# From here on an alpha is a veil that can be seen, if it doesn't reach the threshold either.
FAINT = 0.1
# Alphas this close to 0 or 1 mean none and all: what's left of them would be a veil over a new background.
CERTAIN = 0.02


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


class Segmenter:
    """Cuts people out of photos; one instance serves many threads."""

    def __init__(self, engine: Engine):
        self.engine = engine

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        *,
        revision: str | None = None,
        engine: str | None = None,
        threads: int | None = None,
    ) -> Segmenter:
        """Finds the weights and the best engine for this machine.

        Parameters
        ----------
        model : a folder of weights, or `user/name` on the Hub; by default the weights that ship
        revision : commit, tag or branch on the Hub
        engine : auto, torch or openvino; HUMANSEG_ENGINE if not given
        threads : of the CPU; HUMANSEG_THREADS if not given, else all

        Raises
        ------
        WeightsError, DownloadError, EngineError : with what to do about it
        """
        return cls(load_engine(find_weights(model, revision=revision), engine=engine, threads=threads))

    @property
    def config(self) -> ModelConfig:
        return self.engine.config

    def alpha(
        self, image: Source, *, second_look: bool = True, refine: bool = True, size: int | None = None
    ) -> np.ndarray:
        """How much of each pixel is person: float32 HxW in [0, 1], at the photo's own size.

        Parameters
        ----------
        image : path, bytes, file object, PIL image, uint8 array (HxW, HxWx3 RGB, HxWx4 RGBA), or a `Photo`
        second_look : look again, mirrored, and enlarged where people fill only a part of the frame; twice the work
        refine : follow the photo's own edges at full resolution, rather than interpolate
        size : long side in pixels that the network sees; the model's own for photos by default

        Raises
        ------
        ImageError : the picture can't be read
        """
        photo = photos.read(image)
        return self._photo_alpha(photo, second_look=second_look, refine=refine, size=size)[0]

    def cut_out(
        self,
        image: Source,
        *,
        name: str | None = None,
        second_look: bool = True,
        refine: bool = True,
        colours: bool = True,
    ) -> CutOut:
        """The people in a photo, at its own size, ready for another background.

        Parameters
        ----------
        image, second_look, refine : as for `alpha`
        name : to call the photo by, instead of its file's name
        colours : estimate the people's own colours where the edge is see-through; otherwise the photo's are kept

        Raises
        ------
        ImageError : the picture can't be read
        """
        photo = photos.read(image, name=name)
        alpha, confidence = self._photo_alpha(photo, second_look=second_look, refine=refine, size=None)
        foreground = edges.foreground_colours(photo.rgb, alpha) if colours and confidence else photo.rgb
        return CutOut(photo.rgb, foreground, alpha, confidence > 0, confidence, photo.name)

    def _photo_alpha(
        self, photo: Photo, *, second_look: bool, refine: bool, size: int | None
    ) -> tuple[np.ndarray, float]:
        """Alpha at the photo's size and the confidence that somebody is there, 0 (with an empty alpha) if nobody is."""
        rgb = photo.rgb
        height, width = rgb.shape[:2]
        looks = self._looks(rgb, size or self.config.size, second_look=second_look)
        coarse, confidence = looks[-1], self.confidence(*looks)
        if not confidence:
            return np.zeros((height, width), np.float32), 0.0
        coarse = _drawn_in(_without_doubtful_parts(coarse, self.config), self.config.inset)
        alpha = edges.refine_alpha(rgb, coarse) if refine else resize_alpha(coarse, width, height)
        # In place: an alpha of a large photo is larger than the processor's cache, and fresh memory costs more yet.
        np.subtract(alpha, CERTAIN, out=alpha)
        np.divide(alpha, 1 - 2 * CERTAIN, out=alpha)
        np.clip(alpha, 0, 1, out=alpha)
        if photo.alpha is not None:
            alpha *= photo.alpha
        return alpha, confidence

    def look(self, rgb: np.ndarray, size: int, *, second_look: bool) -> np.ndarray:
        """The network's own alpha, of the photo's aspect, at whatever resolution it was made; nothing refined."""
        return self._looks(rgb, size, second_look=second_look)[-1]

    def _looks(self, rgb: np.ndarray, size: int, *, second_look: bool) -> list[np.ndarray]:
        """The first look, and the two joined."""
        first, seen = self._one_look(rgb, size)
        if not second_look:
            return [first]
        joined = first
        person = (first >= self.config.threshold).astype(np.uint8)
        boxes = _look_again(person, rgb.shape[:2])
        for box, scale in zip(boxes, _scales(person, boxes, rgb.shape[:2]), strict=True):
            top, left, bottom, right = box
            # Up to the next multiple of the stride, to which it would be padded otherwise, at the same cost.
            long_side = math.ceil(round(scale * size) / self.config.stride) * self.config.stride
            # Resizing a large photo takes as long as the network does: once is enough, if it needn't be larger.
            part = rgb[top:bottom, left:right]
            if box == (0, 0, *rgb.shape[:2]) and long_side <= size:
                part = seen
            # What the network gets wrong it seldom gets wrong the same way mirrored.
            second, _ = self._one_look(part[:, ::-1], long_side)
            joined = _joined(joined, second[:, ::-1], box, rgb.shape[:2])
        return [first, joined]

    def _one_look(self, rgb: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """The network's alpha, and the photo at that size."""
        boxed, (rows, columns) = letterbox(rgb, size, self.config.stride)
        return self.engine(boxed)[:rows, :columns], boxed[:rows, :columns]

    def confidence(self, *alphas: np.ndarray) -> float:
        """The alpha that the surest tenth of the person reaches; 0 where it's too little or doubtful for anybody.

        Parameters
        ----------
        alphas : the network's own (`look`), float32 HxW in [0, 1]; of several the mean counts
        """
        reached = []
        for alpha in alphas:
            person = alpha[alpha >= self.config.threshold]
            if person.size < SMALLEST_PERSON * alpha.size or not person.size:
                return 0.0
            reached.append(float(np.quantile(person[:: max(1, person.size // 50_000)], 1 - SUREST)))
        confidence = sum(reached) / len(reached)
        return confidence if confidence >= LEAST_CONFIDENCE else 0.0


def _without_doubtful_parts(alpha: np.ndarray, config: ModelConfig) -> np.ndarray:
    """The alpha without those parts, apart from all others, of which the network is nowhere sure enough.

    Of small ones it has to be sure nearly everywhere but at their rim, where it never is.
    First what would count as person, which may hang together with somebody by a veil; then veils that stand alone.
    """
    small = shrink(alpha, config.size)
    person, sure = small >= config.threshold, small >= LEAST_PART_CONFIDENCE
    inside = cv2.erode(person.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    out = np.zeros_like(small)
    for least in (config.threshold, FAINT):
        seen = (small * (1 - out) >= least).astype(np.uint8)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=8)
        if count < 3:  # the background and one part, which stands apart from none
            continue
        doubtful = _lacks(sure, person, SUREST, parts, count)
        sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        tiny = sides < SMALL_PART * sides[1:][~doubtful[1:]].max(initial=0)
        doubtful |= tiny & _lacks(sure, inside, SMALL_PART_SUREST, parts, count)
        doubtful[0] = False  # the background
        if doubtful.any() and not doubtful[1:].all():  # whether anybody is there was asked before
            # Its soft rim goes too, as far as it isn't another part's.
            gone = doubtful[parts]
            rim = cv2.dilate(gone.astype(np.float32), np.ones((9, 9), np.uint8))
            rim[(parts > 0) & ~gone] = 0
            out = np.maximum(out, rim)
    return alpha * (1 - resize_alpha(out, alpha.shape[1], alpha.shape[0])) if out.any() else alpha


def _lacks(sure: np.ndarray, among: np.ndarray, share: float, parts: np.ndarray, count: int) -> np.ndarray:
    """Which of the parts (labels up to a count) are sure in less than this share of those pixels, or in none."""
    least = np.maximum(1, share * np.bincount(parts[among], minlength=count))
    return np.bincount(parts[sure & among], minlength=count) < least


def _drawn_in(alpha: np.ndarray, inset: float) -> np.ndarray:
    """The alpha with outlines moved inwards by a part of a pixel; where people are cut by the frame they stay so."""
    if not inset:
        return alpha
    eroded = cv2.erode(alpha, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    return cv2.addWeighted(alpha, 1 - inset, eroded, inset, 0)


class _Box(NamedTuple):
    """A part of a picture, in pixels of the photo or of an alpha of it."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def sides(self) -> tuple[float, float]:
        """The short one and the long one."""
        height, width = self.bottom - self.top, self.right - self.left
        return min(height, width), max(height, width)

    @property
    def area(self) -> float:
        return (self.bottom - self.top) * (self.right - self.left)

    def around(self, other: _Box) -> _Box:
        """The smallest box around both."""
        return _Box(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))

    def with_margin(self, margin: float, shape: tuple[int, int]) -> _Box:
        """This share of the long side more on each side, as far as there is."""
        more = margin * self.sides[1]
        top, left = max(0.0, self.top - more), max(0.0, self.left - more)
        return _Box(top, left, min(shape[0], self.bottom + more), min(shape[1], self.right + more))

    def scaled(self, old: tuple[int, int], new: tuple[int, int]) -> _Box:
        """Whole pixels of a picture of another size."""
        down, across = new[0] / old[0], new[1] / old[1]
        bottom, right = min(new[0], math.ceil(self.bottom * down)), min(new[1], math.ceil(self.right * across))
        return _Box(int(self.top * down), int(self.left * across), bottom, right)


def _look_again(person: np.ndarray, shape: tuple[int, int]) -> list[_Box]:
    """The boxes for a second look at a photo of this shape, the largest first; none where nobody was seen.

    Parameters
    ----------
    person : uint8 0 or 1, at the size of the first look
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(person, connectivity=8)
    # Specks aren't worth looking at, and would drag the box across the frame.
    least = max(1, SMALLEST_PERSON / 2 * person.size)
    blobs = [
        _Box(top, left, top + height, left + width)
        for left, top, width, height, area in stats[1:].tolist()
        if area >= least
    ]
    if not blobs:
        return []
    groups = []
    if len(blobs) <= MOST_BLOBS:
        groups = _grouped([blob.with_margin(GROUP_MARGIN, person.shape) for blob in blobs])
    if not 1 < len(groups) <= MOST_GROUPS:
        groups = [reduce(_Box.around, blobs).with_margin(LOOK_MARGIN, person.shape)]
    boxes = [group.scaled(person.shape, shape) for group in groups]
    # What counts is how much larger people will be seen: the network's long side goes to the box's.
    if len(boxes) == 1 and boxes[0].sides[1] > LOOK_AGAIN_BELOW * max(shape):
        return [_Box(0, 0, *shape)]
    return sorted(boxes, key=lambda box: box.area, reverse=True)


def _grouped(boxes: list[_Box]) -> list[_Box]:
    """The boxes, joined wherever looking at two at once means less to look at than one after the other."""
    for first, second in itertools.combinations(boxes, 2):
        both = first.around(second)
        if both.area < first.area + second.area:
            return _grouped([both, *(box for box in boxes if box is not first and box is not second)])
    return boxes


def _scales(person: np.ndarray, boxes: list[_Box], shape: tuple[int, int]) -> list[float]:
    """By how much the network sees each box (in pixels of a photo of this shape) larger than a whole photo.

    That's by the girth of who is in it, and so that all boxes cost no more than one square photo that is `LARGER`.
    """
    scales = [
        float(np.clip(math.sqrt(USUAL_GIRTH / _girth(person, box.scaled(shape, person.shape))), SMALLER, LARGER))
        for box in boxes
    ]
    squares = sum(scale**2 * box.sides[0] / box.sides[1] for scale, box in zip(scales, boxes, strict=True))
    share = LARGER / max(LARGER, math.sqrt(squares))
    return [scale * share for scale in scales]


def _girth(person: np.ndarray, box: _Box) -> float:
    """The radius of the largest circle of person (uint8 0 or 1) in a box, by its long side."""
    part = person[box.top : box.bottom, box.left : box.right]
    if part.all():  # no distance to any end
        return 1.0
    radius = float(cv2.distanceTransform(part, cv2.DIST_L2, 3).max())
    return max(radius, 0.5) / max(part.shape)


def _joined(first: np.ndarray, second: np.ndarray, box: _Box, shape: tuple[int, int]) -> np.ndarray:
    """The first look with the second in its place, on a canvas that keeps the second one's resolution."""
    height, width = shape
    top, left, bottom, right = box
    scale = max(second.shape[0] / (bottom - top), second.shape[1] / (right - left))
    scale = min(scale, 1.0, JOINED_LONG_SIDE / max(height, width))
    scale = max(scale, first.shape[0] / height)
    canvas = resize_alpha(first, max(1, round(width * scale)), max(1, round(height * scale)))
    y0, x0 = round(top * canvas.shape[0] / height), round(left * canvas.shape[1] / width)
    y1, x1 = round(bottom * canvas.shape[0] / height), round(right * canvas.shape[1] / width)
    if y1 <= y0 or x1 <= x0:
        return first
    seam = _seam(y1 - y0, x1 - x0, (top > 0, left > 0, bottom < height, right < width))
    more = resize_alpha(second, x1 - x0, y1 - y0) - canvas[y0:y1, x0:x1]
    trust = np.where(more > 0, np.float32(LOOK_TRUST), np.float32(LOOK_TRUST_LESS))
    canvas[y0:y1, x0:x1] += seam * trust * more
    return canvas


def _seam(height: int, width: int, inside: tuple[bool, bool, bool, bool]) -> np.ndarray:
    """Trust in the second look: 1, falling to 0 at those sides (top, left, bottom, right) that lie in the photo."""
    ramp = max(1, round(0.06 * max(height, width)))

    def profile(length: int, at_start: bool, at_end: bool) -> np.ndarray:
        position = np.arange(length, dtype=np.float32) + 0.5
        rising = position / ramp if at_start else np.ones(length, np.float32)
        falling = (length - position) / ramp if at_end else np.ones(length, np.float32)
        return np.clip(np.minimum(rising, falling), 0, 1)

    return np.outer(profile(height, inside[0], inside[2]), profile(width, inside[1], inside[3]))
