from __future__ import annotations

import numpy as np
import pytest

from humanseg.retouch import Repair, grown, packed, strokes, unpacked


@pytest.fixture
def disc() -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    return (np.hypot(y - 60, x - 80) < 40).astype(np.float32)


def layer(colour: tuple[int, int, int], box: tuple[slice, slice], shape=(60, 80)) -> np.ndarray:
    painted = np.zeros((*shape, 4), np.uint8)
    painted[box] = (*colour, 255)
    return painted


GREEN, RED = (22, 163, 74), (220, 38, 38)


def test_green_strokes_keep_and_red_ones_remove(disc):
    layers = [layer(GREEN, np.s_[:10, :10]), layer(RED, np.s_[28:32, 38:42])]
    made = Repair.painted(*strokes(layers))(disc)
    assert made[2:16, 2:16].min() == 1
    assert made[58:62, 78:82].max() == 0
    assert made[60, 50] == 1 and made[110, 5] == 0


def test_both_colours_may_be_in_one_layer():
    both = np.maximum(layer(GREEN, np.s_[:5, :5]), layer(RED, np.s_[20:25, 20:25]))
    keep, remove = strokes([both])
    assert keep[2, 2] == 1 and keep[22, 22] == 0
    assert remove[22, 22] == 1 and remove[2, 2] == 0


@pytest.mark.parametrize("layers", [[], [np.zeros((9, 9, 4), np.uint8)], [np.full((9, 9), 255, np.uint8)]])
def test_nothing_painted_is_no_repair(layers, disc):
    repair = Repair.painted(*strokes(layers))
    assert not repair
    np.testing.assert_array_equal(repair(disc), disc)


@pytest.mark.parametrize("radius", [-12, -3, 3, 12])
def test_the_edge_moves_by_so_many_pixels(disc, radius):
    made = grown(disc, radius)
    reach = (made[60] > 0.5).sum() / 2
    assert reach == pytest.approx(40 + radius, abs=1)
    assert np.sqrt(made.sum() / np.pi) == pytest.approx(40 + radius, abs=1.2)


def test_softening_leaves_the_edge_where_it_is(disc):
    made = Repair(feather=8)(disc)
    assert 0.3 < made[60, 40] < 0.7
    assert made[60, 80] == pytest.approx(1, abs=1e-3) and made[0, 0] == pytest.approx(0, abs=1e-3)
    assert made.sum() == pytest.approx(disc.sum(), rel=0.02)


def test_strokes_are_applied_after_the_edge_control(disc):
    made = Repair.painted(*strokes([layer(GREEN, np.s_[10:14, 38:42])]), grow=-20)(disc)
    assert made[22:26, 78:82].min() == 1


def test_a_smaller_copy_is_repaired_alike(disc):
    repair = Repair(grow=8, feather=4)
    full, small = repair(disc), repair(np.ascontiguousarray(disc[::2, ::2]), 0.5)
    assert np.abs(full[::2, ::2] - small).mean() < 0.02


def test_the_result_stays_an_alpha(disc):
    made = Repair.painted(*strokes([layer(RED, np.s_[:, :])]), grow=20, feather=20)(disc)
    assert made.dtype == np.float32 and made.shape == disc.shape
    assert made.min() >= 0 and made.max() <= 1


def test_strokes_are_stored_without_loss_and_in_kilobytes():
    cover = np.zeros((768, 1024), np.float32)
    cover[100:300, 200:500] = np.arange(300) % 256 / 255
    np.testing.assert_array_equal(unpacked(packed(cover)), cover)
    assert len(packed(cover)) < 50_000
    assert packed(None) == packed(np.zeros((4, 4), np.float32)) == b""


def test_equal_repairs_are_equal_and_others_are_not():
    stroke = np.ones((4, 4), np.float32)
    assert Repair.painted(stroke, grow=2) == Repair.painted(stroke.copy(), grow=2)
    assert Repair.painted(stroke) != Repair.painted(None, stroke)
    assert Repair(grow=0) == Repair() and Repair(grow=-1)
