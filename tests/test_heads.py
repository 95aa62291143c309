"""Where a head is, told by the outline alone."""

import numpy as np
import pytest

from humanseg.heads import head_of


def somebody(*, hair: float = 0, arms: bool = False, rows: int = 800, columns: int = 600) -> np.ndarray:
    """A head of 100 to 300, a neck, shoulders; with long hair down to the chest, with arms held up."""
    y, x = np.mgrid[:rows, :columns]
    part = np.hypot((x - 300) / 75, (y - 200) / 100) < 1
    part |= (abs(x - 300) < 42) & (y > 200) & (y < 400)
    part |= (y > 350 + abs(x - 300) / 4) & (abs(x - 300) < 190)
    if hair:
        part |= (abs(x - 300) < 75 + hair) & (y > 170) & (y < 500)
    if arms:
        part |= (abs(abs(x - 300) - 180) < 25) & (y > 20) & (y < 500)
    return part.astype(np.float32)


@pytest.mark.parametrize("alpha", [somebody(), somebody(hair=15), somebody()[:420], somebody()[:, 120:480]])
def test_top_and_chin_are_found(alpha):
    head = head_of(alpha)
    assert head.top == pytest.approx(100, abs=4)
    assert head.chin == pytest.approx(300, abs=30)
    assert head.centre == pytest.approx(300 if alpha.shape[1] == 600 else 180, abs=8)


def test_a_strand_of_hair_that_stands_up_is_no_head():
    alpha = somebody()
    alpha[90:110, 310:313] = 1
    head = head_of(alpha)
    assert head.top == pytest.approx(90, abs=4)
    assert head.chin == pytest.approx(300, abs=30)


def test_a_larger_photo_has_the_same_head():
    small, large = head_of(somebody()), head_of(somebody().repeat(3, 0).repeat(3, 1))
    assert large.height == pytest.approx(3 * small.height, rel=0.03)


def test_the_head_is_the_largest_persons():
    alpha = np.zeros((800, 900), np.float32)
    alpha[:, :600] = somebody()
    alpha[40:140, 780:820] = 1
    assert head_of(alpha).centre == pytest.approx(300, abs=8)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 3), (50, 50)])
def test_the_smallest_and_the_oddest_people_have_a_head_too(shape):
    head = head_of(np.ones(shape, np.float32))
    assert head is None or (0 < head.height <= shape[0] and 0 <= head.centre <= shape[1])


def test_where_nobody_is_there_is_no_head():
    assert head_of(np.zeros((40, 60), np.float32)) is None
