"""Photos in: a path, bytes or whatever else holds a picture -> upright sRGB and the alpha that it came with.

The way back to a file is `encode`, `encode_mask` and `write`, which can be imported from here too.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from humanseg.errors import ImageError, printable
from humanseg.media import exif as metadata
from humanseg.media import jpeg, png, tiff
from humanseg.media.colour import to_srgb
from humanseg.media.encode import encode, encode_mask, output_name, write

__all__ = ["MAX_PIXELS", "Photo", "encode", "encode_mask", "output_name", "read", "write"]

MAX_PIXELS = 100_000_000
# Formats that are read. Pillow knows more, but some of them run programs (EPS), which strangers' files mustn't.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "DIB", "ICO", "JPEG2000", "PPM", "QOI")
_LINK = re.compile("https?:/", re.IGNORECASE)  # a path keeps one of two slashes
_UPRIGHT = {
    2: lambda array: cv2.flip(array, 1),
    3: lambda array: cv2.rotate(array, cv2.ROTATE_180),
    4: lambda array: cv2.flip(array, 0),
    5: cv2.transpose,
    6: lambda array: cv2.rotate(array, cv2.ROTATE_90_CLOCKWISE),
    7: lambda array: cv2.flip(cv2.transpose(array), -1),
    8: lambda array: cv2.rotate(array, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


@dataclass(frozen=True)
class Photo:
    """A picture in the form that everything else takes: upright, sRGB.

    Attributes
    ----------
    rgb : uint8 HxWx3
    alpha : float32 HxW in [0, 1] that the file came with, or None
    name : of the file, without its folder; "" if unknown
    exif : what the file says of camera, time and place, without its orientation; None if there was none
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    name: str = ""
    exif: bytes | None = None


def read(source: Any, *, name: str | None = None, max_pixels: int = MAX_PIXELS) -> Photo:
    """Reads a picture from a path, bytes, a binary file, a PIL image, or a uint8 array (grey, RGB, RGBA).

    Of an animation it's the first frame; of a TIFF the first page, or the photo of which the first page is a preview.

    Raises
    ------
    ImageError : it can't be read, or has more than `max_pixels` (of which a file can have no more than twice
        `PIL.Image.MAX_IMAGE_PIXELS`, about 179 million, unless you raise that too); names the file

    Examples
    --------
    >>> read(np.zeros((2, 3), np.uint8)).rgb.shape
    (2, 3, 3)
    """
    if isinstance(source, Photo):
        return source if name is None else Photo(source.rgb, source.alpha, name, source.exif)
    if isinstance(source, np.ndarray):
        return _from_array(source, name or "")
    if isinstance(source, Image.Image):
        name = name if name is not None else _file_name(getattr(source, "filename", None))
        return _decoded(source, name, max_pixels)
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        if _LINK.match(str(path)):
            raise ImageError(f"{printable(path.name)} is a link, and links aren't fetched: download the picture first.")
        name = name if name is not None else path.name
        data = _bytes_of(path.read_bytes, name or str(path))
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif hasattr(source, "read"):
        name = name if name is not None else _file_name(getattr(source, "name", None))
        data = _bytes_of(source.read, name or "The file")
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"a picture's file has to give bytes, not {type(data).__name__}: open it in mode 'rb'")
    else:
        raise TypeError(f"a picture comes as path, bytes, file, PIL image or array, not as {type(source).__name__}")
    try:
        return _from_bytes(data, name or "", max_pixels)
    except _Damaged:
        whole = jpeg.ended(data)
        if whole is None:
            raise
        return _from_bytes(whole, name or "", max_pixels)


def _file_name(name: Any) -> str:
    """The name without its folder; "" for what isn't a name: None, a file descriptor's number, "<stdin>"."""
    if not isinstance(name, str | bytes | os.PathLike):
        return ""
    name = os.fsdecode(name)
    return "" if name.startswith("<") and name.endswith(">") else Path(name).name


def _bytes_of(read: Any, label: str) -> Any:
    try:
        return read()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path, or a file that has been closed
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{printable(label)} can't be opened ({reason}): check the path.") from error


