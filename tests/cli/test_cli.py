import json

import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.data.datasets import find_pairs, read_pair
from humanseg.data.masks import BACKGROUND, PERSON
from humanseg.hub.find import find_weights
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, read_config
from humanseg.segmenter import Segmenter


@pytest.fixture
def photo(astronaut, tmp_path):
    path = tmp_path / "my photo.png"
    Image.fromarray(astronaut).save(path)
    return path


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
    assert all(label in line for label in ("n 1", "IoU", "boundary IoU", "Dice", "MAE"))
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


@pytest.mark.parametrize("given", [[], ["--data", "a", "--negatives", "b"]])
def test_evaluate_wants_pairs_or_photos_of_nobody(given, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", *given])
    assert "--negatives" in capsys.readouterr().err


def test_info_names_weights_and_engine(capsys):
    assert main(["info", "--engine", "torch"]) == 0
    text = capsys.readouterr().out
    assert "humansegnet" in text and "torch cpu" in text


def test_export_writes_onnx_that_agrees_with_the_engine(tmp_path, astronaut):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "net.onnx"
    assert main(["export", "--out", str(path)]) == 0
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    segmenter = Segmenter.from_pretrained(engine="torch")
    for side in (256, 192):
        image = np.ascontiguousarray(astronaut[:side, : side + 32])
        (alpha,) = session.run(None, {"pixels": image.transpose(2, 0, 1)[None].astype(np.float32)})
        assert np.abs(alpha[0, 0] - segmenter.engine(image)).max() < 1e-3


def test_export_refuses_a_size_that_does_not_fit(tmp_path, capsys):
    assert main(["export", "--out", str(tmp_path / "x.onnx"), "--size", "100", "64"]) == 1
    assert "multiples of 32" in capsys.readouterr().err


def test_a_run_by_module_name_prints_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "cut-out" in capsys.readouterr().out


def test_label_marks_photos_for_training_and_reports_the_rest(photo, tmp_path, capsys):
    empty, broken, again = tmp_path / "empty.png", tmp_path / "broken.jpg", tmp_path / "again" / photo.name
    Image.new("RGB", (64, 64), "grey").save(empty)
    broken.write_bytes(b"not a picture")
    again.parent.mkdir()
    again.write_bytes(photo.read_bytes())
    out = tmp_path / "out"
    assert main(["label", *map(str, (broken, photo, empty, again)), "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert "broken.jpg" in said.err and "rename one" in said.err
    assert "1 of 4 photos" in said.out
    (pair,) = find_pairs(out)
    rgb, mask = read_pair(pair)
    assert pair.image.read_bytes() == photo.read_bytes() and mask.shape == rgb.shape[:2]
    assert mask[150, 225] == PERSON and mask[5, 5] == BACKGROUND


def test_average_writes_weights_that_load(tmp_path):
    shipped = find_weights()
    folders = [str(shipped)] * 2
    assert main(["average", *folders, "--out", str(tmp_path / "mean"), "--scale-logits", "0.8"]) == 0
    assert read_config(tmp_path / "mean").training["logits_scaled"] == 0.8
    for name in (CONFIG_NAME, WEIGHTS_NAME):
        assert (tmp_path / "mean" / name).is_file()
