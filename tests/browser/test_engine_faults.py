"""What the engine can't do is one sentence, and it goes on with the next photo."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Error, Route

from tests.browser.engine import Cutter, as_link

pytestmark = pytest.mark.browser


@pytest.fixture
def cutter(browser, engine_page) -> Iterator[Cutter]:
    """With the smaller network, whose engine isn't open yet."""
    with Cutter(browser, engine_page, model="live") as cutter:
        yield cutter


@pytest.fixture
def opened(live_cutter) -> Cutter:
    """With the smaller network, for what leaves it as it was."""
    live_cutter.open()
    return live_cutter


def test_damaged_weights_are_not_used(cutter):
    def damage(route: Route) -> None:
        response = route.fetch()
        body = bytearray(response.body())
        body[len(body) // 2] ^= 1
        route.fulfill(response=response, body=bytes(body))

    cutter.page.route("**/model.onnx", damage)
    with pytest.raises(Error, match="The weights arrived damaged twice"):
        cutter.open()


def test_weights_that_were_damaged_in_the_cache_alone_are_fetched_again(cutter):
    times = []

    def damage(route: Route) -> None:
        times.append(route)
        if len(times) > 1:
            route.continue_()
            return
        response = route.fetch()
        route.fulfill(response=response, body=response.body()[:-100])

    cutter.page.route("**/model.onnx", damage)
    cutter.open()
    assert len(times) == 2


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("model.onnx", "The weights can't be loaded: check the connection"),
        ("config.json", "The engine can't be loaded: check the connection"),
        ("runtime/**", "The browser's runtime can't be loaded: check the connection"),
    ],
)
def test_without_a_connection_it_says_what_can_not_be_loaded(cutter, file, sentence):
    cutter.page.route(f"**/{file}", lambda route: route.abort())
    with pytest.raises(Error, match=sentence):
        cutter.open()


def test_a_page_without_the_runtime_says_so(browser, server):
    with Cutter(browser, server) as cutter, pytest.raises(Error, match=r"EngineError: .+\."):
        cutter.open()


@pytest.mark.parametrize(("data", "sentence"), [(b"", "is empty"), (b"not a picture", "isn't a picture")])
def test_a_file_that_is_no_picture_is_a_sentence_and_the_next_one_is_cut_out(opened, astronaut, data, sentence):
    with pytest.raises(Error, match=sentence):
        opened.photo(data)
    assert opened.photo(astronaut, secondPass=False).person_found


def test_where_nobody_is_nothing_is_left(opened):
    cut = opened.photo(np.full((40, 60, 3), 127, np.uint8))
    assert not cut.person_found and cut.confidence == 0 and not cut.alpha.any()


def test_what_a_photo_has_cut_away_already_stays_away(opened, astronaut):
    half = np.full((512, 512, 4), 255, np.uint8)
    half[..., :3] = astronaut
    half[:, :225, 3] = 0
    cut = opened.photo(half, secondPass=False)
    assert not cut.alpha[:, :225].any() and cut.alpha[100:150, 230:260].min() == 1


def test_a_photo_that_is_given_up_ends_and_the_next_one_is_cut_out(opened, astronaut):
    ended = opened.page.evaluate(
        """async (file) => {
          const blob = await (await fetch(file)).blob();
          const giveUp = new AbortController();
          const photo = engine.photo(blob, {signal: giveUp.signal, onProgress: () => giveUp.abort()});
          return photo.then(() => "done", (error) => error.name);
        }""",
        as_link(astronaut),
    )
    assert ended == "AbortError"
    assert opened.photo(astronaut, secondPass=False).person_found


def test_closing_ends_what_is_under_way(cutter, astronaut):
    cutter.open()
    ended = cutter.page.evaluate(
        """async (file) => {
          const photo = engine.photo(await (await fetch(file)).blob());
          engine.close();
          return photo.then(() => "done", (error) => error.name);
        }""",
        as_link(astronaut),
    )
    assert ended == "AbortError"
