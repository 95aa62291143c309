"""Splits into training and validation, grouped so that photos of one shoot are never on both sides."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from humanseg.data.datasets import Pair, find_negatives, find_pairs, read_ids, read_photo
from humanseg.errors import DataError

HUMAN_LAYOUT = "Training_Images"
VALID_NAME = "valid.txt"
FOLDS = 10

# The fixed test split of the human dataset: never trained on, tuned on, or used to pick a checkpoint.
HUMAN_TEST_IDS = frozenset(str(n) for n in range(1, 291) if n // 10 % 5 == 2)
# 102 is the same photo as 270, which is in the test split. The masks of the rest are wrong (half a face, the wrong man,
# a chair marked as a back): checked by eye one by one, and left out.
HUMAN_LEFT_OUT_IDS = frozenset({"102", "52", "108", "110", "190", "240", "241", "260"})

# Halves of the set no-people, which has no valid.txt: the weights that ship were trained on one, chosen by the other.
NO_PEOPLE_TRAIN, NO_PEOPLE_VALID = (Path(__file__).with_name(f"no-people-{half}.txt") for half in ("train", "valid"))
# Photos of no-people that do show somebody (a hand, legs, an arm, jeans): checked by eye one by one.
PEOPLED_STEMS = frozenset({"2008_006724", "2010_001326", "2010_002979", "2010_003291", "2010_003826", "2010_004900"})

# One shoot's photos have neighbouring numbers, and the test split consists of whole tens: so do the groups.
HUMAN_SHOOT = 10

# Bits by which the 64-bit difference hashes of neighbours by number, and of any two photos, may differ while the photos
# count as alike.
NEIGHBOUR_BITS, STRANGER_BITS = 12, 6


def difference_hash(rgb: np.ndarray) -> int:
    """64-bit perceptual hash of a photo (uint8 HxWx3): is each cell of a 9x8 grey thumbnail brighter than its left?"""
    grey = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes(), "big")


def groups_of(stems: Sequence[str], hashes: Sequence[int], shoot: int | None = None) -> list[int]:
    """A group number for each photo; photos that look alike, and look-alike neighbours by number, share one.

    Parameters
    ----------
    stems : names; a name that is a number is taken as a place in the order of shooting
    hashes : their `difference_hash`es
    shoot : numbered photos of one run of this many (0-9, 10-19, ...) share a group whatever they look like
    """
    parent = list(range(len(stems)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i in range(len(stems)):
        for j in range(i):
            numbered = stems[i].isdecimal() and stems[j].isdecimal()
            neighbours = numbered and abs(int(stems[i]) - int(stems[j])) <= 2
            same_shoot = numbered and shoot is not None and int(stems[i]) // shoot == int(stems[j]) // shoot
            bits = NEIGHBOUR_BITS if neighbours else STRANGER_BITS
            if same_shoot or (hashes[i] ^ hashes[j]).bit_count() <= bits:
                parent[root(i)] = root(j)
    return [root(i) for i in range(len(stems))]


def grouped_fold(groups: Sequence[int], folds: int, fold: int) -> list[bool]:
    """Whether each photo is in fold number `fold` of `folds`; a group is never cut, and folds come out even in size."""
    members: dict[int, int] = {}
    for group in groups:
        members[group] = members.get(group, 0) + 1
    sizes = [0] * folds
    home: dict[int, int] = {}
    # Largest first into the emptiest fold; ties by group number, so that the split is the same on every machine.
    for group in sorted(members, key=lambda g: (-members[g], g)):
        home[group] = min(range(folds), key=lambda f: (sizes[f], f))
        sizes[home[group]] += members[group]
    return [home[group] == fold for group in groups]


def split(folder: str | Path, *, folds: int = FOLDS, fold: int = 0) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on and those to validate on.

    A set that brings its own `valid.txt` is split by it. Any other is split by groups of look-alike photos; of the
    human dataset, the test photos, what looks like one of them, and the photos left out are in neither part.

    Raises
    ------
    DataError : the data set can't be read, there is no such fold, `valid.txt` names none of its photos
    """
    check_fold(fold, folds)
    folder = Path(folder)
    pairs = find_pairs(folder)
    if (folder / VALID_NAME).is_file():
        return _by_list(pairs, folder / VALID_NAME)

    hashes = [difference_hash(read_photo(pair.image)) for pair in pairs]
    human = (folder / HUMAN_LAYOUT).is_dir()
    groups = groups_of([pair.stem for pair in pairs], hashes, HUMAN_SHOOT if human else None)
    if human:
        tested = {g for g, pair in zip(groups, pairs, strict=True) if pair.stem in HUMAN_TEST_IDS}
        keep = [i for i, pair in enumerate(pairs) if groups[i] not in tested and pair.stem not in HUMAN_LEFT_OUT_IDS]
        pairs, groups = [pairs[i] for i in keep], [groups[i] for i in keep]
    chosen = grouped_fold(groups, folds, fold)
    train = [pair for pair, held in zip(pairs, chosen, strict=True) if not held]
    valid = [pair for pair, held in zip(pairs, chosen, strict=True) if held]
    return train, valid


def validation_pairs(folder: str | Path) -> list[Pair]:
    """The pairs to score weights on: those in `valid.txt`; of the human dataset the first fold, of other sets all.

    Raises
    ------
    DataError : the data set can't be read, `valid.txt` names none of its photos
    """
    folder = Path(folder)
    if (folder / VALID_NAME).is_file() or (folder / HUMAN_LAYOUT).is_dir():
        return split(folder)[1]
    return find_pairs(folder)


def check_fold(fold: int, folds: int = FOLDS) -> None:
    """Raises DataError where there is no fold of that number; they are counted from 0."""
    if not 0 <= fold < folds:
        raise DataError(f"There is no fold {fold}: choose one from 0 to {folds - 1}.")


def split_negatives(folder: str | Path) -> tuple[list[Pair], list[Pair]]:
    """The photos of nobody to train on and those to validate on; PEOPLED_STEMS are in neither part.

    A set that brings its own `valid.txt` is split by it. Any other is halved by its photos' names, one by one, so that
    a photo stays on its side whatever comes or goes beside it; those of no-people stay where they have always been.

    Raises
    ------
    DataError : the folder can't be read, `valid.txt` names none of its photos
    """
    folder = Path(folder)
    pairs = [pair for pair in find_negatives(folder) if pair.stem not in PEOPLED_STEMS]
    if (folder / VALID_NAME).is_file():
        return _by_list(pairs, folder / VALID_NAME)
    known = dict.fromkeys(read_ids(NO_PEOPLE_TRAIN), False) | dict.fromkeys(read_ids(NO_PEOPLE_VALID), True)
    held_back = [known.get(pair.stem, _in_second_half(pair.stem)) for pair in pairs]
    train = [pair for pair, held in zip(pairs, held_back, strict=True) if not held]
    valid = [pair for pair, held in zip(pairs, held_back, strict=True) if held]
    return train, valid


def _by_list(pairs: Sequence[Pair], file: Path) -> tuple[list[Pair], list[Pair]]:
    """The pairs that the file doesn't name, and those that it does."""
    listed = set(read_ids(file))
    train = [pair for pair in pairs if pair.stem not in listed]
    valid = [pair for pair in pairs if pair.stem in listed]
    if not valid:
        raise DataError(f"{file} names none of the photos beside it: put their names without ending, one on each line.")
    return train, valid


def _in_second_half(stem: str) -> bool:
    """Decided by the name alone, the same on every machine; half of all names on average."""
    # macOS writes an umlaut as two characters.
    name = unicodedata.normalize("NFC", stem)
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[0] % 2 == 1
