"""The answers of a batch, one after the other, and what a visitor does between two of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from humanseg.ui import page, text
from humanseg.ui.repair import Repair
from humanseg.ui.server.limits import Limits
from humanseg.ui.uploads import Upload
from humanseg.ui.visitor import Visitor
from tests.ui.fakes import segmenter

SLIDER = 5  # among the outputs: photos, status, visitor, gallery, batch, slider, ...


@pytest.fixture
def batch(photo) -> Callable:
    """Gives a visitor's answers for a photo that can be read and one that can't."""
    demo = page.build(segmenter, Limits())
    take = next(fn.fn for fn in demo.fns.values() if getattr(fn.fn, "__name__", "") == "take")
    broken = photo.parent / "broken.png"
    broken.write_bytes(b"nothing")
    uploads = [Upload(str(path), path.name) for path in (photo, broken)]
    return lambda visitor: take(uploads, visitor, text.CHECKERBOARD, "#ffffff")


def shows_a_picture(answer: list) -> bool:
    return getattr(answer[SLIDER], "value", None) is not None


def test_the_last_answer_brings_the_picture_of_the_last_good_photo(batch):
    *_, last = batch(Visitor())
    assert shows_a_picture(last)


@pytest.mark.parametrize("late", [False, True], ids=["before the broken photo", "after it"])
@pytest.mark.parametrize(
    "act",
    [lambda visitor: visitor.show(None), lambda visitor: setattr(visitor, "repair", Repair(grow=-10))],
    ids=["chose another", "repaired it"],
)
def test_the_last_answer_leaves_alone_what_was_done_meanwhile(batch, act, late):
    visitor = Visitor()
    answers = batch(visitor)
    while not shows_a_picture(next(answers)):
        pass
    if late:
        next(answers), next(answers)  # that it's being looked at, and that it can't be read
    act(visitor)
    rest = list(answers)
    assert rest and not any(shows_a_picture(answer) for answer in rest)
