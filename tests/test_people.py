from __future__ import annotations

import cv2
import numpy as np
import pytest

from humanseg import people
from humanseg.errors import HumanSegError
from humanseg.people import People, kept

TALL, SMALL = (60, 20, 100, 260), (240, 60, 60, 180)  # left, top, width, height


def alpha_of(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (300, 400)) -> np.ndarray:
    """People with a soft edge."""
    alpha = np.zeros(shape, np.float32)
    for left, top, width, height in boxes:
        alpha[top : top + height, left : left + width] = 1
    return cv2.GaussianBlur(alpha, (0, 0), 2)


@pytest.fixture
def two() -> np.ndarray:
    return alpha_of(SMALL, TALL)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_people_come_with_their_place_largest_first(two, dtype):
    alpha = two if dtype == np.float32 else np.round(two * 255).astype(np.uint8)
    tall, small = People.of(alpha).persons
    assert tall.box == pytest.approx(TALL, abs=2) and small.box == pytest.approx(SMALL, abs=2)
    assert tall.area == pytest.approx(100 * 260, rel=0.02)
    for person in (tall, small):
        assert two[person.point[1], person.point[0]] == pytest.approx(1)


def test_in_a_large_photo_places_are_in_its_own_pixels(two):
    large = cv2.resize(two, (4000, 3000))
    tall, small = People.of(large).persons
    assert tall.box == pytest.approx([10 * side for side in TALL], abs=12)
    assert large[small.point[1], small.point[0]] == pytest.approx(1)
    only = kept(large, "largest")
    assert only[:, 2300:].max() == 0 and np.array_equal(only[:, :1600], large[:, :1600])


def test_the_largest_alone_is_kept_soft_edge_and_all(two):
    only = kept(two, people.LARGEST)
    np.testing.assert_array_equal(only[:, :180], two[:, :180])
    assert not only[:, 230:].any()


@pytest.mark.parametrize("point", [(270, 150), (270 / 400, 0.5), (239, 61), (235, 100)])
def test_whoever_is_at_a_point_is_kept(two, point):
    only = kept(two, [point])
    assert only[150, 270] == pytest.approx(1) and not only[:, :170].any()


def test_several_points_keep_several_people():
    three = alpha_of(TALL, SMALL, (330, 60, 50, 200))
    only = kept(three, [(100, 100), (350, 100)])
    assert only[100, [100, 270, 350]] == pytest.approx([1, 0, 1])
    np.testing.assert_array_equal(kept(three, [(100, 100), (270, 100), (350, 100), (120, 90)]), three)


def test_the_alpha_that_was_given_stays_as_it_was(two):
    before = two.copy()
    kept(two, "largest")
    np.testing.assert_array_equal(two, before)


def test_a_hand_behind_a_pole_is_no_person_of_its_own():
    hand = alpha_of(TALL, (168, 100, 30, 24), SMALL)
    assert len(People.of(hand).persons) == 2
    assert kept(hand, "largest")[110, 180] == pytest.approx(1)
    assert kept(hand, [(270, 150)])[110, 180] == 0


def test_somebody_small_and_far_away_is_a_person():
    far = alpha_of(TALL, (340, 200, 16, 40))
    assert len(People.of(far).persons) == 2
    assert not kept(far, "largest")[:, 300:].any()


def test_crumbs_are_nobody_and_go_with_who_is_next_to_them(two):
    two[150:153, 320:323] = 1
    assert len(People.of(two).persons) == 2
    assert not kept(two, "largest")[150, 321] and kept(two, [(270, 150)])[150, 321] == 1


def test_of_one_person_everything_is_kept():
    one = alpha_of(TALL)
    np.testing.assert_array_equal(kept(one, "largest"), one)
    np.testing.assert_array_equal(kept(one, [(100, 100)]), one)


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (300, 400)])
def test_where_nobody_is_there_is_nobody_to_keep(shape):
    empty = np.zeros(shape, np.float32)
    assert People.of(empty).persons == ()
    np.testing.assert_array_equal(kept(empty, "largest"), empty)
    with pytest.raises(HumanSegError, match="Nobody is at"):
        kept(empty, [(0.5, 0.5)])


def test_the_smallest_photo_can_hold_somebody():
    assert kept(np.ones((1, 1), np.float32), "largest") == 1
    assert kept(np.ones((1, 1), np.float32), [(0.5, 0.5)]) == 1


def test_somebody_all_over_the_photo_is_one_person():
    full = np.ones((40, 50), np.float32)
    assert People.of(full).persons[0].box == (0, 0, 50, 40)


@pytest.mark.parametrize("point", [(10, 10), (390, 290), (-50, 100), (5000, 5000), (0.99, 0.99)])
def test_a_point_on_nobody_is_a_sentence(two, point):
    with pytest.raises(HumanSegError, match="Nobody is at"):
        kept(two, [point])


@pytest.mark.parametrize(
    "keep", ["", "everybody", "1,2;x", [], [(1,)], [(1, 2, 3)], [("a", "b")], 7, None, [(np.nan, 1)]]
)
def test_what_says_nothing_about_who_is_kept_is_a_sentence(two, keep):
    with pytest.raises(HumanSegError, match="doesn't say who"):
        kept(two, keep)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("largest", "largest"),
        (" Largest ", "largest"),
        ("0.4,0.5", ((0.4, 0.5),)),
        ("812, 430; 1200,400;", ((812, 430), (1200, 400))),
    ],
)
def test_who_is_kept_can_be_written(text, means):
    assert people.read(text) == means


@pytest.mark.parametrize("text", ["", ";", "smallest", "1", "1,2,3", "1;2", "nan,1", "1,inf"])
def test_what_is_written_otherwise_is_a_sentence(text):
    with pytest.raises(HumanSegError, match="doesn't say who"):
        people.read(text)


def test_outlines_go_round_each_person(two):
    found = People.of(two)
    (line,) = found.outlines(1)
    assert line.min(0) == pytest.approx(SMALL[:2], abs=3)
    assert line.max(0) == pytest.approx((SMALL[0] + SMALL[2], SMALL[1] + SMALL[3]), abs=3)
    assert len(line) < 40


@pytest.mark.parametrize("text", ["nan,nan", "5", "1,2,3", "left", ""])
def test_text_that_names_nobody_is_quoted_as_it_was_given(text):
    with pytest.raises(HumanSegError, match=f"^“{text}” doesn't say who"):
        people.read(text)
