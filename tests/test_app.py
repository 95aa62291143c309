from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

import app


def test_limits_that_make_no_sense_are_a_sentence_and_not_a_stack_trace(monkeypatch, capsys):
    monkeypatch.setenv("HUMANSEG_MAX_PHOTOS", "lots")
    assert app.main([]) == 1
    assert "HUMANSEG_MAX_PHOTOS" in capsys.readouterr().err


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as ended:
        app.main(["--help"])
    assert ended.value.code == 0
    assert "--model" in capsys.readouterr().out


def test_the_page_answers_even_while_there_are_no_weights(repository: Path, tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    command = [sys.executable, "app.py", "--model", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=repository, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            assert process.poll() is None, process.stdout.read().decode()
            try:
                answer = requests.get(f"http://127.0.0.1:{port}/", timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.3)
        assert answer.ok and "HumanSegNet" in answer.text
    finally:
        process.terminate()
        process.wait(timeout=20)
