import signal
import threading

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg import video
from humanseg.clip import CutFrame, cut_frames
from humanseg.errors import HumanSegError, VideoError
from humanseg.foreground import foreground_colours
from humanseg.media.video import Clip
from humanseg.segmenter import Segmenter
from humanseg.video import cut_out_video
from tests.bright import Bright, disc
from tests.media import clips


@pytest.fixture
def segmenter():
    return Segmenter(Bright(64))


def _moving(count=12, height=64, width=96):
    """A bright disc on dark blue that moves to the right."""
    pictures = []
    for number in range(count):
        picture = disc(height, width, 16, (24 + 3 * number, height // 2))
        picture[..., 2] = np.maximum(picture[..., 2], 80)
        pictures.append(picture)
    return pictures


@pytest.fixture
def clip(tmp_path):
    return clips.write(tmp_path / "clip.mp4", _moving(), sound=["aac"])


def _frames(path):
    return list(Clip(path).frames())


def test_the_people_stand_on_another_background(clip, tmp_path, segmenter):
    record = cut_out_video(clip, tmp_path / "made.mp4", "#00ff00", segmenter=segmenter)
    assert (record.frames, record.people, record.width, record.height) == (12, 12, 96, 64)
    assert abs(record.seconds - 0.48) < 0.01 and not record.trouble and not record.stopped
    for number, frame in enumerate(_frames(tmp_path / "made.mp4")):
        assert frame.rgb[32, 24 + 3 * number].min() > 230
        assert frame.rgb[4, 90, 1] > 230 and frame.rgb[4, 90, 0] < 25


def test_every_frame_keeps_its_time_and_the_sound_is_copied(tmp_path, segmenter):
    times = [0, 0.04, 0.3, 0.32, 0.8]
    clip = clips.write(tmp_path / "a.mp4", _moving(5), times=times, sound=["aac", "aac"], seconds=1.0)
    cut_out_video(clip, tmp_path / "made.mp4", "blur", segmenter=segmenter)
    assert np.allclose([frame.time for frame in _frames(tmp_path / "made.mp4")], times, atol=0.002)
    for track in range(2):
        assert _packets(clip, track) == _packets(tmp_path / "made.mp4", track)


def _packets(path, track):
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(audio=track) if packet.size]


def test_without_a_background_the_clip_is_transparent(clip, tmp_path, segmenter):
    cut_out_video(clip, tmp_path / "made", segmenter=segmenter)
    pictures = sorted((tmp_path / "made").iterdir())
    assert len(pictures) == 12
    rgba = np.asarray(Image.open(pictures[0]))
    assert rgba[32, 24, 3] == 255 and rgba[4, 90, 3] == 0


def test_the_matte_alone_is_white_on_black(clip, tmp_path, segmenter):
    cut_out_video(clip, tmp_path / "made.mp4", matte=True, segmenter=segmenter)
    rgb = _frames(tmp_path / "made.mp4")[0].rgb
    assert rgb[32, 24].min() > 250 and rgb[4, 90].max() < 5


def test_another_clip_goes_behind_and_starts_again_when_it_ends(clip, tmp_path, segmenter):
    behind = clips.write(tmp_path / "behind.mkv", [clips.flat((255, 0, 0)), clips.flat((0, 255, 0))], rate=10)
    cut_out_video(clip, tmp_path / "made.mp4", behind, segmenter=segmenter)
    seen = [int(frame.rgb[4, 90].argmax()) for frame in _frames(tmp_path / "made.mp4")]
    assert seen == [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0]  # 25 frames a second over 10


def test_the_sound_is_that_of_the_people_and_not_of_the_clip_behind_them(clip, tmp_path, segmenter):
    behind = clips.write(tmp_path / "behind.mp4", [clips.flat((255, 0, 0))] * 5, sound=["aac"], seconds=3)
    cut_out_video(clip, tmp_path / "made.mp4", Clip(behind), segmenter=segmenter)
    assert Clip(tmp_path / "made.mp4").sound_tracks == 1
    assert _packets(clip, 0) == _packets(tmp_path / "made.mp4", 0)


def test_a_clip_behind_starts_with_the_part_that_is_taken(clip, tmp_path, segmenter):
    behind = clips.write(tmp_path / "behind.mkv", [clips.flat((255, 0, 0)), clips.flat((0, 255, 0))], rate=10)
    cut_out_video(clip, tmp_path / "made.mp4", behind, segmenter=segmenter, start=0.2)
    assert [int(frame.rgb[4, 90].argmax()) for frame in _frames(tmp_path / "made.mp4")][:5] == [0, 0, 0, 1, 1]


def test_a_gif_that_stands_still_is_a_picture_behind(clip, tmp_path, segmenter):
    Image.new("RGB", (48, 32), (0, 200, 0)).save(tmp_path / "still.gif")
    cut_out_video(clip, tmp_path / "made.mp4", tmp_path / "still.gif", segmenter=segmenter)
    assert all(frame.rgb[4, 90].argmax() == 1 for frame in _frames(tmp_path / "made.mp4"))


def test_what_is_wrong_with_a_clip_behind_is_told(clip, tmp_path, segmenter):
    noise = np.random.default_rng(0).integers(0, 255, (200, 32, 48, 3), np.uint8)
    behind = clips.write(tmp_path / "behind.mkv", list(noise), rate=100)
    behind.write_bytes(behind.read_bytes()[: behind.stat().st_size // 8])
    record = cut_out_video(clip, tmp_path / "made.mp4", behind, segmenter=segmenter)
    assert "behind.mkv is damaged or cut short" in record.trouble and record.frames == 12


def test_a_file_that_is_no_clip_cannot_go_behind(clip, tmp_path, segmenter):
    (tmp_path / "notes.mp4").write_text("milk, eggs")
    with pytest.raises(VideoError, match=r"notes\.mp4 isn't a clip that can be read"):
        cut_out_video(clip, tmp_path / "made.mp4", tmp_path / "notes.mp4", segmenter=segmenter)
    with pytest.raises(VideoError, match=r"behind\.mp4 is the clip that is read"):
        behind = clips.write(tmp_path / "behind.mp4", _moving(3))
        cut_out_video(clip, behind, behind, segmenter=segmenter)


def test_a_part_of_a_clip_starts_at_0(clip, tmp_path, segmenter):
    record = cut_out_video(clip, tmp_path / "made.mp4", "#00ff00", segmenter=segmenter, start=0.2, end=0.4)
    assert record.frames == 5
    frames = _frames(tmp_path / "made.mp4")
    assert frames[0].time == 0 and frames[0].rgb[32, 24 + 15].min() > 230


def test_a_part_of_a_clip_lasts_as_long_as_was_asked_for(tmp_path, segmenter):
    clip = clips.write(tmp_path / "slides.mkv", _moving(3), times=[0, 2, 4])
    record = cut_out_video(clip, tmp_path / "made.mp4", "red", segmenter=segmenter, start=1, end=2.5)
    assert record.frames == 2 and record.seconds == pytest.approx(1.5, abs=0.01)
    assert np.allclose([frame.time for frame in _frames(tmp_path / "made.mp4")], [0, 1], atol=0.01)


def test_frames_can_be_had_one_after_the_other(clip, segmenter):
    frames = list(segmenter.video(clip))
    assert len(frames) == 12 and frames[3].time == pytest.approx(0.12)
    assert frames[0].alpha.shape == (64, 96) and frames[0].alpha[32, 24] == 1 and frames[0].alpha[4, 90] == 0
    assert frames[0].rgba.shape == (64, 96, 4) and frames[0].on("red").shape == (64, 96, 3)


def test_colours_of_a_clips_edges_are_found_less_finely_but_almost_the_same(astronaut):
    alpha = np.repeat(np.repeat(disc(128, 128, 40)[..., 0], 8, 0), 8, 1)
    alpha = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), 6)
    photo = cv2.resize(astronaut, (1024, 1024))
    edge = (alpha > 0.05) & (alpha < 0.95)
    change = np.abs(CutFrame(photo, alpha, 0, 0).foreground.astype(int) - foreground_colours(photo, alpha))[edge]
    assert change.mean() < 6


def test_alpha_that_the_clip_came_with_counts(tmp_path, segmenter):
    picture = np.dstack([np.full((64, 96, 3), 255, np.uint8), np.full((64, 96), 255, np.uint8)])
    picture[:, :48, 3] = 0
    path = clips.write(tmp_path / "a.mov", [picture], codec="qtrle", pixels="argb", options={})
    (frame,) = cut_frames(segmenter, Clip(path))
    assert frame.alpha[32, 20] == 0 and frame.alpha[32, 70] == 1


def test_progress_is_told_in_seconds_of_the_clip(clip, tmp_path, segmenter):
    told = []
    cut_out_video(clip, tmp_path / "a.mp4", "red", segmenter=segmenter, progress=lambda *values: told.append(values))
    assert len(told) == 12 and told[-1][0] == pytest.approx(told[-1][1], abs=0.03)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_clip_that_is_stopped_is_written_up_to_there(clip, tmp_path, segmenter):
    told = []
    record = cut_out_video(
        *(clip, tmp_path / "a.mp4", "red"),
        segmenter=segmenter,
        progress=lambda *values: told.append(values),
        stop=lambda: len(told) >= 4,
    )
    assert record.stopped and record.frames == 4
    assert len(_frames(tmp_path / "a.mp4")) == 4


def test_after_ctrl_c_there_is_a_file_that_plays_up_to_there(clip, tmp_path, segmenter, ctrl_c):
    told = []

    def press(*values):
        told.append(values)
        if len(told) == 5:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        cut_out_video(clip, tmp_path / "a.mp4", "red", segmenter=segmenter, progress=press)
    assert len(_frames(tmp_path / "a.mp4")) == 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("humanseg-")]


