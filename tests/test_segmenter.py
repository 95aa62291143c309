"""From a photo in any form to alphas and cut-outs of its size."""

import io

import numpy as np
import pytest
from PIL import Image

from humanseg.cutout import CutOut
from humanseg.errors import HumanSegError, ImageError
from humanseg.segmenter import Segmenter
from tests.bright import Bright, disc


@pytest.fixture
def segmenter():
    return Segmenter(Bright())


@pytest.mark.parametrize("shape", [(100, 100), (300, 50), (50, 301), (7, 1000), (640, 480), (33, 31)])
def test_the_alpha_has_the_photos_size(segmenter, shape):
    alpha = segmenter.alpha(np.full((*shape, 3), 255, np.uint8))
    assert alpha.shape == shape and alpha.dtype == np.float32
    assert alpha.min() > 0.99, "padding leaks into the photo"


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (10, 20000), (20000, 10)])
def test_odd_sizes_come_out_whole(segmenter, shape):
    result = segmenter.cut_out(np.full((*shape, 3), 255, np.uint8))
    assert result.rgba.shape == (*shape, 4) and result.person_found


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (500, 333), (211, 640)])
def test_the_way_back_is_exact(segmenter, shape):
    photo = disc(*shape, 90)
    alpha = segmenter.alpha(photo, second_pass=False)
    truth = photo[..., 0] > 127
    found = alpha > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.97
    for axis in (0, 1):
        centres = [np.flatnonzero(m.any(axis))[[0, -1]].mean() for m in (found, truth)]
        assert centres[0] == pytest.approx(centres[1], abs=1.0), "the alpha is shifted"


def _as_png(rgb):
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG")
    return stream.getvalue()


def test_paths_bytes_files_pil_and_arrays_give_the_same_pixels(segmenter, astronaut, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(_as_png(astronaut))
    sources = [str(path), path, path.read_bytes(), io.BytesIO(path.read_bytes()), Image.open(path), astronaut]
    results = [segmenter.cut_out(source) for source in sources]
    for result in results[1:]:
        assert np.array_equal(result.rgba, results[0].rgba)
    assert [r.name for r in results[:2]] == ["photo.png"] * 2


def test_an_alpha_that_the_photo_came_with_is_kept(segmenter):
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[:32, :, 3] = 0
    result = segmenter.cut_out(rgba)
    assert not result.alpha[:31].any() and result.alpha[33:].min() > 0.99


@pytest.mark.parametrize("source", [b"", b"not a picture", "no/such/file.jpg"])
def test_what_is_no_picture_is_refused_in_one_sentence(segmenter, source):
    with pytest.raises(ImageError) as caught:
        segmenter.cut_out(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", [None, 3.0, np.zeros((4, 4, 7), np.uint8), np.zeros(5, np.uint8), [1, 2]])
def test_what_is_no_source_at_all_is_refused(segmenter, source):
    with pytest.raises((HumanSegError, TypeError, ValueError)):
        segmenter.alpha(source)


@pytest.mark.parametrize("size", [0, -1, 10**6])
def test_a_size_that_no_network_can_be_shown_is_refused(segmenter, size):
    with pytest.raises(ValueError, match="size"):
        segmenter.alpha(np.zeros((8, 8, 3), np.uint8), size=size)


@pytest.fixture
def result(segmenter):
    return segmenter.cut_out(disc(90, 120, 30), name="round.jpg")


def test_a_cut_out_is_an_rgba_array(result):
    array = np.asarray(result)
    assert array.shape == (90, 120, 4) and array.dtype == np.uint8
    assert array[45, 60, 3] == 255 and array[0, 0, 3] == 0 and result.name == "round.jpg"


def test_a_cut_out_goes_on_any_background(result):
    assert result.on("transparent").shape == (90, 120, 4)
    assert (result.on("#ff0000")[0, 0] == (255, 0, 0)).all()
    assert (result.on((0, 255, 0))[0, 0] == (0, 255, 0)).all()
    assert result.on("blur").shape == (90, 120, 3)
    assert (result.on(np.full((10, 10, 3), 77, np.uint8))[0, 0] == 77).all()


@pytest.mark.parametrize("background", ["", "#12", "#gggggg", "pink please"])
def test_a_colour_that_cannot_be_read_is_refused(result, background):
    with pytest.raises(HumanSegError):
        result.on(background)


def test_a_repaired_alpha_replaces_the_old_one(result):
    repaired = result.with_alpha(np.zeros((90, 120), np.float32))
    assert isinstance(repaired, CutOut) and not repaired.person_found and not repaired.rgba[..., 3].any()
    assert result.person_found, "the old one is left alone"
    with pytest.raises(ValueError):
        result.with_alpha(np.zeros((9, 9), np.float32))
