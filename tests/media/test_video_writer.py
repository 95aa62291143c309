import os
import signal
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from humanseg.errors import VideoError
from humanseg.files import temporary_beside
from humanseg.media.video import Clip
from humanseg.media.video_writer import format_of, spread, writing
from tests.media import clips

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 150, 120), (128, 128, 128), (255, 255, 255), (0, 0, 0)]


def _patches(side=32):
    return np.repeat(np.repeat(np.array([COLOURS], np.uint8), side, 0), side, 1)


def _write(path, pictures, times=None, rate=25, durations=None):
    times = times or [number / rate for number in range(len(pictures))]
    durations = durations or [1 / rate] * len(pictures)
    height, width, channels = pictures[0].shape
    with writing(path, (width, height), rate, alpha=channels == 4) as writer:
        for picture, time, duration in zip(pictures, times, durations, strict=True):
            writer.write(picture, time, duration)
    return path


def _rgba(path):
    """The frames of a clip with alpha: uint8 HxWx4 each."""
    if path.is_dir():
        return [np.asarray(Image.open(file)) for file in sorted(path.iterdir())]
    if path.suffix == ".webp":
        with Image.open(path) as picture:
            return [np.asarray((picture.seek(n), picture.convert("RGBA"))[1]) for n in range(picture.n_frames)]
    with av.open(str(path)) as source:
        stream = source.streams.video[0]
        decoder = av.CodecContext.create("libvpx-vp9", "r") if path.suffix == ".webm" else stream
        return [f.to_ndarray(format="rgba") for packet in source.demux(stream) for f in decoder.decode(packet)]


@pytest.mark.parametrize("side", [32, 200])  # standard definition is written in BT.601, more in BT.709
@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov"])
def test_colours_come_back_as_they_were(tmp_path, name, side):
    (frame,) = Clip(_write(tmp_path / name, [_patches(side)])).frames()
    assert np.abs(clips.colours_of(frame.rgb, len(COLOURS)).astype(int) - COLOURS).max() <= 6


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov"])
def test_files_say_how_their_colours_are_meant(tmp_path, name):
    with av.open(str(_write(tmp_path / name, [_patches(200)]))) as source:
        frame = next(source.decode(video=0))
    assert (frame.colorspace, frame.color_range) == (1, 1)


@pytest.mark.parametrize("name", ["a.webm", "a.mov", "a.webp", "pictures"])
def test_alpha_comes_back_as_it_was(tmp_path, name):
    alpha = np.repeat(np.repeat(np.array([[0, 64, 128, 200, 255]], np.uint8), 32, 0), 32, 1)
    picture = np.dstack([np.full_like(alpha, 200), np.full_like(alpha, 90), np.full_like(alpha, 30), alpha])
    frames = _rgba(_write(tmp_path / name, [picture, np.ascontiguousarray(picture[:, ::-1])]))
    assert len(frames) == 2
    assert np.abs(frames[0][16, 16::32, 3].astype(int) - alpha[16, 16::32]).max() <= 4
    assert np.abs(frames[1][16, 16::32, 3].astype(int) - alpha[16, ::-1][16::32]).max() <= 4
    assert np.abs(frames[0][16, 144, :3].astype(int) - (200, 90, 30)).max() <= 6


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov"])
def test_a_variable_frame_rate_keeps_its_timing(tmp_path, name):
    times = [0, 0.04, 0.5, 0.52, 2.0]
    _write(tmp_path / name, [_patches()] * 5, times, durations=[0.04, 0.46, 0.02, 1.48, 0.5])
    clip = Clip(tmp_path / name)
    assert np.allclose([frame.time for frame in clip.frames()], times, atol=0.002)
    assert abs(clip.seconds - 2.5) < 0.05  # in H.264 the last frame shown may not be the last one stored


