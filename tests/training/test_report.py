import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from humanseg.errors import DataError, TrainingError, WeightsError
from humanseg.model.config import CONFIG_NAME, ModelConfig, read_config
from humanseg.training import report


@pytest.fixture
def weights(tmp_path):
    config = ModelConfig(training={"epochs": 7, "sources": {"portraits": {"photos": 800, "weight": 0.5}}})
    (tmp_path / CONFIG_NAME).write_text(json.dumps(config.to_json()))
    return tmp_path


@pytest.fixture
def scores(tmp_path):
    mean = {"n": 60, "iou": 0.9123, "boundary_iou": 0.7, "dice": 0.95, "mae": 0.02}
    path = tmp_path / "scores.json"
    content = {"data": "portraits", "engine": "torch", "size": ModelConfig.size, "mean": mean, "photos": []}
    path.write_text(json.dumps(content))
    return path


def test_the_card_is_made_of_what_was_measured(weights, scores):
    report.add_scores(weights, [scores])
    text = report.write_card(weights).read_text()
    assert "| portraits | 60 | 0.912 | 0.700 |" in text
    assert "academic exchange only" in text and "epochs 7" in text
    assert text.startswith("---\nlicense: other")
    assert read_config(weights).metrics["evaluation"]["portraits"]["n"] == 60


def test_a_second_score_of_a_set_replaces_the_first_and_leaves_the_rest(weights, scores):
    report.add_scores(weights, [scores])
    content = json.loads(scores.read_text())
    content["mean"]["iou"] = 0.5
    scores.write_text(json.dumps(content | {"data": "other"}))
    config = report.add_scores(weights, [scores])
    assert {name: row["iou"] for name, row in config.metrics["evaluation"].items()} == {
        "portraits": 0.9123,
        "other": 0.5,
    }


def test_figures_of_one_pass_stand_beside_those_of_two(weights, scores):
    report.add_scores(weights, [scores])
    content = json.loads(scores.read_text()) | {"second_pass": False}
    scores.write_text(json.dumps(content))
    assert set(report.add_scores(weights, [scores]).metrics["evaluation"]) == {"portraits", "portraits, one pass"}


def test_the_card_of_a_webcam_s_network_says_what_it_is_for_and_what_can_t_read_it():
    card = report.model_card(ModelConfig(decoder_channels=(64, 32, 16), size=256, live_size=256))
    assert "64-32-16 channels, 4 times coarser" in card and "meant for webcam frames" in card
    assert "smp.from_pretrained" not in card and "smp.from_pretrained" in report.model_card(ModelConfig())


def test_the_card_tells_how_often_somebody_is_found_in_photos_of_nobody(weights, scores, tmp_path):
    assert "without people come out" not in report.model_card(read_config(weights))
    file = tmp_path / "rooms.json"
    mean = {"n": 96, "somebody": 5, "false_area": 0.01}
    rows = [{"id": "a", "somebody": True, "false_area": 0.3}]
    file.write_text(json.dumps(json.loads(scores.read_text()) | {"data": "rooms", "mean": mean, "photos": rows}))
    report.add_scores(weights, [scores, file])
    text = report.write_card(weights).read_text()
    assert "| portraits | 60 | 0.912 | 0.700 |" in text and "| rooms |" not in text
    assert "\n\nrooms: 5 of 96 photos without people come out with somebody (" in text


def test_a_card_without_scores_says_so(weights):
    assert "Not measured yet" in report.write_card(weights).read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"data": "x"}'])
def test_what_are_no_scores_is_named(weights, tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"other\.json"):
        report.add_scores(weights, [path])


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(WeightsError):
        report.write_card(tmp_path)


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


def test_the_card_tells_what_the_score_depends_on(weights, scores):
    photos = [
        {"people": 1, "person_share": 0.4, "iou": 0.9, "boundary_iou": 0.8},
        {"people": 1, "person_share": 0.02, "iou": 0.7, "boundary_iou": 0.6},
        {"people": 5, "iou": 0.5, "boundary_iou": 0.4},
    ]
    scores.write_text(json.dumps(json.loads(scores.read_text()) | {"photos": photos}))
    report.add_scores(weights, [scores])
    text = report.write_card(weights).read_text()
    assert "| people apart from each other | 1 to below 2 | 2 | 0.800 | 0.700 |" in text
    assert "| people apart from each other | 3 and more | 1 | 0.500 | 0.400 |" in text
    assert "| share of the frame that is person | 0.3 to below 0.5 | 1 | 0.900 | 0.800 |" in text


