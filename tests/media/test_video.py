from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from humanseg.errors import VideoError
from humanseg.media import ffmpeg, frames
from humanseg.media.video import Clip
from tests.media import clips

RED, GREEN, BLUE = (clips.flat(colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)))


def test_a_clip_says_what_it_holds(tmp_path):
    clip = Clip(clips.write(tmp_path / "a.mp4", [RED] * 10, sound=["aac", "aac"]))
    assert (clip.width, clip.height, clip.rate, clip.frame_count, clip.sound_tracks) == (48, 32, 25, 10, 2)
    assert abs(clip.seconds - 0.4) < 0.01


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_frames_come_in_order_each_at_its_time(tmp_path, suffix):
    clip = Clip(clips.write(tmp_path / f"a{suffix}", [RED, GREEN, BLUE]))
    frames = list(clip.frames())
    assert [frame.rgb[16, 24].argmax() for frame in frames] == [0, 1, 2]
    assert np.allclose([frame.time for frame in frames], [0, 0.04, 0.08], atol=0.001)
    assert np.allclose([frame.duration for frame in frames], 0.04, atol=0.001)
    assert not clip.trouble


def test_a_variable_frame_rate_keeps_its_timing(tmp_path):
    times = [0, 0.04, 0.5, 0.52, 2.0]
    frames = list(Clip(clips.write(tmp_path / "a.mp4", [RED] * 5, times=times)).frames())
    assert np.allclose([frame.time for frame in frames], times, atol=0.001)
    assert np.allclose([frame.duration for frame in frames[:-1]], np.diff(times), atol=0.001)


def test_a_clip_whose_clock_starts_late_starts_at_0(tmp_path):
    clip = Clip(clips.write(tmp_path / "a.mkv", [RED, GREEN], times=[7, 7.04]))
    assert np.allclose([frame.time for frame in clip.frames()], [0, 0.04], atol=0.001)


def test_a_matroska_whose_clock_starts_late_is_as_long_as_it_lasts(tmp_path):
    clip = Clip(clips.write(tmp_path / "a.mkv", [RED] * 25, times=[3600 + number / 25 for number in range(25)]))
    assert abs(clip.seconds - 1) < 0.05 and clip.frame_count in (25, 26)
    assert len(list(clip.frames())) == 25 and not clip.trouble
    with pytest.raises(VideoError, match=r"lasts 1\.0 s, so nothing starts at 2 s"):
        next(clip.frames(start=2))


@pytest.mark.parametrize("size", [(33, 47), (1, 1), (17, 64)])
def test_odd_sizes_stay_as_they_are(tmp_path, size):
    clip = Clip(clips.write(tmp_path / "a.mkv", [clips.flat((9, 99, 200), *size)], codec="ffv1", pixels="bgr0"))
    assert (clip.height, clip.width) == next(clip.frames()).rgb.shape[:2] == size


@pytest.mark.parametrize(("aspect", "size"), [(Fraction(4, 3), (32, 64)), (Fraction(1, 2), (64, 48))])
def test_pixels_that_are_not_square_become_so(tmp_path, aspect, size):
    clip = Clip(clips.write(tmp_path / "a.mp4", [RED], aspect=aspect))
    assert (clip.height, clip.width) == next(clip.frames()).rgb.shape[:2] == size


def test_a_gif_keeps_its_timing_and_what_it_leaves_out(tmp_path):
    pictures = [Image.new("RGBA", (40, 30), (200, 0, 0, 255)), Image.new("RGBA", (40, 30), (0, 0, 200, 255))]
    pictures[0].paste((0, 0, 0, 0), (0, 0, 20, 30))
    path = tmp_path / "a.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[100, 400], disposal=2, loop=0)
    first, second = Clip(path).frames()
    assert (first.time, round(second.time, 3)) == (0, 0.1)
    assert first.alpha[15, 5] == 0 and first.alpha[15, 35] == 1 and second.alpha is None


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_what_a_see_through_webm_leaves_out_is_left_out(tmp_path, codec):
    picture = np.dstack([clips.flat((120, 120, 120), 64, 64), np.full((64, 64), 255, np.uint8)])
    picture[:32, :, 3] = 0
    options = {"auto-alt-ref": "0", "deadline": "realtime", "cpu-used": "8"}
    path = clips.write(tmp_path / "a.webm", [picture] * 4, codec=codec, pixels="yuva420p", options=options)
    for start, count in ((None, 4), (0.08, 2)):
        frames = list(Clip(path).frames(start))
        assert len(frames) == count and np.abs(frames[0].rgb[50, 32].astype(int) - 120).max() < 12
        assert all(frame.alpha[:28].max() < 0.05 and frame.alpha[36:].min() > 0.95 for frame in frames)


