import tracemalloc

import cv2
import numpy as np
import pytest

from humanseg.resize import covering, fitted, letterbox, resize_alpha, shrink


def test_letterboxing_keeps_the_aspect_and_repeats_the_edge():
    boxed, inner = letterbox(np.full((30, 100, 3), 7, np.uint8), 64, 32)
    assert inner == (19, 64) and boxed.shape == (32, 64, 3)
    assert (boxed == 7).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (64, 64), (65, 63)])
def test_every_shape_fits_the_stride_and_keeps_a_pixel(shape):
    boxed, inner = letterbox(np.zeros((*shape, 3), np.uint8), 64, 32)
    assert boxed.shape[0] % 32 == 0 and boxed.shape[1] % 32 == 0
    assert min(inner) >= 1 and max(inner) == 64
    assert boxed.flags.c_contiguous


def test_a_resized_alpha_never_shares_memory_and_stays_in_range():
    alpha = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    same = resize_alpha(alpha, 30, 20)
    assert np.array_equal(same, alpha) and not np.shares_memory(same, alpha)
    for size in ((7, 5), (90, 60)):
        resized = resize_alpha(alpha, *size)
        assert resized.shape == size[::-1] and 0 <= resized.min() and resized.max() <= 1


@pytest.mark.parametrize("shape", [(1080, 1920), (1201, 1600), (1200, 1600)])
def test_what_is_shrunk_by_much_is_the_mean_of_what_it_covers(shape):
    ramp = np.linspace(0, 1, shape[1], dtype=np.float32) * np.ones((shape[0], 1), np.float32)
    small = resize_alpha(ramp, 100, 60)
    edges = np.linspace(0, 1, 101)
    np.testing.assert_allclose(small, np.broadcast_to((edges[:-1] + edges[1:]) / 2, (60, 100)), atol=2e-3)


@pytest.mark.parametrize("shape", [(1080, 1920), (1500, 2000), (999, 1333), (60, 101)])
def test_what_is_shrunk_quickly_stays_in_its_place(shape):
    ramp = np.linspace(0, 1, shape[1], dtype=np.float32) * np.ones((shape[0], 1), np.float32)
    exact, quick = shrink(ramp, 100), shrink(ramp, 100, near=2)
    assert quick.shape == exact.shape
    np.testing.assert_allclose(quick, exact, atol=3e-3)


def test_shrinking_bounds_the_long_side_and_leaves_what_fits():
    assert shrink(np.zeros((200, 100, 3), np.uint8), 50).shape == (50, 25, 3)
    assert shrink(np.zeros((1000, 1), np.float32), 50).shape == (50, 1)
    fits = np.zeros((50, 20), np.uint8)
    assert shrink(fits, 50) is fits


def _enlarged_first(picture: np.ndarray, width: int, height: int, position: tuple[float, float]) -> np.ndarray:
    """What fills the frame if the whole picture is enlarged and then cropped."""
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    size = round(columns * scale), round(rows * scale)
    whole = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    left, top = (round((a - b) * p) for a, b, p in zip(size, (width, height), position, strict=True))
    return whole[top : top + height, left : left + width]


@pytest.mark.parametrize("position", [(0, 0), (0.5, 0.5), (0.3, 0.8), (1, 1)])
@pytest.mark.parametrize(
    ("shape", "most"), [((60, 80), 0), ((80, 60), 0), ((20, 200), 6), ((200, 20), 6), ((3, 99), 6)]
)
def test_a_thin_picture_is_framed_as_if_it_had_been_enlarged_whole(shape, most, position):
    coarse = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
    picture = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    made = fitted(picture, 160, 120, "fill", position)
    expected = _enlarged_first(picture, 160, 120, position)
    assert np.abs(made.astype(int) - expected).max() <= most


@pytest.mark.parametrize("fit", ["fill", "fit"])
@pytest.mark.parametrize("shape", [(40, 4096), (4096, 40), (1, 5000), (5000, 1), (1, 1)])
def test_a_thin_picture_takes_no_more_memory_than_a_few_frames(shape, fit):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    frame = 750 * 1000 * 3
    tracemalloc.start()
    try:
        assert fitted(picture, 1000, 750, fit, (0.5, 0.5)).shape == (750, 1000, 3)
        assert tracemalloc.get_traced_memory()[1] < 9 * frame
    finally:
        tracemalloc.stop()


def test_a_picture_is_made_as_small_as_filling_the_frame_allows():
    assert covering(np.zeros((900, 400, 3), np.uint8), 200, 100).shape == (450, 200, 3)
    panorama = np.zeros((100, 900, 3), np.uint8)
    assert covering(panorama, 200, 200) is panorama
