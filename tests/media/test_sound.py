import av
import numpy as np
import pytest

from humanseg.media.sound import Sound
from humanseg.media.video import Clip
from humanseg.media.video_writer import writing
from tests.media import clips

RED = clips.flat((255, 0, 0))


def _rewritten(source, target, seconds=1.0, start=0.0, end=None):
    """A clip of `seconds` with the sound of another one."""
    sound = Sound(source, float(Clip(source).zero) + start, end)
    with writing(target, (48, 32), 25, alpha=False, sound=sound) as writer:
        for number in range(round(seconds * 25)):
            writer.write(RED, number / 25, 0.04)
    return sound


def _packets(path, track=0):
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(audio=track) if packet.size]


def _times(path, track=0):
    with av.open(str(path)) as source:
        return [float(p.pts * p.time_base) for p in source.demux(audio=track) if p.size]


@pytest.mark.parametrize(
    ("source", "codec", "target"),
    [
        ("a.mp4", "aac", "b.mp4"),
        ("a.mkv", "aac", "b.mp4"),
        ("a.webm", "libopus", "b.webm"),
        ("a.mov", "pcm_s16le", "b.mov"),
    ],
)
def test_sound_that_the_new_file_can_hold_is_copied(tmp_path, source, codec, target):
    video = (
        {"codec": "libvpx-vp9", "pixels": "yuv420p", "options": {"deadline": "realtime"}} if "webm" in source else {}
    )
    clips.write(tmp_path / source, [RED] * 25, sound=[codec], **video)
    sound = _rewritten(tmp_path / source, tmp_path / target)
    assert b"".join(_packets(tmp_path / target)) == b"".join(_packets(tmp_path / source))
    assert not sound.trouble


@pytest.mark.parametrize(("codec", "target", "expected"), [("aac", "b.webm", "opus"), ("pcm_s16le", "b.mp4", "aac")])
def test_other_sound_is_encoded_anew_and_sounds_the_same(tmp_path, codec, target, expected):
    clips.write(tmp_path / "a.mkv", [RED] * 25, sound=[codec])
    sound = _rewritten(tmp_path / "a.mkv", tmp_path / target)
    assert not sound.trouble
    with av.open(str(tmp_path / target)) as made:
        assert made.streams.audio[0].codec_context.name == expected
        wave = np.concatenate([frame.to_ndarray()[0] for frame in made.decode(audio=0)])
    assert abs(len(wave) / 48_000 - 1) < 0.1
    strength = np.abs(np.fft.rfft(wave[4800:43200]))
    assert abs(strength.argmax() / (38400 / 48_000) - 440) < 5


def test_all_sound_tracks_are_taken_over(tmp_path):
    clips.write(tmp_path / "a.mkv", [RED] * 25, sound=["aac", "libopus", "aac"])
    _rewritten(tmp_path / "a.mkv", tmp_path / "b.mp4")
    for track in range(3):
        assert len(_packets(tmp_path / "b.mp4", track)) == len(_packets(tmp_path / "a.mkv", track)) > 10


def test_sound_of_a_part_starts_and_ends_with_the_pictures(tmp_path):
    clips.write(tmp_path / "a.mp4", [RED] * 75, sound=["aac"])
    _rewritten(tmp_path / "a.mp4", tmp_path / "b.mp4", start=1.0, end=1.0)
    whole, part = _packets(tmp_path / "a.mp4"), _packets(tmp_path / "b.mp4")
    first = whole.index(part[1])
    times, old = _times(tmp_path / "b.mp4"), _times(tmp_path / "a.mp4")
    assert whole[first : first + len(part) - 1] == part[1:]
    assert abs(old[first] - times[1] - 1.0) < 0.002
    assert times[-1] < 1.0 and 0.9 < times[-1] + 0.03


def test_damaged_sound_costs_no_pictures_and_is_told(tmp_path, monkeypatch):
    clips.write(tmp_path / "a.mkv", [RED] * 25, sound=["aac"])

    def broken(self, packet, zero):
        raise av.error.InvalidDataError(1, "broken")

    monkeypatch.setattr("humanseg.media.sound._Copy.write", broken)
    sound = _rewritten(tmp_path / "a.mkv", tmp_path / "b.mp4")
    assert "sound is damaged" in sound.trouble
    assert len(list(Clip(tmp_path / "b.mp4").frames())) == 25
