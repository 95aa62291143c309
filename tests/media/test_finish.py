"""A stream's alphas at the frames' own size: as crisp as a photo's, at any size, and steady where nothing moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from humanseg import edges, haze
from humanseg.crops import Box
from humanseg.media.finish import Finisher, Steady
from humanseg.media.view import View
from humanseg.model.config import ModelConfig

CONFIG = ModelConfig(size=128, live_size=128)


def scene(shape: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A bright disc on a dark place with a camera's noise, and its true alpha."""
    height, width = shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    truth = np.clip(0.3 * height - np.hypot(rows - height / 2, columns - width / 2) + 0.5, 0, 1)
    noise = np.random.default_rng(seed).normal(0, 3, (height, width, 3))
    return np.clip(40 + 160 * truth[..., None] + noise, 0, 255).astype(np.uint8), truth


def steady(frame: np.ndarray, truth: np.ndarray, size: int = 128, rests: float | None = None) -> Steady:
    """The frame with an alpha as a network gives it: of that size, and blurred."""
    view = View.whole(frame.shape[:2], size)
    alpha = cv2.GaussianBlur(cv2.resize(truth, view.shape[::-1], interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    return Steady(frame, view, alpha, None if rests is None else np.full_like(alpha, rests))


@pytest.mark.parametrize("shape", [(270, 480), (361, 642), (720, 1280)])
def test_edges_are_as_crisp_and_as_right_as_those_of_a_photo(shape):
    frame, truth = scene(shape)
    one = steady(frame, truth)
    found = Finisher(CONFIG).alpha(one)
    photo = edges.refine_alpha(frame, one.alpha)
    haze.decide(photo, CONFIG.calibration)
    assert found.shape == shape and found.dtype == np.float32
    assert np.abs(found - truth).mean() < 1.1 * np.abs(photo - truth).mean() + 1e-4
    assert np.mean((found > 0.02) & (found < 0.98)) < 1.1 * np.mean((photo > 0.02) & (photo < 0.98)) + 1e-4


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (17, 33), (641, 5), (700, 1300)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_frames_of_any_size_and_alphas_without_an_edge_are_finished(shape, value):
    frame = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    view, finisher = View.whole(shape, 128), Finisher(CONFIG)
    for rests in (None, np.ones(view.shape, np.float32)):
        alpha = finisher.alpha(Steady(frame, view, np.full(view.shape, value, np.float32), rests))
        assert alpha.shape == shape and alpha.min() >= 0 and alpha.max() <= 1
        assert value == 0.5 or (alpha == value).all()


@pytest.mark.parametrize("shape", [(96, 320), (96, 656)])  # finished in one step, and in two
def test_edges_rest_where_the_picture_does_and_are_new_where_it_does_not(shape):
    scenes = [scene(shape, seed=number) for number in range(12)]

    def change(rests: float) -> float:
        finisher = Finisher(CONFIG)
        alphas = [finisher.alpha(steady(*one, rests=rests if n else None)) for n, one in enumerate(scenes)]
        return float(np.abs(alphas[-1] - alphas[-2]).mean())

    assert change(1.0) < 0.2 * change(0.0)


def test_after_a_reset_the_last_frame_does_not_count():
    frame, truth = scene((270, 480))
    finisher = Finisher(CONFIG)
    fresh = finisher.alpha(steady(frame, truth))
    finisher.alpha(steady(255 - frame, truth, rests=1.0))
    finisher.reset()
    np.testing.assert_array_equal(finisher.alpha(steady(frame, truth, rests=1.0)), fresh)


def test_of_crops_each_is_finished_in_its_place_and_nobody_is_elsewhere():
    frame, truth = np.full((720, 1280, 3), 40, np.uint8), np.zeros((720, 1280), np.float32)
    boxes = (Box(100, 100, 300, 300), Box(250, 250, 450, 450))  # they overlap by a corner
    for box in boxes:
        part = slice(box.top, box.bottom), slice(box.left, box.right)
        disc, alpha = scene((200, 200))
        frame[part], truth[part] = disc, np.maximum(truth[part], alpha)
    view = View.of_crops((720, 1280), boxes, 128)
    alpha = view.from_other(truth, View.whole((720, 1280), 1280))
    found = Finisher(CONFIG).alpha(Steady(frame, view, alpha, None))
    assert np.abs(found - truth)[100:300, 100:300].mean() < 0.03
    assert np.abs(found - truth)[250:450, 250:450].mean() < 0.03
    assert not found[:90].any() and not found[:, 500:].any()
