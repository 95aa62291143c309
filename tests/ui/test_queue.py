"""More visitors than there's room for, and photos that take too long: each reads a sentence, and the page goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from humanseg.errors import HumanSegError
from humanseg.segmenter import Segmenter
from humanseg.ui import text
from humanseg.ui.batch import cut_out
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server.limits import Limits
from humanseg.ui.upload import Upload
from tests.ui.fakes import HeldEngine
from tests.ui.serving import served, uploaded
from tests.ui.visits import context_in


@pytest.fixture
def engine() -> Iterator[HeldEngine]:
    engine = HeldEngine()
    yield engine
    engine.go_on.set()


@contextmanager
def held(engine: HeldEngine, limits: Limits) -> Iterator[str]:
    """A page whose network waits at every photo, at the latest until the block is left."""
    with served(lambda: Segmenter(engine), limits) as address:
        try:
            yield address
        finally:
            engine.go_on.set()


def ask(server: str, photo: Path) -> requests.Response:
    return requests.post(f"{server}gradio_api/call/mask", json={"data": [uploaded(server, photo)]}, timeout=10)


def answer(server: str, asked: requests.Response) -> str:
    return requests.get(f"{server}gradio_api/call/mask/{asked.json()['event_id']}", timeout=60).text


def test_one_visitor_more_than_the_queue_takes_reads_a_sentence_and_the_others_are_served(engine, photo):
    with held(engine, Limits(queue=1, concurrency=1)) as server:
        first = ask(server, photo)
        assert engine.at_work.wait(30)
        second, third = ask(server, photo), ask(server, photo)
        assert third.status_code == 429 and third.json()["detail"] == text.QUEUE_FULL
        engine.go_on.set()
        for asked in (first, second):
            assert "event: complete" in answer(server, asked)
        assert "event: complete" in answer(server, ask(server, photo))


def test_a_photo_that_takes_too_long_ends_with_a_sentence_and_the_next_is_done(engine, photo):
    with held(engine, Limits(photo_seconds=1)) as server:
        given_up = answer(server, ask(server, photo))
        message = json.loads(given_up.partition("data: ")[2])["error"]
        assert message == text.TOO_SLOW.format(name=photo.name, seconds=1)
        engine.go_on.set()
        assert "event: complete" in answer(server, ask(server, photo))


def test_photos_given_up_keep_their_places_so_that_no_more_run_than_allowed(engine, photo):
    model = LazySegmenter(lambda: Segmenter(engine), places=1)
    limits = Limits(photo_seconds=1)
    for _ in range(2):
        with pytest.raises(HumanSegError, match="longer than 1 s"):
            model.cut_out(Upload(str(photo), photo.name), limits)
    engine.go_on.set()
    assert model.cut_out(Upload(str(photo), photo.name), limits).person_found


def test_in_a_batch_the_slow_photo_is_named_and_the_rest_go_on(engine, photo):
    context = context_in(photo.parent, Limits(photo_seconds=1), engine)
    slow, nothing = cut_out(context, Upload(str(photo), "slow.png"))
    assert nothing is None and slow.error == text.TOO_SLOW.format(name="slow.png", seconds=1)
    engine.go_on.set()
    quick, cut = cut_out(context, Upload(str(photo), "quick.png"))
    assert not quick.error and cut is not None