def _from_array(array: np.ndarray, name: str) -> Photo:
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or not array.size:
        raise ValueError(f"an image is uint8 HxW, HxWx3 or HxWx4, not {array.dtype} {array.shape}")
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, 2)
    if array.shape[2] == 4:
        return Photo(np.ascontiguousarray(array[..., :3]), array[..., 3].astype(np.float32) / 255, name)
    if array.shape[2] != 3:
        raise ValueError(f"an image is uint8 HxW, HxWx3 or HxWx4, not {array.shape}")
    return Photo(np.ascontiguousarray(array), None, name)


def _from_bytes(data: bytes, name: str, max_pixels: int) -> Photo:
    label = _label(name)
    if not data:
        raise ImageError(f"{label} is empty (0 bytes): save or upload it again.")
    profile = photo = None
    try:
        if data.startswith(png.SIGNATURE):
            data, profile = _needed_of_png(data, label)
        elif tiff.is_tiff(data):
            photo = tiff.photo_behind_preview(data)
        elif tiff.is_other_raw(data):
            raise tiff.PreviewOnly
        with _opened(photo or data) as picture:
            if profile:
                picture.info["icc_profile"] = profile
            if photo is None:
                return _decoded(picture, name, max_pixels)
            return _decoded(picture, name, max_pixels, tiff.opened(data))
    except ImageError:
        raise
    except tiff.PreviewOnly as error:
        raise ImageError(
            f"{label} is a camera's raw file, or packed like one, which can't be read: export it as JPEG or TIFF."
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(label, min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))) from error
    except Exception as error:  # Pillow's parsers raise whatever they meet
        raise ImageError(f"{label} isn't a picture that can be read: use JPEG, PNG, WebP, HEIC or TIFF.") from error


class _Damaged(ImageError):
    """Of a size that may be read, but not all of it is there."""


def _label(name: str) -> str:
    return printable(name) or "The file"


def _damaged(label: str) -> ImageError:
    return _Damaged(f"{label} is damaged or cut short: save or upload it again.")


def _too_large(label: str, max_pixels: int) -> ImageError:
    return ImageError(f"{label} has more than {max_pixels / 1e6:g} megapixels: make it smaller.")


def _needed_of_png(data: bytes, label: str) -> tuple[bytes, bytes | None]:
    try:
        return png.needed(data)
    except ValueError as error:
        raise _damaged(label) from error


def _opened(data: bytes) -> Image.Image:
    formats = _FORMATS
    if data[4:8] == b"ftyp":
        from pillow_heif import register_heif_opener  # slow to import, and only HEIC needs it

        register_heif_opener()
        formats = (*_FORMATS, "HEIF")
    return Image.open(io.BytesIO(data), formats=formats)


def _decoded(picture: Image.Image, name: str, max_pixels: int, preview: Image.Image | None = None) -> Photo:
    """The photo; orientation, EXIF and profile are its preview's where it has none of its own."""
    label = _label(name)
    if picture.width * picture.height > max_pixels:
        raise _too_large(label, max_pixels)
    if tiff.is_misread(picture):
        raise ImageError(f"{label} has 16 bits a colour in separate planes, which can't be read: save it interleaved.")
    turned, exif = (1, None) if preview is None else metadata.read(preview)
    if preview is not None and "icc_profile" in preview.info:
        picture.info.setdefault("icc_profile", preview.info["icc_profile"])
    says_turn = preview is None or metadata.says_orientation(picture)
    try:
        picture.load()
        rgb, alpha = to_srgb(picture)
    except MemoryError as error:
        raise ImageError(f"{label} is too large for this machine's memory: make it smaller.") from error
    except Exception as error:  # Pillow's decoders raise whatever they meet
        raise _damaged(label) from error
    # Pillow rotates a TIFF's pixels as it loads them, and removes the entry.
    orientation, own_exif = metadata.read(picture)
    orientation = orientation if says_turn else turned
    if orientation in _UPRIGHT:
        rgb, alpha = (None if array is None else _UPRIGHT[orientation](array) for array in (rgb, alpha))
    return Photo(rgb, alpha, name, own_exif or exif)
