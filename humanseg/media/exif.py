"""EXIF, which tells camera, time and place: read, and made to fit the file that is written."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from PIL import Image

_log = logging.getLogger(__name__)

_ORIENTATION = 0x0112  # EXIF tags, here and below
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _INCH = 0x011A, 0x011B, 0x0128, 2
_TOP, _EXIF_FOLDER, _GPS_FOLDER = 0, 0x8769, 0x8825
# Description, make, model, software, date, artist, copyright: true of the picture whatever is done to its file.
_DESCRIBING = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
# Width, height, and two that point to places in the old file: maker's note, interoperability.
_STALE = (0xA002, 0xA003, 0x927C, 0xA005)

# Bytes. JPEG: a segment's length has 16 bits and counts itself. PNG: chunks of 2^31 - 1; WebP: 2^32 - 2.
_MOST = {"jpeg": 65_533}

_Folders = dict[int, dict[int, Any]]


def read(picture: Image.Image) -> tuple[int, bytes | None]:
    """The orientation (1 to 8), and what else EXIF says without it; the picture's own EXIF stays as it is.

    What is broken is left out, and said in the log.
    """
    orientation = 1
    folders: _Folders = {}
    try:
        exif = picture.getexif()
        orientation = exif.get(_ORIENTATION, 1)
        folders[_TOP] = {tag: exif[tag] for tag in _DESCRIBING if tag in exif}
        for folder in (_EXIF_FOLDER, _GPS_FOLDER):
            folders[folder] = {tag: value for tag, value in exif.get_ifd(folder).items() if tag not in _STALE}
    except Exception as error:  # broken EXIF can raise anything, and is no reason to refuse the photo
        _log.info("EXIF that can't be read is left out: %r", error)
    return orientation if orientation in range(1, 9) else 1, _packed(folders) or _packed_of_whole_entries(folders)


def saying_dpi(dpi: int) -> bytes:
    """EXIF that says how large a picture is printed, and nothing else."""
    exif = Image.Exif()
    exif[_X_RESOLUTION] = exif[_Y_RESOLUTION] = float(dpi)
    exif[_RESOLUTION_UNIT] = _INCH
    return exif.tobytes()


def says_orientation(picture: Image.Image) -> bool:
    """Whether the file says which side is up."""
    with contextlib.suppress(Exception):  # as above
        return _ORIENTATION in picture.getexif()
    return False


def _packed_of_whole_entries(folders: _Folders) -> bytes | None:
    whole: _Folders = {}
    for folder, tag, value in _entries(folders):
        if _packed({folder: {tag: value}}):
            whole.setdefault(folder, {})[tag] = value
        else:
            _log.info("EXIF entry 0x%04x can't be written and is left out", tag)
    return _packed(whole)


def fitting(exif: bytes, format: str) -> bytes | None:
    """As much of `exif` as a file of this format holds: its longest entries go first.

    Parameters
    ----------
    exif : as `Photo.exif`
    format : png, webp or jpeg

    Returns
    -------
    `exif` itself where it fits, else less of it; None where nothing can be kept
    """
    most = _MOST.get(format)
    if most is None or len(exif) <= most:
        return exif
    folders: _Folders = {}
    try:
        parsed = Image.Exif()
        parsed.load(exif)
        folders = {folder: dict(parsed.get_ifd(folder)) for folder in (_EXIF_FOLDER, _GPS_FOLDER)}
        folders[_TOP] = {tag: value for tag, value in parsed.items() if tag not in folders}
    except Exception as error:  # EXIF from elsewhere can raise anything
        _log.info("EXIF that can't be read is left out: %r", error)
    sizes = {(folder, tag): len(_packed({folder: {tag: value}}) or b"") for folder, tag, value in _entries(folders)}
    for folder, tag in sorted(sizes, key=lambda place: sizes[place], reverse=True):
        del folders[folder][tag]
        kept = _packed(folders)
        if kept is None or len(kept) <= most:
            return kept
    return None


def _entries(folders: _Folders) -> Iterator[tuple[int, int, Any]]:
    for folder, entries in folders.items():
        for tag, value in entries.items():
            yield folder, tag, value


def _packed(folders: _Folders) -> bytes | None:
    """None for no entries, or where one can't be written."""
    exif = Image.Exif()
    exif.update(folders.get(_TOP, {}))
    for folder in (_EXIF_FOLDER, _GPS_FOLDER):
        entries = folders.get(folder)
        if entries:
            exif.get_ifd(folder).update(entries)
            exif[folder] = entries
    with contextlib.suppress(Exception):  # what a broken file gave can be of any type
        return exif.tobytes() if len(exif) else None
    return None
