"""humanseg label: pairs to train on."""

import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.data.datasets import find_pairs, read_pair
from humanseg.data.masks import BACKGROUND, PERSON
from humanseg.media import encode
from humanseg.segmenter import Segmenter


@pytest.fixture
def photo(astronaut, tmp_path):
    path = tmp_path / "my photo.png"
    Image.fromarray(astronaut).save(path)
    return path


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


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_label_refuses_an_impossible_folder_before_the_work(small, tmp_path, monkeypatch, capsys, out):
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *_, **__: pytest.fail("the work had begun"))
    photo = small("a.jpg")
    (tmp_path / "taken").touch()
    assert main(["label", str(photo), "--out", str(tmp_path / out)]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "name another folder" in said


@pytest.mark.parametrize("name", ["set/images/a.jpg", "set/masks/a.png"])
def test_label_never_writes_over_what_it_reads(small, tmp_path, capsys, name):
    photo = small(name)
    before = photo.read_bytes()
    assert main(["label", str(tmp_path / "set"), "--out", str(tmp_path / "set")]) == 1
    assert "is one of the photos" in capsys.readouterr().err and photo.read_bytes() == before


def test_label_takes_folders(small, tmp_path, standing_in, capsys):
    for name in ("in/a.jpg", "in/sub/b.jpg", "in/.c.jpg"):
        small(name)
    assert main(["label", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    assert [pair.stem for pair in find_pairs(tmp_path / "out")] == ["a", "b"]
    assert "2 of 2" in capsys.readouterr().out


def test_label_stopped_between_photo_and_mask_leaves_neither(small, tmp_path, standing_in, monkeypatch, capsys):
    photo, out, write = small("a.jpg"), tmp_path / "out", encode.write

    def stopped(path, data):
        if path.suffix == ".png":
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(encode, "write", stopped)
    assert main(["label", str(photo), "--out", str(out)]) == 130
    assert capsys.readouterr().err == "Stopped after 0 of 1 photos.\n"
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_label_keeps_photos_whose_boxes_are_filled(small, tmp_path, standing_in, capsys):
    """The stand-in finds one person, an ellipse in the middle of every photo."""
    for name in ("in/full.png", "in/half.png", "in/unlisted.png"):
        small(name)
    (tmp_path / "boxes.csv").write_text(
        "file,x0,y0,x1,y1\nfull.png,0.2,0.1,0.8,0.95\nhalf.png,0.2,0.1,0.8,0.95\nhalf.png,0,0,0.15,0.15\n"
    )
    options = ["--boxes", str(tmp_path / "boxes.csv"), "--out", str(tmp_path / "out")]
    assert main(["label", str(tmp_path / "in"), *options]) == 0
    assert [pair.stem for pair in find_pairs(tmp_path / "out")] == ["full"]
    assert "1 of 3" in capsys.readouterr().out


def test_label_keeps_what_a_partial_mask_knows(small, tmp_path, standing_in, capsys):
    for name in ("in/found.png", "in/missed.png"):
        small(name)
    for name, rows in (("found", slice(10, 14)), ("missed", slice(0, 4))):
        known = np.full((24, 32), 128, np.uint8)
        known[rows, 14:18] = 255
        (tmp_path / "known").mkdir(exist_ok=True)
        Image.fromarray(known).save(tmp_path / "known" / f"{name}.png")
    options = ["--known", str(tmp_path / "known"), "--out", str(tmp_path / "out")]
    assert main(["label", str(tmp_path / "in"), *options]) == 0
    (pair,) = find_pairs(tmp_path / "out")
    assert pair.stem == "found" and (read_pair(pair)[1][10:14, 14:18] == PERSON).all()


def test_label_reports_a_photo_whose_partial_mask_is_missing(small, tmp_path, standing_in, capsys):
    small("in/a.png")
    (tmp_path / "known").mkdir()
    assert (
        main(["label", str(tmp_path / "in"), "--known", str(tmp_path / "known"), "--out", str(tmp_path / "out")]) == 1
    )
    assert "a.png" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--boxes", "--known"])
def test_label_names_what_it_should_know_from_and_is_not_there(small, tmp_path, monkeypatch, capsys, option):
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *_, **__: pytest.fail("the work had begun"))
    photo = small("a.jpg")
    assert main(["label", str(photo), option, str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 1
    assert "nowhere" in capsys.readouterr().err
