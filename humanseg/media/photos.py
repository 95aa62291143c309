"""Picture files in and out: bytes or a path -> upright sRGB (and the alpha it came with), and back to a file."""

from __future__ import annotations

import io
import os
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageCms

from humanseg.errors import ImageError
from humanseg.files import replacing

MAX_PIXELS = 100_000_000
# What a photo comes as. Pillow knows more, but some of it runs programs (EPS): nothing for files of strangers.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "DIB", "ICO", "JPEG2000", "PPM", "QOI")
_LARGEST_SIDE = {"webp": 16_383, "jpeg": 65_500}  # pixels

_ORIENTATION = 0x0112  # EXIF tags, here and below
_EXIF_FOLDER, _GPS_FOLDER = 0x8769, 0x8825
# Description, make, model, software, date, artist, copyright: true of the picture whatever is done to its file.
_DESCRIBING = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
# Width, height, and two that point to places in the old file: maker's note, interoperability.
_STALE = (0xA002, 0xA003, 0x927C, 0xA005)
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
    """A picture as everything else takes it: upright, sRGB.

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

    Raises
    ------
    ImageError : it can't be read, or has more than `max_pixels` (of which a file can have no more than twice
        `PIL.Image.MAX_IMAGE_PIXELS`, about 179 million, unless you raise that too); names the file
    """
    if isinstance(source, Photo):
        return source if name is None else Photo(source.rgb, source.alpha, name, source.exif)
    if isinstance(source, np.ndarray):
        return _from_array(source, name or "")
    if isinstance(source, Image.Image):
        name = name if name is not None else Path(getattr(source, "filename", "") or "").name
        return _decoded(source, name, max_pixels)
    if isinstance(source, str | os.PathLike):
        name = name if name is not None else Path(source).name
        try:
            data = Path(source).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a null character in the path
            reason = getattr(error, "strerror", None) or error
            raise ImageError(f"{name or source} can't be opened ({reason}): check the path.") from error
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif hasattr(source, "read"):
        name = name if name is not None else Path(str(getattr(source, "name", ""))).name
        data = source.read()
    else:
        raise TypeError(f"a picture comes as path, bytes, file, PIL image or array, not as {type(source).__name__}")
    return _from_bytes(data, name or "", max_pixels)


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
    label = name or "The picture"
    if not data:
        raise ImageError(f"{label} is empty (0 bytes): save or upload it again.")
    try:
        picture = Image.open(io.BytesIO(data), formats=_formats(data))
    except Image.DecompressionBombError as error:
        raise _too_large(label, min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))) from error
    except Exception as error:  # Pillow's parsers raise whatever they meet
        raise ImageError(f"{label} isn't a picture that can be read: use JPEG, PNG, WebP, HEIC or TIFF.") from error
    with picture:
        return _decoded(picture, name, max_pixels)


def _formats(data: bytes) -> tuple[str, ...]:
    if data[4:8] != b"ftyp":
        return _FORMATS
    from pillow_heif import register_heif_opener  # slow to import, and only HEIC needs it

    register_heif_opener()
    return (*_FORMATS, "HEIF")


def _too_large(label: str, max_pixels: int) -> ImageError:
    return ImageError(f"{label} has more than {max_pixels / 1e6:g} megapixels: make it smaller.")


def _decoded(picture: Image.Image, name: str, max_pixels: int) -> Photo:
    label = name or "The picture"
    if picture.width * picture.height > max_pixels:
        raise _too_large(label, max_pixels)
    try:
        picture.load()
        rgb, alpha = _to_srgb(picture)
    except MemoryError as error:
        raise ImageError(f"{label} is too large for this machine's memory: make it smaller.") from error
    except Exception as error:  # Pillow's decoders raise whatever they meet
        raise ImageError(f"{label} is damaged or cut short: save or upload it again.") from error
    orientation, exif = _metadata(picture)
    if orientation in _UPRIGHT:
        rgb, alpha = (None if array is None else _UPRIGHT[orientation](array) for array in (rgb, alpha))
    return Photo(rgb, alpha, name, exif)


def _metadata(picture: Image.Image) -> tuple[int, bytes | None]:
    """The orientation (1 to 8), and what else EXIF says without it; the picture's own EXIF stays as it is."""
    orientation = 1
    try:
        exif = picture.getexif()
        orientation = exif.get(_ORIENTATION, 1)
        kept = Image.Exif()
        kept.update({tag: exif[tag] for tag in _DESCRIBING if tag in exif})
        for folder in (_EXIF_FOLDER, _GPS_FOLDER):
            entries = {tag: value for tag, value in exif.get_ifd(folder).items() if tag not in _STALE}
            if entries:
                kept.get_ifd(folder).update(entries)
                kept[folder] = entries
        return orientation, kept.tobytes() if len(kept) else None
    except Exception:  # broken EXIF raises whatever it likes, and is no reason to refuse the photo
        return orientation, None


