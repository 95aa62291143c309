"""`humanseg web`: says what it wrote and how to try it, and writes nothing where something is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humanseg.cli import main
from humanseg.web import runtime
from tests.web.stand_in import write_runtime


@pytest.fixture
def small_runtime(tmp_path, monkeypatch) -> Path:
    """A stand-in for the runtime: right by its list, and nothing in it."""
    folder = write_runtime(tmp_path / "runtime")
    monkeypatch.setenv(runtime.VARIABLE, str(folder))
    return folder


def test_it_says_what_it_wrote_and_the_command_that_shows_it(small_runtime, tmp_path, capsys):
    out = tmp_path / "site"
    assert main(["web", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("19.0 MB  weights" in line for line in lines)
    assert lines[-2].endswith(f"files in {out}") or f"files in {out}, " in lines[-2]
    assert lines[-1].startswith("Try it: python -m http.server") and str(out) in lines[-1]
    described = json.loads((out / "engine.json").read_text())
    assert described["ready"] is True and described["says"] is None
    for folder in described["models"].values():
        assert (out / folder / "model.onnx").stat().st_size > 1e6
    assert main(["web", "--out", str(out)]) == 0
    assert ", 0 of them new or changed" in capsys.readouterr().out


@pytest.mark.parametrize("out", ["new/site", "."])
def test_without_the_runtime_it_is_one_sentence_and_nothing_is_written(out, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(runtime.VARIABLE, runtime.NEVER)
    monkeypatch.chdir(tmp_path)
    assert main(["web", "--out", out]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and runtime.VARIABLE in said.err and not said.out
    assert not list(tmp_path.iterdir())


def test_weights_that_are_not_there_are_one_sentence_and_nothing_is_written(small_runtime, tmp_path, capsys):
    assert main(["web", "--out", str(tmp_path / "site"), "--model", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "site").exists()


def test_a_folder_that_holds_something_else_is_refused_before_anything_is_fetched(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runtime, "fetch", lambda: pytest.fail("it was fetched"))
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["web", "--out", str(tmp_path)]) == 1
    assert "thesis.txt, which isn't the page's" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
