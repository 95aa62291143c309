from __future__ import annotations

import re
import shlex
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.segmenter import Segmenter
from humanseg.ui import text
from humanseg.ui.tabs import about
from tests.media import clips
from tests.ui.fakes import segmenter
from tests.ui.serving import in_own_thread

SNIPPETS = re.findall(r"```(python|bash)\n(.*?)```", text.ABOUT_PROGRAMS, re.DOTALL)
LIBRARY = [body for _, body in SNIPPETS if "from humanseg" in body]
(HTTP,) = [body for _, body in SNIPPETS if "gradio_client" in body]
COMMANDS = [line for language, body in SNIPPETS if language == "bash" for line in body.splitlines()]


def with_metrics(**metrics) -> Segmenter:
    model = segmenter()
    model.engine.config = replace(model.engine.config, metrics=metrics)
    return model


def context(photos: Segmenter, camera: Segmenter) -> SimpleNamespace:
    return SimpleNamespace(model=SimpleNamespace(get=lambda: photos), live=SimpleNamespace(get=lambda: camera))


def laid_out(photos: Segmenter, camera: Segmenter, *names: str) -> about.AboutTab:
    tab = about.AboutTab.__new__(about.AboutTab)
    tab.context, tab._names = context(photos, camera), list(names)
    return tab


def test_measured_figures_are_read_from_the_models_own_data():
    scores = {
        "portraits, one pass": {"n": 95, "iou": 0.912, "boundary_iou": 0.634, "mae": 0.021},
        "team": {"iou": 0.5, "boundary_iou": 0.4, "mae": 0.3},
        "mean": {"iou": 0.5},
    }
    alarms = {"rooms": {"n": 20, "somebody": 1}, "streets": {"n": 30, "somebody": 2}, "odd": 3}
    shown = about.described(with_metrics(evaluation=scores, false_alarms=alarms), "Photos", text.SHOWN_PHOTO)
    assert "| portraits and selfies, one pass | 95 | 0.912 | 0.634 | 0.021 |" in shown
    assert "| team |  | 0.500 | 0.400 | 0.300 |" in shown and "| mean |" not in shown
    assert "Of 50 photos without anybody, 3 came out with somebody." in shown
    assert "long side of 256 pixels" in shown


def test_without_figures_there_is_no_table():
    shown = about.described(segmenter(), "Photos", text.SHOWN_PHOTO)
    assert "IoU" not in shown and "without anybody" not in shown


def test_each_network_has_its_own_figures_below_its_own_name():
    photos, camera = (
        with_metrics(evaluation={"portraits": {"iou": iou, "boundary_iou": 0.5, "mae": 0.1}}) for iou in (0.9, 0.8)
    )
    first, second = laid_out(photos, camera, "humansegnet", "runs/mine").figures().split("### ")[1:]
    assert first.startswith("Photos: `humansegnet`") and "0.900" in first and "0.800" not in first
    assert second.startswith("Webcam and clips: `runs/mine`") and "0.800" in second
    assert "long side of 128 pixels" in second


def test_one_network_for_everything_is_told_once():
    photos = segmenter()
    (only,) = laid_out(photos, photos, "garden").figures().split("### ")[1:]
    assert only.startswith("Photos, webcam and clips: `garden`")
    assert laid_out(photos, photos).figures().split("### ")[1].startswith("Photos, webcam and clips\n")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:7860/", "https://somebody-cut-out.hf.space/", "https://example.org/a/b%20c/"]
)
def test_snippets_name_the_page_that_is_open(address):
    assert f'Client("{address}")' in about.written_for(address)


@pytest.mark.parametrize(
    "address", ["", None, "javascript:alert(1)//", 'https://a.b/")\nimport os', "https://a.b/`<img>/", "http://a.b"]
)
def test_what_is_no_address_of_a_page_does_not_get_into_the_snippets(address):
    assert about.written_for(address) == text.ABOUT_PROGRAMS.format(address=text.THIS_PAGE)


@pytest.fixture
def folder(tmp_path, monkeypatch, photo):
    """A folder with what the snippets name, and a stand-in for the network."""
    Image.open(photo).convert("RGB").save(tmp_path / "photo.jpg")
    clips.write(tmp_path / "talk.mp4", [np.asarray(Image.open(photo))] * 4, pixels="yuv420p")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *arguments, **options: segmenter())
    return tmp_path


@pytest.mark.parametrize("snippet", LIBRARY, ids=["photo", "clip"])
def test_the_snippets_of_the_library_run(folder, snippet):
    exec(compile(snippet, "About", "exec"), {})
    made = re.findall(r'save\("([^"]+)"|cut_out_video\("[^"]+", "([^"]+)"', snippet)
    assert all((folder / (one or other)).stat().st_size for one, other in made)


def test_the_snippet_over_http_runs(folder, server, capsys):
    in_own_thread(exec, compile(HTTP.format(address=server), "About", "exec"), {})
    made = capsys.readouterr().out.split()[-2:]
    assert [Image.open(path).mode for path in made] == ["RGBA", "RGB"]


def test_the_command_that_cuts_out_runs(folder):
    cut_out, _ = [shlex.split(line, comments=True)[3:] for line in COMMANDS]
    assert main(cut_out) == 0
    assert {path.suffix for path in (folder / "cutouts").iterdir()} == {".jpg", ".mp4"}
