"""Reads masks as they were meant, however they are stored, or says which values are expected.

Tools store the same mask as 0 and 255, as 0 and 1, as a palette's entries, as an alpha channel, in 1 or 16 bits or in
colours. Read by brightness alone most of these look like photos of nobody, and training would learn just that. So each
form is read by its own rule where it can only mean one thing, and refused where it can't.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from humanseg.errors import DataError

PERSON, IGNORE, BACKGROUND = 255, 128, 0

DARK, BRIGHT = 64, 192  # of 255: two values count as black and white if one is below the first, one from the second on
NEARLY_WHITE, NEARLY_BLACK = 240, 16  # of 255: how far compression moves white and black
MOST_LABELS = 64  # a map of classes has no more different values than that, a soft mask usually has
MOST_STEPS = 16  # as many equal steps as a soft mask may come in; 4 bits make 15
COLOURFUL = 8  # of 255: channels that differ by no more are one grey
PHOTO_COLOURS = 64  # a picture of more colours than that is a photo, not a mask
FRAME_SHARE, HOLE_SHARE = 0.95, 0.02  # of the frame and of the picture: from these shares on a mask looks inverted

_LOSSY = {"JPEG", "MPO", "WEBP"}
_PNG_WIDE_COLOURS = {2, 4, 6}  # PNG's colour types that Pillow reads only 8 bits of


class _UnclearError(Exception):
    """The mask can mean more than one thing; the message says what is in it."""


def read_mask(path: str | Path) -> np.ndarray:
    """A mask as uint8 HxW: PERSON, IGNORE, BACKGROUND, and values between where its edges are soft; at its own size.

    Understood are, besides that form itself: two values, the lower of which is (nearly) 0, or one dark and one bright;
    one colour or palette entry on black, or on the palette's first; the same in 1 or 16 bits; an alpha channel.

    Raises
    ------
    DataError : the file isn't a whole picture, or it isn't clear what its values mean
    """
    path = Path(path)
    try:
        return _meant(path)
    except _UnclearError as unclear:
        raise DataError(
            f"{path} isn't clear as a mask ({unclear}): save it in grey, with 255 for person, 0 for background and "
            "128 for what is to be ignored."
        ) from unclear
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} can't be read as a mask ({error}): replace it, or take its pair away.") from error


def check_masks(paths: Sequence[Path]) -> None:
    """Reads all masks of a set and compares them, since some mistakes show only over a whole set.

    Raises
    ------
    DataError : a mask can't be read or isn't clear; most look inverted; none marks anybody, but some mark with 128
    """
    inverted = marked = ignoring = 0
    for path in paths:
        mask = read_mask(path)
        marked += bool((mask > IGNORE).any())
        ignoring += bool((mask == IGNORE).any())
        inverted += looks_inverted(mask)
    if 2 * inverted > marked:
        raise DataError(
            f"{inverted} of the {marked} masks in {paths[0].parent} mark the whole frame and leave out what is inside, "
            "as inverted masks do: save them with 255 for person and 0 for background."
        )
    if ignoring and not marked:
        raise DataError(
            f"No mask in {paths[0].parent} marks a person, and {ignoring} hold the value 128, which means "
            "“ignore”: save them with 255 for person and 0 for background."
        )


def looks_inverted(mask: np.ndarray) -> bool:
    """Whether nearly all of the frame is person and something inside it isn't (mask: uint8 HxW)."""
    frame = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return bool((frame > IGNORE).mean() >= FRAME_SHARE and (mask < IGNORE).mean() >= HOLE_SHARE)


