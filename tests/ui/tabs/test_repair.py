"""What comes from the canvas and the sliders, and what goes onto the canvas."""

from __future__ import annotations

import numpy as np
import pytest

from humanseg.errors import HumanSegError
from humanseg.retouch import Repair, strokes
from humanseg.ui.tabs import repair
from tests.ui.visits import add, context_in, photo_of


@pytest.fixture
def context(tmp_path):
    return context_in(tmp_path)


@pytest.fixture
def session(context):
    return context.sessions.of("somebody")


@pytest.fixture
def item(context, session, tmp_path):
    return add(context, session, photo_of(tmp_path / "me.png", (60, 90, 120)))[0]


@pytest.mark.parametrize("value", [None, {}, {"layers": None}, {"layers": []}, {"background": None, "layers": []}])
def test_while_nothing_is_on_the_canvas_what_was_painted_before_stays(session, item, value):
    session.paint(item.id, np.ones((4, 4), np.float32), None)
    assert not repair.mend(session, value, item.id, 0, 0, item.id)
    assert session.item(item.id).repair.keep


@pytest.mark.parametrize("layers", [None, [], [np.zeros((9, 12, 4), np.uint8)]])
def test_an_empty_canvas_takes_the_strokes_back(session, item, layers):
    session.paint(item.id, np.ones((4, 4), np.float32), None)
    value = {"background": np.zeros((9, 12, 3), np.uint8), "layers": layers}
    assert repair.mend(session, value, item.id, 0, 0, item.id)
    assert not session.item(item.id).repair


def test_what_was_painted_is_on_the_canvas_again_in_its_colours(session, item):
    keep, remove = np.zeros((48, 64), np.float32), np.zeros((48, 64), np.float32)
    keep[:10, :10], remove[30:, 40:] = 1, 128 / 255
    session.paint(item.id, keep, remove)
    canvas = repair.painting(session, item.id)
    assert canvas["background"].shape == (48, 64, 3)
    again = strokes(canvas["layers"])
    for stroke, painted in zip((keep, remove), again, strict=True):
        np.testing.assert_allclose(painted, stroke, atol=1 / 255)
    assert not session.paint(item.id, *again), "painting it again would change it"


def test_what_is_cut_away_is_faded_on_the_canvas_whatever_was_painted(session, item):
    before = repair.painting(session, item.id)["background"]
    session.paint(item.id, np.ones((4, 4), np.float32), None)
    np.testing.assert_array_equal(repair.painting(session, item.id)["background"], before)
    assert before[-1, 0].astype(int).sum() > before[28, 32].astype(int).sum() + 100


def test_without_a_photo_there_is_nothing_to_paint_on(session, item):
    assert repair.painting(session, "") is None
    with pytest.raises(HumanSegError, match="isn't here any more"):
        repair.painting(session, "0123456789abcdef")
    assert repair.layers(Repair(), (4, 4)) == []
