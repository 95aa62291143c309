"""Which people get a crop of their own in the second pass, and how large they are shown."""

import numpy as np
import pytest

from humanseg.segmenter import Segmenter
from tests.bright import Bright


@pytest.fixture
def segmenter():
    return Segmenter(Bright())


def people(height, width, *boxes):
    """Bright figures on black, each at (top, left, bottom, right)."""
    photo = np.zeros((height, width, 3), np.uint8)
    for top, left, bottom, right in boxes:
        photo[top:bottom, left:right] = 255
    return photo


def test_people_who_stand_apart_get_a_crop_each_and_larger():
    segmenter = Segmenter(Bright(448))
    segmenter.alpha(people(400, 600, (100, 40, 300, 80), (100, 500, 300, 540)))
    first, *more = segmenter.engine.seen
    assert first == (320, 448)
    # A box of 200 pixels with its margin fills more of the input than one of 600 did.
    assert more == [(512, 224)] * 2


@pytest.mark.parametrize(("width", "side"), [(20, 512), (90, 512), (130, 448), (240, 384), (400, 384)])
def test_the_slimmer_people_are_the_larger_they_are_shown_again(width, side):
    segmenter = Segmenter(Bright(448))
    left = 200 - width // 2
    segmenter.alpha(people(400, 400, (0, left, 400, left + width)))
    first, second = segmenter.engine.seen
    assert first == (448, 448) and max(second) == side


def test_people_who_stand_together_share_a_crop(segmenter):
    segmenter.alpha(people(400, 600, (100, 240, 300, 280), (100, 300, 300, 340)))
    assert len(segmenter.engine.seen) == 2


def test_a_crowd_shares_a_crop(segmenter):
    segmenter.alpha(people(400, 2000, *((100, left, 300, left + 40) for left in range(40, 1960, 320))))
    assert len(segmenter.engine.seen) == 2


@pytest.mark.parametrize(
    "boxes",
    [
        [(20, 20, 80, 80), (150, 250, 230, 330)],
        [(0, 0, 100, 100), (0, 500, 100, 600), (300, 0, 400, 100), (300, 500, 400, 600)],
        [(top, left, top + 26, left + 26) for top in range(30, 350, 90) for left in range(20, 600, 120)],
    ],
    ids=["two", "one in each corner", "many"],
)
def test_the_second_pass_costs_at_most_another_pass_that_is_larger(boxes):
    segmenter = Segmenter(Bright(448))
    alpha = segmenter.alpha(people(400, 600, *boxes), refine=False)
    areas = [h * w for h, w in segmenter.engine.seen]
    # Each may be longer by less than the network's stride.
    assert len(areas) > 1 and sum(areas[1:]) <= 512 * 512 + (len(areas) - 1) * 512 * 32
    for top, left, bottom, right in boxes:
        assert alpha[(top + bottom) // 2, (left + right) // 2] > 0.9


def test_crops_one_after_the_other_leave_the_rest_of_the_photo_alone(segmenter):
    photo = people(400, 600, (100, 40, 300, 80), (100, 500, 300, 540))
    alpha = segmenter.alpha(photo, refine=False)
    assert np.abs((alpha > 0.5) - (photo[..., 0] > 127).astype(int)).mean() < 0.005
