import struct

import numpy as np
import pytest
from PIL import PngImagePlugin

from humanseg.media import photos
from tests.media.pictures import difference, display_p3, display_p3_to_srgb, encoded, linear, srgb_to_display_p3

SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # cHRM: white, red, green, blue
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def saying(picture, **bodies):
    """A PNG file with these chunks."""
    info = PngImagePlugin.PngInfo()
    for kind, body in bodies.items():
        info.add(kind.encode(), body)
    return encoded(picture, "PNG", pnginfo=info)


def gamma(value):
    return struct.pack(">I", round(value * 100_000))


def chromaticities(*values):
    return struct.pack(">8I", *(round(value * 100_000) for value in values))


@pytest.mark.parametrize("value", [1.0, 1 / 1.8, 1 / 2.6])
@pytest.mark.parametrize("grey", [False, True])
def test_values_are_light_to_the_power_that_gama_says(small, value, grey):
    picture = small[..., 1] if grey else small
    stored = np.round(255 * linear(picture / 255) ** value).astype(np.uint8)
    shown = np.repeat(picture[..., None], 3, 2) if grey else picture
    assert difference(photos.read(saying(stored, gAMA=gamma(value))).rgb, shown) < 1.5
    assert difference(photos.read(encoded(stored, "PNG")).rgb, shown) > 5


@pytest.mark.parametrize(
    "bodies",
    [
        {"cICP": bytes([12, 13, 0, 1])},
        {"cHRM": chromaticities(*P3), "gAMA": gamma(0.45455)},
        {"cHRM": chromaticities(*P3)},
        {"cICP": bytes([12, 13, 0, 1]), "sRGB": b"\0", "gAMA": gamma(1)},
    ],
)
def test_other_primaries_become_those_of_srgb(small, bodies):
    stored = np.round(srgb_to_display_p3(small)).astype(np.uint8)
    assert difference(photos.read(saying(stored, **bodies)).rgb, small) < 0.5


@pytest.mark.parametrize(
    "bodies",
    [
        {"gAMA": gamma(0.45455)},
        {"gAMA": gamma(0.45), "cHRM": chromaticities(*SRGB)},
        {"sRGB": b"\0", "gAMA": gamma(1)},
        {"cICP": bytes([1, 13, 0, 1])},
    ],
)
def test_what_means_srgb_leaves_each_pixel_as_it_is(small, bodies):
    assert np.array_equal(photos.read(saying(small, **bodies)).rgb, small)


@pytest.mark.parametrize(
    "bodies",
    [
        {"gAMA": b""},
        {"gAMA": gamma(0)},
        {"gAMA": b"\xff\xff\xff\xff"},
        {"cHRM": bytes(32)},
        {"cHRM": b"\xff" * 32},
        {"cHRM": chromaticities(0.3, 0.3, *[0.2, 0.2] * 3)},
        {"cHRM": b"short"},
        {"cICP": b"\x09"},
        {"cICP": bytes([200, 13, 0, 1])},
        {"cICP": bytes([9, 200, 0, 1])},
    ],
)
def test_what_makes_no_sense_counts_for_nothing(small, bodies):
    assert np.array_equal(photos.read(saying(small, **bodies)).rgb, small)


def test_a_profile_goes_before_what_else_is_said(small):
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", gamma(1))
    photo = photos.read(encoded(small, "PNG", pnginfo=info, icc_profile=display_p3()))
    assert difference(photo.rgb, display_p3_to_srgb(small)) < 1


def test_a_chunk_with_a_wrong_checksum_counts_for_nothing(small):
    data = bytearray(saying(small, gAMA=gamma(1)))
    data[data.index(b"gAMA") + 9] ^= 1
    assert np.array_equal(photos.read(bytes(data)).rgb, small)
