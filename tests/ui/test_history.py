"""What is done by hand, act by act, and taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from humanseg.errors import HumanSegError
from humanseg.retouch import Repair
from humanseg.ui import history
from humanseg.ui.item import Item
from humanseg.ui.upload import Upload

ITEM = Item(Upload("me.png", "me.png"), "me.png", (64, 48), result=Path("me.png"))


def act(do: str, name: str | None = None, **more):
    act.count = getattr(act, "count", 0) + 1
    return history.read({"name": name or f"act {act.count}", "do": do, **more})


def stroke(x: float, name: str | None = None):
    return act("stroke", name, points=[[x, 4]], radius=5, keep=True)


def done(item: Item, *acts) -> Item:
    for one in acts:
        item = history.done(item, one)
    return item


def places(item: Item) -> list[float]:
    return [stroke.points[0][0] for stroke in item.repair.strokes]


def test_strokes_are_taken_back_one_by_one_and_done_again():
    item = done(ITEM, stroke(1), stroke(2), stroke(3))
    assert places(item) == [1, 2, 3]
    item = done(item, act("undo"), act("undo"))
    assert places(item) == [1]
    item = done(item, act("redo"))
    assert places(item) == [1, 2]
    assert places(done(item, act("redo"), act("redo"))) == [1, 2, 3]
    assert places(done(item, *[act("undo")] * 1, act("undo"), act("undo"))) == []


def test_after_a_new_stroke_there_is_nothing_to_do_again():
    item = done(ITEM, stroke(1), act("undo"), stroke(2), act("redo"))
    assert places(item) == [2] and not item.history.future


def test_taking_everything_back_can_itself_be_taken_back():
    item = done(ITEM, stroke(1), act("edge", grow=3, feather=2), act("clear"))
    assert not item.repair
    item = done(item, act("undo"))
    assert places(item) == [1] and (item.repair.grow, item.repair.feather) == (3, 2)


def test_steps_of_one_movement_of_the_edge_are_taken_back_together():
    item = done(ITEM, stroke(1), *(act("edge", grow=grow, feather=0) for grow in (1, 2, 3)), act("undo"))
    assert item.repair.grow == 0 and places(item) == [1]


def test_the_edge_moves_no_further_than_its_sliders():
    repair = done(ITEM, act("edge", grow=10**9, feather=-4)).repair
    assert (repair.grow, repair.feather) == (history.EDGE, 0)


def test_an_act_that_is_sent_twice_is_done_once():
    twice = stroke(1, "the same")
    item = done(ITEM, twice, twice, stroke(2), twice)
    assert places(item) == [1, 2]
    undo = act("undo", "once")
    assert places(done(item, undo, undo)) == [1]


def test_every_change_has_a_number_and_what_changes_nothing_has_none():
    item = done(ITEM, stroke(1))
    assert item.history.number == 1
    assert done(item, act("redo"), act("edge", grow=0, feather=0)).history.number == 1
    assert done(item, act("undo")).history.number == 2


def test_no_photo_has_strokes_without_end_and_no_way_back_is_without_end():
    item = done(ITEM, *(stroke(x) for x in range(history.MOST_STROKES)))
    assert len(item.history.past) == history.MOST_STEPS and len(item.history.acts) == history.MOST_ACTS
    with pytest.raises(HumanSegError, match="larger brush"):
        done(item, stroke(0))
    assert len(done(item, act("undo"), stroke(0)).repair.strokes) == history.MOST_STROKES


def test_where_there_is_nothing_to_take_back_nothing_happens():
    assert replace(done(ITEM, act("undo"), act("redo"), act("clear")), history=ITEM.history) == ITEM
    assert ITEM.repair == Repair()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "undo",
        {},
        {"name": "a"},
        {"do": "undo"},
        {"name": "a", "do": "dance"},
        {"name": "a", "do": ["undo"]},
        {"name": "a", "do": "stroke"},
        {"name": "a", "do": "stroke", "points": [[0, 0]], "radius": 0, "keep": True},
        {"name": "a", "do": "edge"},
        {"name": "a", "do": "person"},
        {"name": "a", "do": "person", "at": [1]},
        {"name": "a", "do": "person", "at": [1, None]},
        {"name": "a", "do": "edge", "grow": "far", "feather": 0},
        {"name": "a", "do": "edge", "grow": float("inf"), "feather": 0},
        {"name": "a", "do": "edge", "grow": None, "feather": 0},
    ],
    ids=str,
)
def test_what_is_no_act_is_a_sentence(value):
    with pytest.raises(HumanSegError, match="reload the page"):
        history.read(value)


def test_a_person_is_dropped_and_brought_back_and_both_can_be_taken_back():
    item = done(ITEM, stroke(1), act("person", at=[20, 30]))
    assert item.repair.dropped == ((20, 30),) and places(item) == [1]
    back = done(item, act("person", at=[20, 30]))
    assert back.repair.dropped == () and done(back, act("undo")).repair.dropped == ((20, 30),)
    with pytest.raises(HumanSegError, match="reload"):
        done(ITEM, *(act("person", at=[x, 1]) for x in range(history.MOST_PEOPLE + 1)))
