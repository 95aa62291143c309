"""Refinement follows the photo and leaves sure places alone; estimated colours hold no old background."""

import cv2
import numpy as np
import pytest

from humanseg import edges
from humanseg.foreground import foreground_colours


@pytest.fixture
def disc() -> tuple[np.ndarray, np.ndarray]:
    """A blue disc on orange, 480x640, and its true alpha."""
    y, x = np.mgrid[:480, :640]
    alpha = np.clip((150 - np.hypot(x - 320, y - 240)) / 6 + 0.5, 0, 1).astype(np.float32)
    mixed = alpha[..., None] * (30, 60, 200) + (1 - alpha[..., None]) * (240, 130, 20)
    return mixed.round().astype(np.uint8), alpha


def _coarse(alpha: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(cv2.resize(alpha, (80, 60), interpolation=cv2.INTER_AREA), (0, 0), 1)


def _bilinear(alpha: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    return cv2.resize(alpha, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def test_refinement_comes_closer_to_the_truth_than_interpolation(disc):
    rgb, truth = disc
    coarse = _coarse(truth)
    refined = edges.refine_alpha(rgb, coarse)
    assert np.abs(refined - truth).mean() < 0.5 * np.abs(_bilinear(coarse, rgb) - truth).mean()


def test_refinement_follows_a_step_in_the_photo():
    rgb = np.zeros((320, 320, 3), np.uint8)
    rgb[:, 163:] = 220
    coarse = np.zeros((40, 40), np.float32)
    coarse[:, 20:] = 1  # an edge at 160, three pixels off
    refined = edges.refine_alpha(rgb, coarse)
    assert (refined[100:220, 150:162] < 0.2).all()
    assert (refined[100:220, 165:175] > 0.8).all()


def test_what_is_sure_stays_so_away_from_the_edge(disc):
    rgb, truth = disc
    textured = (rgb // 2 + np.random.default_rng(0).integers(0, 120, rgb.shape)).astype(np.uint8)
    refined = edges.refine_alpha(textured, _coarse(truth))
    far = cv2.distanceTransform((truth > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    out = cv2.distanceTransform((truth <= 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    np.testing.assert_allclose(refined[far > 90], 1, atol=1e-5)
    np.testing.assert_allclose(refined[out > 90], 0, atol=1e-5)


def test_a_photo_without_contrast_only_has_its_alpha_interpolated(disc):
    _, truth = disc
    coarse = _coarse(truth)
    flat = np.full((480, 640, 3), 128, np.uint8)
    refined = edges.refine_alpha(flat, coarse)
    assert np.abs(np.diff(refined, axis=1)).max() < 0.1
    assert np.abs(refined - _bilinear(coarse, flat)).max() < 0.35


@pytest.mark.parametrize("value", [0, 1])
def test_an_alpha_of_nobody_or_everybody_stays_as_it_is(disc, value):
    refined = edges.refine_alpha(disc[0], np.full((60, 80), value, np.float32))
    assert (refined == value).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (7, 5), (33, 200)])
@pytest.mark.parametrize("coarse", [(1, 1), (1, 12), (12, 1), (12, 16), (64, 64)])
def test_any_size_gives_an_alpha_and_colours_of_the_photos_size(shape, coarse):
    random = np.random.default_rng(1)
    rgb = random.integers(0, 256, (*shape, 3), dtype=np.uint8)
    refined = edges.refine_alpha(rgb, random.random(coarse, np.float32))
    assert refined.shape == shape and refined.dtype == np.float32
    assert 0 <= refined.min() and refined.max() <= 1
    own = foreground_colours(rgb, refined)
    assert own.shape == rgb.shape and own.dtype == np.uint8


def test_views_work_like_contiguous_arrays_and_inputs_stay_as_they_were(disc):
    rgb, truth = disc
    coarse = _coarse(truth)
    before = rgb.copy(), coarse.copy()
    mirrored = edges.refine_alpha(rgb[:, ::-1], coarse[:, ::-1])
    copied = edges.refine_alpha(rgb[:, ::-1].copy(), coarse[:, ::-1].copy())
    np.testing.assert_array_equal(mirrored, copied)
    foreground_colours(rgb[:, ::-1], truth[:, ::-1])
    np.testing.assert_array_equal(rgb, before[0])
    np.testing.assert_array_equal(coarse, before[1])


def test_estimated_colours_are_at_least_twice_as_true_as_the_photos(disc):
    rgb, truth = disc
    own = foreground_colours(rgb, truth)
    band = (truth > 0.05) & (truth < 0.95)
    person = np.array((30, 60, 200), np.float32)
    assert np.abs(own[band] - person).mean() < 0.5 * np.abs(rgb[band] - person).mean()


def test_colours_outside_the_band_are_the_photos(disc):
    rgb, truth = disc
    own = foreground_colours(rgb, truth)
    rim = cv2.dilate((truth < 1).astype(np.uint8), np.ones((3, 3))).astype(bool)
    sure = (truth == 0) | ((truth == 1) & ~rim)
    np.testing.assert_array_equal(own[sure], rgb[sure])
    # In the rim they are a person's colours already: hardly anything changes.
    assert np.abs(own[(truth == 1) & rim].astype(int) - (30, 60, 200)).max() <= 3


def test_a_trace_of_the_background_under_a_sure_alpha_is_taken_off(disc):
    rgb, truth = disc
    eager = np.where(truth > 0.8, np.float32(1), truth)
    own = foreground_colours(rgb, eager)
    traced = (truth > 0.8) & (truth < 0.98)
    person = np.array((30, 60, 200), np.float32)
    assert np.abs(own[traced] - person).mean() < 0.5 * np.abs(rgb[traced] - person).mean()


@pytest.mark.parametrize("value", [0, 1])
def test_without_an_edge_the_colours_are_a_copy_of_the_photo(disc, value):
    own = foreground_colours(disc[0], np.full((480, 640), value, np.float32))
    np.testing.assert_array_equal(own, disc[0])
    assert not np.shares_memory(own, disc[0])


@pytest.mark.parametrize(
    ("rgb", "alpha"),
    [
        (np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.float32)),
        (np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8), np.float32)),
        (np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8)),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 1), np.float32)),
        (np.zeros((0, 8, 3), np.uint8), np.zeros((8, 8), np.float32)),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8), np.float32)),
    ],
)
def test_arrays_of_another_form_are_refused(rgb, alpha):
    with pytest.raises(ValueError, match=r"is uint8|is float32"):
        edges.refine_alpha(rgb, alpha)
    with pytest.raises(ValueError, match=r"is uint8|is float32"):
        foreground_colours(rgb, alpha)


