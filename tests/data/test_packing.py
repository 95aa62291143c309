import numpy as np
import pytest
from PIL import Image

from humanseg.data.packing import choose
from humanseg.errors import DataError


@pytest.fixture
def sets(tmp_path):
    """A set of eight pairs, of which two are for validation; negatives; unlabelled photos with boxes; cut-outs."""
    rng = np.random.default_rng(0)

    def noise(*path, channels=3):
        file = tmp_path.joinpath(*path)
        file.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, channels), np.uint8))
        coarse.resize((96, 72), Image.Resampling.BICUBIC).save(file)
        return file

    for n in range(8):
        noise("people", "images", f"p{n}.png")
        mask = np.zeros((72, 96), np.uint8)
        mask[20:60, 30:60] = 255
        (tmp_path / "people" / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(tmp_path / "people" / "masks" / f"p{n}.png")
        noise("nobody", "images", f"n{n}.png")
        noise("photos", "images", f"u{n}.png")
        noise("cut", f"c{n}.png", channels=4)
    (tmp_path / "people" / "valid.txt").write_text("p6\np7\n")
    (tmp_path / "nobody" / "valid.txt").write_text("n7\n")
    (tmp_path / "photos" / "boxes.csv").write_text("file,x0,y0,x1,y1\nu3.png,0.1,0.1,0.5,0.9\n")
    return tmp_path


def choose_all(sets):
    return choose(
        data=[sets / "people"],
        negatives=[sets / "nobody"],
        unlabelled=[sets / "photos"],
        pasted=[sets / "cut"],
        loose=["people"],
    )


def test_each_photo_has_its_role_and_validation_comes_first(sets):
    photos, left_out = choose_all(sets)
    assert left_out == []
    roles = [packed.row.role for packed in photos]
    assert {role: roles.count(role) for role in roles} == {
        "valid": 2, "negative-valid": 1, "train": 6, "negative": 7, "pasted": 8, "unlabelled": 8,
    }  # fmt: skip
    assert roles[:3] == ["valid", "valid", "negative-valid"]
    rows = {packed.row.name: packed.row for packed in photos}
    assert rows["people/p0"].loose and rows["people/p0"].masked and not rows["nobody/n0"].masked
    assert rows["photos/u3"].boxes == ((0.1, 0.1, 0.5, 0.9),) and rows["photos/u0"].boxes == ()


def test_a_photo_that_is_held_back_elsewhere_is_left_out(sets):
    copy = (sets / "people" / "images" / "p6.png").read_bytes()  # in valid.txt
    (sets / "photos" / "images" / "u5.png").write_bytes(copy)
    photos, left_out = choose_all(sets)
    assert left_out == ["photos/u5"]
    assert "photos/u5" not in [packed.row.name for packed in photos]


def test_partial_masks_go_along_with_unlabelled_photos(sets):
    photos, _ = choose(unlabelled=[sets / "people"])
    assert len(photos) == 8 and all(packed.row.masked and packed.mask for packed in photos)


def test_folders_that_cant_be_meant_are_refused(sets):
    with pytest.raises(DataError, match="Two of the folders are called 'people'"):
        choose(data=[sets / "people"], unlabelled=[sets / "people"])
    with pytest.raises(DataError, match="There is no folder"):
        choose(pasted=[sets / "nowhere"])
    (sets / "empty").mkdir()
    with pytest.raises(DataError, match="has no photos in it"):
        choose(unlabelled=[sets / "empty"])
