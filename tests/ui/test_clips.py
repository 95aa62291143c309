from __future__ import annotations

import os
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from humanseg.backgrounds import Background
from humanseg.errors import HumanSegError
from humanseg.media.video import Clip
from humanseg.ui import clips
from humanseg.ui.clips import Job, Wish
from humanseg.ui.server.limits import Limits
from humanseg.ui.upload import Upload
from tests.media.clips import write
from tests.ui.fakes import HeldEngine
from tests.ui.visits import context_in, photo_of

PICTURE = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
RED, NONE = Background("colour", colour="#ff0000"), Background()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def upload(tmp_path):
    return Upload(str(write(tmp_path / "abc123.mp4", [PICTURE] * 10)), "My dance.mp4")


def _made(context, pool, upload, wish):
    return Job(context, pool, clips.look_at(context, upload), wish).result.result(60)


@pytest.mark.parametrize(
    ("kind", "background", "name"),
    [
        ("mp4", RED, "My dance-cutout.mp4"),
        ("webm", NONE, "My dance-cutout.webm"),
        ("mov", NONE, "My dance-cutout.mov"),
        ("webp", NONE, "My dance-cutout.webp"),
        ("matte", NONE, "My dance-matte.mp4"),
    ],
)
def test_every_file_type_comes_with_one_that_a_browser_plays(tmp_path, pool, upload, kind, background, name):
    made = _made(context_in(tmp_path), pool, upload, Wish(background, kind))
    assert made.file.name == name and made.record.frames == 10
    frames = list(Clip(made.shown).frames())
    assert made.shown.suffix == ".mp4" and len(frames) == 10
    if kind in ("webm", "mov", "webp"):
        corner = frames[0].rgb[1, 1].astype(int)
        assert corner.min() > 210 and np.ptp(corner) < 8  # the checkerboard's grey or white


def test_pictures_come_as_a_zip(tmp_path, pool, upload):
    made = _made(context_in(tmp_path), pool, upload, Wish(NONE, "png"))
    with zipfile.ZipFile(made.file) as archive:
        assert archive.namelist()[:2] == ["My dance-cutout/00001.png", "My dance-cutout/00002.png"]
        assert len(archive.namelist()) == 10
    assert [path.name for path in made.file.parent.iterdir() if path.is_dir()] == []


def test_what_is_made_of_a_clip_is_removed_with_the_other_files(tmp_path, pool, upload):
    context = context_in(tmp_path)
    made = _made(context, pool, upload, Wish(NONE, "png"))
    assert {str(made.file), str(made.shown)} <= context.shelf.register


@pytest.mark.parametrize(
    ("limits", "wish", "sentence"),
    [
        (Limits(clip_mb=0), Wish(RED), r"My dance\.mp4 has 0 MB, the limit is 0 MB"),
        (Limits(clip_megapixels=0), Wish(RED), r"My dance\.mp4 has frames of more than 0 megapixels"),
        (Limits(clip_seconds=1), Wish(RED), r"My dance\.mp4: a part of 4 s was asked for, the limit is 1 s"),
        (Limits(), Wish(NONE, "mp4"), "MP4 can't be transparent"),
        (Limits(), Wish(RED, "avi"), "There is no such file type for clips"),
    ],
)
def test_every_limit_has_its_sentence(tmp_path, pool, limits, wish, sentence):
    path = write(tmp_path / "a.mp4", [PICTURE] * 4, times=[0, 1, 2, 3.96])
    with pytest.raises(HumanSegError, match=sentence):
        _made(context_in(tmp_path, limits), pool, Upload(str(path), "My dance.mp4"), wish)


def test_a_result_that_gets_too_large_is_given_up_and_removed(tmp_path, pool, upload, monkeypatch):
    monkeypatch.setattr(clips, "_LOOK", 0)
    context = context_in(tmp_path, Limits(result_mb=0))
    with pytest.raises(HumanSegError, match=r"What is made of My dance\.mp4 gets larger than 0 MB"):
        _made(context, pool, upload, Wish(NONE, "png"))
    assert not list(context.shelf.root.rglob("*.*"))


