"""One type for what goes behind the person: whatever form it's given in, refused in one sentence where it's none."""

import io

import numpy as np
import pytest
from PIL import Image

from humanseg import compose
from humanseg.backgrounds import Background
from humanseg.errors import HumanSegError

WALL = np.full((20, 30, 3), (10, 200, 30), np.uint8)


@pytest.fixture
def person() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo, the people's colours and a hard alpha, 40x60."""
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    alpha = np.zeros((40, 60), np.float32)
    alpha[10:, 20:40] = 1
    return image, image, alpha


@pytest.mark.parametrize("given", ["transparent", "blur", " Blur ", "TRANSPARENT"])
def test_the_two_kinds_without_a_value_are_given_by_name(given):
    assert Background.parse(given).kind == given.strip().lower()


@pytest.mark.parametrize("given", ["#ff00ff", "#f0f", "ff00ff", "magenta", "Fuchsia", (255, 0, 255), [255, 0, 255]])
def test_a_colour_is_given_in_any_form(given):
    background = Background.parse(given)
    assert background.kind == "colour" and background.colour == (255, 0, 255)


@pytest.mark.parametrize("form", [str, lambda path: path, lambda path: path.read_bytes(), Image.open, np.asarray, open])
def test_a_picture_is_given_in_any_form(tmp_path, form):
    path = tmp_path / "wall.png"
    Image.fromarray(WALL).save(path)
    given = {np.asarray: lambda: WALL, open: lambda: io.BytesIO(path.read_bytes())}.get(form, lambda: form(path))()
    background = Background.parse(given, fit="fit")
    assert background.kind == "picture" and background.fit == "fit"
    np.testing.assert_array_equal(background.picture, WALL)


def test_a_file_that_is_named_like_a_colour_is_given_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(WALL).save("purple", format="png")
    assert Background.parse("purple").kind == "colour"
    assert Background.parse("./purple").kind == "picture"


def test_a_file_without_a_suffix_is_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(WALL).save("wall", format="png")
    assert Background.parse("wall").kind == "picture"


def test_a_background_comes_back_changed_where_it_is_told_to():
    blur = Background("blur")
    assert Background.parse(blur, strength=0.1).strength == 0.1 and blur.strength == 0.02


@pytest.mark.parametrize(
    "given", ["purpel", "pink please", "", "#12", "#gggggg", "no-picture.jpg", "no/such", "x" * 5000, "a\0b"]
)
def test_what_is_no_background_is_refused_in_one_sentence(given):
    with pytest.raises(HumanSegError) as caught:
        Background.parse(given)
    assert "\n" not in str(caught.value)


def test_a_misspelt_colour_is_told_what_may_be_given():
    with pytest.raises(HumanSegError, match=r"transparent, blur, a colour .* or the path of a picture"):
        Background.parse("purpel")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("video", {}),
        ("Transparent", {}),
        ("colour", {"colour": "#12"}),
        ("colour", {"colour": None}),
        ("blur", {"strength": float("nan")}),
        ("blur", {"strength": -0.1}),
        ("blur", {"strength": "much"}),
        ("picture", {}),
        ("picture", {"picture": WALL, "fit": "stretch"}),
        ("picture", {"picture": WALL, "position": (0.5, 2)}),
        ("picture", {"picture": WALL, "scale": 0}),
        ("picture", {"picture": WALL, "scale": float("inf")}),
        ("picture", {"picture": WALL, "offset": (float("nan"), 0)}),
        ("picture", {"picture": WALL, "light_wrap": 1.5}),
        ("picture", {"picture": WALL, "match_colours": -1}),
    ],
)
def test_a_value_that_the_kind_cannot_do_with_is_refused_when_it_is_given(kind, options):
    with pytest.raises(HumanSegError):
        Background(kind, **options)


def test_values_of_other_kinds_do_not_matter():
    assert Background("blur", colour="none", light_wrap=7).kind == "blur"


@pytest.mark.parametrize("picture", [WALL[..., 0], WALL.astype(np.float32), np.zeros((4, 4, 4), np.uint8)])
def test_an_array_of_another_form_is_the_programmers_mistake(picture):
    with pytest.raises(ValueError, match="uint8 HxWx3"):
        Background("picture", picture=picture)


def test_each_kind_is_what_compose_makes_of_it(person):
    image, foreground, alpha = person
    made = {
        "transparent": compose.transparent(foreground, alpha),
        "blur": compose.blurred(image, foreground, alpha, strength=0.05),
        "#123456": compose.on_colour(foreground, alpha, (0x12, 0x34, 0x56)),
    }
    for given, expected in made.items():
        np.testing.assert_array_equal(Background.parse(given, strength=0.05).behind(*person), expected)
    options = {
        "fit": "fit",
        "position": (0.2, 0.9),
        "scale": 0.8,
        "offset": (0.1, -0.1),
        "light_wrap": 0.3,
        "match_colours": 0.4,
    }
    expected = compose.on_picture(foreground, alpha, WALL, **options)
    np.testing.assert_array_equal(Background.parse(WALL, **options).behind(*person), expected)
