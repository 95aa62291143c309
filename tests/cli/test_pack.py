"""humanseg pack and humanseg train-packed."""

import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.data.pack import read_packs
from humanseg.training.gpu import run as training


@pytest.fixture
def people(tmp_path):
    rng = np.random.default_rng(0)
    for n in range(4):
        for kind, picture in (("images", rng.integers(0, 256, (40, 50, 3))), ("masks", np.eye(40, 50) * 255)):
            (tmp_path / "people" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "people" / kind / f"{n}.png")
    (tmp_path / "people" / "valid.txt").write_text("3")
    return tmp_path / "people"


def test_pack_writes_packs_and_says_how_large(people, tmp_path, capsys):
    assert main(["pack", "--data", str(people), "--loose", "people", "--out", str(tmp_path / "packs")]) == 0
    said = capsys.readouterr().out
    assert "pack-1.zip" in said and "4 photos" in said
    rows = [row for row, _, _ in read_packs([tmp_path / "packs" / "pack-1.zip"])]
    assert [row.role for row in rows] == ["valid", "train", "train", "train"] and all(row.loose for row in rows)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "nothing to pack"),
        (["--data", "nowhere"], "There is no folder"),
        (["--data", "people", "--megabytes", "0"], "--megabytes takes a whole number"),
    ],
)
def test_pack_refuses_what_cannot_work(people, tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["pack", *arguments, "--out", "packs"]) == 1
    assert sentence in capsys.readouterr().err


def test_train_packed_hands_its_options_on(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(training, "fit", lambda packs, plan, *folders, **rest: seen.update(plan=plan, **rest))
    arguments = [
        "a.zip",
        "--start-from",
        "humansegnet",
        "--out",
        str(tmp_path / "out"),
        "--minutes",
        "2",
        "--weight",
        "set=1.5",
    ]
    assert main(["train-packed", *arguments, "--decoder", "32", "16", "--slim", "0.5", "--half"]) == 0
    assert seen["plan"].seconds == 120 and seen["plan"].weights == {"set": 1.5} and seen["half"]
    assert seen["decoder"] == (32, 16) and seen["slim"] == 0.5 and seen["labeller"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--minutes", "0"], "--minutes is 0"),
        (["--sizes", "100"], "multiples of 32"),
        (["--slim", "1.5"], "--slim is 1.5"),
        (["--weight", "everyday"], "--weight takes"),
        (["--weight", "everyday=-1"], "--weight takes"),
        ([], "nowhere"),
    ],
)
def test_train_packed_refuses_what_cannot_work(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["train-packed", "a.zip", "--start-from", "nowhere", "--out", "out", *arguments]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert sentence in said
