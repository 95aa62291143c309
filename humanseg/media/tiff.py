"""Which picture of a TIFF is the photo: cameras and scanners may put a small preview before it."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

# Tags of TIFF 6.0, TIFF/EP and DNG 1.7.
_SUBFILE, _OLD_SUBFILE, _WIDTH, _LENGTH, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 259, 262
_STRIPS, _STRIP_SIZES, _SUB_DIRECTORIES, _JPEG, _JPEG_SIZE = 273, 279, 330, 513, 514
_BITS, _PLANES = 258, 284
_EXIF, _EXIF_WIDTH, _EXIF_LENGTH, _DNG_VERSION = 34665, 40962, 40963, 50706

_MASK, _SENSOR = 4, (32803, 34892)  # photometric: a transparency mask; the sensor's data, as a mosaic or linear
_OLD_JPEG = 6  # compression
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # types of a tag's values, and struct's letters
_MOST_DIRECTORIES, _MOST_ENTRIES, _MOST_VALUES = 32, 4096, 64  # cameras' have about 80 entries

_FULL = 0.95  # a camera's own JPEG may lack a few of the sensor's rows at each side
_SAME_SHAPE, _SMALL = (
    0.03,
    0.7,
)  # a preview has the photo's proportions within this, and at most this share of its width
_ALIKE = 0.9  # correlation of a preview with its photo, both at 64x64; two printed pages of one layout reach .72

# Raw files that aren't TIFF: of Fujifilm, Canon, Panasonic, Olympus, Sigma, Minolta.
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"II\x1a\0\0\0HEAPCCDR", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FOVb", b"\0MRM")


class PreviewOnly(ValueError):
    """The photo is stored only in a form that can't be read, most often as the sensor's data."""


def is_tiff(data: bytes) -> bool:
    """Whether it's one that Pillow can read: of BigTIFF only those with the lower byte first."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0")


def is_other_raw(data: bytes) -> bool:
    """Whether it's a camera's raw file of a kind that isn't TIFF."""
    return data.startswith(_RAW_STARTS) or data[4:12] == b"ftypcrx "


def photo_behind_preview(data: bytes) -> bytes | None:
    """A file with the photo itself, where what comes first is only its preview; None where the first is the photo.

    Parameters
    ----------
    data : of a TIFF file, or one made like it: DNG, CR2, NEF, ARW, PEF

    Raises
    ------
    PreviewOnly : the photo is stored only in a form that can't be read
    ValueError : the first directory claims to be endless, and Pillow would read 20 MB of it for ten seconds
    """
    order, place, start = _form(data)
    with contextlib.suppress(struct.error):
        _count(data, *struct.unpack_from(order + place, data, start))
    found = [directory for directory in _directories(data) if not directory.is_mask]
    if not found:
        return None
    raw = any(d.of_sensor or _DNG_VERSION in d.tags for d in found) or data[8:10] == b"CR"
    if not raw and not found[0].is_preview:
        return _unmarked(data, found)
    sizes = [d.size for d in found] + ([_exif_size(data, found[0])] if raw else [])
    full = max(map(_sides, sizes), key=lambda sides: sides[0] * sides[1])
    for directory in sorted(found, key=lambda d: d.size[0] * d.size[1], reverse=True):
        if directory.of_sensor:
            continue
        for file in _files(data, directory):
            picture = opened(file)
            if picture and all(side >= _FULL * whole for side, whole in zip(_sides(picture.size), full, strict=True)):
                return file
    raise PreviewOnly


def is_misread(picture: Image.Image) -> bool:
    """Whether Pillow (checked: 12.3) would decode it as noise: deep colours in separate planes, not compressed."""
    tags = getattr(picture, "tag_v2", {})
    return tags.get(_PLANES) == 2 and tags.get(_COMPRESSION, 1) == 1 and max(tags.get(_BITS, (8,))) > 8


class _Directory(NamedTuple):
    """One picture of the file: the tags that have whole numbers in them."""

    offset: int
    tags: dict[int, tuple[int, ...]]
    next: int

    def first(self, tag: int) -> int:
        return (self.tags.get(tag) or (0,))[0]

    @property
    def size(self) -> tuple[int, int]:
        return self.first(_WIDTH), self.first(_LENGTH)

    @property
    def is_preview(self) -> bool:
        return bool(self.first(_SUBFILE) & 1) or self.first(_OLD_SUBFILE) == 2

    @property
    def is_mask(self) -> bool:
        return bool(self.first(_SUBFILE) & 4) or self.first(_PHOTOMETRIC) == _MASK

    @property
    def of_sensor(self) -> bool:
        return self.first(_PHOTOMETRIC) in _SENSOR