def resize_mask(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes a mask (uint8 HxW); ignored pixels stay ignored, other edges stay smooth."""
    ignored = mask == IGNORE
    method = cv2.INTER_AREA if width < mask.shape[1] else cv2.INTER_LINEAR
    resized = cv2.resize(np.where(ignored, BACKGROUND, mask), (width, height), interpolation=method)
    # A blend of values may come out as 128, which would mean "ignore".
    resized[resized == IGNORE] = IGNORE - 1
    if ignored.any():
        blurred = cv2.resize(ignored.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        resized[blurred > 0] = IGNORE
    return resized


def _meant(path: Path) -> np.ndarray:
    if _is_wide_png(path):
        return _of_wide_colours(path)
    with Image.open(path) as opened:
        lossy = opened.format in _LOSSY
        picture = ImageOps.exif_transpose(opened)
    if picture.mode == "P" and "transparency" not in picture.info:
        return _of_palette(picture)
    if picture.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa"):
        rgba = np.asarray(picture.convert("RGBA"))
        return _of_alpha(rgba[..., :3], rgba[..., 3], lossy)
    if picture.mode in ("1", "L"):
        return _of_grey(np.asarray(picture.convert("L")), lossy)
    if picture.mode.startswith("I"):
        return _of_grey(_in_8_bits(np.asarray(picture)), lossy)
    return _of_colours(np.asarray(picture.convert("RGB")), lossy)


def _is_wide_png(path: Path) -> bool:
    """Whether this is a PNG with several channels of 16 bits; bytes 24 and 25 are its bit depth and colour type."""
    with path.open("rb") as file:
        head = file.read(26)
    return len(head) == 26 and head[:4] == b"\x89PNG" and head[24] == 16 and head[25] in _PNG_WIDE_COLOURS


def _of_wide_colours(path: Path) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("it isn't a whole picture")
    colours = _in_8_bits(pixels[..., 2::-1])
    return _of_colours(colours) if pixels.shape[2] == 3 else _of_alpha(colours, _in_8_bits(pixels[..., 3]))


def _in_8_bits(pixels: np.ndarray) -> np.ndarray:
    """Wider integers as uint8: as they are where they fit, else from 16 bits."""
    if pixels.min() < 0 or pixels.max() > 65535:
        raise _UnclearError(f"its values go from {pixels.min()} to {pixels.max()}")
    if pixels.max() <= 255:
        return pixels.astype(np.uint8)
    return np.maximum(np.rint(pixels / 257), pixels > 0).astype(np.uint8)  # values above 0 stay above 0


def _of_grey(grey: np.ndarray, lossy: bool = False) -> np.ndarray:
    """The mask that one channel (uint8 HxW) holds."""
    values = np.flatnonzero(np.bincount(grey.ravel(), minlength=256)).tolist()
    low, high = values[0], values[-1]
    if set(values) <= {BACKGROUND, IGNORE, PERSON} or low >= NEARLY_WHITE:
        return grey
    if len(values) == 2 and IGNORE not in values and (low == 0 or (low < DARK and high >= BRIGHT)):
        return np.where(grey == high, np.uint8(PERSON), np.uint8(BACKGROUND))
    if len(values) <= 2 or high <= IGNORE or not (lossy or _is_soft(grey, values)):
        raise _UnclearError(f"its {'values are' if len(values) > 1 else 'only value is'} {_listed(values)}")
    return grey


def _is_soft(grey: np.ndarray, values: list[int]) -> bool:
    """Whether the values between black and white are soft edges rather than numbers of classes.

    Soft edges have many values, or few in equal steps, or seldom one value in all of a pixel's neighbours.
    """
    if len(values) > MOST_LABELS or _in_equal_steps(values):
        return True
    between = (grey != BACKGROUND) & (grey != IGNORE) & (grey < NEARLY_WHITE)
    if any(NEARLY_WHITE <= value < PERSON for value in values):  # compression has changed white, and so black too
        between &= grey > NEARLY_BLACK
    square = np.ones((3, 3), np.uint8)
    flat = cv2.erode(grey, square) == cv2.dilate(grey, square)
    return np.count_nonzero(flat & between) <= 0.5 * np.count_nonzero(between)


def _in_equal_steps(values: list[int]) -> bool:
    """Whether at least four values, and half of all possible ones, are multiples of one step from 0 to 255."""
    for steps in range(3, MOST_STEPS + 1):
        if len(values) >= max(4, (steps + 1) / 2):
            ladder = np.arange(steps + 1) * 255 / steps
            if all(np.abs(ladder - value).min() <= 1 for value in values):
                return True
    return False


def _of_palette(picture: Image.Image) -> np.ndarray:
    indices = np.asarray(picture)
    palette = np.zeros((256, 3), np.uint8)
    stored = np.array(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
    palette[: len(stored)] = stored
    used = np.flatnonzero(np.bincount(indices.ravel(), minlength=256)).tolist()
    colours = palette[used]
    if len(np.unique(colours, axis=0)) == len(used) and (colours == colours[:, :1]).all():
        return _of_grey(palette[indices][..., 0])
    black = [index for index in used if not palette[index].any()]
    if len(used) == 2 and (len(black) == 1 or 0 in used):
        background = black[0] if len(black) == 1 else 0
        return np.where(indices == background, np.uint8(BACKGROUND), np.uint8(PERSON))
    if used == [0]:
        return np.zeros(indices.shape, np.uint8)
    raise _UnclearError(f"it uses the entries {_listed(used)} of its palette")


def _of_colours(rgb: np.ndarray, lossy: bool = False) -> np.ndarray:
    """The mask that a picture (uint8 HxWx3 RGB) without an alpha channel holds."""
    packed = _packed(rgb)
    colours = np.unique(packed)
    if len(colours) == 2 and colours[0] == 0:  # black
        return np.where(packed > 0, np.uint8(PERSON), np.uint8(BACKGROUND))
    if int((rgb.max(2) - rgb.min(2)).max()) <= COLOURFUL:
        return _of_grey(rgb[..., 1], lossy)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if len(colours) == 2 and grey.min() < DARK and grey.max() >= BRIGHT:
        return np.where(grey == grey.max(), np.uint8(PERSON), np.uint8(BACKGROUND))
    raise _UnclearError(f"it is a picture of {len(colours)} colours")


def _of_alpha(rgb: np.ndarray, alpha: np.ndarray, lossy: bool = False) -> np.ndarray:
    """The mask that a picture with an alpha channel holds: in that channel, unless it is the same everywhere."""
    if alpha.min() == alpha.max():
        if alpha.max() == 255:
            return _of_colours(rgb, lossy)
        if alpha.max() == 0 and len(np.unique(_packed(rgb))) == 1:
            return np.zeros(alpha.shape, np.uint8)
        raise _UnclearError(f"its alpha is {alpha.max()} everywhere")
    mask = _of_grey(alpha)
    shown = np.unique(_packed(rgb)[alpha > 0])
    if 1 < len(shown) <= PHOTO_COLOURS:
        coloured = _of_colours(np.where(alpha[..., None] > 0, rgb, np.uint8(0)), lossy)
        if np.count_nonzero((coloured > IGNORE) != (mask > IGNORE)):
            raise _UnclearError("its colours and its alpha channel say different things")
    return mask


def _packed(rgb: np.ndarray) -> np.ndarray:
    """Each colour as one number: int32 HxW, 0 for black."""
    red, green, blue = (rgb[..., channel].astype(np.int32) for channel in range(3))
    return red << 16 | green << 8 | blue


def _listed(values: list[int], most: int = 6) -> str:
    text = ", ".join(map(str, values[:most]))
    return text if len(values) <= most else f"{text} ... {values[-1]}"
