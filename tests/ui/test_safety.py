"""Only the page's own files can be fetched, no link is followed, and no stack trace gets out."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from humanseg.ui import page, text
from humanseg.ui.server import links
from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter
from tests.ui.serving import in_own_thread, uploaded, with_tools


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/self/cwd/app.py",
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "/tmp/gradio/../../etc/passwd",
        "//etc/passwd",
        "file:///etc/passwd",
        "app.py",
        "humanseg/model/config.py",
        ".git/config",
        "/tmp/gradio/00000000000000000000000000000000/before.jpg",
        "C:\\Windows\\win.ini",
    ],
)
def test_no_other_file_can_be_fetched(server, path):
    for route in ("gradio_api/file=", "file=", "gradio_api/file/"):
        for written in (path, quote(path, safe="")):
            answer = requests.get(f"{server}{route}{written}", timeout=10)
            assert answer.status_code in (400, 403, 404, 405) or "text/html" in answer.headers["content-type"]
            assert "root:" not in answer.text and "GRADIO" not in answer.text and "def main" not in answer.text
            assert "Traceback" not in answer.text


def test_a_symbolic_link_in_the_temporary_folder_leads_nowhere(server, tmp_path):
    folder = Path(os.environ["GRADIO_TEMP_DIR"]) / "link-test"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "link.txt"
    link.unlink(missing_ok=True)
    (tmp_path / "secret.txt").write_text("secret words")
    link.symlink_to(tmp_path / "secret.txt")
    try:
        assert "secret words" not in requests.get(f"{server}gradio_api/file={link}", timeout=10).text
    finally:
        link.unlink()
        folder.rmdir()


def call(server: str, endpoint: str, data: list) -> str:
    started = requests.post(f"{server}gradio_api/call/{endpoint}", json={"data": data}, timeout=10)
    if not started.ok:
        return started.text
    event = started.json()["event_id"]
    return requests.get(f"{server}gradio_api/call/{endpoint}/{event}", timeout=30).text


@pytest.fixture
def visits():
    """A server on loopback that would be reached if a link were followed."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}/", seen
    httpd.shutdown()


ENDPOINTS = {
    "cut_out": lambda file: [file, "png"],
    "mask": lambda file: [file],
    "replace_background": lambda file: [file, "blur", "#ffffff", 2, None, "fill", 0, 0],
}


def linked(address: str) -> list[dict]:
    """The ways to give a link where a file belongs."""
    meta = {"meta": {"_type": "gradio.FileData"}}
    return [
        {"path": address},
        {"path": address, **meta},
        {"path": address.upper(), **meta},
        {"path": " " + address, **meta},
        {"path": address, "url": address, **meta},
        {"url": address, "path": ""},
        {"url": address, "path": "", **meta},
    ]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_link_is_followed_on_a_visitors_behalf(server, visits, endpoint):
    address, seen = visits
    for file in linked(address):
        answer = call(server, endpoint, ENDPOINTS[endpoint](file))
        assert "event: complete" not in answer and "Traceback" not in answer
    assert not seen


def test_no_link_is_followed_as_a_picture_behind_the_people(server, visits, photo):
    address, seen = visits
    own = uploaded(server, photo)
    for file in linked(address):
        answer = call(server, "replace_background", [own, "picture", "#ffffff", 2, file, "fill", 0, 0])
        assert "event: complete" not in answer and "Traceback" not in answer
    assert not seen


def test_no_event_of_the_page_follows_a_link_either(server, visits):
    """Every function of the page with a link wherever it takes something, sent as the browser would."""
    address, seen = visits
    dependencies = requests.get(f"{server}config", timeout=10).json()["dependencies"]
    file = {"path": address, "meta": {"_type": "gradio.FileData"}}
    events = 0
    for dependency in dependencies:
        for value in (file, [file], {"background": file, "layers": [file], "composite": file}):
            body = {
                "fn_index": dependency["id"],
                "session_hash": "nobody",
                "data": [value] * len(dependency["inputs"]),
                "event_data": {"index": 0, "value": file},
            }
            events += requests.post(f"{server}gradio_api/queue/join", json=body, timeout=10).ok
    assert events > 20
    with requests.get(f"{server}gradio_api/queue/data?session_hash=nobody", stream=True, timeout=30) as stream:
        for line in stream.iter_lines():
            events -= b'"process_completed"' in line
            if not events or b"close_stream" in line:
                break
    assert not seen


def test_no_link_is_followed_by_the_addresses_that_serve_files(server, visits):
    address, seen = visits
    for route in ("gradio_api/file=", "gradio_api/file/", "gradio_api/proxy=", "proxy=", "file="):
        for written in (address, quote(address, safe=""), address.replace("127.0.0.1", "example.org")):
            answer = requests.get(f"{server}{route}{written}", timeout=10)
            assert (answer.status_code, answer.text) == (404, text.SHUT), (route, written)
    assert not seen


def test_a_tool_called_with_a_link_follows_none(server, visits):
    address, seen = visits

    async def talk(session):
        tools = (await session.list_tools()).tools
        given = {tool.name: next(iter(tool.inputSchema["required"])) for tool in tools}
        return [await session.call_tool(name, {photo: address}) for name, photo in given.items()]

    answers = with_tools(server, talk)
    assert len(answers) == 4
    for answer in answers:
        assert answer.isError and "hand over the file itself" in answer.content[0].text
    assert not seen


def test_a_link_is_fetched_only_by_the_pages_own_guard_where_links_are_allowed(monkeypatch, photo):
    fetched = []

    def fetch(link, max_bytes):
        fetched.append(link)
        return "from afar.png", photo.read_bytes()

    monkeypatch.setattr(links, "fetch", fetch)
    demo = page.build(segmenter, Limits(fetch_urls=True))
    data = [{"path": "https://example.org/x", "meta": {"_type": "gradio.FileData"}}]
    found = in_own_thread(lambda: asyncio.run(preprocessed(demo, data)))
    assert fetched == ["https://example.org/x"]
    assert found.name == "from afar.png" and Path(found.source).read_bytes() == photo.read_bytes()


async def preprocessed(demo, data: list):
    function = next(fn for fn in demo.fns.values() if fn.api_name == "mask")
    return (await demo.preprocess_data(function, data, None))[0]


@pytest.mark.parametrize("path", ["/etc/passwd", "app.py", "../../etc/passwd"])
def test_no_file_of_the_server_can_be_handed_in_as_a_photo(server, path):
    answer = call(server, "cut_out", [{"path": path, "meta": {"_type": "gradio.FileData"}}, "png"])
    assert "event: complete" not in answer and "Traceback" not in answer and "root:" not in answer


@pytest.mark.parametrize("data", [[], [1, 2, 3, 4, 5, 6, 7, 8, 9], [{"path": 5}, "png"], ["x", "y"], [None, "exe"]])
def test_nonsense_is_answered_without_a_stack_trace(server, data):
    answer = call(server, "cut_out", data)
    assert "event: complete" not in answer
    assert "Traceback" not in answer and ".py" not in answer


def test_a_file_over_the_limit_is_refused_on_the_way_in(server, tmp_path):
    files = {"files": ("big.jpg", b"\xff" * 3_000_000)}
    answer = requests.post(f"{server}gradio_api/upload", files=files, timeout=10)
    assert answer.status_code == 413
    assert "Traceback" not in answer.text


def test_the_page_names_no_other_host(server):
    config = requests.get(f"{server}config", timeout=10).text
    assert "fonts.googleapis" not in config
    assert json.loads(config)["analytics_enabled"] is False
