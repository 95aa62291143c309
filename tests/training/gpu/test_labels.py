import pytest
import torch

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.data.pack import Row
from humanseg.training.gpu.labels import judge, judge_boxes, label, votes

SIZES = (48, 64, 96)


def square(side=64, low=20, high=44):
    mask = torch.zeros(side, side, dtype=torch.bool)
    mask[low:high, low:high] = True
    return mask


def test_votes_are_the_mean_over_sizes_and_mirror_images(make_canvases):
    photos = make_canvases([Row("a", "0", "unlabelled")]).photos
    seen = []

    def predict(image):
        seen.append(image.shape[-1])
        return torch.full_like(image[:, :1], 0.2 if len(seen) % 2 else 0.9)

    mean, by_all, by_any = votes(predict, photos, SIZES)
    assert seen == [48, 48, 64, 64, 96, 96]
    assert torch.allclose(mean, torch.tensor(0.55)) and by_all.all() and by_any.all()


def test_what_all_sizes_agree_on_is_marked_and_the_rest_ignored():
    person, inside = square(), torch.ones(64, 64, dtype=torch.bool)
    inside[60:] = False
    mean = torch.where(person, 0.9, 0.1)
    mean[20:24] = 0.5
    by_any = person.clone()
    by_any[:4] = True  # one size saw somebody there
    mask, kept = judge(mean, person, by_any, inside)
    assert kept and (mask[24:44, 20:44] == PERSON).all() and (mask[20:24] == IGNORE).all()
    assert (mask[:4] == IGNORE).all() and (mask[60:] == IGNORE).all() and mask[50, 5] == BACKGROUND


@pytest.mark.parametrize("case", ["nobody", "too small", "sizes disagree"])
def test_a_photo_that_would_be_a_guess_isnt_kept(case):
    inside = torch.ones(64, 64, dtype=torch.bool)
    person = {"nobody": square(low=0, high=0), "too small": square(low=30, high=32)}.get(case, square())
    by_any = square(low=10, high=54) if case == "sizes disagree" else person
    _, kept = judge(torch.where(person, 0.95, 0.05), person, by_any, inside)
    assert not kept


def test_every_box_has_to_be_filled_and_what_lies_outside_is_ignored():
    mask = torch.zeros(64, 64, dtype=torch.uint8)
    mask[20:44, 20:44] = PERSON
    box = (20 / 64, 20 / 64, 44 / 64, 44 / 64)
    assert judge_boxes(mask.clone(), [box], 64, 64)
    assert not judge_boxes(mask.clone(), [box, (0.8, 0.8, 1.0, 1.0)], 64, 64)
    stray = mask.clone()
    stray[60:62, 2:6] = PERSON
    assert judge_boxes(stray, [box], 64, 64) and (stray[60:62, 2:6] == IGNORE).all()
    much = mask.clone()
    much[50:64] = PERSON
    assert not judge_boxes(much, [box], 64, 64)


def test_photos_are_labelled_in_place(make_canvases, bright):
    rows = [Row("photos", str(n), "unlabelled") for n in range(3)] + [Row("set", "t", "train", masked=True)]
    canvases = make_canvases(rows)
    before = canvases.masks[3].clone()
    assert label(canvases, bright, batch=2) == {"photos": 3}
    for number in range(3):
        found = canvases.masks[number, 0] == PERSON
        shown = canvases.photos[number].float().mean(0) > 128
        assert (found & shown).sum() > 0.75 * shown.sum() and not (found & ~shown).any()
        assert (canvases.masks[number, 0, 48:] == IGNORE).all() and canvases.people[number, 2] > 0
    assert torch.equal(canvases.masks[3], before)


def test_photos_of_nobody_get_no_label(make_canvases):
    canvases = make_canvases([Row("photos", "0", "unlabelled")])
    assert label(canvases, lambda image: torch.zeros_like(image[:, :1])) == {}
    assert (canvases.masks == IGNORE).all() and not canvases.people.any()


def test_what_is_known_stays_person_and_has_to_be_found(make_canvases, bright):
    canvases = make_canvases([Row("hair", "0", "unlabelled", masked=True)])
    disc = canvases.photos[0].float().mean(0) > 128
    canvases.known[0] = disc
    assert label(canvases, bright) == {"hair": 1} and (canvases.masks[0, 0][disc] == PERSON).all()
    canvases.known[0] = ~disc
    assert label(canvases, bright) == {} and (canvases.masks[0] == IGNORE).all()
