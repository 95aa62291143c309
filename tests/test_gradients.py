"""Gradients as backgrounds: read from text, painted from one corner to the other."""

import numpy as np
import pytest

from humanseg.backgrounds import Background
from humanseg.errors import HumanSegError
from humanseg.gradients import Gradient


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("white..black", Gradient((255, 255, 255), (0, 0, 0), 180)),
        (" #FFF..#20a060@90", Gradient((255, 255, 255), (32, 160, 96), 90)),
        ("coral..navy@-90", Gradient((255, 127, 80), (0, 0, 128), 270)),
        ("fff..000@radial", Gradient((255, 255, 255), (0, 0, 0), None)),
    ],
)
def test_gradients_are_read(given, expected):
    assert Gradient.parse(given) == expected
    background = Background.parse(given)
    assert (background.kind, background.gradient) == ("gradient", expected)


@pytest.mark.parametrize(
    "given",
    ["", None, 7, "white", "white..", "..white", "white..whit", "a..b..c", "white..black@x", "white..black@1000"],
)
def test_what_is_no_gradient_is_refused_in_one_sentence(given):
    with pytest.raises(HumanSegError) as caught:
        Gradient.parse(given)
    assert "\n" not in str(caught.value)
    with pytest.raises(HumanSegError):
        Background("gradient", gradient=given)


def test_a_file_beside_the_folder_is_no_gradient():
    with pytest.raises(HumanSegError, match="can't be opened"):
        Background.parse("../beach.jpg")


@pytest.mark.parametrize(
    ("direction", "first", "last"),
    [
        (180, (0, 50), (-1, 50)),
        (0, (-1, 50), (0, 50)),
        (90, (30, 0), (30, -1)),
        (135, (0, 0), (-1, -1)),
        (45, (-1, 0), (0, -1)),
    ],
)
def test_it_goes_from_the_first_colour_to_the_last(direction, first, last):
    made = Gradient((250, 0, 0), (0, 0, 250), direction).paint(100, 60).astype(int)
    assert made.shape == (60, 100, 3)
    assert np.abs(made[first] - (250, 0, 0)).max() < 8 and np.abs(made[last] - (0, 0, 250)).max() < 8


def test_a_radial_one_goes_from_the_middle_to_the_corners():
    made = Gradient((255, 255, 255), (0, 0, 0), None).paint(101, 61)
    assert made[30, 50].min() > 250 and made[0, 0].max() < 5 and made[-1, -1].max() < 5


def test_a_gentle_one_has_no_steps():
    rows = Gradient((100, 100, 100), (104, 104, 104)).paint(256, 400)[..., 0].astype(float).mean(1)
    assert np.abs(np.diff(rows)).max() < 0.4  # a step of its own would be 1


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1)])
def test_the_narrowest_are_painted_too(size):
    for direction in (0, 45, None):
        assert Gradient((1, 2, 3), (4, 5, 6), direction).paint(*size).shape == (*size[::-1], 3)
