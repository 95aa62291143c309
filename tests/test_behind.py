import threading

import numpy as np
import pytest

from humanseg.behind import ClipBehind
from humanseg.errors import HumanSegError, VideoError
from humanseg.media.video import Clip
from tests.media import clips

RED, GREEN, BLUE = (clips.flat(colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)))


@pytest.fixture
def behind(tmp_path):
    """`behind(pictures, ...)`: a clip of them, to go behind others."""
    made = []

    def behind(pictures, options=None, **clip):
        made.append(ClipBehind(Clip(clips.write(tmp_path / "behind.mkv", pictures, **clip)), **(options or {})))
        return made[-1]

    yield behind
    for one in made:
        one.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "humanseg-behind"]


def _colours(behind, times):
    return [int(behind.at(time, 48, 32).picture[16, 24].argmax()) for time in times]


def test_each_frame_is_shown_at_its_own_time(behind):
    one = behind([RED, GREEN, BLUE], times=[0, 0.1, 0.9], rate=10)
    assert _colours(one, [0, 0.05, 0.1, 0.5, 0.85, 0.91]) == [0, 0, 1, 1, 1, 2]


def test_it_starts_again_when_it_ends(behind):
    one = behind([RED, GREEN, BLUE], rate=10)
    assert _colours(one, np.arange(9) / 10 + 0.01) == [0, 1, 2] * 3


def test_frames_that_nobody_sees_are_passed_over(behind):
    one = behind([RED, GREEN, BLUE] * 20, rate=60)
    assert _colours(one, [0.01, 0.51, 0.53]) == [0, 0, 1]  # the 1st, the 31st and the 32nd of 60 a second


def test_one_frame_alone_is_a_picture_that_is_read_once(behind, monkeypatch):
    one = behind([GREEN])
    assert _colours(one, [0]) == [1]
    monkeypatch.setattr(Clip, "frames", lambda *_: pytest.fail("it was read again"))
    assert _colours(one, [1, 100]) == [1, 1]


@pytest.mark.parametrize(("fit", "corner"), [("fill", (250, 0, 0)), ("fit", (125, 0, 125))])
def test_it_fills_the_frame_as_a_picture_does(behind, fit, corner):
    halves = np.concatenate([clips.flat((250, 0, 0), 32, 24), clips.flat((0, 0, 250), 32, 24)], axis=1)
    picture = behind([halves], {"fit": fit}).at(0, 32, 64).picture  # bars are of the mean colour
    assert picture.shape == (64, 32, 3) and np.abs(picture[2, 2].astype(int) - corner).max() < 12


def test_frames_that_change_their_size_get_a_background_of_theirs(behind):
    one = behind([RED])
    assert [one.at(time, *size).picture.shape for time, size in ((0, (20, 10)), (1, (40, 30)))] == [
        (10, 20, 3),
        (30, 40, 3),
    ]


def test_of_a_damaged_one_there_is_what_can_be_read_again_and_again(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 32, 48, 3), np.uint8)
    path = clips.write(tmp_path / "b.mkv", list(noise), rate=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    one = ClipBehind(Clip(path))
    try:
        pictures = [one.at(number / 10, 48, 32).picture for number in range(60)]
    finally:
        one.close()
    assert "b.mkv is damaged or cut short" in one.trouble
    assert len({picture.tobytes() for picture in pictures}) > 10


def test_an_option_out_of_its_range_is_told_before_any_frame(behind):
    with pytest.raises(HumanSegError, match="light wrap"):
        behind([RED], {"light_wrap": 3})


def test_one_that_is_gone_is_told(behind, tmp_path):
    one = behind([RED, GREEN])
    (tmp_path / "behind.mkv").unlink()
    with pytest.raises(VideoError, match=r"behind\.mkv can't be opened"):
        one.at(0, 48, 32)