def test_an_animated_webp_keeps_its_timing_and_goes_round(tmp_path):
    pictures = [np.full((32, 32, 3), level, np.uint8) for level in (20, 120, 220)]
    _write(tmp_path / "a.webp", pictures, [0, 0.1, 0.6], durations=[0.1, 0.5, 0.2])
    with Image.open(tmp_path / "a.webp") as picture:
        assert (picture.n_frames, picture.info["loop"]) == (3, 0)
        lengths = [(picture.seek(n), picture.load(), picture.info["duration"])[2] for n in range(3)]
    assert lengths[:2] == [100, 500]


@pytest.mark.parametrize(("name", "size"), [("a.mp4", (34, 48)), ("a.webm", (33, 47)), ("a.webp", (33, 47))])
def test_odd_sizes_lose_nothing(tmp_path, name, size):
    picture = clips.flat((200, 90, 30), 33, 47)
    picture[-1], picture[:, -1] = (0, 0, 255), (0, 0, 255)
    _write(tmp_path / name, [picture])
    seen = _rgba(tmp_path / name)[0] if name == "a.webp" else next(Clip(tmp_path / name).frames()).rgb
    assert seen.shape[:2] == size


def test_h264_can_be_played_while_it_is_still_coming(tmp_path):
    data = _write(tmp_path / "a.mp4", [_patches()]).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("name", ["a.mp4", "pictures"])
def test_after_an_error_there_is_nothing(tmp_path, name):
    with pytest.raises(RuntimeError), writing(tmp_path / name, (48, 32), 25, alpha=False) as writer:
        writer.write(clips.flat((1, 2, 3)), 0, 0.04)
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov"])
def test_a_disk_that_gets_full_is_told_by_the_name_of_the_clip(tmp_path, name):
    resource = pytest.importorskip("resource")  # not on Windows
    size = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, size[1]))  # bytes
    try:
        with pytest.raises(VideoError, match=rf"{name} can't be written \(.+\): check the disk and the folder\."):
            _write(tmp_path / name, [_patches()] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, size)
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows removes nothing that another process may have open")
@pytest.mark.parametrize("name", ["a.mp4", "pictures"])
def test_what_a_killed_process_left_in_the_folder_is_gone_afterwards(tmp_path, name):
    folder, file = temporary_beside(tmp_path / "b"), temporary_beside(tmp_path / "b.mp4")
    folder.mkdir()
    (folder / "00001.png").touch()
    file.touch()
    for left in (folder, file):
        os.utime(left, (time.time() - 3600,) * 2)
    _write(tmp_path / name, [_patches()])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_sequence_replaces_an_earlier_one_but_nothing_else(tmp_path):
    _write(tmp_path / "pictures", [_patches()] * 3)
    _write(tmp_path / "pictures", [_patches()] * 2)
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["00001.png", "00002.png"]
    (tmp_path / "pictures" / "notes.txt").touch()
    with pytest.raises(VideoError, match=r"There is something else at .*pictures: name another folder"):
        _write(tmp_path / "pictures", [_patches()])


@pytest.mark.parametrize("name", ["a.gif", "a.mpeg", "a.txt"])
def test_other_endings_are_refused(name):
    with pytest.raises(VideoError, match=rf"{name} can't be written: end its name in \.mp4, \.webm"):
        format_of(Path(name))


def test_what_cannot_be_transparent_is_refused(tmp_path):
    with pytest.raises(VideoError, match="MP4 can't be transparent: choose WebM or MOV"):
        _write(tmp_path / "a.mp4", [np.zeros((32, 32, 4), np.uint8)])


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(VideoError, match=r"can't be written \(No such file or directory\)"):
        _write(tmp_path / "no" / "a.mp4", [_patches()])


def test_colours_go_on_beyond_the_edge_of_what_is_seen():
    picture = np.zeros((160, 160, 4), np.uint8)
    picture[:, :80] = (200, 90, 30, 255)
    made = spread(picture)
    assert np.abs(made[80, 80:88, :3].astype(int) - (200, 90, 30)).max() <= 3
    assert not made[80, 140:, :3].any() and (made[..., 3] == picture[..., 3]).all()
    assert (made[:, :80] == picture[:, :80]).all()
