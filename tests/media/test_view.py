from __future__ import annotations

import numpy as np
import pytest

from humanseg.crops import Box
from humanseg.media.view import LARGEST_SCALE, View

FRAME = (180, 320)


def test_the_whole_frame_is_shown_with_its_long_side_at_the_size():
    view = View.whole(FRAME, 64)
    assert view.shape == (36, 64)
    assert view.is_whole
    assert view.picture(np.full((*FRAME, 3), 9, np.uint8)).shape == (36, 64, 3)


@pytest.mark.parametrize(
    "boxes",
    [
        [Box(20, 10, 100, 50)],
        [Box(20, 10, 100, 50), Box(60, 200, 160, 260)],
        [Box(0, 0, 30, 200), Box(150, 100, 180, 320), Box(70, 20, 100, 120)],
    ],
)
def test_crops_lie_side_by_side_and_fit_the_size(boxes):
    view = View.of_crops(FRAME, boxes, 96)
    assert max(view.shape) <= 96 + len(boxes)  # each side is rounded
    assert not view.is_whole
    shown = np.zeros(view.shape, int)
    for box, place in zip(view.boxes, view.places, strict=True):
        shown[place.top : place.bottom, place.left : place.right] += 1
        assert 0 <= box.top < box.bottom <= FRAME[0] and 0 <= box.left < box.right <= FRAME[1]
    assert (shown == 1).all()
    for asked, box in zip(boxes, view.boxes, strict=True):
        assert box.around(asked) == box


def test_small_crops_are_not_enlarged_without_end():
    assert View.of_crops(FRAME, [Box(10, 10, 20, 20)], 256).scale == LARGEST_SCALE


def test_what_is_seen_in_crops_lies_in_the_frame_where_it_was():
    frame = np.zeros(FRAME, np.uint8)
    frame[40:80, 30:50] = 200
    frame[70:130, 220:250] = 100
    view = View.of_crops(FRAME, [Box(20, 10, 100, 70), Box(60, 200, 160, 260)], 200)
    back = view.on_frame(view.picture(frame), FRAME)
    assert np.abs(back.astype(int) - frame).mean() < 1
    assert not back[:20].any()


def test_what_belongs_to_another_view_is_moved_to_this_one():
    frame = np.zeros(FRAME, np.float32)
    frame[60:90, 40:60] = 1
    one, other = (View.of_crops(FRAME, [Box(40, x, 120, x + 60)], 160) for x in (10, 24))
    there = one.from_other(other.picture(frame), other)
    assert np.abs(there - one.picture(frame)).mean() < 0.02
    known = one.is_covered_by(other)
    assert not known[:, : round(12 * one.scale)].any()
    assert known[:, round(16 * one.scale) :].all()


def test_the_whole_frame_does_not_tell_what_a_crop_of_it_shows():
    whole, crop = View.whole(FRAME, 64), View.of_crops(FRAME, [Box(20, 10, 60, 50)], 64)
    assert not crop.is_covered_by(whole).any()
    assert whole.is_covered_by(crop).sum() == pytest.approx(40 * 40 * whole.scale**2, rel=0.3)
