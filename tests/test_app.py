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


@pytest.mark.parametrize(
    ("arguments", "environment", "photos", "webcam"),
    [
        ([], None, None, "humansegnet-live"),
        (["--model", "mine"], None, "mine", "mine"),
        ([], "mine", None, None),
        (["--model", "mine", "--live-model", "quick"], None, "mine", "quick"),
    ],
)
def test_the_webcam_has_its_own_network_unless_somebody_brings_theirs(
    monkeypatch, arguments, environment, photos, webcam
):
    monkeypatch.setattr(app.Segmenter, "from_pretrained", lambda model: [model])
    monkeypatch.setattr(app.sweep, "start", lambda *_: None)
    monkeypatch.setattr(app, "warm_up", lambda *_: None)
    if environment:
        monkeypatch.setenv("HUMANSEG_MODEL", environment)
    built = []
    build = app.page.build

    def remembered(*arguments):
        built.append(build(*arguments))
        monkeypatch.setattr(built[0], "launch", lambda **_: None)
        return built[0]

    monkeypatch.setattr(app.page, "build", remembered)
    assert app.main(arguments) == 0
    house = built[0].house
    assert house.model.get() == [photos] and house.live.get() == [webcam]
    assert (house.live is house.model) == (photos == webcam)


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
