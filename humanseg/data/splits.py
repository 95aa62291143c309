"""Who is trained on and who is only looked at: grouped so that neighbours of one shoot never end on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from humanseg.data.datasets import Pair, find_pairs, read_ids, read_photo

HUMAN_LAYOUT = "Training_Images"
VALID_NAME = "valid.txt"

# The fixed test split of the human dataset: never trained on, tuned on, or used to pick a checkpoint.
HUMAN_TEST_IDS = frozenset(str(n) for n in range(1, 291) if n // 10 % 5 == 2)
# 102 is the same photo as 270, which is in the test split. The masks of the rest are plainly wrong (half a face, the
# man next to the one marked, a chair for a back): looked at one by one, better left out than learned from.
HUMAN_LEFT_OUT_IDS = frozenset({"102", "52", "108", "110", "190", "240", "241", "260"})

# Photos of no-people that do show somebody (a hand, legs, an arm, jeans): looked at one by one.
PEOPLED_STEMS = frozenset({"2008_006724", "2010_001326", "2010_002979", "2010_003291", "2010_003826", "2010_004900"})

# One shoot's photos stand side by side, and the test split is made of whole tens: so are the groups.
HUMAN_SHOOT = 10

# Bits of a 64-bit difference hash that neighbours by number, and any two photos, may differ by and still be alike.
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


def split(folder: str | Path, *, folds: int = 10, fold: int = 0) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on and those to validate on.

    A set that brings its own `valid.txt` is split by it. Any other is split by groups of look-alike photos; of the
    human dataset, the test photos, what looks like one of them, and the photos left out are in neither part.

    Raises
    ------
    DataError : the data set can't be read
    """
    folder = Path(folder)
    pairs = find_pairs(folder)
    if (folder / VALID_NAME).is_file():
        held_back = set(read_ids(folder / VALID_NAME))
        return [p for p in pairs if p.stem not in held_back], [p for p in pairs if p.stem in held_back]

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


def split_negatives(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Photos without people: even places in name order for training, odd ones held back; PEOPLED_STEMS in neither."""
    train, valid = ([pair for pair in half if pair.stem not in PEOPLED_STEMS] for half in (pairs[::2], pairs[1::2]))
    return train, valid