def test_figures_at_another_size_stand_beside_those_at_the_usual_one(weights, scores):
    content = json.loads(scores.read_text()) | {"size": ModelConfig.size}
    scores.write_text(json.dumps(content))
    report.add_scores(weights, [scores])
    scores.write_text(json.dumps(content | {"size": 256}))
    config = report.add_scores(weights, [scores])
    assert list(config.metrics["evaluation"]) == ["portraits", "portraits, 256 px"]


def test_the_card_shows_tables(weights, tmp_path):
    row = {"iou": 0.85, "boundary_iou": 0.6, "false_area": 0.03}
    file = tmp_path / "ablation.json"
    file.write_text(json.dumps({"title": "Ablation", "what": "Short runs.", "rows": {"all of it": row}}))
    report.add_table(weights, file)
    del row["false_area"]
    file.write_text(json.dumps({"title": "Folds", "what": "Each fold.", "rows": {"fold 1": row}}))
    report.add_table(weights, file)
    text = report.write_card(weights).read_text()
    assert "### Ablation" in text and "| all of it | 0.8500 | 0.6000 | 0.0300 |" in text and "Short runs." in text
    assert "### Folds" in text and "| fold 1 | 0.8500 | 0.6000 |\n" in text and "Each fold." in text


def test_the_card_tells_every_stage_of_the_training(weights):
    config = read_config(weights)
    assert "Recipe of `train.py`: epochs 7" in report.model_card(config)
    later = replace(config, training={"epochs": 3, "earlier": [config.training]})
    text = report.model_card(later)
    assert "\n1. epochs 7" in text and "\n2. epochs 3\n" in text


def test_the_card_tells_how_far_outlines_are_drawn_in(weights):
    config = read_config(weights)
    assert "drawn in" not in report.model_card(config)
    assert "drawn in by 0.25 of the network's pixels" in report.model_card(replace(config, inset=0.25))


def test_the_card_tells_which_means_of_weights_were_gone_on_from(weights):
    config = read_config(weights)
    mean_of = [{"stage": 1, "epoch": 4}, {"stage": 1, "epoch": 7}]
    averaged = {**config.training, "mean_of": mean_of}
    further = {**config.training, "mean_of": [{"stage": 3, "epoch": None}, {"stage": 4, "epoch": 6}]}
    assert "of stage 3 (their mean), stage 4 after epoch 6" in report.model_card(replace(config, training=further))
    assert "mean of those of stage 1 after epoch 4, stage 1 after epoch 7" in report.model_card(
        replace(config, training=averaged)
    )
    text = report.model_card(replace(config, training={"epochs": 3, "earlier": [averaged]}))
    assert "\n2. epochs 3; begun with the mean of stage 1 after epoch 4, stage 1 after epoch 7\n" in text
    assert "The weights are the mean" not in text


def test_the_card_tells_that_the_last_layer_was_scaled(weights):
    config = read_config(weights)
    scaled = replace(config, training={**config.training, "logits_scaled": 0.8})
    assert "the last layer was scaled by 0.8" in report.model_card(scaled)
    assert "scaled" not in report.model_card(config)
    further = replace(config, training={"epochs": 3, "earlier": [{"mean_of": [], "logits_scaled": 0.8}]})
    assert "its last layer scaled by 0.8" in report.model_card(further)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_what_is_no_table_is_named(weights, tmp_path, text):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(DataError, match=r"other\.json"):
        report.add_table(weights, file)


def test_a_run_is_reported(weights):
    (weights / "metrics.csv").write_text("epoch,loss,photos_per_s\n1,1.0,5.0\n2,0.5,7.0\n3,0.4,6.0\n")
    (weights / "curves.png").write_bytes(b"")
    text = report.write_report(weights).read_text()
    assert "3 epochs" in text and "6.0 photos a second" in text
    assert "![curves.png](curves.png)" in text and '"epochs": 7' in text


def test_a_run_without_metrics_is_not_reported(weights):
    with pytest.raises(TrainingError, match=r"metrics\.csv"):
        report.write_report(weights)
