import numpy as np
import pytest

from humanseg.evaluation import metrics


@pytest.fixture
def square():
    mask = np.zeros((100, 100), bool)
    mask[20:80, 20:80] = True
    return mask


def test_the_same_mask_scores_one(square):
    for figure in (metrics.iou, metrics.boundary_iou, metrics.dice):
        assert figure(square, square) == 1


def test_half_a_mask_scores_by_hand(square):
    half = square.copy()
    half[:, 50:] = False
    assert metrics.iou(half, square) == pytest.approx(0.5)
    assert metrics.dice(half, square) == pytest.approx(2 / 3)


def test_nobody_found_where_nobody_is_scores_one_and_somebody_scores_nothing(square):
    nobody = np.zeros_like(square)
    for figure in (metrics.iou, metrics.boundary_iou, metrics.dice):
        assert figure(nobody, nobody) == 1
        assert figure(square, nobody) == 0


def test_the_inner_boundary_is_two_percent_of_the_diagonal_wide(square):
    boundary = metrics.inner_boundary(square)
    # 2 % of 141 pixels is 3.
    assert np.flatnonzero(boundary[50]).tolist() == [20, 21, 22, 77, 78, 79]


def test_the_frame_counts_as_outline():
    assert metrics.inner_boundary(np.ones((50, 50), bool))[0].all()


def test_boundary_iou_is_stricter_than_iou_about_an_edge_that_is_off(square):
    shifted = np.roll(square, 2, axis=1)
    assert metrics.boundary_iou(shifted, square) < metrics.iou(shifted, square) - 0.1


def test_what_is_ignored_does_not_count(square):
    mask = np.where(square, 255, 0).astype(np.uint8)
    mask[:, :50] = 128
    alpha = square.astype(np.float32)
    alpha[:, :50] = 1 - alpha[:, :50]
    assert metrics.score(alpha, mask)["iou"] == 1
    assert metrics.score(alpha, mask)["mae"] == 0


@pytest.mark.parametrize("at_ignored", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("ignored", [np.s_[:, 40:60], np.s_[15:25], np.s_[:, :50], np.s_[10:90, 10:90]])
def test_a_perfect_prediction_scores_one_whatever_it_says_where_pixels_are_ignored(square, ignored, at_ignored):
    mask = np.where(square, 255, 0).astype(np.uint8)
    alpha = square.astype(np.float32)
    mask[ignored], alpha[ignored] = 128, at_ignored
    assert metrics.score(alpha, mask)["boundary_iou"] == metrics.score(alpha, mask)["iou"] == 1


def test_ignoring_a_part_leaves_the_rest_of_the_boundary_score_as_strict(square):
    mask = np.where(square, 255, 0).astype(np.uint8)
    shifted = np.roll(square, 2, axis=0)
    mask[:, :50] = 128
    whole = metrics.boundary_iou(shifted[:, 50:], square[:, 50:])
    assert metrics.score(shifted.astype(np.float32), mask)["boundary_iou"] == pytest.approx(whole, abs=0.05)
    assert whole < 0.7


def test_a_mask_of_nothing_but_ignored_pixels_says_nothing_against_a_prediction(square):
    figures = metrics.score(square.astype(np.float32), np.full((100, 100), 128, np.uint8))
    assert figures["iou"] == figures["boundary_iou"] == 1 and figures["mae"] == 0


def test_a_narrower_boundary_is_stricter_about_an_edge_that_is_off(square):
    shifted = np.roll(square, 2, axis=1)
    assert metrics.boundary_iou(shifted, square, ratio=0.01) < metrics.boundary_iou(shifted, square)


def test_a_soft_mask_with_a_pixel_of_128_ignores_nothing():
    mask = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    wrong = (mask < 128).astype(np.float32)
    assert metrics.score(wrong, mask)["iou"] == 0
    assert metrics.score(mask.astype(np.float32) / 255, mask)["mae"] == pytest.approx(0)


def test_an_alpha_of_another_size_is_scored_at_the_masks(square):
    mask = np.where(square, 255, 0).astype(np.uint8)
    large = np.kron(square, np.ones((3, 3))).astype(np.float32)
    small = square[::2, ::2].astype(np.float32)
    assert metrics.score(large, mask)["iou"] == 1
    assert metrics.score(small, mask)["iou"] > 0.95


HAZY = np.s_[40:60, 40:60]  # in the middle of the square
NEAR = np.s_[20:80, 20]  # at its outline


def test_haze_is_half_transparent_area_away_from_the_outline_as_a_share_of_the_person(square):
    truth = square.astype(np.float32)
    alpha = truth.copy()
    assert metrics.haze(alpha, truth) == 0
    alpha[NEAR] = 0.5
    assert metrics.haze(alpha, truth) == 0, "soft at the outline, as it should be"
    alpha[HAZY] = 0.5
    alpha[:10, :30] = 0.2  # a cloud on the background
    assert metrics.haze(alpha, truth) == pytest.approx((20 * 20 + 10 * 30) / 60**2)


@pytest.mark.parametrize("value", [0.0, 0.09, 0.91, 1.0])
def test_what_is_decided_is_no_haze_even_where_it_is_wrong(square, value):
    alpha = square.astype(np.float32)
    alpha[HAZY] = value
    assert metrics.haze(alpha, square.astype(np.float32)) == 0


def test_what_is_ignored_is_no_haze(square):
    mask = np.where(square, 255, 0).astype(np.uint8)
    alpha = square.astype(np.float32)
    mask[HAZY] = 128
    alpha[HAZY] = 0.5
    assert metrics.score(alpha, mask)["haze"] == 0
    alpha[25:30, 25:30] = 0.5
    assert metrics.score(alpha, mask)["haze"] == pytest.approx(25 / (60**2 - 20**2))


def test_hair_that_is_soft_in_the_truth_may_be_soft_in_the_alpha(square):
    truth = square.astype(np.float32)
    truth[:20, 40:60] = 0.4
    assert metrics.haze(truth, truth) == 0


def test_haze_over_the_whole_of_a_person_who_fills_the_frame_counts():
    assert metrics.haze(np.full((50, 50), 0.5, np.float32), np.ones((50, 50), np.float32)) == 1


@pytest.mark.parametrize("value", [0, 128])
def test_where_the_mask_has_no_person_there_is_nothing_to_measure_haze_by(value):
    assert "haze" not in metrics.score(np.full((50, 50), 0.5, np.float32), np.full((50, 50), value, np.uint8))


def test_the_mean_leaves_photos_out_that_lack_a_figure():
    assert metrics.mean([{"iou": 0.0}, {"iou": 1.0, "haze": 0.2}]) == {"iou": 0.5, "haze": 0.2}


def test_the_mean_over_no_photos_is_empty():
    assert metrics.mean([]) == {}
    assert metrics.mean([{"iou": 0.0}, {"iou": 1.0}]) == {"iou": 0.5}