def test_colours_want_an_alpha_of_the_photos_size():
    with pytest.raises(ValueError, match="the photo"):
        foreground_colours(np.zeros((8, 8, 3), np.uint8), np.zeros((4, 4), np.float32))


@pytest.mark.parametrize("times", [1, 2])
def test_refinement_solves_the_guided_filters_equations(times):
    random = np.random.default_rng(2)
    guide = random.integers(0, 256, (14 * times, 16 * times, 3), dtype=np.uint8)
    alpha = random.random(guide.shape[:2], np.float32)
    radius, epsilon = 3, 1e-3
    model = edges._guided(guide, alpha, radius, epsilon, times)
    assert model.shape == (14 - 2 * radius, 16 - 2 * radius, 4)

    def solution(y: int, x: int) -> np.ndarray:
        """Of the square that starts at this pixel of the model: slopes and offset."""
        square = tuple(slice(times * start, times * (start + radius)) for start in (y, x))
        colours = guide[square].reshape(-1, 3) / 255
        covariance = np.cov(np.c_[colours, alpha[square].ravel()], rowvar=False, bias=True)
        slopes = np.linalg.solve(covariance[:3, :3] + epsilon * np.eye(3), covariance[:3, 3])
        return np.append(slopes, alpha[square].mean() - slopes @ colours.mean(0))

    for y, x in ((3, 3), (5, 8), (10, 12)):
        # The mean of all squares that hold the pixel.
        whole = [solution(top, left) for top in range(y - 2, y + 1) for left in range(x - 2, x + 1)]
        slopes, offset = np.mean(whole, axis=0)[:3], np.mean(whole, axis=0)[3]
        stretched = np.append(slopes, offset) * edges.CONTRAST - (0, 0, 0, (edges.CONTRAST - 1) / 2)
        np.testing.assert_allclose(model[y - radius, x - radius] * 255, stretched, atol=2e-3)


@pytest.mark.parametrize("coarse", [(60, 80), (301, 401), (480, 640), (960, 1280)])
def test_threads_make_no_difference(disc, coarse):
    rgb, truth = disc
    alpha = cv2.GaussianBlur(cv2.resize(truth, coarse[::-1]), (0, 0), 2)
    before, found = cv2.getNumThreads(), []
    try:
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            refined = edges.refine_alpha(rgb, alpha)
            found.append((refined, foreground_colours(rgb, refined)))
    finally:
        cv2.setNumThreads(before)
    for refined, own in found[1:]:
        np.testing.assert_array_equal(refined, found[0][0])
        np.testing.assert_array_equal(own, found[0][1])


@pytest.mark.parametrize("shape", [(480, 640), (479, 641), (1500, 2000)])
def test_colours_of_a_true_alpha_are_the_persons(shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    radius = 0.3 * shape[0]
    alpha = np.clip((radius - np.hypot(x - shape[1] / 2, y - shape[0] / 2)) / 5 + 0.5, 0, 1).astype(np.float32)
    mixed = alpha[..., None] * (30, 60, 200) + (1 - alpha[..., None]) * (240, 130, 20)
    own = foreground_colours(mixed.round().astype(np.uint8), alpha)
    np.testing.assert_allclose(own[alpha > 0.1].mean(0), (30, 60, 200), atol=2)
    assert np.abs(own[alpha > 0.1].astype(int) - (30, 60, 200)).max() < 40
