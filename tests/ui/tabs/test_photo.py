"""The answers of the Photo tab, one after the other, and what a visitor does between two of them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from humanseg.ui import page, text
from humanseg.ui.item import named
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from humanseg.ui.upload import Upload
from tests.ui.fakes import segmenter
from tests.ui.visits import add, move_edge, photo_of

# Among the outputs of a batch: photos, status, gallery, names of those in it, row of buttons, name of the one shown,
# slider, ...
STATUS, LISTED, SHOWN, SLIDER = 1, 3, 5, 6
GROUND = (text.CHECKERBOARD, "#ffffff")


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    return page.build(segmenter, Limits())


@pytest.fixture
def load(request) -> str:
    return request.node.name


@pytest.fixture
def session(demo, load) -> Session:
    return demo.context.sessions.of(load)


@pytest.fixture
def ask(demo, load) -> Callable:
    """`ask("choose", ...)` calls what the page calls at that event."""
    # The Background tab, which comes later, has a "take" as well.
    events = {getattr(fn.fn, "__name__", ""): fn.fn for fn in reversed(demo.fns.values())}
    return lambda name, *inputs: events[name](*inputs, gr.Request(session_hash=load))


@pytest.fixture
def batch(ask, photo) -> Callable:
    """Gives the answers for a photo that can be read and one that can't."""
    broken = photo.parent / "broken.png"
    broken.write_bytes(b"nothing")
    uploads = [Upload(str(path), path.name) for path in (photo, broken)]
    return lambda: ask("take", uploads, *GROUND)


def click(index: int) -> Any:
    return SimpleNamespace(index=index)


def shows_a_picture(answer: list) -> bool:
    return getattr(answer[SLIDER], "value", None) is not None


def test_the_last_answer_brings_the_picture_of_the_last_good_photo(batch):
    *_, last = batch()
    assert shows_a_picture(last)


@pytest.mark.parametrize("late", [False, True], ids=["before the broken photo", "after it"])
@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.select(session.items[0].id),
        lambda session: move_edge(session, session.view.item.id, -10, 0),
        lambda session: session.forget(),
    ],
    ids=["chose another", "repaired it", "started over"],
)
def test_the_last_answer_leaves_alone_what_was_done_meanwhile(batch, demo, session, act, late, tmp_path):
    add(demo.context, session, photo_of(tmp_path / "earlier.png", (60, 90, 120)))
    answers = batch()
    while not shows_a_picture(next(answers)):
        pass
    if late:
        next(answers), next(answers)  # that it's being looked at, and that it can't be read
    act(session)
    rest = list(answers)
    assert not any(shows_a_picture(answer) for answer in rest)
    # Whoever has started over isn't told how far the photos are that they gave up.
    assert bool(rest) == bool(session.items)


def test_every_picture_comes_with_the_name_of_its_photo(batch, session):
    *_, last = batch()
    assert named(last[SHOWN]) == session.items[0].id == last[LISTED].split()[0]


def test_a_photo_that_failed_can_be_chosen_and_there_is_nothing_to_download_then(batch, ask, session):
    *_, last = batch()
    ask_choose = lambda index: ask("choose", last[LISTED], *GROUND, click(index))  # noqa: E731
    status, shown, slider, *_ = ask_choose(1)
    assert "broken.png" in status and slider.constructor_args["value"] is None
    with pytest.raises(gr.Error, match=r"broken\.png"):
        ask("download", shown, "PNG")
    status, shown, slider, *_ = ask_choose(0)
    assert "Summer party.png" in status and named(shown) == session.items[0].id


def test_a_thumbnail_that_is_not_there_any_more_is_a_sentence(ask, session):
    with pytest.raises(gr.Error, match="photo first"):
        ask("choose", "", *GROUND, click(0))
    with pytest.raises(gr.Error, match="isn't here any more"):
        ask("choose", "00112233445566ff", *GROUND, click(0))


def test_another_ground_makes_pictures_on_the_old_one_out_of_date(batch, ask, session):
    *_, last = batch()
    view = session.view
    _, shown, slider, *_ = ask("repaint", last[SHOWN], text.WHITE, "#ffffff")
    assert not session.is_current(view) and named(shown) == view.item.id
    assert slider.constructor_args["value"]


def test_a_page_that_was_overtaken_gets_what_belongs_on_screen(batch, ask, session):
    *_, last = batch()
    answer = ask("redraw", "an older one.1", *GROUND)
    assert answer[SHOWN - 2] == session.view.token == last[SHOWN]
    untouched = ask("redraw", "", *GROUND)
    assert not any(isinstance(part, str) for part in untouched)
