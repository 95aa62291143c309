"""humanseg export: ONNX that agrees with the engine."""

import shutil
import sys

import numpy as np
import pytest

from humanseg.cli import main
from humanseg.hub.find import find_weights
from humanseg.model import export as onnx
from humanseg.model.config import ONNX_NAME, WEIGHTS_NAME
from humanseg.segmenter import Segmenter
from tests.cli.conftest import AS_IT_IS


def test_export_writes_onnx_that_agrees_with_the_engine(tmp_path, astronaut, spawn):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "net.onnx"
    # In a process of its own, where nothing catches what torch and its exporter would say.
    run = spawn("export", "--out", path, code=AS_IT_IS)
    _, errors = run.communicate(timeout=400)
    assert run.returncode == 0 and not errors
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    segmenter = Segmenter.from_pretrained(engine="torch")
    for side in (256, 192):
        image = np.ascontiguousarray(astronaut[:side, : side + 32])
        (alpha,) = session.run(None, {"pixels": image.transpose(2, 0, 1)[None].astype(np.float32)})
        difference = np.abs(alpha[0, 0] - segmenter.engine(image))
        assert difference.max() < 0.03 and difference.mean() < 5e-4  # weights in half precision


def test_export_refuses_a_size_that_does_not_fit(tmp_path, capsys):
    assert main(["export", "--out", str(tmp_path / "x.onnx"), "--size", "100", "64"]) == 1
    assert "multiples of 32" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--out", "missing/x.onnx"], "--out can't be written"),
        (["--out", "."], "names the folder"),
        (["--size", "64", "64"], "name another by --out"),
        (["--size", "0", "0"], "--size takes a whole number from 1"),
        (["--size", "64", "wide"], "--size takes a whole number from 1"),
    ],
)
def test_export_refuses_what_cannot_work_before_the_work(tmp_path, monkeypatch, capsys, extra, sentence):
    monkeypatch.setattr(onnx, "write_onnx", lambda *_: pytest.fail("the work had begun"))
    monkeypatch.chdir(tmp_path)
    assert main(["export", *extra]) == 1
    said = capsys.readouterr()
    assert sentence in said.err and len(said.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_export_never_writes_over_the_weights(tmp_path, capsys):
    weights = tmp_path / "weights"
    shutil.copytree(find_weights(), weights)
    before = (weights / WEIGHTS_NAME).read_bytes()
    assert main(["export", "--model", str(weights), "--out", str(weights / WEIGHTS_NAME)]) == 1
    assert "which is read" in capsys.readouterr().err and (weights / WEIGHTS_NAME).read_bytes() == before


def test_export_says_what_it_is_doing_and_leaves_no_half_file_when_stopped(tmp_path, monkeypatch, capsys):
    def stopped(folder, size):
        raise KeyboardInterrupt

    monkeypatch.setattr(onnx, "to_onnx", stopped)
    assert main(["export", "--out", str(tmp_path / "x.onnx")]) == 130
    said = capsys.readouterr()
    assert "up to a minute" in said.out and said.err == "Stopped.\n" and not list(tmp_path.iterdir())


def test_without_out_the_file_stands_beside_the_weights(tmp_path, monkeypatch, capsys):
    weights = tmp_path / "weights"
    shutil.copytree(find_weights(), weights)
    monkeypatch.setattr(onnx, "to_onnx", lambda folder, size: b"of " + folder.name.encode())
    for _ in range(2):  # the second time over the first
        assert main(["export", "--model", str(weights)]) == 0
        assert (weights / ONNX_NAME).read_bytes() == b"of weights"


def test_of_weights_in_the_hubs_cache_the_file_is_written_here(tmp_path, monkeypatch):
    cached = tmp_path / "cached"
    shutil.copytree(find_weights(), cached)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("humanseg.hub.find.find_weights", lambda *_, **__: cached)
    monkeypatch.setattr(onnx, "to_onnx", lambda folder, size: b"network")
    assert main(["export", "--model", "somebody/portraits"]) == 0
    assert [path.name for path in (tmp_path / "here").iterdir()] == [ONNX_NAME]


def test_without_what_training_needs_one_sentence_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "humanseg.model.export", None)
    assert main(["export", "--out", str(tmp_path / "x.onnx")]) == 1
    said = capsys.readouterr().err
    assert "pip install -r requirements-train.txt" in said and len(said.splitlines()) == 1
