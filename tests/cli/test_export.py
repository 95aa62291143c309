"""humanseg export: ONNX that agrees with the engine."""

import shutil

import numpy as np
import pytest

from humanseg.cli import main
from humanseg.hub.find import find_weights
from humanseg.model import export as onnx
from humanseg.model.config import WEIGHTS_NAME
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
        assert np.abs(alpha[0, 0] - segmenter.engine(image)).max() < 1e-3


def test_export_refuses_a_size_that_does_not_fit(tmp_path, capsys):
    assert main(["export", "--out", str(tmp_path / "x.onnx"), "--size", "100", "64"]) == 1
    assert "multiples of 32" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--out", "missing/x.onnx"], "--out can't be written"),
        (["--out", "."], "names the folder"),
        (["--size", "0", "0"], "--size takes a whole number from 1"),
        (["--size", "64", "wide"], "--size takes a whole number from 1"),
    ],
)
def test_export_refuses_what_cannot_work_before_the_work(tmp_path, monkeypatch, capsys, extra, sentence):
    monkeypatch.setattr(onnx, "to_onnx", lambda *_: pytest.fail("the work had begun"))
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
    def stopped(folder, path, size):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(onnx, "to_onnx", stopped)
    assert main(["export", "--out", str(tmp_path / "x.onnx")]) == 130
    said = capsys.readouterr()
    assert "up to a minute" in said.out and said.err == "Stopped.\n" and not list(tmp_path.iterdir())
