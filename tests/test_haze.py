"""Haze is decided, soft outlines stay soft."""

import cv2
import numpy as np
import pytest

from humanseg import haze
from humanseg.model.calibration import Calibration
from humanseg.segmenter import Segmenter
from tests.bright import Bright, disc


def soft_disc(size=400, radius=100, softness=2.0):
    """A person with an outline that is soft over about `softness` pixels to each side."""
    return cv2.GaussianBlur(disc(size, size, radius)[..., 0], (0, 0), softness / 2).astype(np.float32) / 255


def decided(alpha, **calibration):
    alpha = alpha.copy()
    haze.decide(alpha, Calibration(**{"certain": 0.0} | calibration))
    return alpha


@pytest.mark.parametrize("side", [400, 1600])
@pytest.mark.parametrize(("value", "becomes"), [(0.2, 0), (0.45, 0), (0.55, 1), (0.8, 1)])
def test_haze_far_from_the_outline_becomes_person_or_background(side, value, becomes):
    alpha = soft_disc(side, side // 4)
    alpha[: side // 8, : side // 2] = value
    middle = slice(side * 9 // 20, side * 11 // 20)
    alpha[middle, middle] = value
    out = decided(alpha)
    assert out[side // 2, side // 2] == becomes and out[side // 32, side // 4] == becomes


@pytest.mark.parametrize("side", [400, 1600])
def test_a_soft_outline_stays_as_soft_as_it_is(side):
    alpha = soft_disc(side, side // 4, softness=side * 0.005)
    assert np.abs(decided(alpha) - alpha).max() < 0.05


def test_how_far_an_outline_may_be_soft_is_in_the_calibration():
    alpha = soft_disc(softness=16)
    half = [np.count_nonzero((out > 0.1) & (out < 0.9)) for out in (decided(alpha, outline=s) for s in (0.006, 0.05))]
    assert half[0] < half[1] / 2
    assert (decided(alpha, outline=0.006) >= 0.5).sum() == (alpha >= 0.5).sum(), "the outline is where it was"


@pytest.mark.parametrize("alpha", [np.zeros((40, 60)), np.ones((40, 60)), np.full((40, 60), 0.3), np.full((1, 1), 0.7)])
def test_an_alpha_without_an_outline_is_no_trouble(alpha):
    alpha = alpha.astype(np.float32)
    out = decided(haze.weighed_together(alpha))
    assert out.shape == alpha.shape and np.isfinite(out).all() and ((out >= 0.5) == (alpha >= 0.5)).all()


def ragged(mean):
    """A person with an uncertain arm, about as much person as `mean` says, in large patches."""
    alpha = soft_disc()
    patches = np.random.default_rng(0).standard_normal((400, 400)).astype(np.float32)
    patches = cv2.GaussianBlur(patches, (0, 0), 6)
    arm = np.s_[180:220, 295:380]
    alpha[arm] = np.clip(mean + patches[arm] / patches.std() * 0.15, 0.12, 0.88)
    return alpha


@pytest.mark.parametrize(("mean", "kept"), [(0.35, 0.1), (0.65, 0.9)])
def test_an_uncertain_arm_is_kept_or_dropped_more_as_a_whole(mean, kept):
    alpha = ragged(mean)
    together = haze.weighed_together(alpha)
    arm = np.s_[185:215, 310:375]
    before, after = ((a[arm] >= 0.5).mean() for a in (alpha, together))
    assert after <= min(kept, before) if mean < 0.5 else after >= max(kept, before)
    elsewhere = np.ones_like(alpha, bool)
    elsewhere[170:230, 285:390] = False
    assert (together == alpha)[elsewhere].all()


def test_narrow_bands_and_strands_are_no_haze():
    alpha = soft_disc(softness=4)
    alpha[50:90, 200:203] = 0.4
    assert haze.weighed_together(alpha) is alpha


def test_no_haze_is_left_over_what_is_surely_background():
    segmenter = Segmenter(Bright())
    photo = np.clip(disc(90, 120, 30), 101, 255)  # the engine gives the background an alpha of 0.018
    result = segmenter.cut_out(photo)
    assert 0 < segmenter.engine(np.full((32, 32, 3), 101, np.uint8)).max() < 0.02
    assert not result.alpha[:10].any() and result.alpha[45, 60] == 1
