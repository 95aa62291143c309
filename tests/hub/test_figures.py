import json

import pytest

from humanseg.errors import DataError
from humanseg.hub import figures
from humanseg.model.config import ModelConfig


def test_a_second_score_of_a_set_replaces_the_first_and_leaves_the_rest(weights, scores):
    figures.add_scores(weights, [scores])
    content = json.loads(scores.read_text())
    content["mean"]["iou"] = 0.5
    scores.write_text(json.dumps(content | {"data": "other"}))
    config = figures.add_scores(weights, [scores])
    assert {name: row["iou"] for name, row in config.metrics["evaluation"].items()} == {
        "portraits": 0.9123,
        "other": 0.5,
    }


def test_figures_of_one_pass_stand_beside_those_of_two(weights, scores):
    figures.add_scores(weights, [scores])
    content = json.loads(scores.read_text()) | {"second_pass": False}
    scores.write_text(json.dumps(content))
    assert set(figures.add_scores(weights, [scores]).metrics["evaluation"]) == {"portraits", "portraits, one pass"}


@pytest.mark.parametrize("text", ["", "[]", '{"data": "x"}'])
def test_what_are_no_scores_is_named(weights, tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"other\.json"):
        figures.add_scores(weights, [path])


def test_figures_at_another_size_stand_beside_those_at_the_usual_one(weights, scores):
    content = json.loads(scores.read_text()) | {"size": ModelConfig.size}
    scores.write_text(json.dumps(content))
    figures.add_scores(weights, [scores])
    scores.write_text(json.dumps(content | {"size": 256}))
    config = figures.add_scores(weights, [scores])
    assert list(config.metrics["evaluation"]) == ["portraits", "portraits, 256 px"]


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_what_is_no_table_is_named(weights, tmp_path, text):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(DataError, match=r"other\.json"):
        figures.add_table(weights, file)


def test_scores_of_two_folders_of_one_name_are_told_apart_by_their_files(weights, scores, tmp_path):
    other = tmp_path / "day2.json"
    other.write_text(scores.read_text())
    config = figures.add_scores(weights, [scores, other])
    assert list(config.metrics["evaluation"]) == ["portraits (scores)", "portraits (day2)"]


def test_figures_of_several_sets_in_one_file_each_have_their_row(weights, scores):
    content = json.loads(scores.read_text())
    alarms = content | {"data": "rooms", "mean": {"n": 5, "somebody": 1, "false_area": 0.1}, "photos": []}
    scores.write_text(json.dumps({"sets": [content, alarms]}))
    config = figures.add_scores(weights, [scores])
    assert list(config.metrics["evaluation"]) == ["portraits"] and list(config.metrics["false_alarms"]) == ["rooms"]