def test_without_libvpx_a_see_through_webm_is_read_without_its_alpha(tmp_path, monkeypatch):
    picture = np.dstack([RED, np.zeros((32, 48), np.uint8)])
    path = clips.write(tmp_path / "a.webm", [picture], codec="libvpx-vp9", pixels="yuva420p", options={})
    monkeypatch.setitem(ffmpeg._WITH_ALPHA, "vp9", "no-such-decoder")
    (frame,) = Clip(path).frames()
    assert frame.alpha is None and frame.rgb.shape == (32, 48, 3)


def test_a_part_of_a_clip_is_what_is_shown_between_two_times(tmp_path):
    levels = [clips.flat((n * 8, 0, 0)) for n in range(25)]
    clip = Clip(clips.write(tmp_path / "a.mp4", levels))
    frames = list(clip.frames(0.2, 0.4))
    assert np.allclose([frame.time for frame in frames], [0.2, 0.24, 0.28, 0.32, 0.36], atol=0.001)
    assert np.abs([int(frame.rgb[0, 0, 0]) - 8 * n for n, frame in enumerate(frames, 5)]).max() <= 2
    assert len(list(clip.frames(end=0.1))) == 3 and len(list(clip.frames(0.9))) == 3
    assert abs(int(clip.poster(0.5)[0, 0, 0]) - 96) <= 8


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ((2, 1), r"The end \(1 s\) must come after the start \(2 s\)"),
        ((9, None), r"a\.mp4 lasts 0\.4 s, so nothing starts at 9 s"),
        ((-1, None), r"from 0 on, not -1"),
        ((None, float("nan")), r"from 0 on, not nan"),
    ],
)
def test_times_that_make_no_sense_are_refused(tmp_path, times, sentence):
    clip = Clip(clips.write(tmp_path / "a.mp4", [RED] * 10))
    with pytest.raises(VideoError, match=sentence):
        next(clip.frames(*times))


def test_a_change_of_size_on_the_way_is_brought_to_the_first_size(tmp_path):
    parts = [
        clips.write(tmp_path / f"{n}.ts", [picture] * 5, format="mpegts")
        for n, picture in enumerate((RED, clips.flat((0, 0, 255), 64, 64)))
    ]
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = list(Clip(path).frames())
    assert {frame.rgb.shape for frame in frames} == {(32, 48, 3)}
    assert frames[0].rgb[0, 0, 0] > 250 and frames[-1].rgb[0, 0, 2] > 250


def _noise(count):
    return list(np.random.default_rng(0).integers(0, 255, (count, 64, 96, 3), np.uint8))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_of_a_file_cut_short_there_is_what_there_is_and_a_sentence(tmp_path, suffix):
    whole = clips.write(
        tmp_path / f"whole{suffix}", _noise(75), options={"qp": "20", "movflags": "+faststart"}, pixels="yuv420p"
    )
    if suffix == ".mp4":  # its index has to come first, or nothing can be read
        with (
            av.open(str(whole)) as source,
            av.open(str(tmp_path / "f.mp4"), "w", options={"movflags": "+faststart"}) as out,
        ):
            stream = out.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        whole = tmp_path / "f.mp4"
    path = tmp_path / f"a{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    clip = Clip(path)
    frames = list(clip.frames())
    assert 20 < len(frames) < 50
    assert clip.trouble.startswith(f"a{suffix} is damaged or cut short: what could be read of it lasts 1.")


def test_damage_in_the_middle_does_not_end_a_clip(tmp_path):
    path = clips.write(tmp_path / "a.mkv", _noise(30), codec="mjpeg", pixels="yuvj444p", tags={"color_range": 2})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    clip = Clip(path)
    assert len(list(clip.frames())) > 15


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "heif"])
def test_a_still_picture_by_a_clips_name_is_called_what_it_is(tmp_path, format):
    if format == "heif":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.new("RGB", (64, 64)).save(tmp_path / "a.mp4", format)
    with pytest.raises(VideoError, match=r"a\.mp4 is a still picture, not a clip: rename it \(\.jpg, \.png\)"):
        Clip(tmp_path / "a.mp4")


