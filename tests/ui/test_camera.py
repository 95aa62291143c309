from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import HumanSegError, ImageError
from humanseg.ui import text
from humanseg.ui.camera import AWAY, LONGEST_SIDE, Cameras, alphas_of
from tests.ui.fakes import segmenter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def picture(width=160, height=120, kind="JPEG"):
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


def test_a_camera_keeps_its_place_and_one_too_many_has_none(clock):
    cameras = Cameras(2, 600, clock)
    for _ in range(3):
        cameras.admit("one")
        cameras.admit("two")
    with pytest.raises(HumanSegError, match="time for"):
        cameras.admit("three")


def test_a_camera_that_sends_nothing_any_more_gives_up_its_place(clock):
    cameras = Cameras(1, 600, clock)
    cameras.admit("one")
    clock.now = AWAY + 0.1
    cameras.admit("two")
    with pytest.raises(HumanSegError):
        cameras.admit("one")


def test_who_has_had_a_place_for_long_gives_it_to_who_waits_but_to_nobody_else(clock):
    cameras = Cameras(1, 10, clock)
    for clock.now in range(0, 40, 2):
        cameras.admit("one")
    cameras.admit("two")
    with pytest.raises(HumanSegError):
        cameras.admit("one")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_alphas_are_as_large_as_the_frame(kind):
    alphas = alphas_of(picture(kind=kind), segmenter())
    assert alphas.dtype == np.uint8 and alphas.shape == (2, 120, 160)
    assert (alphas[:, 66, 80] == 255).all() and (alphas[:, 0, 0] == 0).all()


def test_where_nobody_is_only_the_network_s_own_alpha_says_anything():
    empty = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(empty, "PNG")
    judged, coarse = alphas_of(empty.getvalue(), segmenter())
    assert not judged.any() and coarse.shape == (48, 64)


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", picture()[:60], picture(LONGEST_SIDE + 1, 8), picture(8, 8, "BMP")],
    ids=["empty", "text", "cut short", "too large", "of another kind"],
)
def test_what_is_no_frame_is_refused_in_a_sentence(content):
    with pytest.raises(ImageError) as caught:
        alphas_of(content, segmenter())
    assert str(caught.value) == text.FRAME_BAD
