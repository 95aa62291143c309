"""Picture files out: pixels -> bytes -> a file."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from humanseg.errors import ImageError, printable
from humanseg.files import name_within, replacing
from humanseg.media import exif as metadata
from humanseg.media.png_strips import png
from humanseg.tiles import eight_bits, with_alpha

_log = logging.getLogger(__name__)

_LARGEST_SIDE = {"webp": 16_383, "jpeg": 65_500}  # pixels


def encode(
    rgb: np.ndarray,
    alpha: np.ndarray | None = None,
    *,
    format: str = "png",
    quality: int | None = None,
    exif: bytes | None = None,
    dpi: int | None = None,
) -> bytes:
    """A picture file as bytes.

    Parameters
    ----------
    rgb : uint8 HxWx3, or HxWx4 with its alpha, not premultiplied
    alpha : float32 HxW in [0, 1], or None where `rgb` has it or is opaque
    format : png, webp or jpeg (which has no alpha)
    quality : 1 to 100, of webp and jpeg
    exif : EXIF to keep (`Photo.exif`); none by default. What is longer than the format holds loses its longest
        entries, with a warning in the log; `humanseg.media.exif.fitting` says beforehand what stays
    dpi : pixels per inch where it's printed; WebP has no place for it but EXIF, so there it goes where `exif` is None

    Raises
    ------
    ImageError : the format can't hold a picture that large
    """
    if format not in ("png", "webp", "jpeg"):
        raise ValueError(f"format is png, webp or jpeg, not {format!r}")
    if format == "jpeg" and (alpha is not None or rgb.shape[2] == 4):
        raise ValueError("JPEG has no alpha")
    if alpha is not None:
        rgb = with_alpha(rgb, eight_bits(alpha))
    rgb = np.ascontiguousarray(rgb)
    if exif:
        kept = metadata.fitting(exif, format)
        if kept != exif:
            _log.warning("EXIF of %d bytes is more than %s holds: its longest entries are left out", len(exif), format)
        exif = kept
    if dpi and format == "webp" and not exif:
        exif = metadata.saying_dpi(dpi)
    if format == "png":
        data = _png(rgb, dpi)
        return _with_chunk(data, b"eXIf" + exif.removeprefix(b"Exif\0\0")) if exif else data
    if max(rgb.shape[:2]) > _LARGEST_SIDE[format]:
        raise ImageError(f"{format.upper()} files have at most {_LARGEST_SIDE[format]} pixels a side: choose PNG.")
    options: dict[str, Any] = {"quality": quality or 92} | ({"exif": exif} if exif else {})
    if dpi and format == "jpeg":
        options["dpi"] = (dpi, dpi)
    if format == "webp":
        options["method"] = 2  # half the time of the default 4, at the same size and error on a 12-megapixel cut-out
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, format, **options)
    return stream.getvalue()


def _with_chunk(data: bytes, chunk: bytes) -> bytes:
    """A PNG with one more chunk, given with its type, right after its header."""
    header = 8 + 25  # the signature, and IHDR with its length and checksum (PNG specification, 5.2 and 11.2.1)
    return (
        data[:header] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[header:]
    )


def encode_mask(alpha: np.ndarray, *, dpi: int | None = None) -> bytes:
    """An alpha (float32 HxW in [0, 1]) as an 8-bit grey PNG, `dpi` as for `encode`."""
    return _png(eight_bits(alpha), dpi)


def _png(array: np.ndarray, dpi: int | None) -> bytes:
    if not dpi:
        return png(array)
    a_metre = round(dpi / 0.0254)  # as PNG counts pixels (specification, 11.3.5.3)
    return _with_chunk(png(array), b"pHYs" + struct.pack(">IIB", a_metre, a_metre, 1))


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
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{printable(path)} can't be written ({reason}): choose another folder.") from error


def output_name(name: str, suffix: str = "-cutout", extension: str = ".png") -> str:
    """`IMG 1.heic` -> `IMG 1-cutout.png`; a photo without a name is called `photo`.

    A name too long for a file system loses the end of its stem, so two long ones may become equal.
    """
    return name_within(Path(name).stem or "photo", f"{suffix}{extension}")
