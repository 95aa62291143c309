import cv2
import numpy as np
import pytest

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter
from humanseg.training.pseudo import agreed, label, with_known, within_boxes


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


def test_a_photo_and_its_mirror_image_have_mirrored_masks():
    one, other = (label(Segmenter(Fickle()), photo) for photo in (scene(), np.ascontiguousarray(scene()[:, ::-1])))
    assert (one == other[:, ::-1]).mean() > 0.995


MASK = np.full((100, 100), BACKGROUND, np.uint8)
MASK[20:80, 20:40] = PERSON
AROUND = (0.19, 0.18, 0.42, 0.83)


def test_a_mask_that_fills_its_box_is_kept_as_it_is():
    assert (within_boxes(MASK, [AROUND]) == MASK).all()


@pytest.mark.parametrize(
    "boxes",
    [[], [AROUND, (0.7, 0.2, 0.9, 0.8)], [(0.19, 0.18, 0.9, 0.83)], [(0.19, 0.18, 0.42, 0.4)]],
    ids=["nobody is there", "somebody is missed", "little of the box is person", "person outside"],
)
def test_a_mask_that_does_not_fit_the_boxes_is_a_guess(boxes):
    assert within_boxes(MASK, boxes) is None


def test_a_little_that_lies_outside_of_the_boxes_is_ignored():
    mask = MASK.copy()
    mask[90:95, 80:90] = PERSON
    kept = within_boxes(mask, [AROUND])
    assert (kept[90:95, 80:90] == IGNORE).all() and (kept[:85] == MASK[:85]).all()
    assert (mask[90:95, 80:90] == PERSON).all(), "the mask that was given is left alone"


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (0.3, 0.5, 0.3, 0.5), (-0.2, -0.2, 1.3, 1.3)])
def test_any_box_is_an_answer_of_one_kind_or_the_other(box):
    kept = within_boxes(MASK, [box])
    assert kept is None or kept.shape == MASK.shape


def test_what_is_known_to_be_person_is_person_in_the_mask():
    mask, known = MASK.copy(), MASK == PERSON
    mask[20:30, 20:40] = IGNORE
    by_any = known.copy()
    by_any[20:25] = False
    assert (with_known(mask, by_any, known) == MASK).all()
    by_any[20:50] = False
    assert with_known(mask, by_any, known) is None


def test_alphas_that_find_hardly_anybody_give_no_mask():
    speck = np.zeros((100, 100), np.float32)
    speck[:5, :5] = 1
    assert agreed([speck] * 3) is None
    speck[:10, :10] = 1
    assert (agreed([speck] * 3)[:10, :10] == PERSON).all()


def test_whole_sets_on_a_gpu_are_labelled_by_the_same_rules():
    torch = pytest.importorskip("torch")
    labels = pytest.importorskip("humanseg.training.gpu.labels")
    random = np.random.default_rng(0)
    for _ in range(40):
        base = cv2.GaussianBlur(random.normal(size=(60, 80)).astype(np.float32), (0, 0), 8) * 12 + 0.3
        alphas = [np.clip(base + random.normal() * 0.1, 0, 1).astype(np.float32) for _ in range(3)]
        votes = np.stack(alphas) >= 0.5
        mean, by_all, by_any = (torch.from_numpy(a) for a in (np.mean(alphas, axis=0), votes.all(0), votes.any(0)))
        theirs, kept = labels.judge(mean, by_all, by_any, torch.ones(60, 80, dtype=torch.bool))
        mine = agreed(alphas)
        assert (mine is not None) == bool(kept)
        if mine is None:
            continue
        assert (mine == theirs.numpy()).all()
        x, y = random.uniform(0, 0.5, 2)
        boxes = [(x, y, x + random.uniform(0.2, 0.5), y + random.uniform(0.2, 0.5))]
        mine, kept = within_boxes(mine, boxes), labels.judge_boxes(theirs, boxes, 60, 80)
        assert (mine is not None) == bool(kept) and (mine is None or (mine == theirs.numpy()).all())
