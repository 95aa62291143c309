"""The public human dataset, fetched from a server on loopback that misbehaves in every way a server can."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.server
import io
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.data import download
from humanseg.data.datasets import find_pairs, read_pair
from humanseg.data.download import Patience, human_dataset
from humanseg.errors import DownloadError

HURRIED = Patience(connect_s=2, read_s=0.4, total_s=10, attempts=3, pause_s=0)
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def _picture(mode: str, kind: str, seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(content, kind)
    return content.getvalue()


def _members(count: int = 3) -> dict[str, bytes]:
    members = {"repo-abc/README.md": b"# words", "repo-abc/Training_Images/.DS_Store": b"\0"}
    for n in range(1, count + 1):
        members[f"repo-abc/Training_Images/{n}.jpg"] = _picture("RGB", "jpeg", n)
        members[f"repo-abc/Ground_Truth/{n}.png"] = _picture("L", "png", n)
    return members


def _zipped(members: dict[str, bytes] | None = None, comment: bytes = b"") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.comment = comment
        for name, data in (_members() if members is None else members).items():
            archive.writestr(name, data)
    return content.getvalue()


class Server:
    """Gives each request the next of its answers; the last one again and again. Counts the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.requests = list(answers), 0
        self.stop = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = server.answers[min(server.requests, len(server.answers) - 1)]
                server.requests += 1
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the caller has closed the connection
                    answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.stopping = self.stop
        self.url = f"http://127.0.0.1:{self.http.server_port}/dataset.zip"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: Answer) -> Server:
        servers.append(Server(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.stop.set()
        server.http.shutdown()
        server.http.server_close()


def whole(content: bytes, *, chunked: bool = False) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.send_response(200)
        request.send_header("Connection", "close")
        request.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(content)))))
        request.end_headers()
        request.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content) if chunked else content)

    return answer


def cut(content: bytes) -> Answer:
    """Announces the whole length and closes the connection after half."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2])

    return answer


def status(code: int) -> Answer:
    return lambda request: request.send_error(code)


def stalling(content: bytes) -> Answer:
    """Sends half, then nothing more, with the connection open until the test is over."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        cut(content)(request)
        request.wfile.flush()
        request.server.stopping.wait(120)

    return answer


def dripping(content: bytes) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        for byte in content:
            request.wfile.write(bytes([byte]))
            if request.server.stopping.wait(0.05):
                return

    return answer


def fetch(server: Server, cache: Path, **options) -> Path:
    options.setdefault("patience", HURRIED)
    return human_dataset(cache, url=server.url, pairs=options.pop("pairs", 3), progress=False, **options)


def assert_nothing_is_left(cache: Path) -> None:
    assert [p for p in cache.rglob("*") if p.is_file() and p.name != ".lock"] == []
    assert not list(cache.rglob("*.part")) and not list(cache.rglob(download.NAME))


def test_it_arrives_whole_and_in_its_own_layout(serve, tmp_path):
    content = _zipped()
    folder = fetch(serve(whole(content)), tmp_path, sha256=hashlib.sha256(content).hexdigest().upper())
    assert folder.name == "human-segmentation-dataset"
    pairs = find_pairs(folder)
    assert [pair.stem for pair in pairs] == ["1", "2", "3"]
    rgb, mask = read_pair(pairs[0])
    assert rgb.shape == (24, 32, 3) and mask.shape == (24, 32)
    assert {p.name for p in folder.iterdir()} == {"Training_Images", "Ground_Truth", "source.json"}
    assert not list(tmp_path.rglob("*.part")) and not list(tmp_path.rglob("*.zip"))


def test_an_archive_of_unknown_length_arrives_too(serve, tmp_path):
    assert len(find_pairs(fetch(serve(whole(_zipped(), chunked=True)), tmp_path))) == 3


def test_it_is_fetched_only_once(serve, tmp_path):
    server = serve(whole(_zipped()))
    assert fetch(server, tmp_path) == fetch(server, tmp_path)
    assert server.requests == 1


def test_it_is_fetched_again_where_a_file_has_gone_or_shrunk(serve, tmp_path):
    server = serve(whole(_zipped()))
    folder = fetch(server, tmp_path)
    (folder / "Training_Images" / "2.jpg").unlink()
    assert (fetch(server, tmp_path) / "Training_Images" / "2.jpg").is_file()
    (folder / "Ground_Truth" / "1.png").write_bytes(b"")
    assert (fetch(server, tmp_path) / "Ground_Truth" / "1.png").stat().st_size > 0
    assert server.requests == 3


