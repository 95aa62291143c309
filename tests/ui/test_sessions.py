"""Who gets which session: after a reload the same one, in a second tab with the same ticket never both at a time."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from humanseg.errors import HumanSegError
from humanseg.ui import sessions as module
from humanseg.ui.sessions import Sessions
from tests.ui.visits import add, context_in, photo_of

TICKET, OTHER = "0" * 32, "1" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def context(tmp_path):
    return context_in(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(context, clock) -> Sessions:
    return Sessions(context.sessions._make, 3600, clock)


def test_every_load_of_the_page_has_a_session_of_its_own(sessions):
    assert sessions.of("one") is sessions.of("one")
    assert sessions.of("one") is not sessions.of("two")


def test_a_request_without_a_load_gets_a_session_that_no_other_request_can_have(sessions):
    assert sessions.of(None) is not sessions.of(None)
    assert len(sessions) == 0


def test_after_a_reload_the_photos_are_there_again(sessions, context, tmp_path):
    before = sessions.enter(TICKET, "first load")
    (item,) = add(context, before, photo_of(tmp_path / "me.png", (60, 90, 120)))
    assert sessions.enter(TICKET, "second load") is before
    assert sessions.of("second load").view.item == item


@pytest.mark.parametrize("ticket", [None, "", 7, "0" * 31, "0" * 33, "../../etc/passwd", "G" * 32, ["0" * 32]])
def test_what_is_no_ticket_opens_nothing(sessions, ticket):
    mine = sessions.enter(ticket, "one")
    assert sessions.enter(ticket, "two") is not mine
    assert sessions.of("one") is mine


def test_another_ticket_opens_another_session(sessions):
    assert sessions.enter(TICKET, "one") is not sessions.enter(OTHER, "two")


def test_of_two_tabs_with_the_same_ticket_only_the_later_one_has_the_photos(sessions, context, tmp_path):
    """A tab was duplicated in a browser that can't tell: neither may change what the other shows."""
    first = sessions.enter(TICKET, "first")
    add(context, first, photo_of(tmp_path / "me.png", (60, 90, 120)))
    assert sessions.enter(TICKET, "second") is first
    with pytest.raises(HumanSegError, match="another tab"):
        sessions.of("first")
    assert sessions.of("second") is first


def test_the_first_tab_starts_afresh_when_it_loads_again_with_a_new_ticket(sessions):
    shared = sessions.enter(TICKET, "first")
    sessions.enter(TICKET, "second")
    assert sessions.enter(OTHER, "third") is not shared
    assert sessions.of("second") is shared


def test_a_photo_given_before_the_server_knew_who_it_is_is_not_lost(sessions, context, tmp_path):
    earlier = sessions.enter(TICKET, "first")
    quick = sessions.of("second")
    add(context, quick, photo_of(tmp_path / "me.png", (60, 90, 120)))
    assert sessions.enter(TICKET, "second") is quick
    assert sessions.enter(TICKET, "third") is quick is not earlier


def test_a_batch_begun_before_the_server_knew_who_it_is_is_not_lost(sessions):
    sessions.enter(TICKET, "first")
    quick = sessions.of("second")
    quick.begin()
    assert sessions.enter(TICKET, "second") is quick


def test_a_session_that_nobody_asked_for_in_an_hour_is_dropped_with_everything(sessions, context, clock, tmp_path):
    session = sessions.enter(TICKET, "first")
    add(context, session, photo_of(tmp_path / "me.png", (60, 90, 120)))
    assert context.memory.held() > 0
    gone = weakref.ref(session)
    del session
    clock.now += 3599
    sessions.of("first")
    clock.now += 3599
    sessions.purge()
    assert gone() is not None, "somebody had asked for it"
    clock.now += 2
    sessions.purge()
    gc.collect()
    assert gone() is None and len(sessions) == 0
    assert context.memory.held() == 0
    assert not sessions.enter(TICKET, "second").items


def test_asking_alone_drops_the_old_ones_too(sessions, clock):
    for number in range(50):
        sessions.enter(f"{number:032x}", f"load {number}")
    clock.now += 4000
    sessions.of("somebody new")
    assert len(sessions) == 1


def test_a_flood_of_loads_takes_no_more_than_its_bound(sessions, monkeypatch):
    monkeypatch.setattr(module, "LOADS", 100)
    for number in range(1000):
        sessions.enter(f"{number:032x}", f"load {number}")
    assert len(sessions) == 100 and len(sessions._tickets) == 100
    assert sessions.of("load 999") is sessions.enter(f"{999:032x}", "load 999")


def test_visitors_never_share_arrays(sessions, context, tmp_path):
    upload = photo_of(tmp_path / "me.png", (60, 90, 120))
    one, two = sessions.of("one"), sessions.of("two")
    (mine,), (theirs,) = add(context, one, upload), add(context, two, upload)
    assert mine.id != theirs.id
    assert not np.shares_memory(one.pictures.rgba(mine), two.pictures.rgba(theirs))
