import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from humanseg.data.masks import IGNORE, PERSON
from humanseg.data.pack import INDEX_NAME, Packed, Row, read_boxes, read_packs, write_packs
from humanseg.errors import DataError


@pytest.fixture
def photos(tmp_path):
    """A smooth photo with a mask, a larger one with boxes and without a mask, and somebody with alpha."""
    across, down = np.meshgrid(np.linspace(0, 255, 80), np.linspace(0, 255, 60))
    rgb = np.stack([across, down, np.full_like(across, 90)], -1).astype(np.uint8)
    mask = np.zeros((60, 80), np.uint8)
    mask[10:40, 20:50], mask[50:] = PERSON, IGNORE
    Image.fromarray(rgb).save(tmp_path / "a.png")
    Image.fromarray(mask).save(tmp_path / "a-mask.png")
    Image.fromarray(np.tile(rgb, (10, 20, 1))).save(tmp_path / "b.png")
    Image.fromarray(np.dstack([rgb, mask])).save(tmp_path / "c.png")
    return [
        Packed(Row("set", "a", "train", masked=True, loose=True), tmp_path / "a.png", tmp_path / "a-mask.png"),
        Packed(Row("other", "b", "unlabelled", boxes=((0.1, 0.2, 0.5, 0.9),)), tmp_path / "b.png"),
        Packed(Row("people", "c", "pasted"), tmp_path / "c.png"),
    ]


def test_what_is_packed_comes_out_again(photos, tmp_path):
    files = write_packs(photos, tmp_path / "packs", [10**9])
    (row_a, rgb_a, mask_a), (row_b, rgb_b, mask_b), (row_c, rgb_c, alpha_c) = read_packs(files)
    assert [row_a, row_b, row_c] == [packed.row for packed in photos]
    assert np.abs(rgb_a.astype(int) - np.asarray(Image.open(tmp_path / "a.png"))).mean() < 4
    assert np.array_equal(mask_a, np.asarray(Image.open(tmp_path / "a-mask.png")))
    assert rgb_b.shape == (192, 512, 3) and mask_b is None  # its long side was 1600
    assert rgb_c.shape == (60, 80, 3) and np.array_equal(alpha_c, mask_a)


def test_packs_keep_to_their_size_and_nothing_is_lost(photos, tmp_path):
    files = write_packs(photos, tmp_path / "packs", [1])
    assert [file.name for file in files] == ["pack-1.zip", "pack-2.zip", "pack-3.zip"]
    assert [row.name for row, _, _ in read_packs(files)] == ["set/a", "other/b", "people/c"]
    whole = write_packs(photos, tmp_path / "whole", [10**9])
    size = whole[0].stat().st_size
    assert all(file.stat().st_size <= size for file in write_packs(photos * 3, tmp_path / "limited", [size]))


@pytest.mark.parametrize("damage", ["text", "no index", "no photo", "another index"])
def test_what_isnt_a_pack_is_refused_by_name(photos, tmp_path, damage):
    (good,) = write_packs(photos, tmp_path / "packs", [10**9])
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if damage == "text":
        bad.write_text("not a pack")
    else:
        if damage == "no index":
            del members[INDEX_NAME]
        elif damage == "no photo":
            del members["photos/set/a.webp"]
        else:
            members[INDEX_NAME] = json.dumps([{"name": "a"}]).encode()
        with zipfile.ZipFile(bad, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    with pytest.raises(DataError, match=r"bad\.zip isn't a pack"):
        list(read_packs([bad]))


def test_boxes_are_read_by_photo(tmp_path):
    file = tmp_path / "boxes.csv"
    file.write_text("file,x0,y0,x1,y1\na.jpg,0.1,0.2,0.3,0.4\nb.jpg,0,0,1,1\na.jpg,0.5,0.5,0.6,0.9\n")
    assert read_boxes(file) == {"a.jpg": [(0.1, 0.2, 0.3, 0.4), (0.5, 0.5, 0.6, 0.9)], "b.jpg": [(0, 0, 1, 1)]}


@pytest.mark.parametrize("text", ["file,x0\na.jpg,1\n", "file,x0,y0,x1,y1\na.jpg,left,0,1,1\n", None])
def test_a_table_that_isnt_of_boxes_is_refused(tmp_path, text):
    file = tmp_path / "boxes.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(DataError, match="isn't a table of boxes"):
        read_boxes(file)
