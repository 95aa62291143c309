import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import ImageError
from humanseg.media import photos
from tests.media.pictures import difference


@pytest.mark.parametrize("format", ["png", "webp"])
def test_an_alpha_survives_the_way_to_a_file_and_back(small, format):
    alpha = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (64, 1))
    photo = photos.read(photos.encode(small, alpha, format=format, quality=100))
    assert np.abs(photo.alpha - alpha).max() < 0.003
    assert difference(photo.rgb[:, 10:], small[:, 10:]) < 3


def test_a_png_is_lossless_and_a_jpeg_close(small):
    assert np.array_equal(photos.read(photos.encode(small)).rgb, small)
    assert difference(photos.read(photos.encode(small, format="jpeg")).rgb, small) < 5


def test_a_mask_is_grey(small):
    alpha = (small[..., 0] / 255).astype(np.float32)
    with Image.open(io.BytesIO(photos.encode_mask(alpha))) as mask:
        assert mask.mode == "L" and np.array_equal(np.array(mask), small[..., 0])


@pytest.mark.parametrize(("format", "alpha"), [("gif", None), ("jpeg", np.ones((64, 96), np.float32))])
def test_what_cannot_be_written_is_a_value_error(small, format, alpha):
    with pytest.raises(ValueError):
        photos.encode(small, alpha, format=format)


@pytest.mark.parametrize(("format", "side"), [("webp", 16_384), ("jpeg", 65_501)])
def test_a_picture_too_long_for_its_format_is_refused_in_a_sentence(format, side):
    with pytest.raises(ImageError, match="choose PNG"):
        photos.encode(np.zeros((2, side, 3), np.uint8), format=format)
    assert photos.read(photos.encode(np.zeros((2, side, 3), np.uint8))).rgb.shape == (2, side, 3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG 1.heic", "IMG 1-cutout.png"),
        ("a.b.jpg", "a.b-cutout.png"),
        ("", "photo-cutout.png"),
        ("Müller.JPG", "Müller-cutout.png"),
    ],
)
def test_a_result_is_named_after_its_photo(name, expected):
    assert photos.output_name(name) == expected


def test_writing_leaves_the_whole_file_or_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    photos.write(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ImageError, match=r"x\.png can't be written \(No space"):
        photos.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ImageError, match="can't be written"):
        photos.write(tmp_path / "no" / "x.png", b"data")


def test_a_name_too_long_for_the_file_system_is_shortened(tmp_path):
    name = photos.output_name("x" * 251 + ".jpg")
    assert name == "x" * 244 + "-cutout.png"
    photos.write(tmp_path / name, b"data")
    assert photos.output_name("ü" * 125 + ".jpg", suffix="-mask") == "ü" * 123 + "-mask.png"
    assert photos.output_name("写" * 83 + ".jpg", "-cutout-2", ".webp") == "写" * 80 + "-cutout-2.webp"


def test_a_name_that_no_file_can_have_is_made_one(tmp_path):
    photos.write(tmp_path / photos.output_name("a\0b\ud83d.jpg"), b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["a_b_-cutout.png"]


@pytest.mark.parametrize("name", ["a\0b.png", "x" * 256 + ".png", "folder"])
def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageError, match=r"can't be written \(.+\): choose another folder\.$") as caught:
        photos.write(tmp_path / name, b"data")
    assert "\0" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