def _directories(data: bytes) -> list[_Directory]:
    """The pictures in their order, each followed by those that belong to it; as many as can be read."""
    order, place, start = _form(data)
    found: list[_Directory] = []
    waiting = list(struct.unpack_from(order + place, data, start)) if len(data) >= 16 else []
    while waiting and len(found) < _MOST_DIRECTORIES:
        offset = waiting.pop(0)
        if not offset or any(offset == d.offset for d in found):
            continue
        try:
            directory = _directory(data, offset)
        except ValueError:
            continue
        found.append(directory)
        waiting = [*directory.tags.get(_SUB_DIRECTORIES, ()), directory.next, *waiting]
    return found


def _form(data: bytes) -> tuple[str, str, int]:
    """struct's letters for byte order and for an offset, and where the first directory's offset is stored."""
    big = data[2] == 43  # BigTIFF
    return "<" if data[:1] == b"I" else ">", "Q" if big else "I", 8 if big else 4


def _directory(data: bytes, offset: int) -> _Directory:
    """Raises ValueError where there is none."""
    try:
        return _entries(data, offset)
    except (struct.error, OverflowError) as error:  # it points outside the file
        raise ValueError("no directory") from error


def _count(data: bytes, offset: int) -> tuple[int, int]:
    """How many entries a directory has, and where they begin."""
    order, place, _ = _form(data)
    kind = "Q" if place == "Q" else "H"
    (entries,) = struct.unpack_from(order + kind, data, offset)
    if entries > _MOST_ENTRIES:
        raise ValueError(f"a directory of {entries} entries")
    return entries, offset + struct.calcsize(kind)


def _entries(data: bytes, offset: int) -> _Directory:
    order, place, _ = _form(data)
    length = struct.calcsize(place)
    entries, at = _count(data, offset)
    tags = {}
    for _ in range(entries):
        tag, kind, values = struct.unpack_from(order + "HH" + place, data, at)
        where = at + 4 + length
        letter = _UNSIGNED.get(kind)
        if letter and values <= _MOST_VALUES:
            if values * struct.calcsize(letter) > length:
                (where,) = struct.unpack_from(order + place, data, where)
            tags[tag] = struct.unpack_from(f"{order}{values}{letter}", data, where)
        at += 4 + 2 * length
    (following,) = struct.unpack_from(order + place, data, at)
    return _Directory(offset, tags, following)


def _exif_size(data: bytes, first: _Directory) -> tuple[int, int]:
    try:
        exif = _directory(data, first.first(_EXIF))
    except ValueError:
        return 0, 0
    return exif.first(_EXIF_WIDTH), exif.first(_EXIF_LENGTH)


def _sides(size: tuple[int, int]) -> tuple[int, int]:
    return max(size), min(size)


def _files(data: bytes, directory: _Directory) -> list[bytes]:
    """The ways to make a file with this picture first, to be tried in turn."""
    files = []
    # Cameras keep whole JPEG files in a TIFF, which Pillow can't show as a part of it.
    if directory.first(_COMPRESSION) == _OLD_JPEG or _JPEG in directory.tags:
        begin = directory.first(_JPEG) or directory.first(_STRIPS)
        strip = data[begin : begin + (directory.first(_JPEG_SIZE) or directory.first(_STRIP_SIZES))]
        files += [strip] if strip.startswith(b"\xff\xd8\xff") else []
    order, place, start = _form(data)
    offset = struct.pack(order + place, directory.offset)
    return [*files, b"".join([data[:start], offset, data[start + len(offset) :]])]


def opened(data: bytes) -> Image.Image | None:
    """The first picture of a TIFF or JPEG file, not yet decoded; None where Pillow doesn't know the kind."""
    try:
        return Image.open(io.BytesIO(data), formats=("TIFF", "JPEG"))
    except Image.DecompressionBombError:
        raise
    except Exception:  # Pillow's parsers raise whatever they meet
        return None


def _unmarked(data: bytes, found: list[_Directory]) -> bytes | None:
    """A larger picture of the same scene, where the first isn't marked as its preview; pages of a scan differ."""
    first, larger = found[0], max(found, key=lambda d: d.size[0])
    (w, h), (width, height) = first.size, larger.size
    if not min(w, h, height) or w > _SMALL * width or abs(w / h * height / width - 1) > _SAME_SHAPE + 1 / min(w, h):
        return None
    file = _files(data, larger)[0]
    try:
        preview, photo = _thumbnail(data), _thumbnail(file)
    except Image.DecompressionBombError:
        raise
    except Exception:  # a page can't be read: the first is taken, as for scans
        return None
    alike = preview.std() and photo.std() and np.corrcoef(preview, photo)[0, 1] > _ALIKE
    return file if alike else None


def _thumbnail(data: bytes) -> np.ndarray:
    grey = np.asarray(Image.open(io.BytesIO(data), formats=("TIFF", "JPEG")).convert("L"))
    return cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA).ravel().astype(float)
