"""Packs: data sets made small, in a few files of limited size, for training on a machine that has nothing else.

A pack is a ZIP file of photos (WebP, or PNG with the alpha of cut-outs), masks (PNG) and `index.json`, a row a photo.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from humanseg.data.datasets import read_photo
from humanseg.data.masks import read_mask, resize_mask
from humanseg.errors import DataError

INDEX_NAME = "index.json"
LONG_SIDE = 512  # pixels, of photos and masks
QUALITY = 70  # of WebP: 16 kB a photo on average
# What a photo is for. "pasted" are people cut out with alpha, put into other photos as small people.
ROLES = ("train", "valid", "negative", "negative-valid", "unlabelled", "pasted")


@dataclass(frozen=True)
class Row:
    """A photo in a pack.

    Attributes
    ----------
    set : name of its data set
    stem : its own name there
    role : one of ROLES
    masked : a mask goes with it; of an unlabelled photo one that says what is known: person, the rest to be ignored
    loose : its outline was drawn by hand, a few pixels off
    complete : everybody in it is marked
    boxes : people's boxes (x0, y0, x1, y1) as shares of width and height, where they are known
    """

    set: str
    stem: str
    role: str
    masked: bool = False
    loose: bool = False
    complete: bool = False
    boxes: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.set}/{self.stem}"


@dataclass(frozen=True)
class Packed:
    """A row with where its pictures are; `mask` is None where there is none."""

    row: Row
    photo: Path
    mask: Path | None = None


def read_boxes(file: Path) -> dict[str, list[tuple[float, float, float, float]]]:
    """People's boxes by photo name, from a CSV file with the columns file, x0, y0, x1, y1 (shares of the sides).

    Raises
    ------
    DataError : the file is missing, or isn't of that form
    """
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    try:
        with Path(file).open(newline="", encoding="utf-8") as lines:
            for line in csv.DictReader(lines):
                box = tuple(float(line[key]) for key in ("x0", "y0", "x1", "y1"))
                boxes.setdefault(line["file"], []).append(box)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file} isn't a table of boxes with columns file, x0, y0, x1, y1 ({error}).") from error
    return boxes


def write_packs(photos: Sequence[Packed], out: Path, limits: Sequence[int], threads: int = 2) -> list[Path]:
    """Writes `pack-1.zip`, `pack-2.zip`, ... in the order of the photos.

    Parameters
    ----------
    limits : bytes that each may have; the last counts for all that follow

    Raises
    ------
    DataError : a photo or mask can't be read
    OSError : the folder can't be written
    """
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    rows: list[dict] = []
    archive, size = None, 0
    with ThreadPoolExecutor(threads) as pool:
        for packed, members in zip(photos, pool.map(_encoded, photos), strict=True):
            more = sum(len(content) + 2 * len(name) + 400 for name, content in members)
            if archive is None or size + more > limits[min(len(files), len(limits)) - 1]:
                _close(archive, rows)
                files.append(out / f"pack-{len(files) + 1}.zip")
                archive, rows, size = zipfile.ZipFile(files[-1], "w", zipfile.ZIP_STORED), [], 0
            for name, content in members:
                archive.writestr(name, content)
            rows.append(asdict(packed.row))
            size += more
    _close(archive, rows)
    return files


def _close(archive: zipfile.ZipFile | None, rows: list[dict]) -> None:
    if archive is not None:
        archive.writestr(INDEX_NAME, json.dumps(rows))
        archive.close()


def _encoded(packed: Packed) -> list[tuple[str, bytes]]:
    row = packed.row
    if row.role == "pasted":
        picture = Image.open(packed.photo).convert("RGBA")
        picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        return [(f"photos/{row.name}.png", _bytes(picture, "PNG"))]
    rgb = read_photo(packed.photo, LONG_SIDE)
    members = [(f"photos/{row.name}.webp", _bytes(Image.fromarray(rgb), "WEBP", quality=QUALITY, method=4))]
    if packed.mask is not None:
        mask = resize_mask(read_mask(packed.mask), rgb.shape[1], rgb.shape[0])
        members.append((f"masks/{row.name}.png", _bytes(Image.fromarray(mask), "PNG", optimize=True)))
    return members


def _bytes(picture: Image.Image, form: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def read_packs(files: Iterable[Path], threads: int = 16) -> Iterator[tuple[Row, np.ndarray, np.ndarray | None]]:
    """Each photo (uint8 HxWx3) with its mask (uint8 HxW), or, where it is pasted, its alpha; None without a mask.

    Raises
    ------
    DataError : a file isn't a pack
    """
    for file in files:
        try:
            with zipfile.ZipFile(file) as archive:
                rows = [_row(values) for values in json.loads(archive.read(INDEX_NAME))]
                contents = [_members(archive, row) for row in rows]
        except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise DataError(f"{file} isn't a pack ({error}): make it with `python -m humanseg pack`.") from error
        with ThreadPoolExecutor(threads) as pool:
            for row, (rgb, mask) in zip(rows, pool.map(_decoded, contents), strict=True):
                yield row, rgb, mask


def _row(values: dict) -> Row:
    row = Row(**values)
    return replace(row, boxes=tuple(map(tuple, row.boxes)))


def _members(archive: zipfile.ZipFile, row: Row) -> tuple[bytes, bytes | None]:
    photo = archive.read(f"photos/{row.name}.{'png' if row.role == 'pasted' else 'webp'}")
    return photo, archive.read(f"masks/{row.name}.png") if row.masked else None


def _decoded(members: tuple[bytes, bytes | None]) -> tuple[np.ndarray, np.ndarray | None]:
    photo, mask = members
    picture = np.asarray(Image.open(io.BytesIO(photo)))
    if picture.shape[2] == 4:
        return np.ascontiguousarray(picture[..., :3]), np.ascontiguousarray(picture[..., 3])
    return picture, None if mask is None else np.asarray(Image.open(io.BytesIO(mask)))
