"""humanseg calibrate: writes what it fits beside the weights."""

import shutil

import cv2
import numpy as np
import pytest

from humanseg.cli import main
from humanseg.evaluation import calibrate
from humanseg.model.config import read_config
from tests.evaluation.test_calibrate import measurements


@pytest.fixture
def sets(tmp_path):
    for kind in ("set/images", "set/masks", "rooms"):
        (tmp_path / kind).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / kind / "b.png"), np.zeros((8, 8), np.uint8))
    (tmp_path / "rooms" / "valid.txt").write_text("b\n")
    return ["--data", str(tmp_path / "set"), "--negatives", str(tmp_path / "rooms")]


@pytest.fixture
def weights(repository, tmp_path):
    return shutil.copytree(repository / "checkpoints" / "humansegnet-live", tmp_path / "weights")


def test_calibrate_writes_the_fit_its_figures_and_a_plot_beside_the_weights(weights, sets, monkeypatch, capsys):
    people, rooms = measurements()
    monkeypatch.setattr(calibrate, "measure", lambda *_, **__: people + rooms)
    before = read_config(weights)
    assert main(["calibrate", "--model", str(weights), *sets]) == 0
    said = capsys.readouterr().out
    assert "missed in 0 of 300 pairs" in said and "rank correlation 0.9" in said
    after = read_config(weights)
    assert len(after.calibration.expected_iou) == 5
    assert after.metrics["confidence"]["nobody"] == {"n": 60, "somebody": 0}
    assert after.metrics.keys() - before.metrics.keys() <= {"confidence"} and after.training == before.training
    plot = cv2.imread(str(weights / "confidence.png"))
    assert plot is not None and min(plot.shape[:2]) > 200 and (weights / "confidence.png").stat().st_size < 100_000


def test_calibrate_names_a_cache_that_can_not_be_written(weights, sets, tmp_path, capsys):
    (tmp_path / "taken").touch()
    assert main(["calibrate", "--model", str(weights), *sets, "--cache", str(tmp_path / "taken")]) == 1
    assert "--cache" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["--data", "--negatives"])
def test_calibrate_wants_people_and_nobody(sets, missing, capsys):
    at = sets.index(missing)
    with pytest.raises(SystemExit):
        main(["calibrate", *sets[:at], *sets[at + 2 :]])
    assert missing in capsys.readouterr().err
