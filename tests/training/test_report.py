import json

import cv2
import numpy as np
import pytest

from humanseg.errors import TrainingError
from humanseg.model.config import CONFIG_NAME, ModelConfig
from humanseg.training import report


@pytest.fixture
def weights(tmp_path):
    config = ModelConfig(training={"epochs": 7, "sources": {"portraits": {"photos": 800, "weight": 0.5}}})
    (tmp_path / CONFIG_NAME).write_text(json.dumps(config.to_json()))
    return tmp_path


def test_curves_are_drawn_from_the_metrics(tmp_path):
    (tmp_path / "metrics.csv").write_text("epoch,loss,a/iou,a/boundary_iou\n1,1.0,0.5,0.2\n2,0.5,0.7,0.4\n")
    assert cv2.imread(str(report.curves(tmp_path))).shape[0] > 500


@pytest.mark.parametrize("text", [None, "", "epoch,loss\n", "epoch,loss\n1,x\n", "epoch,loss\n1\n"])
def test_metrics_that_cannot_be_drawn_are_named(tmp_path, text):
    if text is not None:
        (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(TrainingError, match=r"metrics\.csv"):
        report.curves(tmp_path)


def test_best_median_and_worst_come_in_order_and_once():
    assert report.best_median_worst([0.1, 0.9, 0.5, 0.7, 0.3], each=1) == [1, 2, 0]
    assert report.best_median_worst([0.5, 0.6], each=4) == [1, 0]
    assert report.best_median_worst([]) == []


def test_a_contact_sheet_shows_cut_outs_on_magenta(tmp_path):
    photo = np.full((40, 80, 3), 90, np.uint8)
    alpha = np.zeros((20, 40), np.float32)
    alpha[:, :20] = 1
    report.contact_sheet([(photo, alpha, "0.5")] * 5, tmp_path / "new" / "sheet.png", cell=100)
    sheet = cv2.imread(str(tmp_path / "new" / "sheet.png"))[..., ::-1]
    assert sheet.shape == (240, 800, 3)
    assert (sheet[20, 190] == report.MAGENTA).all() and (sheet[20, 110] == 90).all()


def test_a_run_is_reported(weights):
    (weights / "metrics.csv").write_text("epoch,loss,photos_per_s\n1,1.0,5.0\n2,0.5,7.0\n3,0.4,6.0\n")
    (weights / "curves.png").write_bytes(b"")
    text = report.write_report(weights).read_text()
    assert "3 epochs" in text and "6.0 photos a second" in text
    assert "![curves.png](curves.png)" in text and '"epochs": 7' in text


def test_a_run_without_metrics_is_not_reported(weights):
    with pytest.raises(TrainingError, match=r"metrics\.csv"):
        report.write_report(weights)