def test_what_was_there_stays_when_a_better_copy_does_not_arrive(serve, tmp_path):
    server = serve(whole(_zipped()), status(404))
    folder = fetch(server, tmp_path)
    (folder / "Training_Images" / "2.jpg").unlink()
    with pytest.raises(DownloadError):
        fetch(server, tmp_path)
    assert (folder / "Training_Images" / "1.jpg").is_file()


def test_callers_at_the_same_time_share_one_download(serve, tmp_path):
    server = serve(whole(_zipped()))
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: fetch(server, tmp_path), range(4)))
    assert len(folders) == 1 and server.requests == 1


def test_the_cache_folder_comes_from_the_environment(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("HUMANSEG_CACHE", str(tmp_path / "elsewhere"))
    folder = fetch(serve(whole(_zipped())), None)
    assert folder.is_relative_to(tmp_path / "elsewhere")


def test_a_dataset_in_a_cache_that_cannot_be_written_is_used_as_it_is(serve, tmp_path, monkeypatch):
    server = serve(whole(_zipped()))
    folder = fetch(server, tmp_path)

    def read_only(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(download, "FileLock", read_only)
    assert fetch(server, tmp_path) == folder and server.requests == 1
    with pytest.raises(DownloadError, match="HUMANSEG_CACHE"):
        fetch(server, tmp_path / "another")


@pytest.mark.parametrize("hiccup", [status(500), status(503), status(429), cut(_zipped()), stalling(_zipped())])
def test_a_passing_failure_is_tried_again(serve, tmp_path, hiccup):
    server = serve(hiccup, whole(_zipped()))
    assert len(find_pairs(fetch(server, tmp_path))) == 3
    assert server.requests == 2


def test_a_redirect_is_followed(serve, tmp_path):
    target = serve(whole(_zipped()))

    def redirect(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", target.url)
        request.end_headers()

    assert len(find_pairs(fetch(serve(redirect), tmp_path))) == 3


def test_a_redirect_in_circles_ends_in_a_sentence(serve, tmp_path):
    def redirect(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", request.path)
        request.end_headers()

    with pytest.raises(DownloadError, match="couldn't be fetched"):
        fetch(serve(redirect), tmp_path)
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize("code", [403, 404, 410])
def test_what_the_server_refuses_is_not_tried_again(serve, tmp_path, code):
    server = serve(status(code))
    with pytest.raises(DownloadError, match=rf"answers {code} .*--data"):
        fetch(server, tmp_path)
    assert server.requests == 1
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (status(502), "answers 502"),
        (cut(_zipped()), "cut half-way"),
        (stalling(_zipped()), "didn't answer in time"),
    ],
)
def test_a_lasting_failure_ends_in_a_sentence(serve, tmp_path, answer, words):
    server = serve(answer)
    with pytest.raises(DownloadError, match=words):
        fetch(server, tmp_path)
    assert server.requests == 3
    assert_nothing_is_left(tmp_path)


def test_a_server_that_drips_is_given_up(serve, tmp_path):
    patience = Patience(connect_s=2, read_s=2, total_s=0.3, attempts=1, pause_s=0)
    with pytest.raises(DownloadError, match="too slow"):
        fetch(serve(dripping(_zipped())), tmp_path, patience=patience)
    assert_nothing_is_left(tmp_path)


def test_no_network_is_said_in_a_sentence(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(DownloadError, match="check the network"):
        human_dataset(tmp_path, url=f"http://127.0.0.1:{port}/x.zip", progress=False, patience=HURRIED)
    assert_nothing_is_left(tmp_path)


def test_an_address_that_is_none_is_said_in_a_sentence(tmp_path):
    with pytest.raises(DownloadError, match="couldn't be fetched"):
        human_dataset(tmp_path, url="nowhere at all", progress=False, patience=HURRIED)


def test_a_wrong_checksum_is_refused(serve, tmp_path):
    with pytest.raises(DownloadError, match="wrong checksum"):
        fetch(serve(whole(_zipped())), tmp_path, sha256="0" * 64)
    assert_nothing_is_left(tmp_path)


def test_a_checksum_given_later_is_held_against_what_is_there(serve, tmp_path):
    server = serve(whole(_zipped()))
    fetch(server, tmp_path)
    with pytest.raises(DownloadError, match="wrong checksum"):
        fetch(server, tmp_path, sha256="0" * 64)


def _damaged(content: bytes) -> bytes:
    spot = content.index(b"\xff\xd8\xff") + 400  # within the first photo
    return content[:spot] + bytes([content[spot] ^ 0xFF]) + content[spot + 1 :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_zipped()[:-300], "whole zip archive"),
        (b"<html>please log in to this network</html>", "whole zip archive"),
        (b"", "whole zip archive"),
        (_damaged(_zipped()), "whole zip archive"),
        (_zipped(_members(2)), "holds 2 pairs .* 3 were expected"),
        (_zipped({k: v for k, v in _members().items() if "2.png" not in k}), "2.jpg has no partner"),
        (_zipped({**_members(), "repo-abc/Training_Images/2.jpg": b"no photo"}), "2.jpg can't be read"),
        (_zipped({"words.txt": b"hello"}), "no photos"),
        (_zipped({**_members(), "../../Training_Images/9.jpg": b"x"}), "unsafe path"),
        (_zipped({**_members(), "/tmp/Training_Images/9.jpg": b"x"}), "unsafe path"),
        (_zipped({**_members(), "repo\\..\\..\\evil.jpg": b"x"}), "unsafe path"),
        (_zipped({**_members(), "other/Training_Images/1.jpg": b"x"}), "twice"),
    ],
)
def test_an_archive_that_is_not_the_dataset_is_refused(serve, tmp_path, content, words):
    with pytest.raises(DownloadError, match=words):
        fetch(serve(whole(content)), tmp_path / "cache")
    assert_nothing_is_left(tmp_path)


def test_a_symbolic_link_in_the_archive_is_refused(serve, tmp_path):
    content = io.BytesIO(_zipped())
    link = zipfile.ZipInfo("repo-abc/Training_Images/4.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DownloadError, match="unsafe path"):
        fetch(serve(whole(content.getvalue())), tmp_path)


def test_an_archive_that_unpacks_to_far_too_much_is_refused(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_LARGEST_BYTES", 20_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("repo-abc/Training_Images/1.jpg", bytes(1_000_000))
    with pytest.raises(DownloadError, match="unpacks to far more"):
        fetch(serve(whole(packed.getvalue())), tmp_path)
    with pytest.raises(DownloadError, match="far larger"):
        fetch(serve(whole(bytes(200_000))), tmp_path)
    assert_nothing_is_left(tmp_path)


def test_an_archive_of_another_commit_is_refused(serve, tmp_path, monkeypatch):
    server = serve(whole(_zipped(comment=b"0" * 40)))
    monkeypatch.setattr(download, "URL", server.url)
    with pytest.raises(DownloadError, match="holds commit 000"):
        fetch(server, tmp_path)


def test_other_content_at_the_right_address_is_said_in_the_log(serve, tmp_path, monkeypatch, caplog):
    server = serve(whole(_zipped(comment=download.COMMIT.encode())))
    monkeypatch.setattr(download, "URL", server.url)
    fetch(server, tmp_path)
    assert "differs from the copy" in caplog.text


@pytest.mark.parametrize(("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EIO, "can't be stored")])
def test_a_disk_that_fails_is_said_in_a_sentence(serve, tmp_path, monkeypatch, code, words):
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(download.shutil, "copyfileobj", fail)
    with pytest.raises(DownloadError, match=words):
        fetch(serve(whole(_zipped())), tmp_path)
    assert_nothing_is_left(tmp_path)


def test_a_cache_that_is_a_file_is_said_in_a_sentence(serve, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DownloadError, match="HUMANSEG_CACHE"):
        fetch(serve(whole(_zipped())), tmp_path / "file")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_download_leaves_nothing_that_counts(serve, tmp_path, kind):
    server = serve(stalling(_zipped()), whole(_zipped()))
    code = (
        # A shell's background job, in which these tests may run, hands on that SIGINT is ignored.
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from humanseg.data.download import human_dataset as fetch; fetch(sys.argv[1], url=sys.argv[2], pairs=3)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), server.url],
        cwd=Path(download.__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (begun := list(tmp_path.rglob("archive.zip"))) and process.poll() is None:
            time.sleep(0.02)
        assert begun, "it ended before it was interrupted"
        process.send_signal(kind)
        process.wait(60)
    finally:
        process.kill()
    assert not list(tmp_path.rglob(download.NAME))
    if kind == signal.SIGINT:
        assert_nothing_is_left(tmp_path)
    assert len(find_pairs(fetch(server, tmp_path))) == 3
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.data
def test_the_recorded_checksum_is_that_of_the_copy_at_hand(shared_data):
    assert download.content_checksum(shared_data / "human-segmentation-dataset") == download.CONTENT
