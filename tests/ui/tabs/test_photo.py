"""The answers of the Photo tab, one after the other, and what a visitor does between two of them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from humanseg.errors import HumanSegError
from humanseg.ui import page, text
from humanseg.ui.item import named
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from humanseg.ui.upload import Upload
from tests.ui.fakes import segmenter
from tests.ui.visits import add, move_edge, photo_of

# Among the outputs of a batch: photos, status, gallery, names of those in it, row of buttons, filter, name of the one
# shown, slider, ...
STATUS, LISTED, SHOWN, SLIDER, FINISH = 1, 3, 6, 7, 8
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


def test_a_photo_that_failed_takes_the_older_ones_picture_and_buttons_off_the_screen(ask, batch, session, photo):
    broken = Upload(str(photo.parent / "broken.png"), "broken.png")
    *_, good = batch()
    *_, last = ask("take", [broken], *GROUND)
    assert "broken.png" in last[STATUS] and named(last[SHOWN]) == session.items[-1].id
    assert last[SLIDER].constructor_args["value"] is None
    with pytest.raises(gr.Error, match=r"broken\.png"):
        ask("download", last[SHOWN], "PNG")
    assert good[SHOWN] != last[SHOWN]


def test_where_nobody_is_in_the_photo_nothing_can_be_taken_home(ask, tmp_path):
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "wall.png")
    *_, last = ask("take", [Upload(str(tmp_path / "wall.png"), "wall.png")], *GROUND)
    assert "Nobody was found in wall.png" in last[STATUS]
    assert last[FINISH].constructor_args["elem_classes"] == ["nobody"]
    with pytest.raises(gr.Error, match="Nobody was found"):
        ask("download", last[SHOWN], "PNG")


def test_without_weights_the_sentence_stands_in_place_of_the_progress(ask, demo, photo, monkeypatch):
    def fail() -> None:
        raise HumanSegError("There are no weights.")

    monkeypatch.setattr(demo.context.model, "get", fail)
    *_, last = ask("take", [Upload(str(photo), photo.name)], *GROUND)
    assert "There are no weights." in last[STATUS] and "<progress" not in last[STATUS]


class TestWorthALook:
    """The filter of the list."""

    @pytest.fixture
    def four(self, demo, session, tmp_path) -> list[str]:
        """Of four photos one is sure, two are doubtful, and nobody is in one: their ids."""
        names = ("sure", "doubtful", "empty", "worse")
        items = add(demo.context, session, *(photo_of(tmp_path / f"{name}.png", (60, 90, 120)) for name in names))
        sure = {"sure": 0.95, "doubtful": 0.6, "empty": 0.0, "worse": 0.4}
        changed = [
            replace(item, confidence=sure[item.name[:-4]], person_found=item.name != "empty.png") for item in items
        ]
        session._items = tuple(changed)
        return [item.id for item in items]

    def test_what_is_most_doubtful_comes_first_and_what_is_sure_is_left_out(self, ask, four):
        _, doubtful, nobody, worse = four
        gallery, listed, _, only = ask("filter", True)
        assert listed.split() == [worse, doubtful, nobody]
        assert only.constructor_args["label"] == "Worth a look (2)" and only.constructor_args["value"]
        assert len(gallery.constructor_args["value"]) == 3
        assert ask("filter", False)[1].split() == four

    def test_a_thumbnail_of_the_shorter_list_brings_its_own_photo(self, ask, four, session):
        _, listed, *_ = ask("filter", True)
        status, shown, *_ = ask("choose", listed, *GROUND, click(0))
        assert named(shown) == four[3] and "worse.png" in status

    def test_when_the_last_doubtful_one_is_mended_all_are_listed_again(self, ask, four, session):
        ask("filter", True)
        for id in four[1], four[3]:
            move_edge(session, id, -3, 0)
        _, listed, _, only = ask("refresh", "", *GROUND)[:4]
        assert listed.split() == four and not only.constructor_args["visible"]

    def test_a_single_photo_has_no_filter(self, ask, session, demo, tmp_path):
        (item,) = add(demo.context, session, photo_of(tmp_path / "one.png", (60, 90, 120)))
        session._items = (replace(item, confidence=0.3),)
        assert not ask("filter", True)[3].constructor_args["visible"]

    def test_the_whole_list_is_in_the_zip_whatever_is_filtered(self, ask, four):
        ask("filter", True)
        with zipfile.ZipFile(ask("download_all")) as archive:
            assert len(archive.namelist()) == 4  # three cut-outs, and the report that names all
