"""Whatever is sent to the page, the answer is one sentence without a stack trace, and the next visitor is served."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
import requests

from humanseg.ui import text
from humanseg.ui.server.answers import Answers
from humanseg.ui.server.limits import Limits
from tests.ui.serving import in_own_thread, uploaded

OURS = {text.BAD_REQUEST, text.BAD_UPLOAD, text.SHUT, text.UPLOAD_TOO_BIG.format(limit=2)}
PART = '--x\r\nContent-Disposition: form-data; name="files"'


def sentence(answer: requests.Response) -> str:
    """The sentence in an answer."""
    try:
        said = answer.json()
    except ValueError:
        return answer.text
    return said["detail"] if isinstance(said, dict) else said


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (None, b""),
        ("text/plain", b"hello"),
        ("application/json", b"{}"),
        ("multipart/form-data", b"hello"),
        ("multipart/form-data; boundary=x", b"hello --x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", f"{PART}\r\n\r\nabc\r\n--x--\r\n".encode()),
        ("multipart/form-data; boundary=x", f'{PART}; filename=".."\r\n\r\nabc\r\n--x--\r\n'.encode()),
        ("multipart/form-data; boundary=x", f"{PART}\r\nX: {'y' * 20000}\r\n\r\nabc\r\n--x--\r\n".encode()),
    ],
)
@pytest.mark.parametrize("query", ["", "?upload_id=abc"])
def test_a_malformed_upload_is_answered_with_a_sentence(server, kind, body, query):
    headers = {"Content-Type": kind} if kind else {}
    answer = requests.post(f"{server}gradio_api/upload{query}", data=body, headers=headers, timeout=10)
    assert answer.status_code in (400, 413) and sentence(answer) in (text.BAD_UPLOAD, text.BAD_REQUEST)


def test_a_file_that_is_too_large_is_refused_with_the_limit(server):
    files = {"files": ("big.png", bytes(3_000_000))}
    answer = requests.post(f"{server}gradio_api/upload", files=files, timeout=20)
    assert (answer.status_code, answer.text) == (413, text.UPLOAD_TOO_BIG.format(limit=2))


def test_too_many_files_at_once_are_refused_with_a_sentence(server):
    files = [("files", (f"{number}.png", b"x")) for number in range(1001)]
    answer = requests.post(f"{server}gradio_api/upload", files=files, timeout=30)
    assert (answer.status_code, answer.text) == (400, text.BAD_UPLOAD)


BODIES = {
    "nothing": b"",
    "half an object": b"{",
    "null": b"null",
    "a list": b"[]",
    "a word": b'"x"',
    "a number": b"5",
    "an empty object": b"{}",
    "no unicode": b'{"data": ["\xff"]}',
    "a number without end": b'{"data": [' + b"9" * 5000 + b"]}",
    "brackets without end": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no function": b'{"data": [], "fn_index": 9999, "session_hash": "x"}',
    "a function below nought": b'{"data": [], "fn_index": -1, "session_hash": "x"}',
    "a function by another name": b'{"data": [], "fn_index": "x", "session_hash": "x"}',
    "no fields": b'{"data": 1, "component_id": 99999, "session_hash": "x", "fn_name": "__init__"}',
    "fields of another kind": b'{"data": 1, "component_id": {}, "session_hash": [], "fn_name": 5, "event_id": {}}',
}
ADDRESSES = ["queue/join", "run/predict", "call/mask", "call/v2/mask", "call/nothing", "component_server", "cancel"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("body", BODIES)
def test_malformed_requests_are_answered_with_a_sentence(server, address, body):
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{server}gradio_api/{address}", data=BODIES[body], headers=headers, timeout=20)
    assert "Traceback" not in answer.text and ".py" not in answer.text
    # A call is taken on and its error comes with the event; to cancel what isn't there does nothing.
    assert answer.status_code in (400, 404, 422) or "event_id" in answer.text or answer.json() == {"success": True}
    if not answer.ok:
        assert sentence(answer) in OURS


@pytest.mark.parametrize("levels", [300, 900])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"path":', "}"), ('[{"a":', "}]")])
def test_data_within_data_without_end_ends_with_a_sentence(server, levels, pair):
    body = f'{{"data": [{pair[0] * levels}1{pair[1] * levels}]}}'
    called = requests.post(f"{server}gradio_api/call/mask", data=body, headers={"Content-Type": "application/json"})
    if called.ok:
        address = f"{server}gradio_api/call/mask/{called.json()['event_id']}"
        answer = requests.get(address, timeout=30).text
        assert text.BAD_REQUEST in json.loads(answer.partition("data: ")[2].partition("\n")[0])["error"]
    else:
        assert sentence(called) == text.BAD_REQUEST
    assert requests.get(server, timeout=10).ok


@pytest.mark.parametrize("address", ["?page=nothing", "static/nothing.js", "assets/%2e%2e/index.html"])
def test_a_missing_address_is_answered_with_a_sentence(server, address):
    answer = requests.get(server + address, timeout=20)
    assert answer.status_code in (403, 404) and sentence(answer) == text.SHUT


@pytest.mark.parametrize("address", ["call/mask/nothing", "queue/data?session_hash=nothing"])
def test_waiting_for_an_unknown_event_ends_at_once(server, address):
    answer = requests.get(f"{server}gradio_api/{address}", timeout=20)
    assert "Traceback" not in answer.text


def test_every_answer_tells_the_browser_not_to_guess_and_not_to_pass_addresses_on(server, photo):
    file = f"gradio_api/file={requests.utils.quote(uploaded(server, photo)['path'])}"
    for address in ("", "config", "theme.css", file, "monitoring", "static/nothing.js"):
        headers = requests.get(server + address, timeout=10).headers
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["Referrer-Policy"] == "same-origin", address
    assert requests.get(server + file, timeout=10).headers["Cache-Control"] == "private"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-99999999999999999999", 206, slice(None)),
        ("bytes=1-2,4-5", 200, slice(None)),
        ("bytes=x-y", 200, slice(None)),
        ("bytes=1", 200, slice(None)),
        ("items=1-2", 200, slice(None)),
    ],
)
def test_part_of_a_file_comes_without_the_headers_that_it_was_asked_with(server, photo, asked, status, part):
    file = f"{server}gradio_api/file={requests.utils.quote(uploaded(server, photo)['path'])}"
    answer = requests.get(file, headers={"Range": asked, "Cookie": "secret=1", "X-Own": "secret"}, timeout=10)
    assert answer.status_code == status and answer.content == photo.read_bytes()[part]
    assert "secret" not in str(answer.headers)


def test_the_page_may_be_shown_in_a_frame_as_spaces_are(server):
    headers = requests.get(server, timeout=10).headers
    assert "X-Frame-Options" not in headers and "frame-ancestors" not in headers.get("Content-Security-Policy", "")


def test_a_file_of_a_kind_that_could_act_is_handed_out_only_to_be_saved(server, tmp_path):
    for name in ("page.html", "drawing.svg", "script.js"):
        (tmp_path / name).write_text("<script>alert(1)</script>")
        file = requests.utils.quote(uploaded(server, tmp_path / name)["path"])
        headers = requests.get(f"{server}gradio_api/file={file}", timeout=10).headers
        assert headers["Content-Disposition"].startswith("attachment"), name


def answered(app, path: str = "/config", method: str = "GET") -> list[dict]:
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    in_own_thread(anyio.run, lambda: Answers(app, Limits())(scope, None, send))
    return sent


@pytest.mark.parametrize(
    ("method", "error", "status", "words"),
    [
        ("GET", RuntimeError("/secret"), 500, text.UNEXPECTED),
        ("GET", OSError(28, "No space left on device"), 500, text.UNEXPECTED),
        ("POST", OSError(28, "No space left on device"), 500, text.UNEXPECTED),
        ("POST", MemoryError(), 500, text.UNEXPECTED),
        ("POST", KeyError("x"), 400, text.BAD_REQUEST),
        ("GET", KeyError("x"), 404, text.SHUT),
    ],
)
def test_an_error_of_gradios_becomes_a_sentence_and_one_line_of_the_log(caplog, method, error, status, words):
    async def app(scope, receive, send):
        raise error

    start, body = answered(app, method=method)
    assert start["status"] == status and json.loads(body["body"])["detail"] == words
    (line,) = caplog.messages
    assert Path(__file__).name in line and "\n" not in line


def test_an_answer_that_breaks_off_is_ended():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError

    assert [message.get("more_body", False) for message in answered(app)] == [False, True, False]


def test_what_mcp_clients_are_told_stays_as_it_is():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b'{"jsonrpc": "2.0"}'})

    assert answered(app, "/gradio_api/mcp/")[-1]["body"] == b'{"jsonrpc": "2.0"}'
