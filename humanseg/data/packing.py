"""Which photos go into packs, and what each is for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from humanseg.data.datasets import Pair, find_pairs, photos_in, read_photo
from humanseg.data.pack import Packed, Row, read_boxes
from humanseg.data.splits import (
    HUMAN_LAYOUT,
    HUMAN_TEST_IDS,
    STRANGER_BITS,
    difference_hash,
    split,
    split_negatives,
)
from humanseg.errors import DataError

BOXES_NAME = "boxes.csv"
HASHED_SIDE = 256  # pixels, at which photos are compared


def choose(
    data: Sequence[Path] = (),
    negatives: Sequence[Path] = (),
    unlabelled: Sequence[Path] = (),
    pasted: Sequence[Path] = (),
    valid: Sequence[Path] = (),
    *,
    loose: Sequence[str] = (),
    complete: Sequence[str] = (),
) -> tuple[list[Packed], list[str]]:
    """What to pack, validation first, and the names of photos left out since they look like one that is held back.

    Parameters
    ----------
    data : folders of pairs, split as `splits.split` does
    negatives : folders of photos without people, split as `splits.split_negatives` does
    unlabelled : folders of photos, or of photos and partial masks (`images/` and `masks/`: 255 is person, the rest
        128); people's boxes are read from `boxes.csv` in the folder where there is one
    pasted : folders of people cut out with alpha (PNG)
    valid : folders of pairs that are for validation alone
    loose, complete : names of sets with outlines drawn by hand, and of those in which everybody is marked

    Raises
    ------
    DataError : a folder can't be read, or two have one name
    """
    _check_names([*data, *negatives, *unlabelled, *pasted, *valid])
    held: list[Packed] = []
    used: list[Packed] = []
    tests: list[Path] = []
    for folder in data:
        name = folder.name
        train, validation = split(folder)
        held += _rows(validation, name, "valid", loose=name in loose)
        used += _rows(train, name, "train", loose=name in loose, complete=name in complete)
        if (folder / HUMAN_LAYOUT).is_dir():
            tests += [pair.image for pair in find_pairs(folder) if pair.stem in HUMAN_TEST_IDS]
    for folder in valid:
        held += _rows(find_pairs(folder), folder.name, "valid", loose=folder.name in loose)
    for folder in negatives:
        train, validation = split_negatives(folder)
        held += _rows(validation, folder.name, "negative-valid")
        used += _rows(train, folder.name, "negative")
    for folder in pasted:
        used += [Packed(Row(folder.name, path.stem, "pasted"), path) for path in _pictures(folder)]
    for folder in unlabelled:
        used += _unlabelled(folder)
    kept, left_out = _unlike(used, [_hash(path) for path in [*tests, *(packed.photo for packed in held)]])
    return [*held, *kept], left_out


def _check_names(folders: Sequence[Path]) -> None:
    names = [folder.name for folder in folders]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"Two of the folders are called {name!r}: rename one of them.")


def _rows(pairs: Sequence[Pair], name: str, role: str, **marks: bool) -> list[Packed]:
    return [
        Packed(Row(name, pair.stem, role, masked=pair.mask is not None, **marks), pair.image, pair.mask)
        for pair in pairs
    ]


def _unlabelled(folder: Path) -> list[Packed]:
    if (folder / "masks").is_dir():
        return _rows(find_pairs(folder), folder.name, "unlabelled")
    boxes = read_boxes(folder / BOXES_NAME) if (folder / BOXES_NAME).is_file() else {}
    return [
        Packed(Row(folder.name, path.stem, "unlabelled", boxes=tuple(boxes.get(path.name, ()))), path)
        for path in _pictures(folder / "images" if (folder / "images").is_dir() else folder)
    ]


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}: name one of photos.")
    found = photos_in(folder)
    if not found:
        raise DataError(f"{folder} has no photos in it.")
    return found


def _unlike(photos: Sequence[Packed], hashes: Sequence[int]) -> tuple[list[Packed], list[str]]:
    """The photos that look like none of those with these hashes, and the names of the others."""
    kept, left_out = [], []
    for packed in photos:
        own = None if packed.row.role == "pasted" else _hash(packed.photo)
        if own is not None and any((own ^ other).bit_count() <= STRANGER_BITS for other in hashes):
            left_out.append(packed.row.name)
        else:
            kept.append(packed)
    return kept, left_out


def _hash(path: Path) -> int:
    return difference_hash(read_photo(path, HASHED_SIDE))
