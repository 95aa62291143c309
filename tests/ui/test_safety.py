"""Only the page's own files can be fetched, no link is followed, and no stack trace gets out."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
import requests


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
        "humanseg/config.py",
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
    import tempfile

    folder = Path(tempfile.gettempdir()) / "gradio" / "link-test"
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


def test_no_link_is_followed_on_a_visitors_behalf(server, visits):
    address, seen = visits
    for file in (
        {"path": address},
        {"path": address, "meta": {"_type": "gradio.FileData"}},
        {"url": address, "path": ""},
    ):
        answer = call(server, "mask", [file])
        assert "event: complete" not in answer and "Traceback" not in answer
    assert not seen


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
