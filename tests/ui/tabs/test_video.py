"""The answers of the Video tab, also after a reload of the page."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from humanseg.errors import HumanSegError
from humanseg.media.video import Clip
from humanseg.ui import text
from humanseg.ui.clips import CLIP
from humanseg.ui.server.limits import Limits
from humanseg.ui.tabs.video import VideoTab
from humanseg.ui.upload import Upload
from tests.media.clips import flat, write
from tests.ui.fakes import EllipseEngine
from tests.ui.visits import context_in

PICTURE = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
# What a stage consists of, in its order.
STATUS, PLAYER, TRIM, PART, START, END, CUT, STOP, FILE = range(9)
RED = ("colour", "#ff0000", 2, 0, None)


class Patient(EllipseEngine):
    """Waits at every frame until it's let go, once it was told to."""

    def __init__(self):
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, image):
        assert self.go_on.wait(60), "nobody let it go on"
        return super().__call__(image)


@pytest.fixture(scope="module")
def engine():
    return Patient()


@pytest.fixture(scope="module")
def tab(engine, tmp_path_factory):
    context = context_in(tmp_path_factory.mktemp("page"), Limits(clip_mb=1, clip_seconds=2), engine)
    with gr.Blocks():
        return VideoTab(context)


@pytest.fixture
def visitor(tab, request):
    """Another load of the page for every test, whose job is over at its end."""
    asked = SimpleNamespace(session_hash=request.node.name)
    yield asked
    work = tab.context.session(asked).reel.work
    if work is not None:
        work.stop()
        work.result.exception(60)


@pytest.fixture
def upload(tmp_path):
    return Upload(str(write(tmp_path / "abc123.mp4", [PICTURE] * 10)), "My dance.mp4")


def _value(component):
    return getattr(component, "value", component)


def test_a_clip_that_is_given_can_be_played_and_all_of_it_is_chosen(tab, visitor, upload):
    stage = tab.take(upload, visitor)
    assert "My dance.mp4: 64 × 64 pixels, 0.4 s" in stage[STATUS]
    assert 'class="before"' not in stage[PLAYER] and "poster=" in stage[PLAYER]
    assert 'data-seconds="0.4"' in stage[TRIM] and (_value(stage[START]), _value(stage[END])) == (0, 0.4)
    assert stage[CUT].visible is True and stage[STOP].visible == stage[FILE].visible == "hidden"


def test_of_a_long_clip_as_much_is_chosen_as_may_be(tab, visitor, tmp_path):
    path = write(tmp_path / "long.mp4", [PICTURE] * 3, times=[0, 2, 4])
    stage = tab.take(Upload(str(path), "long.mp4"), visitor)
    assert _value(stage[END]) == 2 and 'data-limit="2"' in stage[TRIM]
    assert "at most 2 s are cut out at once" in stage[STATUS]


def _made(tab, visitor, upload, *values, behind=None, start=0, end=0.4):
    *_, (status, shown, *buttons) = tab.cut(visitor, upload, start, end, "mp4", behind, *(values or RED))
    return status, shown, buttons


def test_a_clip_and_what_was_made_of_it_are_there_after_a_reload(tab, visitor, upload):
    tab.take(upload, visitor)
    status, shown, buttons = _made(tab, visitor, upload, start=0.12, end=0.32)
    clip, behind, *stage, resume = tab.restore(visitor)
    assert (clip, behind, resume) == (upload.source, None, 0)
    assert "My dance.mp4: 5 frames, 0.2 s" in status == stage[STATUS]
    assert stage[PLAYER] == shown and 'class="before"' in shown
    assert (_value(stage[START]), _value(stage[END])) == (0.12, 0.32)
    assert _value(stage[FILE]) == _value(buttons[2]) is not None


def test_a_clip_goes_on_while_the_page_is_loaded_again_and_is_followed_from_there(tab, visitor, upload, engine):
    tab.take(upload, visitor)
    engine.go_on.clear()
    try:
        left = tab.cut(visitor, upload, 0, 0.4, "mp4", None, *RED)
        next(left)
        left.close()  # the page was closed
        clip, _, *stage, resume = tab.restore(visitor)
        assert clip == upload.source and resume > 0 and "<progress" in stage[STATUS]
        assert stage[STOP].visible is True and stage[CUT].visible == "hidden"
        answers = tab.follow(visitor)
        next(answers)
    finally:
        engine.go_on.set()
    *_, (status, shown, *_) = answers
    assert "My dance.mp4: 10 frames" in status and 'class="before"' in shown


