from __future__ import annotations

import numpy as np
import pytest

from humanseg.errors import HumanSegError
from humanseg.strokes import FURTHEST, MOST_POINTS, WIDEST, Stroke, cover

GREY = np.full((120, 160, 3), 90, np.uint8)


@pytest.fixture
def halves() -> np.ndarray:
    """A photo that is orange up to column 80 and blue from there on, with a camera's noise."""
    photo = np.empty((120, 160, 3), np.float32)
    photo[:, :80], photo[:, 80:] = (220, 120, 40), (40, 70, 160)
    photo += np.random.default_rng(0).normal(0, 3, photo.shape)
    return photo.clip(0, 255).astype(np.uint8)


def line(*points: tuple[float, float], radius: float = 12, **options: bool) -> Stroke:
    return Stroke(points, radius, **({"keep": True} | options))


def whole(photo: np.ndarray, stroke: Stroke) -> np.ndarray:
    share = np.zeros(photo.shape[:2], np.uint8)
    covered = cover(photo, stroke)
    share[covered.box] = covered.share
    return share


def distances(shape: tuple[int, int], x: float, y: float) -> np.ndarray:
    """Of pixels' centres from a point."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.hypot(rows - y, columns - x)


@pytest.mark.parametrize("snap", [True, False])
@pytest.mark.parametrize("radius", [0.5, 3, 12, 40])
def test_a_dab_takes_its_core_and_nothing_beyond_the_rim(halves, radius, snap):
    share, distance = whole(halves, line((78, 60), radius=radius, snap=snap)), distances((120, 160), 78, 60)
    assert share[distance < radius / 2 - 1.5].min(initial=255) == 255 and share.max() > 100
    assert share[distance > radius + 1.5].max(initial=0) < 8


def test_without_snapping_a_dab_is_a_disc(halves):
    share = whole(halves, line((78, 60), radius=20, snap=False)).astype(float) / 255
    assert share.sum() == pytest.approx(np.pi * 20**2, rel=0.06)


@pytest.mark.parametrize("beside", [68, 71])
def test_a_stroke_ends_at_the_photos_own_edge_inside_the_brush(halves, beside):
    """Painted along the edge, with the brush's rim well beyond it."""
    share = whole(halves, line((beside, 20), (beside, 100), radius=16))
    assert share[40:80, beside:79].min() > 200, "what's on the stroke's own side isn't kept"
    assert share[40:80, 83:].max() < 50, "the stroke runs over the edge"
    unsnapped = whole(halves, line((beside, 20), (beside, 100), radius=16, snap=False))
    assert unsnapped[40:80, 81].min() == 255


def test_where_the_photo_has_no_edge_the_outline_lies_within_the_rim():
    share = whole(GREY, line((40, 60), (120, 60), radius=16))[:, 80] / 255
    assert share.sum() == pytest.approx(2 * 0.75 * 16, abs=3)


def test_a_line_is_painted_all_along_and_in_one_piece(halves):
    share = whole(halves, line((20, 20), (60, 100), (140, 30), radius=8, snap=False))
    for x, y in ((20, 20), (40, 60), (60, 100), (100, 65), (140, 30)):
        assert share[y, x] == 255
    assert share[20, 100] == 0


def test_the_same_stroke_is_the_same_cover(halves):
    stroke = line((30, 30), (90, 90))
    np.testing.assert_array_equal(whole(halves, stroke), whole(halves, stroke))


@pytest.mark.parametrize("point", [(-400, 60), (80, 5000), (-13, -13)])
def test_a_stroke_beside_the_photo_takes_nothing(halves, point):
    assert not whole(halves, line(point)).any()


@pytest.mark.parametrize("point", [(0, 0), (160, 120), (-5, 60), (80, 128)])
def test_a_stroke_may_run_over_the_photos_border(halves, point):
    share = whole(halves, line(point, (80, 60), radius=10))
    assert share.shape == (120, 160) and share[60, 80] == 255


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (5, 4), (200, 2)])
def test_the_smallest_photos_can_be_painted_on(shape):
    share = whole(np.full((*shape, 3), 90, np.uint8), line((0.5, 0.5), radius=600))
    assert share.min() == 255


@pytest.mark.parametrize("radius", [1000, WIDEST])
def test_a_brush_larger_than_the_photo_takes_all_of_it(halves, radius):
    assert whole(halves, line((80, 60), radius=radius)).min() == 255
    assert whole(halves, line((-FURTHEST, 60), (FURTHEST, 60), radius=radius)).min() == 255


SENT = {"points": [[1, 2], [3.5, 4]], "radius": 5, "keep": True}


def test_what_a_page_sends_is_a_stroke():
    assert Stroke.read(SENT) == Stroke(((1, 2), (3.5, 4)), 5, True, True)
    assert Stroke.read(SENT | {"keep": False, "snap": False}) == Stroke(((1, 2), (3.5, 4)), 5, False, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": []},
        {"points": [[1]]},
        {"points": [[1, 2, 3]]},
        {"points": [[1, None]]},
        {"points": "12"},
        {"points": None},
        {"points": {"x": 1}},
        {"points": [[float("nan"), 0]]},
        {"points": [[0, float("inf")]]},
        {"points": [[FURTHEST + 1, 0]]},
        {"points": [[0, 0]] * (MOST_POINTS + 1)},
        {"points": [[10**400, 0]]},
        {"radius": 0},
        {"radius": -3},
        {"radius": float("nan")},
        {"radius": WIDEST + 1},
        {"radius": "large"},
        {"radius": None},
    ],
    ids=str,
)
def test_what_is_no_stroke_is_a_sentence(wrong):
    with pytest.raises(HumanSegError, match="stroke"):
        Stroke.read(SENT | wrong)


@pytest.mark.parametrize("value", [None, [], "stroke", 7, {}, {"points": [[1, 2]]}])
def test_what_is_not_even_a_dictionary_is_a_sentence(value):
    with pytest.raises(HumanSegError, match="stroke"):
        Stroke.read(value)
