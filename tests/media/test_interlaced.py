import av
import numpy as np
import pytest

from humanseg.media.video import Clip
from tests.media import clips


def _fields(number, side=64, speed=8):
    """A frame of a white bar that moves on between its odd lines, which come first, and its even ones."""
    picture = np.zeros((side, side * 2, 3), np.uint8)
    for odd in (0, 1):
        left = 10 + speed * number + (not odd) * speed // 2
        picture[odd::2, left : left + 20] = 255
    return picture


def _clip(path, pictures, flags="bff=1"):
    options = {"x264-params": flags, "qp": "0", "preset": "ultrafast", "bf": "0"}
    return Clip(clips.write(path, pictures, pixels="yuv420p", options=options))


def _combed(rgb):
    """How far rows differ from those above and below, which agree with each other."""
    rows = rgb[..., 0].astype(int)
    return np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]).max()


def test_interlaced_frames_come_out_whole_each_at_its_time(tmp_path):
    frames = list(_clip(tmp_path / "tape.mp4", [_fields(number) for number in range(8)]).frames())
    assert np.allclose([frame.time for frame in frames], np.arange(8) / 25, atol=0.001)
    assert np.allclose([frame.duration for frame in frames], 1 / 25, atol=0.001)
    for number, frame in enumerate(frames):
        assert _combed(frame.rgb[4:-4]) < 60
        assert abs(int(frame.rgb[32, :, 0].argmax()) - (10 + 8 * number)) <= 1


def test_frames_that_are_not_interlaced_stay_as_they_are_also_where_they_look_so(tmp_path):
    pictures = [_fields(number) for number in range(4)]
    for number, frame in enumerate(_clip(tmp_path / "film.mp4", pictures, "bff=0").frames()):
        assert np.abs(frame.rgb.astype(int) - pictures[number]).mean() < 2


def test_a_part_of_an_interlaced_clip_begins_where_it_was_asked_to(tmp_path):
    clip = _clip(tmp_path / "tape.mp4", [_fields(number) for number in range(10)])
    first, *_ = frames = list(clip.frames(start=0.2, end=0.28))
    assert len(frames) == 2 and first.time == pytest.approx(0.2, abs=0.001)
    assert abs(int(first.rgb[32, :, 0].argmax()) - 50) <= 1


def test_an_interlaced_clip_of_one_frame_is_that_frame(tmp_path):
    (frame,) = _clip(tmp_path / "tape.mp4", [_fields(0)]).frames()
    assert frame.time == 0 and frame.rgb[32].max() == 255


def test_where_ffmpeg_has_no_such_filter_frames_stay_interlaced(tmp_path, monkeypatch):
    monkeypatch.setattr("humanseg.media.interlaced._FILTER", "no_such_filter")
    frames = list(_clip(tmp_path / "tape.mp4", [_fields(number) for number in range(3)]).frames())
    assert len(frames) == 3 and _combed(frames[1].rgb) == 510


def test_the_filter_is_one_that_ffmpeg_may_pass_on_without_gpl():
    assert "bwdif" in av.filter.filters_available  # GPL parts are left out of builds that don't ask for them