def _to_srgb(picture: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    profile = picture.info.get("icc_profile")
    if picture.mode[0] in "IF":
        picture = _eight_bits(picture)
    alpha = None
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        alpha = np.asarray(rgba.getchannel("A")).astype(np.float32) / 255
        picture = picture.convert("L") if picture.mode == "LA" else rgba.convert("RGB")
    rgb = _converted(picture, profile) if profile else None
    if rgb is None:
        rgb = np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return rgb, alpha


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Deep grey as 8 bits; floats count from 0 to 1, 255 or 65535, whichever the brightest fits in."""
    values = np.nan_to_num(np.asarray(picture).astype(np.float32, copy=False), posinf=0, neginf=0)
    brightest = values.max(initial=0)
    top = 65535 if picture.mode[0] == "I" else next((t for t in (1, 255) if brightest <= t), 65535)
    return Image.fromarray((np.clip(values, 0, top) * (255 / top) + 0.5).astype(np.uint8))


def _converted(picture: Image.Image, profile: bytes) -> np.ndarray | None:
    """uint8 HxWx3 sRGB; None where it's sRGB already, or the profile is broken or another picture's."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}[source.profile.xcolor_space.strip()]
        if mode == "RGB" and ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        if mode == "RGB" and picture.mode in ("L", "P", "1"):
            picture = picture.convert("RGB")
        if picture.mode != mode:
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError):
        return None  # no reason to refuse the photo
    rgb = np.empty((picture.height, picture.width, 3), np.uint8)

    def convert(top: int) -> None:
        strip = picture.crop((0, top, picture.width, min(top + 128, picture.height)))
        rgb[top : top + 128] = np.asarray(ImageCms.applyTransform(strip, transform))

    # LittleCMS takes 30 ns a pixel, the longest step of reading a phone's photo, and lets go of the interpreter.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        list(pool.map(convert, range(0, picture.height, 128)))
    return rgb


def encode(
    rgb: np.ndarray,
    alpha: np.ndarray | None = None,
    *,
    format: str = "png",
    quality: int | None = None,
    exif: bytes | None = None,
) -> bytes:
    """A picture file as bytes.

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 HxW in [0, 1], or None for an opaque picture
    format : png, webp or jpeg (which has no alpha)
    quality : 1 to 100, of webp and jpeg
    exif : to be kept (`Photo.exif`); nothing is by default

    Raises
    ------
    ImageError : the format can't hold a picture that large
    """
    if format not in ("png", "webp", "jpeg"):
        raise ValueError(f"format is png, webp or jpeg, not {format!r}")
    if alpha is not None:
        if format == "jpeg":
            raise ValueError("JPEG has no alpha")
        rgb = np.dstack([rgb, (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8)])
    rgb = np.ascontiguousarray(rgb)
    if format == "png":
        return _with_exif(_png(rgb), exif) if exif else _png(rgb)
    if max(rgb.shape[:2]) > _LARGEST_SIDE[format]:
        raise ImageError(f"{format.upper()} files have at most {_LARGEST_SIDE[format]} pixels a side: choose PNG.")
    options: dict[str, Any] = {"quality": quality or 92} | ({"exif": exif} if exif else {})
    if format == "webp":
        options["method"] = 2  # half the time of the default 4, at the same size and error on a 12-megapixel cut-out
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, format, **options)
    return stream.getvalue()


def _with_exif(png: bytes, exif: bytes) -> bytes:
    chunk = b"eXIf" + exif.removeprefix(b"Exif\0\0")
    header = 8 + 25  # the signature, and IHDR with its length and checksum (PNG specification, 5.2 and 11.2.1)
    return (
        png[:header] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[header:]
    )


def encode_mask(alpha: np.ndarray) -> bytes:
    """An alpha (float32 HxW in [0, 1]) as an 8-bit grey PNG."""
    return _png((np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8))


def _png(array: np.ndarray) -> bytes:
    """uint8 HxW, HxWx3 or HxWx4 as PNG.

    Run-length encoding of averaged rows, measured on a 12-megapixel cut-out: a third of the time of Pillow's level 1,
    and a fifth smaller; no strategy and filter of zlib's did better at both.
    """
    if array.ndim == 3:
        array = cv2.cvtColor(array, cv2.COLOR_RGB2BGR if array.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    done, data = cv2.imencode(
        ".png",
        array,
        [
            *(cv2.IMWRITE_PNG_COMPRESSION, 1),
            *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
            *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
        ],
    )
    if not done:
        raise ImageError(f"A picture of {array.shape[1]}x{array.shape[0]} pixels can't be written as PNG.")
    return data.tobytes()


def write(path: str | Path, data: bytes) -> None:
    """Writes a file whole or not at all.

    Raises
    ------
    ImageError : it can't be written
    """
    path = Path(path)
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ImageError(f"{path} can't be written ({error.strerror}): choose another folder.") from error


def output_name(name: str, suffix: str = "-cutout", extension: str = ".png") -> str:
    """`IMG 1.heic` -> `IMG 1-cutout.png`; a photo without a name is called `photo`."""
    stem = Path(name).stem or "photo"
    return f"{stem}{suffix}{extension}"
