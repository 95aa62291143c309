"""What is done by hand, over HTTP: strokes in, the alpha out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from humanseg.ui.server import repairs
from humanseg.ui.server.limits import Limits
from tests.ui import serving
from tests.ui.fakes import pair_of, segmenter, two_people
from tests.ui.serving import served
from tests.ui.visits import add, photo_of

DAB = {"name": "a dab", "do": "stroke", "points": [[4, 4]], "radius": 6, "keep": True}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(segmenter, Limits()) as address:
        yield address


@pytest.fixture(scope="module")
def context(address):
    return serving._RUNNING[address].context


@pytest.fixture
def session(context, request):
    return context.sessions.of(request.node.name)


@pytest.fixture
def item(context, session, tmp_path):
    return add(context, session, photo_of(tmp_path / "me.png", (60, 90, 120)))[0]


@pytest.fixture
def ask(address, request, item):
    def ask(*acts: Any, **more: Any) -> requests.Response:
        body = {"load": request.node.name, "photo": item.id, "have": None, "acts": acts} | more
        return requests.post(f"{address}web/repair", data=json.dumps(body), timeout=30)

    return ask


def parts(answer: requests.Response) -> tuple[dict[str, Any], np.ndarray]:
    assert answer.status_code == 200, answer.text
    head, _, alpha = answer.content.partition(b"\n")
    head = json.loads(head)
    _, _, width, height = head["box"]
    return head, np.frombuffer(alpha, np.uint8).reshape(height, width)


def test_a_page_that_has_nothing_yet_gets_all_of_the_alpha(ask, session, item):
    head, alpha = parts(ask())
    np.testing.assert_array_equal(alpha, session.pictures.rgba(item)[..., 3])
    assert head["box"] == [0, 0, 64, 48] and not (head["undo"] or head["redo"] or head["repaired"])


def test_a_stroke_is_answered_with_the_part_that_it_changes(ask, session, item):
    number = parts(ask())[0]["number"]
    head, alpha = parts(ask(DAB, have=number))
    left, top, width, height = head["box"]
    assert width < 20 and height < 20 and head["undo"] and head["repaired"]
    now = session.item(item.id)
    np.testing.assert_array_equal(alpha, session.pictures.rgba(now)[top : top + height, left : left + width, 3])
    assert alpha[4 - top, 4 - left] == 255


def test_a_page_that_shows_an_older_alpha_gets_all_of_it(ask):
    assert parts(ask(DAB, have=77))[0]["box"] == [0, 0, 64, 48]


def test_an_act_that_comes_again_is_not_done_again(ask, session, item):
    number = parts(ask())[0]["number"]
    first, again = parts(ask(DAB, have=number)), parts(ask(DAB, have=number))
    assert len(session.item(item.id).repair.strokes) == 1
    assert first[0]["number"] == again[0]["number"] and again[1].shape == (48, 64)


def test_undoing_and_redoing_answer_with_what_changes(ask, session, item):
    _, before = parts(ask())
    number = parts(ask(DAB))[0]["number"]
    head, alpha = parts(ask({"name": "back", "do": "undo"}, have=number))
    left, top, width, height = head["box"]
    np.testing.assert_array_equal(alpha, before[top : top + height, left : left + width])
    assert not head["repaired"] and head["redo"] and width < 20
    assert parts(ask({"name": "again", "do": "redo"}, have=head["number"]))[0]["repaired"]


def test_of_a_large_photo_the_canvas_gets_a_smaller_alpha(context, session, address, request, tmp_path):
    (large,) = add(context, session, photo_of(tmp_path / "large.png", (60, 90, 120), (3000, 2250)))

    def ask(**more: Any) -> requests.Response:
        body = {"load": request.node.name, "photo": large.id, "have": None, "acts": []} | more
        return requests.post(f"{address}web/repair", data=json.dumps(body), timeout=60)

    head, whole = parts(ask())
    assert whole.shape == (1536, 2048)
    stroke = DAB | {"points": [[30, 30], [400, 333]], "radius": 50}
    head, part = parts(ask(acts=[stroke], have=head["number"]))
    left, top, width, height = head["box"]
    _, again = parts(ask())
    np.testing.assert_array_equal(part, again[top : top + height, left : left + width])
    outside = np.ones(whole.shape, bool)
    outside[top : top + height, left : left + width] = False
    np.testing.assert_array_equal(whole[outside], again[outside])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"photo": "0123456789abcdef"}, "isn't here any more"),
        ({"photo": ""}, "photo first"),
        ({"load": "somebody else"}, "isn't here any more"),
        ({"acts": [DAB | {"radius": -1}]}, "stroke"),
        ({"acts": [{"name": "a", "do": "dance"}]}, "stroke"),
        ({"acts": "many"}, "stroke"),
        ({"acts": None}, "can't be read"),
        ({"acts": 7}, "can't be read"),
    ],
    ids=str,
)
def test_what_cant_be_done_is_a_sentence_and_changes_nothing(ask, session, item, more, says):
    answer = ask(**more)
    assert answer.status_code == 409 and says in answer.json()["detail"]
    assert not session.item(item.id).repair


@pytest.mark.parametrize("body", [b"", b"strokes", b"[]", b"7", b"null", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_a_request_that_cant_be_read_is_a_sentence(address, body):
    answer = requests.post(f"{address}web/repair", data=body, timeout=30)
    assert answer.status_code == 409 and "can't be read" in answer.json()["detail"]


def test_a_request_may_not_be_too_large(address):
    answer = requests.post(f"{address}web/repair", data=b" " * (repairs.LARGEST + 1), timeout=30)
    assert answer.status_code == 409 and "can't be read" in answer.json()["detail"]


def test_an_error_of_the_server_is_a_sentence_without_details(ask, session, monkeypatch):
    def fail(*_: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(session.pictures, "alpha_on_canvas", fail)
    answer = ask(DAB)
    assert answer.status_code == 500 and "secret" not in answer.text and answer.json()["detail"]


def test_nothing_is_there_to_get(address):
    assert requests.get(f"{address}web/repair", timeout=30).status_code == 404


def test_one_of_several_people_is_dropped_and_comes_back(tmp_path):
    with served(two_people, Limits()) as address:
        context = serving._RUNNING[address].context
        session = context.sessions.of("somebody")
        (item,) = add(context, session, pair_of(tmp_path / "two.png"))

        def ask(*acts: Any) -> tuple[dict[str, Any], np.ndarray]:
            body = {"load": "somebody", "photo": item.id, "have": None, "acts": acts}
            return parts(requests.post(f"{address}web/repair", data=json.dumps(body), timeout=60))

        head, before = ask()
        first, second = head["people"]
        assert first["kept"] and second["kept"] and len(first["outlines"][0]) >= 4
        head, alpha = ask({"name": "drop", "do": "person", "at": second["at"]})
        assert [person["kept"] for person in head["people"]] == [True, False] and head["repaired"]
        x, y = second["at"]
        assert before[y, x] == 255 and alpha[y, x] == 0 and alpha[first["at"][1], first["at"][0]] == 255
        np.testing.assert_array_equal(ask({"name": "back", "do": "undo"})[1], before)
