"""humanseg evaluate: figures of pairs, and of photos of nobody."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.segmenter import Segmenter


@pytest.fixture
def pairs(astronaut, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind).mkdir(parents=True)
    Image.fromarray(astronaut).save(tmp_path / "set" / "images" / "one.png")
    mask = np.zeros((256, 256), np.uint8)
    mask[60:, 40:190] = 255
    cv2.imwrite(str(tmp_path / "set" / "masks" / "one.png"), mask)
    return tmp_path / "set"


def test_evaluate_prints_the_figures_and_writes_each_photos(pairs, tmp_path, capsys):
    assert main(["evaluate", "--data", str(pairs), "--json", str(tmp_path / "scores.json")]) == 0
    line = capsys.readouterr().out
    assert all(label in line for label in ("n 1", "IoU", "boundary IoU", "Dice", "MAE", "haze"))
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["photos"][0]["id"] == "one" and content["mean"]["n"] == 1
    assert 0.3 < content["mean"]["iou"] < 1


def test_evaluate_takes_a_list_of_ids(pairs, tmp_path, capsys):
    (tmp_path / "ids.txt").write_text("two\n")
    assert main(["evaluate", "--data", str(pairs), "--ids", str(tmp_path / "ids.txt")]) == 1
    assert "two" in capsys.readouterr().err


def test_evaluate_of_nothing_says_so(tmp_path, capsys):
    assert main(["evaluate", "--data", str(tmp_path / "nowhere")]) == 1
    assert "There is no folder" in capsys.readouterr().err


@pytest.fixture
def rooms(astronaut, tmp_path):
    (tmp_path / "rooms").mkdir()
    noise = np.random.default_rng(0).integers(100, 110, (64, 64, 3), np.uint8)
    for name, picture in (("a", noise), ("b", astronaut), ("c", noise), ("d", noise)):
        Image.fromarray(picture).save(tmp_path / "rooms" / f"{name}.png")
    return tmp_path / "rooms"


def test_evaluate_counts_where_somebody_is_found_though_nobody_is_there(rooms, tmp_path, capsys):
    assert main(["evaluate", "--negatives", str(rooms), "--json", str(tmp_path / "scores.json")]) == 0
    assert "n 4, somebody found in 1\n  b\n" in capsys.readouterr().out
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["data"] == "rooms" and content["mean"]["somebody"] == 1
    assert [row["id"] for row in content["photos"]] == ["a", "b", "c", "d"]


def test_evaluate_counts_among_the_photos_of_nobody_that_are_listed(rooms, tmp_path, capsys):
    (rooms / "._a.png").write_bytes(b"a Mac was here")
    (tmp_path / "ids.txt").write_text("b\nd\n")
    assert main(["evaluate", "--negatives", str(rooms), "--ids", str(tmp_path / "ids.txt")]) == 0
    assert "n 2, somebody found in 1\n  b\n" in capsys.readouterr().out


def test_evaluate_names_a_listed_photo_of_nobody_that_is_not_there(rooms, tmp_path, capsys):
    (tmp_path / "ids.txt").write_text("z\n")
    assert main(["evaluate", "--negatives", str(rooms), "--ids", str(tmp_path / "ids.txt")]) == 1
    assert "no photo named z" in capsys.readouterr().err


def test_evaluate_wants_pairs_or_photos_of_nobody(capsys):
    assert main(["evaluate"]) == 1
    assert "--negatives" in capsys.readouterr().err


def test_evaluate_scores_several_sets_and_says_how_often_it_is_wrong_about_there_being_somebody(
    pairs, rooms, tmp_path, capsys
):
    (rooms / "images").mkdir()  # as some sets have them
    for photo in rooms.glob("*.png"):
        photo.rename(rooms / "images" / photo.name)
    (rooms / "valid.txt").write_text("b\nc\nd\n")
    Image.new("RGB", (64, 64), "grey").save(pairs / "images" / "two.png")
    cv2.imwrite(str(pairs / "masks" / "two.png"), np.full((64, 64), 255, np.uint8))
    scores = tmp_path / "scores.json"
    sets = ["--data", str(pairs), "--negatives", str(rooms), str(rooms / "images")]
    assert main(["evaluate", *sets, "--validation", "--json", str(scores)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(", nobody found in 1") and f"{rooms}: n 3, somebody found in 1" in lines
    assert lines[-1] == "All pairs: n 2, nobody found in 1 (50.0 %)"
    assert lines[-2].startswith("All photos of nobody: n ") and lines[-2].endswith(" %)")
    contents = json.loads(scores.read_text())["sets"]
    assert [content["data"] for content in contents] == ["set", "rooms", "images"]
    assert [row.get("missed") for row in contents[0]["photos"]] == [False, True]


def test_evaluate_takes_ids_of_one_set_only(pairs, tmp_path, capsys):
    (tmp_path / "ids.txt").write_text("one\n")
    assert main(["evaluate", "--data", str(pairs), str(pairs), "--ids", str(tmp_path / "ids.txt")]) == 1
    assert "--ids is for one set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--json", "missing/s.json"], "--json can't be written"),
        (["--json", "set"], "names the folder"),
        (["--json", "set/masks/one.png"], "which is read"),
        (["--json", "ids.txt", "--ids", "ids.txt"], "which is read"),
        (["--size", "0"], "--size takes a whole number from 1"),
        (["--size", "large"], "--size takes a whole number from 1"),
        (["--threads", "-1"], "--threads takes a whole number from 1"),
    ],
)
def test_evaluate_refuses_what_cannot_work_before_the_work(pairs, tmp_path, monkeypatch, capsys, extra, sentence):
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *_, **__: pytest.fail("the work had begun"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids.txt").write_text("one\n")
    mask = (pairs / "masks" / "one.png").read_bytes()
    assert main(["evaluate", "--data", "set", *extra]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert sentence in said
    assert (pairs / "masks" / "one.png").read_bytes() == mask and (tmp_path / "ids.txt").read_text() == "one\n"


@pytest.mark.parametrize("option", ["--no-second-pass", "--no-second-look"])
def test_evaluate_leaves_the_second_pass_out_by_its_old_name_too(pairs, tmp_path, standing_in, option):
    assert main(["evaluate", "--data", str(pairs), "--json", str(tmp_path / "scores.json"), option]) == 0
    assert json.loads((tmp_path / "scores.json").read_text())["second_pass"] is False
