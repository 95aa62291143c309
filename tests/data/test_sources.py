from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.data.sources import gather, parse_weight, set_names
from humanseg.errors import DataError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a/b", ("a/b", 1.0)), ("a/b=2.5", ("a/b", 2.5)), ("a=b/c", ("a=b/c", 1.0)), ("a=b=3", ("a=b", 3.0))],
)
def test_a_folder_may_carry_a_weight(text, expected):
    assert parse_weight(text) == (Path(expected[0]), expected[1])


@pytest.mark.parametrize("text", ["a=0", "a=-1", "a=inf", "a=nan", "a=1e9"])
def test_a_weight_must_be_a_positive_number(text):
    with pytest.raises(DataError, match="positive number"):
        parse_weight(text)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        gather([str(tmp_path / "nowhere")])


def test_what_a_network_labelled_is_trained_on_and_never_scored_or_pasted(tmp_path):
    rng = np.random.default_rng(0)
    for kind in ("marked", "labelled"):
        for part in ("images", "masks"):
            (tmp_path / kind / part).mkdir(parents=True)
            for n in range(20):
                picture = rng.integers(0, 255, (20, 30, 3), np.uint8) if part == "images" else np.eye(20, 30) * 255
                Image.fromarray(np.uint8(picture)).save(tmp_path / kind / part / f"{n}.png")
    sources, validation = gather([str(tmp_path / "marked")], pseudo=[f"{tmp_path / 'labelled'}=1.5"])
    marked, labelled = sources
    assert (labelled.name, len(labelled.pairs), labelled.weight) == ("labelled", 20, 1.5)
    assert marked.pasteable and not labelled.pasteable and not labelled.complete
    assert len(marked.pairs) < 20
    assert list(validation) == ["marked"]


@pytest.fixture
def days(tmp_path):
    """Two folders of pairs with the same last name, each with a photo to validate on, and one of rooms, likewise."""
    for day in ("day1", "day2"):
        for part in ("images", "masks"):
            folder = tmp_path / day / "photos" / part
            folder.mkdir(parents=True)
            for stem in "ab":
                Image.new("L", (30, 20), 255).save(folder / f"{stem}.png")
        (tmp_path / day / "photos" / "valid.txt").write_text("b\n")
    (tmp_path / "rooms" / "photos").mkdir(parents=True)
    for n in range(8):
        Image.new("L", (30, 20)).save(tmp_path / "rooms" / "photos" / f"{n}.png")
    return tmp_path


def test_sets_of_one_name_are_told_apart_and_all_validated(days):
    sources, validation = gather(
        [f"{days}/day1/photos", f"{days}/day2/photos/=2"], [f"{days}/rooms/photos"], loose=["day2/photos"]
    )
    assert [source.name for source in sources] == ["day1/photos", "day2/photos", "rooms/photos"]
    assert [source.loose for source in sources] == [False, True, False]
    assert {name: len(pairs) for name, pairs in validation.items()}["day1/photos"] == 1
    assert [len(validation[f"{day}/photos"]) for day in ("day1", "day2")] == [1, 1]
    assert validation["day1/photos"][0].image != validation["day2/photos"][0].image


def test_a_name_that_several_sets_share_means_all_of_them(days):
    sources, _ = gather([f"{days}/day1/photos", f"{days}/day2/photos"], complete=["photos"])
    assert [source.complete for source in sources] == [True, True]


@pytest.mark.parametrize("option", ["loose", "complete"])
def test_a_name_that_no_set_has_is_refused(days, option):
    with pytest.raises(DataError, match=rf"--{option} day3: no data set is called that; there are photos"):
        gather([f"{days}/day1/photos"], **{option: ["day3"]})


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (["a/x", "b/x"], ["a/x", "b/x"]),
        (["a/x", "b/y"], ["x", "y"]),
        (["1/a/x", "2/a/x", "2/b/x"], ["1/a/x", "2/a/x", "b/x"]),
        (["a/x/", "b/x/."], ["a/x", "b/x"]),
        (["a/x/../y"], ["y"]),
        (["a/mean"], ["a/mean"]),  # "mean" alone is the name of the mean over all sets
    ],
)
def test_a_set_is_called_by_as_little_of_its_path_as_tells_it_apart(folders, names):
    assert set_names([Path(folder) for folder in folders]) == names


def test_the_folder_one_is_in_has_a_name_too(tmp_path, monkeypatch):
    (tmp_path / "set" / "images").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "set" / "images")
    assert set_names([Path(), Path("..")]) == ["images", "set"]


def test_a_link_is_called_by_its_own_name_and_is_still_the_same_set(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "link").symlink_to("set")
    assert set_names([tmp_path / "link"]) == ["link"]
    for other in ("set", "link", "set/../set", "./set/"):
        with pytest.raises(DataError, match="the same data set"):
            set_names([tmp_path / "set", Path(f"{tmp_path}/{other}")])


def test_what_is_trained_on_as_labelled_cannot_be_a_set_that_is_validated_on(days):
    with pytest.raises(DataError, match="the same data set"):
        gather([f"{days}/day1/photos"], pseudo=[f"{days}/day1/photos"])


def test_masks_that_are_not_clear_are_named_before_anything_is_trained(days):
    Image.fromarray(np.uint8(np.arange(600).reshape(20, 30) // 200)).save(days / "day1" / "photos" / "masks" / "b.png")
    with pytest.raises(DataError, match=r"b\.png isn't clear"):
        gather([f"{days}/day1/photos"])
