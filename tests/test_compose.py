"""People on another background: exact where alpha is sure, nothing of them left behind."""

import numpy as np
import pytest
from PIL import ImageColor

from humanseg import compose
from humanseg.errors import HumanSegError


@pytest.fixture
def red_square() -> tuple[np.ndarray, np.ndarray]:
    """A pure red square on green, 120x160, with its hard alpha."""
    rgb = np.zeros((120, 160, 3), np.uint8)
    rgb[...] = (0, 200, 0)
    alpha = np.zeros((120, 160), np.float32)
    rgb[40:80, 60:100] = (255, 0, 0)
    alpha[40:80, 60:100] = 1
    return rgb, alpha


@pytest.mark.parametrize(
    ("given", "colour"),
    [
        ("#20a060", (32, 160, 96)),
        ("20A060", (32, 160, 96)),
        ("#fff", (255, 255, 255)),
        (" #000000 ", (0, 0, 0)),
        ("purple", (128, 0, 128)),
        ("RebeccaPurple", (102, 51, 153)),
        ((1, 2, 3), (1, 2, 3)),
        (np.arange(3), (0, 1, 2)),
    ],
)
def test_colours_are_read(given, colour):
    assert compose.parse_colour(given) == colour


@pytest.mark.parametrize(
    "given",
    [
        *("", "#", "#12345", "#12345g", "gren", "#1234567", "rgb(1,2,3)", "#\u0660\u0660\u0660"),
        *((1, 2), (1, 2, 256), (0.5, 0, 0), (-1, 0, 0), None, 7),
    ],
)
def test_a_bad_colour_is_refused_in_one_sentence(given):
    with pytest.raises(HumanSegError, match="isn't a colour"):
        compose.parse_colour(given)


@pytest.mark.parametrize("name", ["purple", "Purple "])
def test_a_name_is_read_after_pillow_has_drawn_with_it_too(name):
    assert ImageColor.getrgb("purple") == (128, 0, 128)
    assert compose.parse_colour(name) == (128, 0, 128)


def test_transparent_keeps_colours_and_hides_what_cannot_be_seen(red_square):
    rgba = compose.transparent(*red_square)
    assert rgba.shape == (120, 160, 4) and rgba.dtype == np.uint8
    assert tuple(rgba[60, 80]) == (255, 0, 0, 255)
    assert tuple(rgba[0, 0]) == (0, 0, 0, 0)


def test_a_colour_shows_exactly_where_nobody_is(red_square):
    result = compose.on_colour(*red_square, (255, 0, 255))
    assert tuple(result[0, 0]) == (255, 0, 255) and tuple(result[60, 80]) == (255, 0, 0)


def test_half_an_alpha_is_half_of_each():
    black, half = np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 0.5, np.float32)
    assert np.abs(compose.on_colour(black, half, (200, 100, 50)).astype(int) - (100, 50, 25)).max() <= 1


@pytest.mark.parametrize("strength", [0.005, 0.02, 0.1])
def test_the_person_never_smears_into_the_blurred_background(red_square, strength):
    rgb, alpha = red_square
    result = compose.blurred(rgb, rgb, alpha, strength)
    assert result[alpha == 0][:, 0].max() <= 4  # no red outside
    np.testing.assert_array_equal(result[alpha == 1], rgb[alpha == 1])


def test_blur_blurs_the_background():
    rgb = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    result = compose.blurred(rgb, rgb, np.zeros((100, 100), np.float32), 0.05)
    assert result.std() < 0.2 * rgb.std()


@pytest.mark.parametrize("fit", ["fill", "fit"])
@pytest.mark.parametrize("shape", [(1, 1), (30, 400), (400, 30), (120, 160)])
def test_any_picture_fits_the_frame(red_square, fit, shape):
    picture = np.full((*shape, 3), 90, np.uint8)
    result = compose.on_picture(*red_square, picture, fit=fit)
    assert result.shape == (120, 160, 3)
    assert (result[0, 0] == 90).all() and tuple(result[60, 80]) == (255, 0, 0)


def test_position_chooses_what_part_of_a_wide_picture_is_kept(red_square):
    picture = np.zeros((120, 320, 3), np.uint8)
    picture[:, 160:] = 255
    assert compose.on_picture(*red_square, picture, position=(0, 0.5))[0].max() == 0
    assert compose.on_picture(*red_square, picture, position=(1, 0.5))[0].min() == 255


def test_people_are_moved_and_scaled(red_square):
    picture = np.zeros((120, 160, 3), np.uint8)
    moved = compose.on_picture(*red_square, picture, offset=(0.25, 0))
    assert tuple(moved[60, 120]) == (255, 0, 0) and tuple(moved[60, 70]) == (0, 0, 0)
    small = compose.on_picture(*red_square, picture, scale=0.5)
    assert 300 < (small[..., 0] > 128).sum() < 500


