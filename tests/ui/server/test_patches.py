"""Each change to Gradio's insides, and what it builds on: where Gradio changes beneath one, its test fails here."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
import socket
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
import requests
from gradio import http_server, processing_utils
from gradio.exceptions import InvalidPathError

from humanseg.ui.server import patches
from humanseg.ui.server.guard import GuardedBlocks
from tests.ui.serving import in_own_thread


def test_every_module_of_gradios_that_has_a_folder_of_its_own_for_files_is_known():
    source = Path(gr.__file__).parent
    found = set()
    for module in pkgutil.walk_packages([str(source)], "gradio."):
        file = source.joinpath(*module.name.split(".")[1:]).with_suffix(".py")
        if file.is_file() and f"{patches.FOLDER} =" in file.read_text(encoding="utf-8"):
            found.add(module.name)
    # gradio.routes has its own from gradio.route_utils.
    assert found | {"gradio.routes"} == set(patches.FOLDER_READERS)


def test_a_photo_sent_to_an_mcp_tool_lies_in_the_swept_folder_too(monkeypatch, tmp_path):
    for name in patches.FOLDER_READERS:
        module = importlib.import_module(name)
        monkeypatch.setattr(module, patches.FOLDER, getattr(module, patches.FOLDER))
    patches.write_below(tmp_path)
    import gradio.mcp

    to_file = gradio.mcp.GradioMCPServer.convert_strings_to_filedata
    made = to_file(None, {"photo": "data:image/png;base64,aGVsbG8="}, [["photo"]])
    assert Path(made["photo"]["path"]).is_relative_to(tmp_path)


def test_on_a_space_no_second_server_is_opened_through_which_the_page_could_be_changed(monkeypatch):
    watch = http_server.watchfn_spaces
    monkeypatch.setattr(http_server, "watchfn_spaces", watch)
    for name, value in (("SYSTEM", "spaces"), ("SPACE_ID", "somebody/cut-out")):
        monkeypatch.setenv(name, value)
    patches.stay_as_started()
    with gr.Blocks() as page:
        gr.Markdown("Hello")
    page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    try:
        assert page.server.watch.func is not watch
        page.server.watch_thread.join(10)
        assert not page.server.watch_thread.is_alive()
    finally:
        page.close(verbose=False)


@pytest.fixture
def below(tmp_path, monkeypatch) -> Path:
    """A page's folder below the working folder, with Gradio's check of what lies there."""
    page = SimpleNamespace(has_launched=True, allowed_paths=[], blocked_paths=[])
    monkeypatch.setattr(processing_utils.LocalContext, "blocks", SimpleNamespace(get=lambda default=None: page))
    monkeypatch.setattr(processing_utils, "_check_allowed", processing_utils._check_allowed)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "page"
    (folder / "abc").mkdir(parents=True)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    for path in (folder / "abc" / ".hidden.jpg", tmp_path / ".env"):
        path.write_bytes(b"x")
    return folder


def test_photos_with_a_dot_in_front_pass_below_the_working_folder_and_its_own_hidden_files_do_not(below):
    with pytest.raises(InvalidPathError):
        processing_utils._check_allowed(str(below / "abc" / ".hidden.jpg"), True)
    patches.allow_any_name(below)
    processing_utils._check_allowed(str(below / "abc" / ".hidden.jpg"), True)
    (below / "abc" / ".link").symlink_to(below.parent / ".env")
    for path in (below.parent / ".env", below / "abc" / ".link", below / "abc" / ".." / ".." / ".env"):
        for uploaded in (True, False):
            with pytest.raises(InvalidPathError):
                processing_utils._check_allowed(str(path), uploaded)


def test_events_hand_over_what_the_page_makes_of_a_value():
    with gr.Blocks() as page:
        given = patches.hand_over_as(gr.Textbox(), lambda value: value.upper())
        given.change(lambda value: f"<{value}>", given, gr.Textbox(), api_name="say")
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    try:
        address = f"{page.local_url}gradio_api/call/say"
        event = requests.post(address, json={"data": ["aha"]}, timeout=10).json()["event_id"]
        assert '["<AHA>"]' in requests.get(f"{address}/{event}", timeout=10).text
    finally:
        page.close(verbose=False)


def test_the_set_of_files_is_one_of_those_that_gradio_goes_through(tmp_path):
    from gradio.route_utils import delete_files_created_by_app

    with gr.Blocks(delete_cache=(60, 60)) as page:
        files = patches.files_of(page)
    (tmp_path / "photo.png").write_bytes(b"photo")
    files.add(str(tmp_path / "photo.png"))
    delete_files_created_by_app(page, age=None)
    assert not (tmp_path / "photo.png").exists()


def test_gradio_says_of_a_full_queue_what_the_page_listens_for():
    source = inspect.getsource(type(gr.Blocks()._queue).push)
    assert '"queue_full"' in source and inspect.iscoroutinefunction(type(gr.Blocks()._queue).push)


def test_the_guard_stands_where_gradio_reads_what_a_visitor_sends():
    ours, theirs = (inspect.signature(kind.preprocess_data) for kind in (GuardedBlocks, gr.Blocks))
    assert list(ours.parameters) == list(theirs.parameters)
    assert "self.preprocess_data(" in inspect.getsource(gr.Blocks.process_api)


def test_a_stopped_page_does_not_wait_for_visitors_to_go():
    with gr.Blocks() as page:
        gr.Markdown("Here")
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    with requests.get(f"{page.local_url}gradio_api/heartbeat/somebody", stream=True, timeout=10) as visitor:
        next(visitor.iter_content(1))
        in_own_thread(patches.stop, page)
        assert not page.server.thread.is_alive()


@pytest.fixture(scope="module")
def impatient():
    """Host and port of a page that gives visitors a moment to say what they want."""
    with gr.Blocks() as page:
        gr.Markdown("Here")
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    patches.give_up_the_slow(page)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patches, "HEAD_SECONDS", 0.2)
        yield "127.0.0.1", page.server_port
    patches.stop(page)


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_visitor_who_sends_a_request_too_slowly_is_disconnected(impatient, start):
    with socket.create_connection(impatient, timeout=20) as line:
        line.sendall(start)
        assert line.recv(1000) == b""


def test_a_prompt_request_is_answered_also_the_second_time(impatient):
    request = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(impatient, timeout=20) as line:
        for _ in range(2):
            line.sendall(request)
            answer = b""
            while not answer.endswith(b"Disallow: "):
                answer += line.recv(1000)
            assert b"200 OK" in answer
        line.sendall(request[:10])
        assert line.recv(1000) == b""


def test_a_long_answer_is_not_cut_off_by_the_time_for_the_request(impatient):
    with socket.create_connection(impatient, timeout=20) as line:
        line.sendall(b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: x\r\n\r\n")
        line.settimeout(0.6)
        with pytest.raises(TimeoutError):
            while line.recv(1000):
                pass


def test_messages_of_libraries_about_malformed_requests_stay_out_of_the_terminal(monkeypatch, caplog):
    root = logging.getLogger()
    monkeypatch.setattr(root, "filters", [])
    for name in ("uvicorn.error", "mcp", "python_multipart"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.WARNING)
    patches.quiet_logs()
    logging.warning("Failed to validate request: 28 validation errors")
    logging.getLogger("uvicorn.error").warning("Unsupported upgrade request.")
    logging.getLogger("humanseg.ui").warning("Ours")
    assert caplog.messages == ["Ours"]
