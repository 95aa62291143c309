"""What is done by hand to a photo, act by act, and taken back again: pure functions on its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from humanseg.errors import HumanSegError
from humanseg.retouch import Repair
from humanseg.strokes import BAD_STROKE, Stroke
from humanseg.ui import text

MOST_STROKES = 500  # of a photo
MOST_PEOPLE = 255  # of a photo
MOST_STEPS = 200  # that can be taken back
MOST_ACTS = 100  # whose names are known
EDGE = 20  # pixels of the photo by which the outline moves or over which it fades, at most

Held = TypeVar("Held")  # a record with a `repair` and a `history`, that is an `Item`


@dataclass(frozen=True)
class History:
    """What a photo's repair was before, and what was taken back.

    Attributes
    ----------
    past, future : repairs, for undo and redo; the next one of each comes last
    acts : names of the last acts that were done
    number : grows with each change
    """

    past: tuple[Repair, ...] = ()
    future: tuple[Repair, ...] = ()
    acts: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Act:
    """Something that is done by hand.

    The page gives each act a name and sends it again where no answer comes, so one that's known is not done again.
    """

    name: str
    change: Callable[[Any], Any]


def read(value: Any) -> Act:
    """The act that a page sent: a dictionary with its `name`, what to `do`, and with what.

    Raises
    ------
    HumanSegError : it's none
    """
    try:
        name, what = str(value["name"])[:40], value["do"]
        if what == "stroke":
            stroke = Stroke.read(value)
            return Act(name, lambda item: painted(item, stroke))
        if what == "edge":
            grow, feather = int(value["grow"]), int(value["feather"])
            return Act(name, lambda item: edge_moved(item, grow, feather))
        if what == "person":
            x, y = (int(number) for number in value["at"])
            return Act(name, lambda item: dropped_or_back(item, (x, y)))
        return Act(name, {"undo": undone, "redo": redone, "clear": cleared}[what])
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise HumanSegError(BAD_STROKE) from error


def done(item: Held, act: Act) -> Held:
    """The photo once something was done to it; as it was where that has been done already.

    Raises
    ------
    HumanSegError : there are too many strokes
    """
    if act.name in item.history.acts:
        return item
    made = act.change(item)
    return replace(made, history=replace(made.history, acts=(*made.history.acts, act.name)[-MOST_ACTS:]))


def painted(item: Held, stroke: Stroke) -> Held:
    """The photo with one more stroke.

    Raises
    ------
    HumanSegError : it has too many already
    """
    if len(item.repair.strokes) >= MOST_STROKES:
        raise HumanSegError(text.TOO_MANY_STROKES.format(limit=MOST_STROKES))
    return changed(item, replace(item.repair, strokes=(*item.repair.strokes, stroke)))


def edge_moved(item: Held, grow: int, feather: int) -> Held:
    """The photo with its outline moved and softened by so many pixels of it; steps of one movement are one."""
    grow, feather = max(-EDGE, min(EDGE, grow)), max(0, min(EDGE, feather))
    made = changed(item, replace(item.repair, grow=grow, feather=feather))
    past = item.history.past
    if made is item or not past or past[-1] != replace(item.repair, grow=past[-1].grow, feather=past[-1].feather):
        return made
    return replace(made, history=replace(made.history, past=past))


def dropped_or_back(item: Held, point: tuple[int, int]) -> Held:
    """The photo without the person at a point (in pixels of it), or with them again where they were dropped.

    Raises
    ------
    HumanSegError : too many are dropped
    """
    dropped = item.repair.dropped
    if point in dropped:
        return changed(item, replace(item.repair, dropped=tuple(other for other in dropped if other != point)))
    if len(dropped) >= MOST_PEOPLE:
        raise HumanSegError(BAD_STROKE)
    return changed(item, replace(item.repair, dropped=(*dropped, point)))


def cleared(item: Held) -> Held:
    """The photo as the network left it."""
    return changed(item, Repair())


def changed(item: Held, repair: Repair) -> Held:
    """The photo with another repair, from which there's a way back."""
    if repair == item.repair:
        return item
    history = item.history
    past = (*history.past, item.repair)[-MOST_STEPS:]
    return replace(item, repair=repair, history=replace(history, past=past, future=(), number=history.number + 1))


def undone(item: Held) -> Held:
    """The photo without the last change, if there was any."""
    history = item.history
    if not history.past:
        return item
    *past, last = history.past
    future = (*history.future, item.repair)
    return replace(item, repair=last, history=History(tuple(past), future, history.acts, history.number + 1))


def redone(item: Held) -> Held:
    """The photo with the last change that was taken back, if there was any."""
    history = item.history
    if not history.future:
        return item
    *future, next_one = history.future
    past = (*history.past, item.repair)
    return replace(item, repair=next_one, history=History(past, tuple(future), history.acts, history.number + 1))