def test_light_wrap_and_colour_matching_are_subtle(astronaut):
    alpha = np.zeros(astronaut.shape[:2], np.float32)
    alpha[100:, 150:350] = 1
    sunset = np.full((64, 64, 3), (240, 120, 40), np.uint8)
    plain = compose.on_picture(astronaut, alpha, sunset).astype(int)
    for option in ({"light_wrap": 0.3}, {"match_colours": 0.3}):
        changed = compose.on_picture(astronaut, alpha, sunset, **option)
        difference = np.abs(changed - plain)[alpha == 1].mean()
        assert 0 < difference < 25


def test_crop_box_holds_the_person_with_a_margin(red_square):
    assert compose.crop_box(red_square[1], margin=0) == (40, 60, 80, 100)
    assert compose.crop_box(red_square[1], margin=0.1) == (36, 56, 84, 104)
    assert compose.crop_box(red_square[1], margin=9) == (0, 0, 120, 160)
    assert compose.crop_box(np.zeros((5, 7), np.float32)) == (0, 0, 5, 7)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
@pytest.mark.parametrize("value", [0, 1])
def test_the_smallest_photos_go_through(shape, value):
    rgb, alpha = np.full((*shape, 3), 7, np.uint8), np.full(shape, value, np.float32)
    assert compose.transparent(rgb, alpha).shape == (*shape, 4)
    assert compose.blurred(rgb, rgb, alpha).shape == rgb.shape
    for options in ({}, {"scale": 0.5}, {"light_wrap": 1.0, "match_colours": 1.0}):
        assert compose.on_picture(rgb, alpha, rgb, **options).shape == rgb.shape


def test_views_work_like_contiguous_arrays(red_square):
    rgb, alpha = (array[:, ::-1] for array in red_square)
    for function in (
        compose.transparent,
        lambda f, a: compose.on_colour(f, a, (1, 2, 3)),
        lambda f, a: compose.blurred(f, f, a),
    ):
        np.testing.assert_array_equal(function(rgb, alpha), function(rgb.copy(), alpha.copy()))


@pytest.mark.parametrize(
    ("foreground", "alpha"),
    [
        (np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), np.float32)),
        (np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), np.float32)),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((5, 4), np.float32)),
    ],
)
def test_arrays_of_another_form_are_refused(foreground, alpha):
    with pytest.raises(ValueError, match="foreground"):
        compose.on_colour(foreground, alpha, (0, 0, 0))
    with pytest.raises(ValueError, match="foreground"):
        compose.transparent(foreground, alpha)


def test_an_unknown_fit_is_refused(red_square):
    with pytest.raises(ValueError, match="fill"):
        compose.on_picture(*red_square, red_square[0], fit="stretch")


def test_people_made_smaller_keep_the_mean_of_a_fine_pattern():
    pattern = np.indices((128, 128)).sum(0) % 2 * 255
    foreground = np.repeat(pattern[..., None], 3, axis=2).astype(np.uint8)
    small = compose.on_picture(foreground, np.ones((128, 128), np.float32), foreground[:8, :8] * 0, scale=0.25)
    people = small[100:124, 52:76]
    assert np.abs(people.astype(int) - 128).max() < 3


def test_people_made_smaller_bring_nothing_of_the_old_background():
    foreground = np.zeros((120, 120, 3), np.uint8)
    foreground[...] = (0, 255, 0)
    alpha = np.zeros((120, 120), np.float32)
    foreground[31:120, 31:90], alpha[31:120, 31:90] = (255, 0, 0), 1.0
    blue = np.zeros((120, 120, 3), np.uint8)
    blue[..., 2] = 255
    for scale in (0.9, 0.5, 0.3, 0.21):
        result = compose.on_picture(foreground, alpha, blue, scale=scale, offset=(0.013, 0))
        assert result[..., 1].max() <= 1
        # The same number of people's pixels, at that scale.
        assert result[..., 0].sum() / 255 == pytest.approx(alpha.sum() * scale**2, rel=0.05)


def test_people_hardly_made_smaller_stay_where_they_are(red_square):
    there, alpha = red_square
    picture = np.zeros_like(there)
    whole, nearly = (compose.on_picture(there, alpha, picture, scale=scale) for scale in (1.0, 0.9999))
    assert np.abs(whole.astype(int) - nearly).max() < 10


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_people_cannot_be_scaled_to_nothing(red_square, scale):
    with pytest.raises(ValueError, match="positive"):
        compose.on_picture(*red_square, red_square[0], scale=scale)


def test_blur_wants_the_photo_that_the_foreground_came_from(red_square):
    with pytest.raises(ValueError, match="the photo"):
        compose.blurred(np.zeros((4, 4, 3), np.uint8), *red_square)


def test_people_at_the_rim_and_nobody_at_all_are_blended_like_anybody():
    foreground, alpha = np.full((20, 30, 3), 200, np.uint8), np.zeros((20, 30), np.float32)
    assert (compose.on_colour(foreground, alpha, (1, 2, 3)) == (1, 2, 3)).all()
    alpha[19, 29], alpha[0, 0] = 1, 0.5
    made = compose.on_colour(foreground, alpha, (0, 0, 100))
    assert tuple(made[19, 29]) == (200, 200, 200) and tuple(made[0, 0]) == (100, 100, 150)
    assert (made[10] == (0, 0, 100)).all()
