"""humanseg average: the mean of weights."""

import shutil

import pytest

from humanseg.cli import main
from humanseg.hub.find import find_weights
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, read_config


def test_average_writes_weights_that_load(tmp_path):
    shipped = find_weights()
    folders = [str(shipped)] * 2
    assert main(["average", *folders, "--out", str(tmp_path / "mean"), "--scale-logits", "0.8"]) == 0
    assert read_config(tmp_path / "mean").training["logits_scaled"] == 0.8
    for name in (CONFIG_NAME, WEIGHTS_NAME):
        assert (tmp_path / "mean" / name).is_file()


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--out", "taken"], "name a folder"),
        (["--out", "taken/below"], "name another folder"),
        (["--out", "weights"], "are to be averaged"),
        (["--out", "sub/../weights"], "are to be averaged"),
        (["--out", "mean", "--scale-logits", "much"], "--scale-logits takes a number"),
        (["--out", "mean", "--scale-logits", "0"], "positive number"),
    ],
)
def test_average_refuses_what_cannot_work_before_the_work(tmp_path, monkeypatch, capsys, extra, sentence):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(find_weights(), "weights")
    (tmp_path / "taken").touch()
    (tmp_path / "sub").mkdir()
    before = (tmp_path / "weights" / WEIGHTS_NAME).stat()
    assert main(["average", "weights", *extra]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert sentence in said and (tmp_path / "weights" / WEIGHTS_NAME).stat() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sub", "taken", "weights"]
