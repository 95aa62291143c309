"""Finds pairs of photo and mask, in the human dataset's own layout and in the general one, and reads them aligned."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from humanseg.data.masks import BACKGROUND, read_mask, resize_mask
from humanseg.errors import DataError, ImageError, printable
from humanseg.media import photos
from humanseg.resize import shrink

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
# A mask may be smaller than its photo, but must show the same frame: their aspects may differ by this share.
_ASPECT_TOLERANCE = 0.03


@dataclass(frozen=True)
class Pair:
    """A photo and its mask; `mask` is None where the whole photo is known to be without people."""

    image: Path
    mask: Path | None
    dataset: str

    @property
    def stem(self) -> str:
        return self.image.stem


def find_pairs(folder: str | Path, ids: Collection[str] | None = None) -> list[Pair]:
    """All pairs of a data set, in natural order of their names.

    Parameters
    ----------
    folder : with `Training_Images/N.jpg` and `Ground_Truth/N.png`, or `images/STEM.*` and `masks/STEM.png`
    ids : the stems to keep; all by default

    Raises
    ------
    DataError : no such layout, no pairs, an empty file, a photo without mask or the reverse, an id that isn't there
    """
    folder = Path(folder)
    for images, masks in (("Training_Images", "Ground_Truth"), ("images", "masks")):
        if (folder / images).is_dir() and (folder / masks).is_dir():
            return _match(folder, folder / images, folder / masks, ids)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}: name one with --data.")
    raise DataError(f"{folder} has neither images/ and masks/ nor Training_Images/ and Ground_Truth/ in it.")


def find_negatives(folder: str | Path, ids: Collection[str] | None = None) -> list[Pair]:
    """The negatives in a folder (or in `images/` in it), photos without people, by name: each has an empty mask.

    Parameters
    ----------
    folder : of photos, or with `images/` in it
    ids : the stems to keep; all by default

    Raises
    ------
    DataError : the folder is missing or has no photos in it, a file is empty, an id isn't there
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}: name one with --negatives.")
    photos = photos_in(folder / "images" if (folder / "images").is_dir() else folder)
    if not photos:
        raise DataError(f"{folder} has no photos in it: name a folder of pictures without people.")
    if ids is not None:
        _check_known(ids, {photo.stem for photo in photos}, folder)
        photos = [photo for photo in photos if photo.stem in ids]
    return [Pair(photo, None, folder.name) for photo in photos]


def _match(folder: Path, images: Path, masks: Path, ids: Collection[str] | None) -> list[Pair]:
    photos = _by_stem(images)
    truths = _by_stem(masks)
    if not photos:
        raise DataError(f"{images} has no photos in it.")
    for stem in sorted(photos.keys() ^ truths.keys(), key=_natural):
        orphan, missing = (photos[stem], masks) if stem in photos else (truths[stem], images)
        raise DataError(f"{orphan} has no partner in {missing}: add it, or take this file away.")
    if ids is not None:
        _check_known(ids, photos.keys(), folder)
    stems = sorted(photos if ids is None else set(ids), key=_natural)
    return [Pair(photos[stem], truths[stem], folder.name) for stem in stems]


def _check_known(ids: Collection[str], stems: Collection[str], folder: Path) -> None:
    unknown = sorted(set(ids) - set(stems), key=_natural)
    if unknown:
        raise DataError(f"{folder} has no photo named {unknown[0]} ({len(unknown)} of the ids are missing).")


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in photos_in(folder):
        if path.stem in found:
            raise DataError(f"{path} and {found[path.stem].name} share a name: keep one of them.")
        found[path.stem] = path
    return found


def photos_in(folder: Path) -> list[Path]:
    """The pictures in a folder by name, without operating systems' own files (`._x.jpg`, `Thumbs.db`, `__MACOSX`)."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in PHOTO_SUFFIXES or not path.is_file():
            continue
        if not path.stat().st_size:
            raise DataError(f"{path} is empty: replace it, or take it away.")
        found.append(path)
    return found


def _natural(stem: str) -> tuple[int, int, str]:
    return (0, int(stem), stem) if stem.isdecimal() else (1, 0, stem)


def read_ids(path: str | Path) -> list[str]:
    """The stems in a text file, one a line.

    Raises
    ------
    DataError : the file is missing, unreadable or empty
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read as a list of ids ({error}).") from error
    ids = [line.strip() for line in lines if line.strip()]
    if not ids:
        raise DataError(f"{path} is empty: put one id on each line.")
    return ids


def read_photo(path: Path, long_side: int | None = None) -> np.ndarray:
    """A training photo as uint8 HxWx3 sRGB, upright, shrunk to at most `long_side` pixels where that's given.

    It is read exactly as a `Segmenter` reads the same file.

    Raises
    ------
    DataError : the file isn't a whole picture
    """
    try:
        rgb = photos.read(path, max_pixels=sys.maxsize).rgb
    except ImageError as error:
        reason = str(error).rpartition(": ")[0]  # without its advice, which doesn't fit a pair
        raise DataError(
            f"{printable(path)} can't be read as a photo ({reason}): replace it, or take its pair away."
        ) from error
    return rgb if long_side is None else shrink(rgb, long_side)


def read_pair(pair: Pair, long_side: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Photo (uint8 HxWx3) and mask (uint8 HxW), the mask resized to the photo where it's smaller.

    Raises
    ------
    DataError : a file can't be read, or the mask shows another frame than the photo; names the file
    """
    rgb = read_photo(pair.image, long_side)
    height, width = rgb.shape[:2]
    if pair.mask is None:
        return rgb, np.full((height, width), BACKGROUND, np.uint8)
    mask = read_mask(pair.mask)
    check_aspect(pair, mask.shape, rgb.shape)
    if mask.shape != (height, width):
        mask = resize_mask(mask, width, height)
    return rgb, mask


def check_aspect(pair: Pair, mask_shape: tuple[int, ...], photo_shape: tuple[int, ...]) -> None:
    """Raises DataError where photo and mask can't show the same frame."""
    (h, w), (height, width) = mask_shape[:2], photo_shape[:2]
    # A difference of one pixel is rounding, not another frame.
    slack = _ASPECT_TOLERANCE + 1 / min(h, w)
    if abs((w / h) / (width / height) - 1) > slack:
        raise DataError(f"{pair.mask} is {w}x{h} and its photo {width}x{height}: they don't show the same frame.")
