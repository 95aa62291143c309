from pathlib import Path

import cv2
import numpy as np
import pytest

from humanseg.data.datasets import Pair
from humanseg.data.splits import (
    HUMAN_TEST_IDS,
    difference_hash,
    grouped_fold,
    groups_of,
    split,
    split_negatives,
)
from humanseg.errors import DataError


def test_a_hash_survives_resizing_and_tells_photos_apart(astronaut):
    from skimage import data

    original = difference_hash(astronaut)
    smaller = difference_hash(cv2.resize(astronaut, (200, 200), interpolation=cv2.INTER_AREA))
    assert (original ^ smaller).bit_count() <= 3
    assert (original ^ difference_hash(data.coffee())).bit_count() > 15


def test_look_alikes_share_a_group_and_strangers_do_not():
    assert groups_of(["a", "b", "c"], [0b0, 0b1, (1 << 40) - 1])[0] == groups_of(["a", "b"], [0b0, 0b1])[1]
    groups = groups_of(["a", "b", "c"], [0b0, 0b1, (1 << 40) - 1])
    assert groups[0] == groups[1] != groups[2]


def test_neighbours_by_number_need_less_likeness():
    bits = (1 << 9) - 1
    assert len(set(groups_of(["7", "8"], [0, bits]))) == 1
    assert len(set(groups_of(["7", "80"], [0, bits]))) == 2


def test_a_shoot_of_ten_shares_a_group_whatever_it_looks_like():
    groups = groups_of(["30", "39", "40"], [0, (1 << 60) - 1, ((1 << 30) - 1) << 34], shoot=10)
    assert groups[0] == groups[1] != groups[2]


def test_likeness_is_passed_on():
    chain = [0, 0b11111, 0b1111111111]
    assert len(set(groups_of(["a", "b", "c"], chain))) == 1


def test_folds_never_cut_a_group_and_cover_everything_once():
    groups = [0, 0, 0, 1, 1, 2, 3, 4, 4, 4, 4]
    folds = [grouped_fold(groups, 3, fold) for fold in range(3)]
    assert np.sum(folds, axis=0).tolist() == [1] * len(groups)
    for fold in folds:
        for group in set(groups):
            assert len({chosen for chosen, g in zip(fold, groups, strict=True) if g == group}) == 1


def test_a_set_with_its_own_list_is_split_by_it(tmp_path):
    for stem in "abcd":
        for folder, suffix in (("images", "jpg"), ("masks", "png")):
            path = tmp_path / folder / f"{stem}.{suffix}"
            path.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(path), np.zeros((9, 9, 3), np.uint8))
    (tmp_path / "valid.txt").write_text("b\nd\n")
    train, valid = split(tmp_path)
    assert [p.stem for p in train] == ["a", "c"] and [p.stem for p in valid] == ["b", "d"]
    (tmp_path / "valid.txt").write_text("")
    with pytest.raises(DataError, match=r"valid\.txt"):
        split(tmp_path)


def test_negatives_at_odd_places_are_held_back():
    pairs = [Pair(Path(f"{n}.jpg"), None, "none") for n in range(5)]
    train, valid = split_negatives(pairs)
    assert [p.stem for p in train] == ["0", "2", "4"] and [p.stem for p in valid] == ["1", "3"]


def test_negatives_that_show_people_are_in_neither_part():
    stems = ["2010_003826", "1", "2", "2008_006724", "4", "5"]  # one at an even place, one at an odd one
    train, valid = split_negatives([Pair(Path(f"{stem}.jpg"), None, "no-people") for stem in stems])
    assert [p.stem for p in train] == ["2", "4"] and [p.stem for p in valid] == ["1", "5"]


@pytest.mark.data
def test_the_fixed_test_photos_are_those_of_the_list(shared_data):
    listed = (shared_data / "human-segmentation-dataset-test.txt").read_text().split()
    assert set(listed) == HUMAN_TEST_IDS


@pytest.mark.data
def test_no_test_photo_or_copy_of_one_is_ever_trained_or_validated_on(shared_data):
    for fold in range(10):
        train, valid = split(shared_data / "human-segmentation-dataset", fold=fold)
        stems = {p.stem for p in train} | {p.stem for p in valid}
        assert not stems & (HUMAN_TEST_IDS | {"102"})
        assert not {p.stem for p in train} & {p.stem for p in valid}
        # Neighbours of one shoot stay on one side.
        assert not {int(p.stem) // 10 for p in train} & {int(p.stem) // 10 for p in valid}