def test_an_animated_webp_is_not_called_a_still_picture(tmp_path):
    pictures = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    pictures[0].save(tmp_path / "a.webp", save_all=True, append_images=pictures[1:])
    with pytest.raises(
        VideoError, match=r"a\.webp is an animated WEBP, which can't be read as a clip: convert it to GIF"
    ):
        Clip(tmp_path / "a.webp")


def test_sound_alone_is_no_clip(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as output:
        clips._tone(output, output.add_stream("aac", rate=48_000, layout="mono"), 440, 0.2)
    with pytest.raises(VideoError, match="has no moving picture in it"):
        Clip(tmp_path / "a.mp4")


def test_a_clip_without_a_single_frame_is_refused(tmp_path):
    path = clips.write(tmp_path / "a.mkv", [RED])
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])  # up to Matroska's first cluster
    with pytest.raises(VideoError, match=r"a\.mkv .*cut short"):
        Clip(path)


def test_more_pixels_than_allowed_are_refused_before_any_is_decoded(tmp_path):
    # A GIF that says it has 108 megapixels in a file of 100 bytes.
    Image.new("P", (8, 8)).save(tmp_path / "a.gif")
    data = bytearray((tmp_path / "a.gif").read_bytes())
    data[6:10] = (12_000).to_bytes(2, "little") + (9_000).to_bytes(2, "little")
    (tmp_path / "a.gif").write_bytes(data)
    with pytest.raises(VideoError, match=r"a\.gif has frames of more than 100 megapixels: make it smaller\."):
        Clip(tmp_path / "a.gif")
    with pytest.raises(VideoError, match=r"more than 0\.001 megapixels"):
        Clip(clips.write(tmp_path / "b.mp4", [RED]), max_pixels=1000)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Dear diary, today", "isn't a clip that can be read"),
        (b"", r"is empty \(0 bytes\)"),
        (b"\x00\x00\x00\x20ftypisom" + bytes(100), "isn't a clip that can be read"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "isn't a clip that can be read"),
        (b"ffconcat version 1.0\nfile 'secret.mp4'\n", "isn't a clip that can be read"),
    ],
)
def test_what_is_no_clip_is_refused_with_a_sentence(tmp_path, content, sentence):
    clips.write(tmp_path / "secret.mp4", [RED])
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=rf"^a\.mp4 {sentence}.*: .*\.$"):
        Clip(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["missing.mp4", ".", "a\0b.mp4"])
def test_a_path_that_cannot_be_opened_is_told(tmp_path, name):
    with pytest.raises(VideoError, match=r"can't be opened \(.*\): check the path\."):
        Clip(tmp_path / name)


def test_frames_can_be_left_early_and_asked_for_again(tmp_path):
    clip = Clip(clips.write(tmp_path / "concat:a.mp4", [RED, GREEN, BLUE]))
    next(clip.frames())
    assert len(list(clip.frames())) == 3


def test_a_form_that_nothing_reads_is_told(tmp_path):
    path = clips.write(tmp_path / "a.mp4", [RED] * 3)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(VideoError, match=r"a\.mp4 is in a form that can't be read"):
        Clip(path)


def test_a_frame_whose_colours_cannot_be_converted_is_the_one_before_it(tmp_path, monkeypatch):
    clip = Clip(clips.write(tmp_path / "a.mp4", [RED, GREEN, BLUE]))
    convert, numbers = frames.to_rgb, iter(range(3))

    def sometimes(frame, name):
        if next(numbers) == 1:
            raise av.error.OSError(95, "Operation not supported")
        return convert(frame, name)

    monkeypatch.setattr(frames, "to_rgb", sometimes)
    seen = list(clip.frames())
    assert [frame.rgb[16, 24].argmax() for frame in seen] == [0, 0, 2] and "a.mp4 is damaged" in clip.trouble
    assert np.allclose([frame.time for frame in seen], [0, 0.04, 0.08], atol=0.001)
