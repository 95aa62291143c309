"""ZeroGPU, with a stand-in for the package `spaces` that forks for each photo, as that does."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from humanseg.errors import HumanSegError, ImageError
from humanseg.ui import zero_gpu
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server.limits import Limits
from humanseg.ui.upload import Upload
from tests.hub.space_host import RunningPage, hand_over
from tests.ui.fakes import segmenter
from tests.ui.serving import in_own_thread

STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture
def notes(monkeypatch, tmp_path):
    """This is ZeroGPU: gives a function that gives what the stand-in has written down."""
    monkeypatch.setenv(zero_gpu.VARIABLE, "true")
    monkeypatch.setenv("STAND_IN_NOTES", str(tmp_path / "notes"))
    monkeypatch.setattr(gr.Blocks, "launch", gr.Blocks.launch)
    # The tests' own process has PyTorch already, and no use for the order of imports.
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.delitem(sys.modules, "spaces", raising=False)
    monkeypatch.syspath_prepend(str(STAND_IN))
    yield lambda: [json.loads(line) for line in (tmp_path / "notes").read_text().splitlines()]
    sys.modules.pop("spaces", None)


def upload(astronaut, tmp_path) -> Upload:
    Image.fromarray(astronaut).save(tmp_path / "somebody.png")
    return Upload(str(tmp_path / "somebody.png"), "somebody.png")


def test_a_photo_is_cut_out_in_another_process_with_the_same_pixels(notes, astronaut, tmp_path):
    model = LazySegmenter(segmenter)
    cut = model.cut_out(upload(astronaut, tmp_path), Limits())
    assert np.array_equal(cut.rgba, segmenter().cut_out(astronaut).rgba)
    asked, ran = notes()
    assert asked["process"] == os.getpid() != ran["process"] and asked["duration"] == zero_gpu.SECONDS


def test_what_is_no_photo_takes_nothing_of_a_visitors_quota(notes, tmp_path):
    model = LazySegmenter(segmenter)
    (tmp_path / "notes").touch()
    with pytest.raises(ImageError, match=r"words\.jpg"):
        model.cut_out(Upload(b"only words", "words.jpg"), Limits())
    assert not notes()


def test_an_error_for_people_stays_one_on_its_way_back(notes):
    def work(word):
        raise HumanSegError(f"There is no {word}.")

    with pytest.raises(HumanSegError, match=r"^There is no room\.$"):
        zero_gpu.on_gpu(work)("room")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("You have exceeded your GPU quota (20s left).", "You have exceeded your GPU quota (20s left)"),
        ("<b>No GPU</b> was available\n<a href='x'>after</a> 60s", "No GPU was available after 60s"),
    ],
)
def test_without_a_gpu_it_is_a_sentence(notes, monkeypatch, said, read):
    monkeypatch.setenv("STAND_IN_REFUSES", said)
    with pytest.raises(HumanSegError) as caught:
        zero_gpu.on_gpu(print)("never")
    assert str(caught.value) == f"There is no GPU for this photo now ({read}): try again later."


@pytest.mark.parametrize("value", [None, "", "0", "false"])
def test_elsewhere_a_function_stays_as_it_is_and_spaces_is_not_imported(notes, monkeypatch, value):
    monkeypatch.setenv(zero_gpu.VARIABLE, value) if value is not None else monkeypatch.delenv(zero_gpu.VARIABLE)
    zero_gpu.prepare()
    assert zero_gpu.on_gpu(print) is print and "spaces" not in sys.modules


def test_the_whole_page_runs_photos_on_zero_gpu_and_nothing_else(repository, astronaut, tmp_path):
    photo, notes, home = tmp_path / "somebody.jpg", tmp_path / "shared" / "notes", tmp_path / "shared"
    Image.fromarray(astronaut).save(photo, quality=95)
    home.mkdir()
    hand_over(home)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "PYTHONPATH": str(STAND_IN),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "STAND_IN_NOTES": str(notes),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        zero_gpu.VARIABLE: "true",
    }
    page = RunningPage([sys.executable, str(repository / "app.py")], home, environment)

    def ask() -> str:
        return Client(page.address, verbose=False).predict(handle_file(photo), api_name="/cut_out")

    try:
        page.wait()
        alpha = np.asarray(Image.open(in_own_thread(ask)))[..., 3]
    finally:
        page.end()
    assert alpha[100:150, 200:250].min() > 250 and alpha[:40, -40:].max() < 5
    launched, asked, ran = [json.loads(line) for line in notes.read_text().splitlines()]
    # The weights are there before the page is, and who asks is known, or the photo would be at nobody's quota.
    assert launched["decorated"] and launched["torch"]
    assert asked["visitor"] and ran["process"] != asked["process"] == launched["process"]
    assert "Traceback" not in page.log()
