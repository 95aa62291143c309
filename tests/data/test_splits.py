import unicodedata

import cv2
import numpy as np
import pytest

from humanseg.data.datasets import find_negatives, read_ids
from humanseg.data.splits import (
    HUMAN_TEST_IDS,
    NO_PEOPLE_TRAIN,
    NO_PEOPLE_VALID,
    PEOPLED_STEMS,
    check_fold,
    difference_hash,
    grouped_fold,
    groups_of,
    split,
    split_negatives,
    validation_pairs,
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


def test_photos_that_are_both_like_a_third_one_share_a_group():
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


def test_a_list_that_names_no_photo_of_its_set_is_refused(tmp_path):
    rooms(tmp_path, "ab")
    (tmp_path / "valid.txt").write_text("a.jpg\n")
    with pytest.raises(DataError, match=r"valid\.txt names none"):
        split_negatives(tmp_path)


def rooms(folder, stems):
    for stem in stems:
        cv2.imwrite(str(folder / f"{stem}.jpg"), np.zeros((9, 9, 3), np.uint8))
    return folder


def stems_of(parts):
    return [{pair.stem for pair in part} for part in parts]


def test_negatives_with_their_own_list_are_split_by_it(tmp_path):
    rooms(tmp_path, "abcd")
    (tmp_path / "valid.txt").write_text("a\nb\n")
    assert stems_of(split_negatives(tmp_path)) == [{"c", "d"}, {"a", "b"}]


def test_about_half_of_the_negatives_are_held_back(tmp_path):
    train, valid = split_negatives(rooms(tmp_path, [f"room{n}" for n in range(100)]))
    assert len(train) + len(valid) == 100 and 35 < len(valid) < 65


def test_a_photo_that_is_added_moves_no_other_to_the_other_side(tmp_path):
    train, valid = stems_of(split_negatives(rooms(tmp_path, [f"room{n}" for n in range(20)])))
    rooms(tmp_path, ["._room3", ".hidden", "another", "room05", "zz"])
    later_train, later_valid = stems_of(split_negatives(tmp_path))
    assert train <= later_train and valid <= later_valid and len(later_train) + len(later_valid) == 23


def test_a_name_is_on_one_side_however_its_umlauts_are_written(tmp_path):
    names = [f"büro{n}" for n in range(8)]
    sides = []
    for form in ("NFC", "NFD"):
        (tmp_path / form).mkdir()
        written = rooms(tmp_path / form, [unicodedata.normalize(form, name) for name in names])
        sides.append(
            [{unicodedata.normalize("NFC", stem) for stem in part} for part in stems_of(split_negatives(written))]
        )
    assert sides[0] == sides[1]


def test_negatives_that_show_people_are_in_neither_part(tmp_path):
    for part in split_negatives(rooms(tmp_path, ["2010_003826", "1", "2", "2008_006724", "4", "5"])):
        assert not {pair.stem for pair in part} & PEOPLED_STEMS


def test_pairs_are_validated_on_as_their_list_says_and_all_of_them_where_there_is_none(tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for stem in "abc":
            cv2.imwrite(str(tmp_path / kind / f"{stem}.png"), np.zeros((8, 8), np.uint8))
    assert [pair.stem for pair in validation_pairs(tmp_path)] == ["a", "b", "c"]
    (tmp_path / "valid.txt").write_text("b\n")
    assert [pair.stem for pair in validation_pairs(tmp_path)] == ["b"]


def test_negatives_may_be_in_a_folder_of_images_beside_their_list(tmp_path):
    (tmp_path / "images").mkdir()
    rooms(tmp_path / "images", ["a", "b", "c"])
    (tmp_path / "valid.txt").write_text("c\n")
    assert stems_of(split_negatives(tmp_path)) == [{"a", "b"}, {"c"}]


@pytest.mark.parametrize("fold", [-1, 10, 99])
def test_a_fold_that_is_not_there_is_named(fold):
    with pytest.raises(DataError, match=f"no fold {fold}: choose one from 0 to 9"):
        check_fold(fold)


def test_the_shipped_weights_halves_of_no_people_are_apart():
    train, valid = (set(read_ids(path)) for path in (NO_PEOPLE_TRAIN, NO_PEOPLE_VALID))
    assert (len(train), len(valid)) == (98, 96)
    assert not train & valid and not (train | valid) & PEOPLED_STEMS


@pytest.mark.data
def test_no_people_is_halved_as_the_shipped_weights_had_it(shared_data):
    pairs = find_negatives(shared_data / "no-people")
    halves = [{pair.stem for pair in half} - PEOPLED_STEMS for half in (pairs[::2], pairs[1::2])]
    assert stems_of(split_negatives(shared_data / "no-people")) == halves


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
