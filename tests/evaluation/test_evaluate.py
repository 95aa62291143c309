import cv2
import numpy as np
import pytest

from humanseg.data.datasets import find_negatives, find_pairs
from humanseg.errors import DataError
from humanseg.evaluation.evaluate import attributes, evaluate, summary


class Brightness:
    """A segmenter that takes what is bright for a person."""

    class config:
        threshold = 0.5

    def alpha(self, image, **_):
        return (image.rgb.mean(2) > 127).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    for stem, cut in (("right", 0), ("half", 20)):
        mask = np.zeros((40, 40), np.uint8)
        mask[:, :20] = 255
        cv2.imwrite(str(tmp_path / "images" / f"{stem}.png"), mask)
        mask[:cut] = 0
        cv2.imwrite(str(tmp_path / "masks" / f"{stem}.png"), mask[::2, ::2])
    return tmp_path


def test_each_photo_is_scored_at_its_masks_size(folder):
    rows = {row["id"]: row for row in evaluate(Brightness(), find_pairs(folder), progress=False)}
    assert rows["right"]["iou"] == 1 and rows["right"]["mae"] == 0
    assert rows["half"]["iou"] == pytest.approx(0.5)


def test_the_summary_is_the_mean_over_photos(folder):
    mean = summary(evaluate(Brightness(), find_pairs(folder), progress=False))
    assert mean["n"] == 2 and mean["iou"] == pytest.approx(0.75)


def test_somebody_where_nobody_is_is_counted(tmp_path):
    picture = np.zeros((40, 40), np.uint8)
    cv2.imwrite(str(tmp_path / "dark.png"), picture)
    picture[:10] = 255
    cv2.imwrite(str(tmp_path / "lit.png"), picture)
    rows = evaluate(Brightness(), find_negatives(tmp_path), progress=False)
    assert rows == [
        {"id": "dark", "somebody": False, "false_area": 0.0},
        {"id": "lit", "somebody": True, "false_area": 0.25},
    ]
    assert summary(rows) == {"n": 2, "somebody": 1, "false_area": 0.125}


def test_a_mask_of_another_frame_is_named(folder):
    cv2.imwrite(str(folder / "masks" / "half.png"), np.zeros((40, 20), np.uint8))
    with pytest.raises(DataError, match=r"half\.png"):
        evaluate(Brightness(), find_pairs(folder), progress=False)


def test_what_the_score_may_depend_on_is_measured():
    rgb = np.full((40, 60, 3), 51, np.uint8)
    mask = np.zeros((40, 60), np.uint8)
    for left in (0, 40):
        rgb[:, left : left + 12] = 255
        mask[:, left : left + 12] = 255
    mask[0, 30] = 255  # a speck
    found = attributes(rgb, mask)
    assert found["people"] == 2
    assert found["person_share"] == pytest.approx(0.4, abs=0.01)
    assert found["person_brightness"] == pytest.approx(1, abs=0.01)
    assert found["scene_brightness"] == pytest.approx(0.52, abs=0.01)


def test_a_photo_of_nobody_has_no_attributes():
    assert attributes(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)) == {}
