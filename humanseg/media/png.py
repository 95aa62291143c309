"""PNG files without what their pixels don't need: a fault in the rest is no reason to refuse a photo."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from humanseg.media import png_colours

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Palette and IDAT are critical (PNG specification, 5.4: their first letter is a capital). tRNS isn't, but nobody would
# notice that a wrong one had made other parts of the photo transparent. Pillow itself checks no IDAT's checksum.
_CHECKED = (b"IHDR", b"PLTE", b"IDAT", b"tRNS")
# Of the rest, these say how the pixels are meant: colour profile, and the ways to say which side is up.
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_ABOUT_COLOURS = (b"cICP", b"sRGB", b"gAMA", b"cHRM")
_ABOUT_ORIENTATION = (b"XML:com.adobe.xmp", b"Raw profile type exif")

_LARGEST_PROFILE = 16 << 20  # bytes unpacked; Pillow refuses the whole photo from 1 MiB on, and printers' have 2 to 4
_LARGEST_TEXT = 1 << 20  # bytes unpacked, Pillow's own limit


def needed(data: bytes) -> tuple[bytes, bytes | None]:
    """The same picture without what isn't needed for it, and the colour profile.

    Parameters
    ----------
    data : of a PNG file, perhaps damaged

    Returns
    -------
    bytes of a PNG file with the same pixels, orientation and EXIF; checksums outside the picture are right in it.
        From a chunk that is cut short onwards it's as it was
    bytes of the ICC profile, its own or one made of what it says of its colours otherwise; None for sRGB

    Raises
    ------
    ValueError : the checksum of a chunk that is needed is wrong
    """
    parts: list[bytes | memoryview] = [SIGNATURE]
    profile = None
    colours: dict[bytes, bytes] = {}
    for kind, chunk in _chunks(data):
        body, checksum = chunk[8:-4], chunk[-4:]
        if kind in _CHECKED:
            if _checksum(kind, body) != checksum:
                raise ValueError(f"the checksum of {kind.decode()} is wrong")
            parts.append(chunk)
        elif kind == b"iCCP":
            profile = profile or _profile(bytes(body))
        elif kind in _ABOUT_COLOURS:
            if _checksum(kind, body) == checksum:
                colours.setdefault(kind, bytes(body))
        elif kind == b"eXIf" or (kind in _TEXTS and _says_orientation(kind, bytes(body))):
            parts += [chunk[:-4], _checksum(kind, body)]
        elif kind[:1].isupper() or len(chunk) < 12:  # unknown but critical, or cut short: for Pillow to judge
            parts.append(chunk)
    return b"".join(parts), profile or png_colours.profile(colours)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Type and whole chunk; the rest of a file that is cut short comes last, with type b"" ."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        if at + 12 + length > len(data):
            break
        kind = data[at + 4 : at + 8]
        yield kind, view[at : at + 12 + length]
        at += 12 + length
        if kind == b"IEND":
            return
    kind = data[at + 4 : at + 8]
    if kind[:1].isupper():  # one that isn't needed may as well be missing
        yield b"", view[at:]


def _checksum(kind: bytes, body: memoryview) -> bytes:
    return struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def _unpacked(packed: bytes, most: int) -> bytes | None:
    """None where it's more than `most` bytes, broken or cut short; zlib checks its own checksum."""
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed, most)
    except zlib.error:
        return None
    return data if unpacking.eof else None


def _profile(body: bytes) -> bytes | None:
    _, _, packed = body.partition(b"\0")
    return _unpacked(packed[1:], _LARGEST_PROFILE)


def _says_orientation(kind: bytes, body: bytes) -> bool:
    key, _, rest = body.partition(b"\0")
    if key not in _ABOUT_ORIENTATION:
        return False
    if kind == b"zTXt":
        return rest[:1] == b"\0" and _unpacked(rest[1:], _LARGEST_TEXT) is not None
    if kind == b"iTXt" and rest[:1] == b"\1":
        packed = rest[2:].split(b"\0", 2)[-1]
        return _unpacked(packed, _LARGEST_TEXT) is not None
    return len(rest) <= _LARGEST_TEXT
