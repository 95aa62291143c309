"""People placed in a picture: where they are put, what they cast, and that they never get lost."""

import numpy as np
import pytest

from humanseg.backgrounds import Background
from humanseg.errors import HumanSegError
from humanseg.frame import Frame
from humanseg.placing import LARGEST, SMALLEST, Placement, composed, moved, placed_alpha

RED, GREEN, BLUE = (255, 0, 0), (0, 200, 0), (0, 0, 255)


@pytest.fixture
def cut() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo, its people's colours and alpha: a red square on green, 40 of 120x160 pixels."""
    rgb = np.full((120, 160, 3), GREEN, np.uint8)
    alpha = np.zeros((120, 160), np.float32)
    rgb[40:80, 60:100] = RED
    alpha[40:80, 60:100] = 1
    return rgb, rgb, alpha


def red(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is red."""
    rows, columns = np.nonzero((picture[..., 0] > 200) & (picture[..., 2] < 60))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_a_plain_placement_changes_nothing(cut):
    for background in (Background(), Background("blur"), Background("colour", colour="blue")):
        np.testing.assert_array_equal(composed(*cut, background, Placement()), background.behind(*cut))


@pytest.mark.parametrize("kind", ["transparent", "colour", "gradient", "blur", "picture"])
@pytest.mark.parametrize("size", ["as-is", "people", "square", "16:9", "35x45mm", "300x200"])
def test_every_size_goes_with_every_background(cut, kind, size):
    background = Background(kind, picture=np.full((9, 9, 3), BLUE, np.uint8))
    made = composed(*cut, background, Placement(size, shadow=0.5))
    frame = Placement(size).frames(cut[2])[0]
    assert made.dtype == np.uint8 and made.shape == (frame.height, frame.width, 4 if kind == "transparent" else 3)


def test_a_crop_has_exactly_the_photos_pixels(cut):
    made = composed(*cut, Background("colour", colour=BLUE), Placement("people", margin=0.25))
    assert made.shape == (60, 60, 3)
    np.testing.assert_array_equal(made[10:50, 10:50], np.full((40, 40, 3), RED, np.uint8))
    assert (made[:10] == BLUE).all() and (made[:, 50:] == BLUE).all()


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_people_are_scaled_about_the_middle_of_their_lower_edge_and_moved(cut, scale):
    placement = Placement(scale=scale, offset=(0.25, 0.1))
    left, top, right, bottom = red(composed(*cut, Background("colour", colour=BLUE), placement))
    assert (left + right) / 2 == pytest.approx(80 + 40, abs=1) and bottom == pytest.approx(80 + 12, abs=1)
    assert (right - left, bottom - top) == pytest.approx((40 * scale, 40 * scale), abs=3)


@pytest.mark.parametrize("scale", [SMALLEST, 0.3, 1.0, 3.0, LARGEST])
@pytest.mark.parametrize("offset", [(100, 0), (-100, 0), (0, 100), (0, -100), (-2, 3)])
def test_wherever_people_are_dragged_some_of_them_stays_in_the_picture(cut, scale, offset):
    alpha = placed_alpha(cut[2], Placement(scale=scale, offset=offset))
    assert (alpha > 0.5).any()


@pytest.mark.parametrize("background", ["transparent", "white", "blur"])
def test_a_shadow_darkens_what_is_behind_people_and_not_them(cut, background):
    background = Background.parse(background)
    without, with_it = (composed(*cut, background, Placement("300x300", shadow=dark)) for dark in (0.001, 1))
    people = placed_alpha(cut[2], Placement("300x300")) == 1
    np.testing.assert_allclose(with_it[people].astype(int), without[people], atol=1)
    column = with_it[:, 150].astype(int)
    below = int(np.flatnonzero(people[:, 150])[-1]) + 12
    if background.kind == "transparent":
        assert column[below, 3] > 50 and not column[below, :3].any() and column[1, 3] < 20
    else:
        assert column[below].sum() < 0.8 * without[below, 150].astype(int).sum()


def test_a_shadow_is_as_soft_as_people_are_large(cut):
    small, large = (
        composed(*cut, Background("colour", colour="white"), Placement(size, shadow=1))
        for size in ("200x200", "400x400")
    )
    shrunk = large[::2, ::2].astype(int)
    assert np.abs(shrunk - small).mean() < 3


def test_a_blurred_background_stays_behind_the_crop(cut):
    photo, foreground, alpha = cut
    photo = photo.copy()
    photo[:, :80] = BLUE
    made = composed(photo, foreground, alpha, Background("blur", strength=0.001), Placement("people", margin=0.2))
    assert made[0, 0, 2] > 200 and made[0, -1, 1] > 150


def test_a_picture_reaches_into_every_corner(cut):
    picture = np.full((30, 400, 3), BLUE, np.uint8)
    made = composed(*cut, Background.parse(picture), Placement("4:5", scale=0.3))
    assert (made[0, 0] == BLUE).all() and (made[-1, -1] == BLUE).all()


def test_people_on_the_photos_lower_edge_leave_no_gap_below_them():
    rgb, alpha = np.full((37, 53, 3), RED, np.uint8), np.zeros((37, 53), np.float32)
    alpha[10:, 20:40] = 1
    for size in ("people", "square", "211x307", "1000x700"):
        made = composed(rgb, rgb, alpha, Background("colour", colour=BLUE), Placement(size))
        middle = made[-1, made.shape[1] // 2]
        assert tuple(middle) == RED, size


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("size", ["people", "square", "35x45mm", "100x50"])
def test_the_smallest_photos_go_through(shape, value, size):
    rgb, alpha = np.full((*shape, 3), 7, np.uint8), np.full(shape, value, np.float32)
    for background in ("transparent", "blur", "white..grey"):
        made = composed(rgb, rgb, alpha, Background.parse(background), Placement(size, scale=2, shadow=1))
        assert made.size


@pytest.mark.parametrize(
    "options",
    [
        {"size": "huge"},
        {"margin": -0.1},
        {"margin": 1.1},
        {"scale": 0},
        {"scale": 21},
        {"scale": float("nan")},
        {"scale": "1"},
        {"offset": (0, float("inf"))},
        {"offset": (1, 2, 3)},
        {"offset": None},
        {"shadow": 2},
        {"shadow": None},
    ],
)
def test_a_placement_that_makes_no_sense_is_refused_in_one_sentence(options):
    with pytest.raises(HumanSegError) as caught:
        Placement(**options)
    assert "\n" not in str(caught.value)


def test_a_box_that_is_in_the_frame_is_not_pushed():
    frame = Frame(100, 100)
    assert moved(frame, (10, 10, 50, 50), 1, (0.2, 0.2)).place(10, 10) == pytest.approx((30, 30))
    assert moved(frame, (10, 10, 50, 50), 1, (5, 0)).place(10, 10) == pytest.approx((80, 10))