def test_a_part_of_a_long_clip_may_be_cut_out(tmp_path, pool):
    path = write(tmp_path / "a.mp4", [PICTURE] * 4, times=[0, 1, 2, 3.96])
    made = _made(context_in(tmp_path, Limits(clip_seconds=1)), pool, Upload(str(path), "a.mp4"), Wish(RED, end=1.0))
    assert made.record.frames == 1


def test_a_clip_that_is_stopped_is_kept_up_to_there(tmp_path, pool, upload):
    engine = HeldEngine()
    context = context_in(tmp_path, engine=engine)
    job = Job(context, pool, clips.look_at(context, upload), Wish(RED))
    assert engine.at_work.wait(60)
    job.stop()
    engine.go_on.set()
    record = job.result.result(60).record
    assert record.stopped and record.frames == 1


def test_a_clip_that_nobody_waits_for_any_more_ends_early(tmp_path, pool, upload, monkeypatch):
    monkeypatch.setattr(clips, "ALONE", 0)
    engine = HeldEngine()
    context = context_in(tmp_path, engine=engine)
    job = Job(context, pool, clips.look_at(context, upload), Wish(RED))
    job.watch()
    engine.go_on.set()
    assert job.result.result(60).record.stopped
    # A program waits without saying so.
    assert not Job(context, pool, clips.look_at(context, upload), Wish(RED)).result.result(60).record.stopped


def test_a_clip_goes_behind_the_people_of_another(tmp_path, pool, upload):
    context = context_in(tmp_path)
    behind = Upload(str(write(tmp_path / "sea.mp4", [np.full((32, 48, 3), (0, 0, 255), np.uint8)] * 3)), "sea.mp4")
    made = _made(context, pool, upload, Wish(clips.behind(context, behind), "webm"))
    assert all(frame.rgb[2, 2].argmax() == 2 for frame in Clip(made.file).frames())
    with pytest.raises(HumanSegError, match="clip that goes behind the people first"):
        clips.behind(context, None)


@pytest.mark.skipif(sys.platform != "linux", reason="Threads have priorities of their own on Linux alone.")
def test_all_threads_of_a_clip_come_after_those_of_photos(tmp_path, upload):
    engine = HeldEngine()
    context = context_in(tmp_path, engine=engine)
    here = threading.get_native_id()
    with clips.workers(1) as pool:
        job = Job(context, pool, clips.look_at(context, upload), Wish(RED))
        assert engine.at_work.wait(60)
        own = [thread for thread in threading.enumerate() if thread.name.startswith(("clip", "humanseg-"))]
        nice = {os.getpriority(os.PRIO_PROCESS, thread.native_id) for thread in own}
        engine.go_on.set()
        job.result.result(60)
    assert len(own) > 3 and min(nice) > os.getpriority(os.PRIO_PROCESS, here)


def test_a_clip_stands_back_while_photos_are_worked_on(tmp_path):
    engine = HeldEngine()
    context = context_in(tmp_path, engine=engine)
    passed = threading.Event()

    def frame():
        context.model.let_photos_pass()
        passed.set()

    frame()
    assert passed.is_set()  # nothing to wait for
    passed.clear()
    photo = threading.Thread(
        target=context.model.cut_out, args=(photo_of(tmp_path / "me.png", (200, 0, 0)), context.limits)
    )
    photo.start()
    assert engine.at_work.wait(60)
    clip = threading.Thread(target=frame)
    clip.start()
    assert not passed.wait(0.2)
    engine.go_on.set()
    clip.join(60)
    photo.join(60)
    assert passed.is_set()


def test_a_clip_goes_on_slowly_where_photos_never_end(tmp_path, monkeypatch):
    monkeypatch.setattr("humanseg.ui.model.LONGEST_WAIT", 0.01)
    engine = HeldEngine()
    context = context_in(tmp_path, engine=engine)
    photo = threading.Thread(
        target=context.model.cut_out, args=(photo_of(tmp_path / "me.png", (200, 0, 0)), context.limits)
    )
    photo.start()
    assert engine.at_work.wait(60)
    context.model.let_photos_pass()  # returns
    engine.go_on.set()
    photo.join(60)


def test_clips_that_came_as_bytes_are_written_first(tmp_path, pool, upload):
    content = (tmp_path / "abc123.mp4").read_bytes()
    made = _made(context_in(tmp_path), pool, Upload(content, "a.mp4"), Wish(RED))
    assert made.record.frames == 10
