"""humanseg cut-out with clips, with a stand-in for the network."""

import signal
import time

import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.cli.clips import time as read_time
from humanseg.errors import HumanSegError
from humanseg.media.video import Clip
from tests.cli.conftest import STANDING_IN
from tests.media import clips

pytestmark = pytest.mark.usefixtures("standing_in")


PICTURE = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)


@pytest.fixture
def clip(tmp_path):
    (tmp_path / "in").mkdir()
    return clips.write(tmp_path / "in" / "dance.mp4", [PICTURE] * 10, sound=["aac"])


def test_a_clip_on_a_background_is_an_mp4_with_its_sound(clip, tmp_path, capsys):
    assert main(["cut-out", str(clip), "--out", str(tmp_path), "--background", "#00ff00"]) == 0
    made = Clip(tmp_path / "dance-cutout.mp4")
    assert made.sound_tracks == 1 and len(list(made.frames())) == 10
    assert "dance-cutout.mp4 (10 frames, 0.4 s)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([], "dance-cutout.webm"),
        (["--format", "mov"], "dance-cutout.mov"),
        (["--format", "webp"], "dance-cutout.webp"),
        (["--format", "png"], "dance-cutout/00010.png"),
        (["--mask"], "dance-mask.mp4"),
        (["--background", "blur", "--format", "webm"], "dance-cutout.webm"),
        (["--format", "jpeg", "--background", "blur"], "dance-cutout.mp4"),  # for the photos beside it
    ],
)
def test_every_format_is_named_after_the_clip(clip, tmp_path, options, name):
    assert main(["cut-out", str(clip), "--out", str(tmp_path), *options]) == 0
    assert (tmp_path / name).is_file()


def test_photos_and_clips_may_be_mixed_and_a_gif_that_moves_is_a_clip(clip, tmp_path, small):
    small("in/me.jpg")
    frames = [Image.new("RGB", (32, 32), (n, 0, 0)) for n in (0, 200)]
    frames[0].save(tmp_path / "in" / "waves.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "in" / "still.gif")
    assert main(["cut-out", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    names = ["dance-cutout.webm", "me-cutout.png", "still-cutout.png", "waves-cutout.webm"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


def test_results_of_an_earlier_run_are_left_out(clip, tmp_path, capsys):
    for _ in range(2):
        assert main(["cut-out", str(clip.parent), "--out", str(clip.parent), "--format", "png"]) == 0
    assert "left out: 1" in capsys.readouterr().out
    assert sorted(path.name for path in clip.parent.iterdir()) == ["dance-cutout", "dance-cutout-2", "dance.mp4"]


def test_a_part_is_taken_by_its_times(clip, tmp_path):
    assert main(["cut-out", str(clip), "--out", str(tmp_path / "a.mp4"), "--background", "red", "--end", "0:00.2"]) == 0
    assert len(list(Clip(tmp_path / "a.mp4").frames())) == 5


@pytest.mark.parametrize(("text", "seconds"), [("5", 5), ("1:05", 65), ("1:00:02.5", 3602.5), ("0.25", 0.25)])
def test_times_are_read_as_people_write_them(text, seconds):
    assert read_time("--start")(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1:2:3:4", "nan", "1e3"])
def test_other_times_are_refused(text):
    with pytest.raises(HumanSegError, match=r"--start takes seconds or a time such as 1:05, not"):
        read_time("--start")(text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--format", "mp4"], "MP4 can't be transparent"),
        (["--out", "x.mp4", "--format", "mov"], "--out x.mp4 and --format mov disagree"),
        (["--crop"], "Clips can't be cropped"),
        (["--size", "square"], "Clips keep their frame"),
        (["--shadow", "0.5"], "Clips keep their frame"),
        (["--background", "red", "--out", "x.png"], "x.png can't be written: end its name in .mp4"),
    ],
)
def test_what_a_clip_cannot_be_is_told_before_the_work(clip, tmp_path, capsys, monkeypatch, options, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["cut-out", str(clip), *options]) == 1
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_another_clip_may_be_behind(clip, tmp_path):
    behind = clips.write(tmp_path / "sea.mkv", [clips.flat((0, 0, 255))] * 2, rate=10)
    assert main(["cut-out", str(clip), "--out", str(tmp_path), "--background", str(behind)]) == 0
    (*_, last) = Clip(tmp_path / "dance-cutout.mp4").frames()
    assert last.rgb[2, 2].argmax() == 2


def test_a_clip_behind_a_photo_is_refused(clip, small, capsys, tmp_path):
    photo = small("me.jpg")
    assert main(["cut-out", str(photo), str(clip), "--background", str(clip), "--out", str(tmp_path / "out")]) == 1
    assert "A clip can't be behind a photo" in capsys.readouterr().err


def test_a_clip_that_fails_is_told_and_the_rest_go_on(clip, tmp_path, capsys):
    (clip.parent / "broken.mp4").write_bytes(b"nothing of the kind")
    out = tmp_path / "out"
    assert main(["cut-out", str(clip.parent), "--out", str(out), "--background", "red"]) == 1
    assert "broken.mp4 isn't a clip that can be read" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["dance-cutout.mp4"]


# A network that is slow enough to be interrupted.
SLOW = STANDING_IN.replace("segmenter()", "slow()").replace(
    "sys.exit",
    """
def slow():
    made = segmenter()
    made.engine = lambda image, quick=made.engine: (time.sleep(0.02), quick(image))[1]
    made.engine.config = segmenter().engine.config
    return made
sys.exit""",
)


def test_ctrl_c_leaves_a_file_that_plays_up_to_there(tmp_path, spawn):
    clip = clips.write(tmp_path / "a.mp4", [PICTURE] * 1000, pixels="yuv420p")
    run = spawn("cut-out", clip, "--out", tmp_path / "out", "--background", "red", text=True, code="import time" + SLOW)
    while run.poll() is None and not any(part.stat().st_size for part in tmp_path.glob("out/.*.part")):
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    out, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert "(stopped: its first " in out and "Stopped after 0 of 1 files" in errors
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-cutout.mp4"]
    assert 0 < sum(1 for _ in Clip(tmp_path / "out" / "a-cutout.mp4").frames()) < 1000


def test_options_of_clips_are_refused_with_a_sentence(capsys):
    assert main(["cut-out", "a.mp4", "--start", "soon"]) == 1
    assert "--start takes seconds" in capsys.readouterr().err
