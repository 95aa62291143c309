"""Opening and leaving the canvas, and which photo is on it."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
import pytest

from humanseg.media import photos
from humanseg.ui import page, text
from humanseg.ui.item import Item, named
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from tests.ui.fakes import segmenter
from tests.ui.visits import add, move_edge, photo_of

GROUND = (text.CHECKERBOARD, "#ffffff")


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    return page.build(segmenter, Limits())


@pytest.fixture
def session(demo, request) -> Session:
    return demo.context.sessions.of(request.node.name)


@pytest.fixture
def ask(demo, request) -> Callable:
    events = {getattr(fn.fn, "__name__", ""): fn.fn for fn in demo.fns.values()}
    return lambda name, *inputs: events[name](*inputs, gr.Request(session_hash=request.node.name))


@pytest.fixture
def two(demo, session, tmp_path) -> list[Item]:
    return add(demo.context, session, *(photo_of(tmp_path / f"{name}.png", (60, 90, 120)) for name in ("one", "two")))


def test_the_photo_that_the_page_shows_is_opened_though_another_one_has_just_finished(ask, session, two):
    one, two = two
    token, canvas = ask("begin_repair", f"{one.id}.1")
    assert canvas["photo"] == one.id == named(token) == session.view.item.id
    assert (canvas["width"], canvas["height"]) == one.size and canvas["name"] == "one.png"
    assert photos.read(canvas["picture"]).rgb.shape == (48, 64, 3)


def test_the_canvas_is_open_anew_each_time(ask, two):
    assert ask("begin_repair", f"{two[0].id}.1")[1] != ask("begin_repair", f"{two[0].id}.1")[1]


@pytest.mark.parametrize(("token", "says"), [("", "photo first"), ("0123456789abcdef.7", "isn't here any more")])
def test_without_a_photo_there_is_nothing_to_repair(ask, session, two, token, says):
    before = session.view
    with pytest.raises(gr.Error, match=says):
        ask("begin_repair", token)
    assert session.is_current(before)


def test_leaving_shows_the_photo_as_it_is_now_and_clears_the_canvas(ask, session, two):
    token, _ = ask("begin_repair", f"{two[0].id}.1")
    move_edge(session, two[0].id, -5, 0)
    gallery, *_, shown, picture, _, canvas = ask("end_repair", token, *GROUND)
    assert shown == session.view.token and canvas is None
    after = photos.read(picture.constructor_args["value"][1]).rgb
    assert after.shape[:2] == (48, 64) and gallery.constructor_args["value"]


def test_leaving_another_photo_than_the_one_shown_leaves_the_page_alone(ask, session, two):
    token, _ = ask("begin_repair", f"{two[0].id}.1")
    session.select(two[1].id)
    made = ask("end_repair", token, *GROUND)
    assert made[-1] is None and not any(isinstance(part, str) for part in made)
