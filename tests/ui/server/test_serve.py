"""`python app.py` from start to end, in processes of its own: what it says, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from humanseg.errors import HumanSegError
from humanseg.ui.server import serve
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.serve import asked_port

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(100_000)


class RunningPage:
    """`app.py`, without weights, on a port of its own; its temporary files go below `temporary`."""

    def __init__(self, repository: Path, temporary: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        names = {"GRADIO_SERVER_PORT": str(self.port), "GRADIO_SERVER_NAME": "127.0.0.1", "HF_HUB_OFFLINE": "1"}
        environment = os.environ | names | {"TMPDIR": str(temporary), "GRADIO_TEMP_DIR": ""}
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "--model", "nobody/nothing"],
            cwd=repository,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def opened(self) -> str:
        """Waits until the page says where it is; its address."""
        self.said = self.process.stdout.readline()
        assert self.said, self.process.stderr.read()
        return f"http://127.0.0.1:{self.port}/"

    def upload(self) -> Path:
        files = {"files": ("photo.png", PHOTO)}
        (path,) = requests.post(f"{self.opened()}gradio_api/upload", files=files, timeout=20).json()
        return Path(path)

    def half_an_upload(self) -> socket.socket:
        """A visitor whose upload is under way, and stays so."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        head = "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
        head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        part = '--x\r\nContent-Disposition: form-data; name="files"; filename="half.png"\r\n\r\n'
        line.sendall((head + part).encode() + PHOTO)
        return line

    def ends(self, number: int) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=30)
        return self.process.returncode, out, errors


@pytest.fixture(scope="module")
def pages(repository: Path, tmp_path_factory) -> Iterator[tuple[list[RunningPage], Path]]:
    """Several pages that share a folder for temporary files, each with a photo in its own; the last was killed."""
    temporary = tmp_path_factory.mktemp("temporary")
    started = [RunningPage(repository, temporary) for _ in range(3)]
    try:
        for one in started:
            one.photo = one.upload()
        started[-1].process.kill()
        started[-1].process.wait(20)
        yield started, temporary
    finally:
        for one in started:
            one.process.kill()
            one.process.communicate()


def test_the_page_answers_even_while_there_are_no_weights(pages):
    (first, *_), _ = pages
    answer = requests.get(f"http://127.0.0.1:{first.port}/", timeout=20)
    assert answer.ok and "HumanSegNet" in answer.text


@pytest.mark.skipif(os.name != "posix", reason="Windows has other signals.")
def test_photos_are_gone_after_every_signal_and_those_of_a_killed_page_after_the_next_start(pages, repository):
    (*running, killed), temporary = pages
    assert killed.photo.is_file()
    assert len({one.photo.parent.parent for one in running}) == 2
    assert all(one.photo.is_file() for one in running), "pages sweep each other's folders"
    following = RunningPage(repository, temporary)
    try:
        following.photo = following.upload()
        assert not killed.photo.parent.parent.exists()
        assert all(one.photo.is_file() for one in running), "the next start sweeps folders of running pages"
        for one, number in zip([*running, following], (signal.SIGTERM, signal.SIGINT, signal.SIGHUP), strict=True):
            with one.half_an_upload():
                status, out, errors = one.ends(number)
            assert status == -number and not one.photo.parent.parent.exists()
            assert one.said == f"HumanSegNet is at http://127.0.0.1:{one.port}/ (Ctrl+C ends it).\n"
            assert not out and "Traceback" not in errors
    finally:
        following.process.kill()
        following.process.communicate()
    assert not [path for path in temporary.rglob("*") if path.is_file()]
    assert not list(temporary.glob("humanseg-page-*"))


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_a_sentence_that_names_the_variable(monkeypatch, port):
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    with pytest.raises(HumanSegError, match=f"GRADIO_SERVER_PORT is “{port}”"):
        asked_port()


def test_a_port_in_use_is_a_sentence_and_no_other_port_is_taken(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("GRADIO_SERVER_NAME", "127.0.0.1")
        monkeypatch.setenv("GRADIO_SERVER_PORT", str(taken.getsockname()[1]))
        with pytest.raises(HumanSegError, match="GRADIO_SERVER_PORT"):
            asked_port()


def test_an_address_of_another_computer_is_a_sentence(monkeypatch):
    monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "192.0.2.1")
    with pytest.raises(HumanSegError, match=r"192\.0\.2\.1.*GRADIO_SERVER_NAME"):
        asked_port()


def test_without_a_port_asked_for_the_first_free_one_is_taken(monkeypatch):
    monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "127.0.0.1")
    assert asked_port() is None


def test_a_page_that_cannot_be_opened_says_why_in_a_sentence(temporary, monkeypatch):
    class Page:
        is_running = False
        context = SimpleNamespace(sessions=SimpleNamespace(purge=None))

        def launch(self, **options):
            print("Gradio's advice")
            raise RuntimeError("no more threads")

        def close(self, verbose):
            pass

    monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)
    monkeypatch.setattr(serve.ending, "clear_on_signals", lambda clear: None)
    monkeypatch.setattr("humanseg.ui.server.sweep.start", lambda *_, **__: None)
    with pytest.raises(HumanSegError, match="no more threads"):
        serve.serve(lambda: (Page(), {}), Limits())
    assert not list(temporary.iterdir()), "its temporary folder is left"


def test_nothing_serves_files_past_the_gate_and_no_proxy_stands_before_the_page(monkeypatch):
    for name in ("GRADIO_NUM_WORKERS", "GRADIO_DEBUG"):
        monkeypatch.setenv(name, "1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "example.org")
    serve._set_surroundings()
    assert "GRADIO_NUM_WORKERS" not in os.environ and "GRADIO_DEBUG" not in os.environ
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "example.org,127.0.0.1,localhost"
