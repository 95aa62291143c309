import cv2
import numpy as np
import pytest

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter
from humanseg.training.pseudo import label


class Fickle:
    """An engine that takes what is bright for a person; what is grey only where it is shown no more than `up_to` px."""

    name = "fickle"

    def __init__(self, up_to=0):
        self.config = ModelConfig(size=224)
        self.up_to = up_to

    def __call__(self, image):
        grey = 100 if max(image.shape[:2]) <= self.up_to else 200
        return np.clip((image.mean(2, dtype=np.float32) - grey) / 20, 0, 1)


def scene(grey_side=0):
    """A bright square person on black, and something grey that is as high and so wide."""
    photo = np.zeros((300, 400, 3), np.uint8)
    photo[100:200, 50:150] = 255
    photo[100:200, 250 : 250 + grey_side] = 150
    return photo


def test_pixels_on_which_all_sizes_agree_are_marked_and_the_outline_is_ignored():
    mask = label(Segmenter(Fickle()), scene())
    assert mask.shape == (300, 400) and mask.dtype == np.uint8
    person = scene()[..., 0] == 255
    inside, around = (
        operation(person.astype(np.uint8), np.ones((13, 13))) > 0 for operation in (cv2.erode, cv2.dilate)
    )
    assert (mask[inside] == PERSON).all() and (mask[~around] == BACKGROUND).all()
    assert set(np.unique(mask)) == {BACKGROUND, IGNORE, PERSON}


def test_a_part_found_at_one_size_only_is_ignored():
    mask = label(Segmenter(Fickle(up_to=200)), scene(grey_side=40))
    assert (mask[110:190, 260:280] == IGNORE).all() and (mask[110:190, 60:140] == PERSON).all()


@pytest.mark.parametrize("photo", [scene(grey_side=140), np.zeros((300, 400, 3), np.uint8)], ids=["doubtful", "nobody"])
def test_a_photo_that_would_be_a_guess_gets_no_mask(photo):
    assert label(Segmenter(Fickle(up_to=200)), photo) is None