def test_after_a_reload_a_clip_keeps_its_name(tab, visitor, upload):
    tab.take(upload, visitor)
    status, *_ = _made(tab, visitor, Upload(upload.source, "abc123.mp4"))
    assert "My dance.mp4: 10 frames" in status


def test_nothing_is_put_back_where_there_was_nothing_or_its_file_is_gone(tab, visitor, upload, tmp_path):
    session = tab.context.session(visitor)
    assert tab.number(session) == 0
    tab.take(upload, visitor)
    assert tab.number(session) > 0
    (tmp_path / "abc123.mp4").unlink()
    assert tab.number(session) == 0 and session.reel.upload is None


def test_a_result_whose_file_is_gone_can_be_made_again(tab, visitor, upload):
    tab.take(upload, visitor)
    _made(tab, visitor, upload)
    session = tab.context.session(visitor)
    session.reel.work.result.result().file.unlink()
    _, _, *stage, _ = tab.restore(visitor)
    assert "64 × 64 pixels" in stage[STATUS] and stage[CUT].visible is True and stage[FILE].visible == "hidden"


def test_another_clip_ends_what_is_being_made_of_the_last_one(tab, visitor, upload, engine):
    tab.take(upload, visitor)
    engine.go_on.clear()
    try:
        answers = tab.cut(visitor, upload, 0, 0.4, "mp4", None, *RED)
        next(answers)
        job = tab.context.session(visitor).reel.work
        tab.take(upload, visitor)
        assert list(answers) == []  # what comes of it isn't shown as made of the other one
    finally:
        engine.go_on.set()
    assert job.result.result(60).record.stopped


def test_taking_the_clip_away_leaves_the_tab_empty(tab, visitor, upload):
    tab.take(upload, visitor)
    stage = tab.leave(visitor)
    assert text.CLIP_EMPTY in stage[STATUS] and stage[PART].visible is False
    assert tab.context.session(visitor).reel.upload is None


def test_a_clip_of_the_visitors_own_goes_behind_and_is_there_after_a_reload(tab, visitor, upload, tmp_path):
    behind = Upload(str(write(tmp_path / "sea.mp4", [flat((0, 0, 255))] * 3)), "sea.mp4")
    tab.take_behind(behind, visitor)
    tab.take(upload, visitor)
    _made(tab, visitor, upload, CLIP, *RED[1:], behind=behind)
    session = tab.context.session(visitor)
    frames = list(Clip(session.reel.work.result.result().file).frames())
    assert len(frames) == 10 and frames[9].rgb[2, 2].argmax() == 2
    assert tab.restore(visitor)[1] == behind.source
    tab.take_behind(None, visitor)
    assert tab.restore(visitor)[1] is None


@pytest.mark.parametrize(("content", "sentence"), [(b"milk", "isn't a clip"), (b"0" * 1_100_000, "the limit is 1 MB")])
def test_a_bad_clip_behind_is_told_when_it_is_given(tab, visitor, tmp_path, content, sentence):
    (tmp_path / "sea.mp4").write_bytes(content)
    with pytest.raises(HumanSegError, match=sentence):
        tab.take_behind(Upload(str(tmp_path / "sea.mp4"), "sea.mp4"), visitor)


def test_without_a_clip_behind_it_is_asked_for(tab, visitor, upload):
    with pytest.raises(HumanSegError, match="clip that goes behind the people first"):
        next(tab.cut(visitor, upload, 0, 0.4, "mp4", None, CLIP, *RED[1:]))


def test_the_line_says_when_photos_go_first(tab, visitor, upload, engine, monkeypatch):
    tab.take(upload, visitor)
    monkeypatch.setattr(type(tab.context.model), "busy", True)
    lines = [status for status, *_ in tab.cut(visitor, upload, 0, 0.4, "mp4", None, *RED)]
    job = tab.context.session(visitor).reel.work
    assert job.gives_way and lines