@pytest.fixture
def ctrl_c():
    """Ctrl-C means here what it usually means, which it doesn't in what a script has started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_is_missing_of_a_clip_is_told(tmp_path, segmenter):
    noise = np.random.default_rng(0).integers(
        0, 90, (60, 64, 96, 3), np.uint8
    )  # so that half of the file is many frames
    clip = clips.write(tmp_path / "a.mkv", list(np.maximum(_moving(60), noise)))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    record = cut_out_video(clip, tmp_path / "made.mp4", "red", segmenter=segmenter)
    assert "a.mkv is damaged or cut short" in record.trouble
    assert len(_frames(tmp_path / "made.mp4")) == record.frames > 10


@pytest.mark.parametrize(
    ("target", "background", "sentence"),
    [
        ("a.mp4", "transparent", "MP4 can't be transparent"),
        ("a.avi", "red", r"a\.avi can't be written"),
        ("a.mp4", "no such colour", "can't be a background"),
        ("clip.mp4", "red", "is the clip that is read"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_work(clip, tmp_path, segmenter, target, background, sentence):
    before = clip.read_bytes()
    with pytest.raises(HumanSegError, match=sentence):
        cut_out_video(clip, tmp_path / target, background, segmenter=segmenter)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"] and clip.read_bytes() == before
    assert not segmenter.engine.seen


def test_an_error_on_the_way_leaves_nothing_behind(clip, tmp_path, segmenter, monkeypatch):
    def broken(self, image):
        raise RuntimeError("no memory")

    monkeypatch.setattr(Bright, "__call__", broken)
    with pytest.raises(RuntimeError, match="no memory"):
        cut_out_video(clip, tmp_path / "a.mp4", "red", segmenter=segmenter)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_the_weights_for_clips_are_taken_where_none_are_named(clip, tmp_path, segmenter, monkeypatch):
    asked = []
    monkeypatch.setattr(video.Segmenter, "from_pretrained", lambda name: asked.append(name) or segmenter)
    cut_out_video(clip, tmp_path / "a.mp4", "red")
    assert asked == ["humansegnet-live"]


def test_too_many_pixels_are_refused(clip, tmp_path, segmenter):
    with pytest.raises(VideoError, match=r"more than 0\.001 megapixels"):
        cut_out_video(clip, tmp_path / "a.mp4", "red", segmenter=segmenter, max_pixels=1000)
