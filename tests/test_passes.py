"""The second pass: its gains, and the pixels that it leaves alone."""

import cv2
import numpy as np
import pytest

from humanseg.segmenter import Segmenter
from tests.bright import Bright, disc


@pytest.fixture
def segmenter():
    return Segmenter(Bright())


@pytest.mark.parametrize("radius", [40, 190])
def test_people_get_a_second_pass_however_large_they_are(segmenter, radius):
    segmenter.alpha(disc(400, 400, radius))
    assert len(segmenter.engine.seen) == 2


def test_without_people_there_is_no_second_pass(segmenter):
    segmenter.alpha(np.zeros((400, 400, 3), np.uint8))
    assert len(segmenter.engine.seen) == 1


class Sided(Bright):
    """An engine that is less sure on the right."""

    def __call__(self, image):
        alpha = super().__call__(image)
        alpha[:, alpha.shape[1] // 2 :] *= 0.8
        return alpha


@pytest.mark.parametrize("radius", [30, 60])
def test_the_second_pass_is_mirrored(radius):
    photo = disc(128, 128, radius)
    once, twice = (Segmenter(Sided()).coarse_alpha(photo, 128, second_pass=second) for second in (False, True))
    at = 64 + np.array([-1, 1]) * radius // 2
    assert once[64, at] == pytest.approx([1, 0.8], abs=0.03)
    # On the left the second pass gives less, which counts less; on the right it gives more.
    assert twice[64, at] == pytest.approx([0.92, 0.9], abs=0.03)


def test_a_second_pass_finds_a_finer_outline(segmenter):
    photo = disc(1200, 1600, 60, (500, 700))
    truth = photo[..., 0] > 127

    def score(second_pass):
        found = segmenter.alpha(photo, second_pass=second_pass, refine=False) > 0.5
        return (found & truth).sum() / (found | truth).sum()

    assert score(True) > score(False) + 0.005
    assert score(True) > 0.97


def test_a_second_pass_leaves_no_seam(segmenter):
    photo = np.clip(disc(600, 800, 60).astype(int) + 120, 0, 255).astype(np.uint8)
    alpha = segmenter.alpha(photo, refine=False)
    background = photo[..., 0] < 200
    rim = cv2.dilate(1 - background.astype(np.uint8), np.ones((41, 41))) == 0
    assert np.ptp(alpha[rim]) < 0.02
