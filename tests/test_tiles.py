"""Work tile by tile: every part once, on any number of threads, and sums over channels."""

import threading

import cv2
import numpy as np
import pytest

from humanseg.tiles import (
    MOST_THREADS,
    eight_bits,
    for_each,
    four_times,
    mirrored,
    sample,
    strips_of,
    sum_of_four,
    tiles_with,
)


@pytest.fixture
def threads():
    """Sets OpenCV's number of threads, for one test."""
    before = cv2.getNumThreads()
    yield cv2.setNumThreads
    cv2.setNumThreads(before)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_part_is_worked_on_once(threads, count):
    threads(count)
    seen = np.zeros(23, int)

    def work(part: int) -> None:
        seen[part] += 1

    for_each(range(23), work)
    for_each([], work)
    assert (seen == 1).all()


def test_as_many_threads_work_as_opencv_has(threads):
    threads(2)
    both = threading.Barrier(2, timeout=10)  # passes only if two wait at the same time
    for_each(range(2), lambda part: both.wait())


def test_a_machine_of_many_cores_gets_a_bounded_number_of_threads(threads):
    threads(64)
    seen = set()
    for_each(range(200), lambda part: seen.add(threading.get_ident()))
    assert 1 <= len(seen) <= MOST_THREADS


@pytest.mark.parametrize("count", [1, 2])
def test_what_goes_wrong_in_a_part_is_raised(threads, count):
    threads(count)

    def work(part: int) -> None:
        if part == 3:
            raise MemoryError("part 3")

    with pytest.raises(MemoryError, match="part 3"):
        for_each(range(5), work)


@pytest.mark.parametrize(
    "part", [(slice(0, 8), slice(0, 9)), (slice(8, 16), slice(3, 9)), (slice(6, 20), slice(12, 15))]
)
def test_a_tile_at_the_end_is_mirrored_as_the_whole_would_be(part):
    array = np.random.default_rng(0).random((20, 15), np.float32)
    whole = np.pad(array, 5, mode="symmetric")
    around = tuple(slice(s.start, s.stop + 10) for s in part)
    np.testing.assert_array_equal(mirrored(array, part, 5), whole[around])


def test_four_channels_are_filled_and_summed():
    array = np.random.default_rng(0).random((7, 5), np.float32)
    filled = four_times(array)
    np.testing.assert_array_equal(filled, np.repeat(array[..., None], 4, axis=2))
    different = filled * np.float32([1, 2, -3, 0.5])
    np.testing.assert_allclose(sum_of_four(different), different.sum(-1), rtol=1e-5)


def test_tiles_hold_all_that_the_mask_reaches_and_samples_are_those_of_the_whole():
    mask = np.zeros((30, 40), np.float32)
    mask[12, 17] = 1
    whole = cv2.resize(mask, (400, 300))
    covered = np.zeros((300, 400), bool)
    for part in tiles_with(mask, (300, 400)):
        covered[part] = True
        np.testing.assert_allclose(sample(mask, part, (300, 400)), whole[part], atol=0.02)
    assert covered[whole > 0].all() and not covered.all()


def test_an_alpha_is_rounded_to_eight_bits_and_bounded():
    alpha = np.float32([[0, 0.0019, 0.002, 0.5, 0.9979, 1], [-1, 2, 1 / 255, 1.49 / 255, 1.51 / 255, 254.6 / 255]])
    np.testing.assert_array_equal(eight_bits(alpha), [[0, 0, 1, 128, 254, 255], [0, 255, 1, 1, 2, 255]])
    large = np.random.default_rng(0).random((700, 900), np.float32)
    np.testing.assert_array_equal(eight_bits(large[:, ::-1]), (large[:, ::-1] * 255 + 0.5).astype(np.uint8))


def test_strips_cover_every_row_once():
    for shape in ((1, 1), (3, 1_000_000), (100_000, 10), (999, 777)):
        rows = np.concatenate([np.arange(strip.start, strip.stop) for strip in strips_of(shape)])
        np.testing.assert_array_equal(rows, np.arange(shape[0]))
