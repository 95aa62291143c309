"""humanseg label: pairs to train on."""

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
