"""A cut-out as a file."""

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import HumanSegError, ImageError
from tests.ui.fakes import pair_of, segmenter, two_people


@pytest.fixture
def cut(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 40, 3), np.uint8)
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    Image.fromarray(noise).save(tmp_path / "me.jpg", exif=exif)
    return segmenter().cut_out(tmp_path / "me.jpg")


@pytest.mark.parametrize("name", ["a.png", "A.PNG"])
def test_saved_transparent_it_has_the_same_pixels(cut, tmp_path, name):
    assert cut.save(tmp_path / name) == tmp_path / name
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / name)), cut.rgba)


@pytest.mark.parametrize(
    ("name", "format"), [("a.jpg", "JPEG"), ("a.jpeg", "JPEG"), ("a.webp", "WEBP"), ("a.png", "PNG")]
)
def test_the_suffix_says_the_format(cut, tmp_path, name, format):
    cut.save(str(tmp_path / name), "#00ff00")
    with Image.open(tmp_path / name) as picture:
        assert picture.format == format and picture.mode == "RGB" and not picture.getexif()


def test_it_goes_on_a_background_with_its_options(cut, tmp_path):
    wall = np.full((10, 10, 3), 77, np.uint8)
    cut.save(tmp_path / "a.png", wall, scale=0.5)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), cut.on(wall, scale=0.5))


@pytest.mark.parametrize("name", ["a.gif", "a.tiff", "a", "a.", ".png", "a.png.txt"])
def test_a_format_that_nobody_writes_is_refused(cut, tmp_path, name):
    with pytest.raises(ImageError, match=r"\.png, \.webp or \.jpg"):
        cut.save(tmp_path / name)


def test_jpeg_needs_a_background(cut, tmp_path):
    with pytest.raises(ImageError, match="give a background"):
        cut.save(tmp_path / "a.jpg")


@pytest.mark.parametrize("background", ["purpel", "#12", "no-such-picture.png"])
def test_what_is_no_background_is_refused(cut, tmp_path, background):
    with pytest.raises(HumanSegError):
        cut.save(tmp_path / "a.png", background)


def test_it_is_written_whole_or_not_at_all(cut, tmp_path):
    with pytest.raises(ImageError, match="can't be written"):
        cut.save(tmp_path / "missing" / "a.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match="can't be written"):
        cut.save(tmp_path / "folder.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.png", "me.jpg"]


def test_what_is_there_is_replaced(cut, tmp_path):
    (tmp_path / "a.png").write_text("old")
    cut.save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size == (40, 60)


@pytest.fixture
def pair(tmp_path):
    return two_people().cut_out(pair_of(tmp_path / "two.png").source)


def test_of_several_people_some_can_be_kept_before_or_after_cutting_out(pair, tmp_path):
    large, small = pair.people
    only = pair.keeping("largest")
    x, y = small.point
    assert pair.alpha[y, x] == 1 and only.alpha[y, x] == 0 and only.person_found and len(only.people) == 1
    np.testing.assert_array_equal(only.rgba, two_people().cut_out(tmp_path / "two.png", keep="largest").rgba)
    other = pair.keeping([(x / 320, y / 240)])
    assert other.alpha[y, x] == 1 and other.alpha[large.point[1], large.point[0]] == 0


def test_somebody_to_keep_who_is_not_there_is_a_sentence(pair, cut, tmp_path):
    with pytest.raises(HumanSegError, match="Nobody is at"):
        pair.keeping([(2, 2)])
    with pytest.raises(HumanSegError, match="Nobody is at"):
        two_people().cut_out(tmp_path / "two.png", keep=[(2, 2)])
    assert cut.keeping("largest") is cut, "there is one person alone"


def test_of_nobody_nobody_is_kept():
    nobody = two_people().cut_out(np.full((40, 50, 3), 90, np.uint8), keep="largest")
    assert not nobody.person_found and nobody.people == () and nobody.keeping([(0.5, 0.5)]) is nobody
