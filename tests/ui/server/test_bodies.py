"""Requests that are too large, too slow or not whole end with a sentence, and the page goes on."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from humanseg.ui import text
from humanseg.ui.server import bodies
from humanseg.ui.server.bodies import UPLOAD, Bodies, largest
from humanseg.ui.server.limits import Limits
from tests.ui.serving import in_own_thread

LIMITS = Limits(file_mb=1, photos=2)
JOIN = "/gradio_api/queue/join"


async def reads_it_all(scope: Any, receive: Any, send: Any) -> None:
    """An application that says how long a request is, and complains of one that's cut off, as Gradio does."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("gone")
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(chunks: list[bytes], path: str = JOIN, app: Any = reads_it_all, **headers: str) -> tuple[int, bytes]:
    """Sends the chunks; a None among them never comes."""
    sent: list[dict] = []
    left = list(chunks)

    async def receive() -> dict:
        if not left or left[0] is None:
            await asyncio.Event().wait()
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: dict) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": raw}
    in_own_thread(lambda: asyncio.run(Bodies(app, LIMITS)(scope, receive, send)))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def said(answer: tuple[int, bytes]) -> tuple[int, str]:
    return answer[0], json.loads(answer[1])["detail"]


def test_requests_of_the_page_pass_whole():
    assert ask([b"abc", b"def", b""]) == (200, b"6")
    assert ask([b""]) == (200, b"0")
    assert ask([bytes(1_000_000)] * 4, UPLOAD) == (200, b"4000000")


@pytest.mark.parametrize("path", [JOIN, UPLOAD, "/gradio_api/mcp/", "/gradio_api/component_server"])
def test_a_request_that_is_too_large_is_read_no_further(path):
    limit = largest(path, LIMITS)
    chunks = [bytes(limit // 2)] * 2
    assert ask(chunks, path)[0] == 200
    assert said(ask([*chunks, b"xx", None], path)) == (413, text.REQUEST_TOO_BIG)


def test_a_length_that_is_too_large_is_refused_before_anything_is_read():
    assert said(ask([None], content_length="99999999999")) == (413, text.REQUEST_TOO_BIG)


def test_a_request_that_comes_to_a_standstill_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.05)
    assert said(ask([b"abc", None])) == (408, text.REQUEST_TOO_SLOW)


def test_a_visitor_who_waits_for_an_answer_is_not_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.05)

    async def works(scope, receive, send):
        await receive()
        leaves = asyncio.ensure_future(receive())
        done, _ = await asyncio.wait([leaves], timeout=0.2)
        leaves.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"left" if done else b"still here"})

    assert ask([b"abc"], app=works) == (200, b"still here")


def test_an_answer_of_gradios_to_a_request_that_was_cut_off_is_replaced():
    async def swallows(scope, receive, send):
        for _ in range(3):
            await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    chunks = [bytes(largest(JOIN, LIMITS)), b"x", b"x"]
    assert said(ask(chunks, app=swallows)) == (413, text.REQUEST_TOO_BIG)


WHOLE = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nabc\r\n--x--\r\n'


@pytest.mark.parametrize("cut", [1, 20, 60, len(WHOLE) - 12, len(WHOLE) - 4])
def test_an_upload_that_was_cut_short_is_refused_with_a_sentence(server, cut):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = requests.post(server + UPLOAD[1:], data=WHOLE[:cut], headers=headers, timeout=10)
    assert (answer.status_code, answer.text) == (400, text.BAD_UPLOAD)
    assert requests.post(server + UPLOAD[1:], data=WHOLE, headers=headers, timeout=10).status_code == 200


def test_a_visitor_who_leaves_in_the_middle_of_an_upload_harms_nobody(server, caplog):
    where = urlsplit(server)
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n"
    for _ in range(5):
        with socket.create_connection((where.hostname, where.port), timeout=10) as line:
            line.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + WHOLE[:70])
    assert requests.get(server, timeout=10).ok
    assert "Traceback" not in caplog.text
