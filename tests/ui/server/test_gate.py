"""Only what is on the list can be asked for: a new route of Gradio's is closed until somebody opens it here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
import h11
import pytest
import requests

from humanseg.ui import page, text
from humanseg.ui.server.gate import OPEN, Gate, is_open, is_own_file
from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter
from tests.ui.serving import in_own_thread, served, uploaded

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get")


def routes_of(owner: Any, prefix: str = "") -> Iterator[tuple[set[str], str]]:
    """All routes, with their methods, of an application or router and of what is mounted or included in it."""
    for route in getattr(owner, "routes", None) or ():
        included = getattr(route, "original_router", None)
        path = prefix + getattr(route, "path", "")
        inside = list(routes_of(included or getattr(route, "app", None), prefix if included else path))
        yield from inside
        if included is None:
            # What's mounted answers to anything below its address, by any method.
            yield (getattr(route, "methods", None) or set(METHODS), path or "/")


@pytest.fixture(scope="module")
def routes(server: str) -> list[tuple[str, str]]:
    """Every method and address that Gradio registers for the page."""
    from gradio.routes import App

    demo = page.build(segmenter, Limits())
    options = page.launch_options(Limits())
    demo.max_file_size, demo.favicon_path, demo.root_path, demo.allowed_paths, demo.blocked_paths = 1, None, "", [], []
    demo.run_history = True
    app = App.create_app(demo, app_kwargs=options["app_kwargs"], mcp_server=options["mcp_server"])
    return sorted({(method, path) for methods, path in routes_of(app) for method in methods})


def test_all_of_gradios_routes_are_seen_by_these_tests(routes):
    paths = {path for _, path in routes}
    assert len(paths) > 60
    assert {
        "/gradio_api/queue/join",
        "/gradio_api/proxy={url_path:path}",
        "/gradio_api/mcp/sse",
        "/monitoring",
    } <= paths


def test_every_route_that_is_not_on_the_list_is_closed(routes):
    listed = {(method, route) for method, paths in OPEN.items() for route in paths}
    for method, route in set(routes) - listed:
        assert not is_open(method, re.sub(r"\{[^}]*\}", "something", route)), f"{method} {route} isn't on the list"


def test_nothing_is_on_the_list_that_gradio_has_not(routes):
    # Of the many functions that this route calls, only the one is open that the page itself asks for.
    known = {*routes, *(("GET", "/gradio_api/mcp/"), ("POST", "/gradio_api/mcp/"))}
    known |= {(method, route.replace("run/{api_name}", "run/predict")) for method, route in routes}
    for method, paths in OPEN.items():
        for path in paths:
            assert (method, path) in known, f"Gradio has no {method} {path} any more"


@pytest.mark.parametrize(
    "address",
    [
        "gradio_api/file/https://example.org/a.png",
        "gradio_api/file/http:/127.0.0.1/",
        "gradio_api/file=https://example.org/a.png",
        "gradio_api/file=https:/example.org/a.png",
        "gradio_api/file=HTTPS://example.org/a.png",
        "gradio_api/file=%68ttps://example.org/a.png",
        "gradio_api/file=%20https://example.org/a.png",
        "gradio_api/file=//example.org/a.png",
        "gradio_api/proxy=https://x.hf.space/",
        "gradio_api/deep_link?session_hash=x",
        "gradio_api/process_recording",
        "gradio_api/vibe-edit",
        "gradio_api/vibe-code/",
        "gradio_api/undo-vibe-edit",
        "gradio_api/runs",
        "gradio_api/run-history/records",
        "gradio_api/run/cut_out",
        "gradio_api/api/predict",
        "gradio_api/dev/reload",
        "gradio_api/token",
        "gradio_api/user",
        "gradio_api/openapi.json",
        "gradio_api/custom_component/x/client/component/index.js",
        "gradio_api/mcp/sse",
        "gradio_api/mcp/messages/",
        "monitoring",
        "monitoring/summary",
        "openapi.json",
        "docs",
        "login",
        "logout",
        "pwa_icon/192",
        "nothing/at/all",
    ],
)
def test_a_shut_address_says_by_every_method_that_there_is_nothing(server, address):
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        answer = requests.request(method, server + address, timeout=10)
        assert (answer.status_code, answer.text) == (404, text.SHUT), method


@pytest.mark.parametrize(
    "address",
    [
        "//monitoring",
        "/./monitoring",
        "/assets/../monitoring",
        "/assets/..%2fmonitoring",
        "/static/%2e%2e/gradio_api/token",
        "/gradio_api//token",
        "/gradio_api/%74oken",
        "/gradio_api%2ftoken",
        "/GRADIO_API/token",
        "/gradio_api/token/",
        "/gradio_api/token;x",
        "/gradio_api/token%00",
        "/gradio_api/token%0a",
        "/gradio_api/queue/../token",
        "/gradio_api/file=/../token",
        "/gradio_api/file%3Dhttps://example.org/",
        "http://127.0.0.1/monitoring",
        "*",
    ],
)
def test_no_way_of_writing_a_shut_address_opens_it(server, address):
    status, body = raw(server, "GET", address)
    assert status in (400, 403, 404), body
    assert b"Traceback" not in body and b'"token"' not in body and b"GRADIO" not in body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get"])
@pytest.mark.parametrize("address", ["/", "/config", "/gradio_api/queue/join", "/gradio_api/mcp/"])
def test_an_open_address_takes_only_its_own_methods(server, method, address):
    status, body = raw(server, method, address)
    assert status in (400, 404) and b"Traceback" not in body


def raw(server: str, method: str, target: str) -> tuple[int, bytes]:
    """Requests exactly this target, which an HTTP client would normalise first."""
    import socket

    host, port = urlsplit(server).hostname, urlsplit(server).port
    client = h11.Connection(h11.CLIENT)
    with socket.create_connection((host, port), timeout=10) as line:
        line.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        client.send(h11.Request(method="GET", target="/", headers=[("Host", host), ("Connection", "close")]))
        client.send(h11.EndOfMessage())
        status, body = 0, b""
        while True:
            event = client.next_event()
            if event is h11.NEED_DATA:
                client.receive_data(line.recv(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                return status, body


def test_own_files_lie_in_a_folder_of_their_own_below_that_of_the_page(tmp_path):
    folder = tmp_path / "page"
    (folder / "abc").mkdir(parents=True)
    (folder / ".tmp").mkdir()
    for name in ("abc/photo.jpg", "abc/.hidden.jpg", "part", ".tmp/part"):
        (folder / name).write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"x")
    (folder / "abc" / "link").symlink_to(tmp_path / "secret")
    (folder / "abc" / "circle").symlink_to(folder / "abc" / "circle")
    own = ["abc/photo.jpg", "abc/.hidden.jpg"]
    others = ["part", ".tmp/part", "abc", "abc/link", "abc/circle", "abc/gone", "../secret", "abc/../../secret", ""]
    assert all(is_own_file(str(folder / name), folder) for name in own)
    assert not any(is_own_file(f"{folder}/{name}", folder) for name in others)
    assert not is_own_file("abc/photo.jpg", folder)
    assert not is_own_file(f"{folder}/abc/photo.jpg\0", folder)
    assert not is_own_file(f"{folder}/abc/{'x' * 5000}", folder)


def test_what_the_page_has_made_can_be_fetched_and_what_lies_beside_it_cannot(server, photo):
    path = uploaded(server, photo)["path"]
    address = f"{server}gradio_api/file={quote(path)}"
    assert requests.get(address, timeout=10).content == photo.read_bytes()
    assert requests.head(address, timeout=10).status_code == 200
    assert requests.post(address, timeout=10).status_code == 404
    beside = Path(path).parent.parent / f"tmp-{photo.stem}"
    beside.write_bytes(b"on its way in")
    try:
        assert requests.get(f"{server}gradio_api/file={quote(str(beside))}", timeout=10).text == text.SHUT
    finally:
        beside.unlink()


def test_behind_a_prefix_the_same_addresses_are_open():
    asked = []

    async def app(scope, receive, send):
        asked.append(scope["path"])

    async def ask(path: str, root_path: str) -> None:
        async def send(message):
            pass

        scope = {"type": "http", "method": "GET", "path": path, "root_path": root_path, "headers": []}
        await Gate(app, "/nowhere")(scope, None, send)

    async def talk() -> None:
        for path in ("/humanseg/config", "/config", "/humanseg/monitoring", "/humansegconfig", "/other/config"):
            await ask(path, "/humanseg")

    in_own_thread(anyio.run, talk)
    assert asked == ["/humanseg/config", "/config"]


def test_behind_a_reverse_proxy_with_a_prefix_photos_go_through_and_what_is_shut_stays_shut(photo, monkeypatch):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/tools/humanseg")
    with served(segmenter, Limits()) as server:
        path = uploaded(server, photo)["path"]
        # Some proxies take the prefix away, some leave it.
        for prefix in ("", "tools/humanseg/"):
            address = f"{server}{prefix}gradio_api/"
            assert requests.get(f"{server}{prefix}config", timeout=10).json()["root"].endswith("/tools/humanseg")
            assert requests.get(f"{address}file={quote(path)}", timeout=10).content == photo.read_bytes()
            for shut in ("file=/etc/passwd", "file/https://example.org/", "token", "runs", "deep_link"):
                assert requests.get(address + shut, timeout=10).text == text.SHUT
            assert requests.get(f"{server}{prefix}monitoring", timeout=10).text == text.SHUT


def test_a_websocket_is_closed():
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/gradio_api/queue/join"}
    in_own_thread(anyio.run, lambda: Gate(None, "/nowhere")(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
