from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from humanseg.retouch import Repair, grown
from humanseg.strokes import Stroke, cover
from humanseg.tiles import eight_bits


@pytest.fixture
def disc() -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    return (np.hypot(y - 60, x - 80) < 40).astype(np.float32)


@pytest.fixture
def photo(disc) -> np.ndarray:
    """Somebody light before a dark wall."""
    noise = np.random.default_rng(0).normal(0, 4, (120, 160, 3))
    return np.clip(60 + 140 * disc[..., None] + noise, 0, 255).astype(np.uint8)


KEEP = Stroke(((10, 10),), 8, keep=True)
REMOVE = Stroke(((80, 60), (90, 60)), 6, keep=False)


def test_strokes_keep_and_remove_what_is_under_them(disc, photo):
    made = Repair((KEEP, REMOVE))(disc, photo)
    assert made[8:12, 8:12].min() == 1 and made[58:62, 79:91].max() == 0
    assert made[60, 50] == 1 and made[110, 5] == 0


def test_the_later_stroke_wins(disc, photo):
    over = Stroke(REMOVE.points, REMOVE.radius, keep=True)
    assert Repair((REMOVE, over))(disc, photo)[60, 80:90].min() == 1
    assert Repair((over, REMOVE))(disc, photo)[60, 80:90].max() == 0


def test_a_stroke_across_the_outline_brings_back_the_person_and_not_the_wall(disc, photo):
    lost = disc.copy()
    lost[40:80, 40:60] = 0  # a part of the person, up to the outline
    made = Repair((Stroke(((52, 45), (52, 75)), 16, keep=True),))(lost, photo)
    person = disc[45:75, 34:64] > 0.5
    assert np.mean(made[45:75, 34:64][person] > 0.5) > 0.97 and np.mean(made[45:75, 34:64][~person] > 0.5) < 0.03


def test_no_repair_changes_nothing(disc, photo):
    assert not Repair()
    np.testing.assert_array_equal(Repair()(disc, photo), disc)


@pytest.mark.parametrize("radius", [-12, -3, 3, 12])
def test_the_edge_moves_by_so_many_pixels(disc, radius):
    made = grown(disc, radius)
    reach = (made[60] > 0.5).sum() / 2
    assert reach == pytest.approx(40 + radius, abs=1)
    assert np.sqrt(made.sum() / np.pi) == pytest.approx(40 + radius, abs=1.2)


def test_softening_leaves_the_edge_where_it_is(disc, photo):
    made = Repair(feather=8)(disc, photo)
    assert 0.3 < made[60, 40] < 0.7
    assert made[60, 80] == pytest.approx(1, abs=1e-3) and made[0, 0] == pytest.approx(0, abs=1e-3)
    assert made.sum() == pytest.approx(disc.sum(), rel=0.02)


def test_strokes_are_applied_after_the_edge_control(disc, photo):
    assert Repair((Stroke(((80, 24),), 6, keep=True),), grow=-20)(disc, photo)[23:25, 79:81].min() == 1


def test_the_result_stays_an_alpha_and_the_one_given_as_it_was(disc, photo):
    before = disc.copy()
    made = Repair((KEEP, REMOVE), grow=20, feather=20)(disc, photo)
    assert made.dtype == np.float32 and made.shape == disc.shape
    assert made.min() >= 0 and made.max() <= 1
    np.testing.assert_array_equal(disc, before)


@pytest.mark.parametrize("repair", [Repair((KEEP, REMOVE)), Repair((REMOVE,), 7, 0), Repair((KEEP,), -5, 6)], ids=str)
@pytest.mark.parametrize("box", [np.s_[0:30, 0:40], np.s_[50:70, 60:100], np.s_[100:120, 150:160]], ids=str)
def test_a_part_of_a_photo_is_repaired_as_all_of_it_is(disc, photo, repair, box):
    eight = eight_bits(disc * 0.9)
    whole = repair(eight.astype(np.float32) / 255, photo)
    np.testing.assert_allclose(repair.within(box, eight, partial(cover, photo)), whole[box], atol=1e-6)


def test_only_what_later_strokes_touch_is_said_to_change(disc, photo):
    shape = disc.shape
    before, after = Repair((KEEP,)), Repair((KEEP, REMOVE))
    for one, other in ((before, after), (after, before)):
        rows, columns = one.changed(other, shape)
        changed = before(disc, photo) != after(disc, photo)
        changed[rows, columns] = False
        assert not changed.any() and rows.stop - rows.start < 20 and columns.stop - columns.start < 30
    assert after.changed(after, shape) is None
    assert Repair(grow=2).changed(Repair(), shape) == (slice(0, 120), slice(0, 160))
    beside = Repair((KEEP, Stroke(((-90, 5),), 3, keep=True)))
    assert beside.changed(before, shape) is None


def test_equal_repairs_are_equal_and_others_are_not():
    again = Stroke(tuple(KEEP.points), KEEP.radius, keep=True)
    assert Repair((KEEP,), grow=2) == Repair((again,), grow=2) and hash(KEEP) == hash(again)
    assert Repair((KEEP,)) != Repair((Stroke(KEEP.points, KEEP.radius, keep=False),))
    assert Repair(grow=0) == Repair() and Repair(grow=-1)


def test_people_who_are_dropped_are_gone_before_strokes_bring_anything_back(disc, photo):
    pair = disc.copy()
    pair[20:50, 2:22] = 1
    repair = Repair((Stroke(((80, 60),), 6, keep=True),), dropped=((80, 60),))
    made = repair(pair, photo)
    assert made[59:61, 79:81].min() == 1 and not made[60, 50] and made[30, 10] == 1
    assert Repair(dropped=((155, 115),))(pair, photo)[60, 80] == 1, "nobody was there to drop"
    assert repair.changed(Repair(repair.strokes), disc.shape) == (slice(0, 120), slice(0, 160))
