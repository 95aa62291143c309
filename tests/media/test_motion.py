from __future__ import annotations

import cv2
import numpy as np
import pytest

from humanseg.media.motion import motion


def texture(seed: int, size: tuple[int, int] = (144, 192)) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def moved(grey: np.ndarray, x: float, y: float) -> np.ndarray:
    turn = np.float32([[1, 0, x], [0, 1, y]])
    return cv2.warpAffine(grey, turn, grey.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def test_what_moved_is_brought_to_where_it_is_now():
    before = texture(0)
    now = moved(before, 5, -3)
    found = motion(now, before)
    inside = (slice(12, -12), slice(12, -12))
    assert np.abs(found.brought(before).astype(int) - now)[inside].mean() < 4
    assert found.change[inside].mean() < 4 < np.abs(now.astype(int) - before).mean()


def test_a_resting_picture_with_noise_is_not_moved_at_all():
    still = texture(1)
    random = np.random.default_rng(2)
    noisy = [np.clip(still + random.normal(0, 3, still.shape), 0, 255).astype(np.uint8) for _ in range(2)]
    found = motion(*noisy)
    assert found.moved.mean() < 0.02
    assert found.change.mean() < 5


@pytest.mark.parametrize("gain", [0.9, 1.1])
def test_a_lamp_that_flickers_is_no_change(gain):
    still = texture(3) // 2 + 40
    assert motion(cv2.convertScaleAbs(still, alpha=gain), still).change.mean() < 2


def test_another_scene_is_a_cut_and_a_moved_one_is_not(astronaut):
    before = cv2.resize(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), (192, 192), interpolation=cv2.INTER_AREA)
    assert motion(before[::-1].copy(), before).is_cut
    assert motion(before.T.copy(), before).is_cut
    assert motion(255 - before, before).is_cut
    assert not motion(moved(before, 9, 4), before).is_cut
    assert not motion(before, before).is_cut


def test_what_is_uncovered_counts_as_changed():
    before = texture(6)
    before[40:80, 40:80] = 255
    now = texture(6)
    change = motion(now, before).change
    assert change[45:75, 45:75].mean() > 20 > 2 > change[100:, 100:].mean()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (31, 31), (33, 40)])
def test_pictures_of_any_size_have_a_motion(size):
    found = motion(np.full(size, 90, np.uint8), np.full(size, 90, np.uint8))
    assert found.change.shape == size
    assert not found.change.any()
    assert found.brought(np.ones(size, np.float32)).min() == 1


@pytest.mark.parametrize("size", [(8, 8), (40, 40)])
def test_black_frames_are_no_cut_from_each_other(size):
    black = np.zeros(size, np.uint8)
    assert not motion(black, black).is_cut


def test_labels_stay_whole_when_they_are_brought_by_the_nearest_pixel():
    before = texture(7)
    labels = np.zeros(before.shape, np.uint8)
    labels[30:90, 30:90] = 7
    brought = motion(moved(before, 3, 2), before).brought(labels, nearest=True)
    assert set(np.unique(brought)) == {0, 7}
