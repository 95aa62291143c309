import pytest
import torch

from humanseg.data.pack import Row
from humanseg.training.gpu.views import Variety, Views

PLAIN = Variety(new_background=0, second_person=0, small_people=0, mosaic=0)
EVERYTHING = Variety(new_background=0.5, second_person=0.5, small_people=0.5, mosaic=0.25)


def rows(count=6, role="train", name="discs"):
    return [Row(name, str(n), role, masked=True) for n in range(count)]


def agreement(image, target, valid):
    """Share of the valid pixels away from outlines at which what is bright is person."""
    sure = (valid > 0) & ((target < 0.02) | (target > 0.98))
    return (((image.mean(1, keepdim=True) > 0.5) == (target > 0.5))[sure]).float().mean().item()


@pytest.mark.parametrize("size", [32, 64, 96])
def test_photo_and_mask_move_together(make_canvases, size):
    canvases = make_canvases(rows())
    image, target, valid = Views(canvases, torch.ones(6), PLAIN).batch(32, size)
    assert image.shape == (32, 3, size, size) and target.shape == valid.shape == (32, 1, size, size)
    assert 0 <= image.min() and image.max() <= 1 and set(valid.unique().tolist()) <= {0.0, 1.0}
    assert agreement(image, target, valid) > 0.98
    assert 0.02 < target.mean() < 0.5


def test_what_lies_beyond_the_photo_is_ignored_and_shows_its_edge(make_canvases):
    canvases = make_canvases(rows())
    views = Views(canvases, torch.ones(6), PLAIN)
    image, target, valid = views.look(torch.arange(6), 64, zoom=(0.5, 0.5))
    assert 0.2 < (valid == 0).float().mean() < 0.9
    assert (target[valid == 0] == 0).all() and image.mean() < 0.5


def test_only_photos_with_a_chance_are_drawn(make_canvases):
    canvases = make_canvases([*rows(3), *rows(3, role="negative", name="nobody")])
    chances = torch.tensor([0.0, 0, 0, 1, 1, 1])
    _, target, _ = Views(canvases, chances, PLAIN).batch(16, 32)
    assert target.sum() == 0


def test_the_same_seed_gives_the_same_views_and_another_others(make_canvases):
    canvases = make_canvases([*rows(), *rows(2, "pasted", "cut"), *rows(2, "negative", "nobody")])
    chances = torch.tensor([1.0] * 6 + [0] * 2 + [1] * 2)
    first, again, other = (Views(canvases, chances, EVERYTHING, seed).batch(8, 32)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_pasted_people_are_in_the_mask_and_valid(make_canvases):
    canvases = make_canvases([*rows(3, "negative", "nobody"), *rows(6), *rows(4, "pasted", "cut")])
    chances = torch.tensor([1.0] * 3 + [1e-9] * 6 + [0] * 4)  # photos of nobody, nearly always
    variety = Variety(new_background=0, second_person=1.0, small_people=0, mosaic=0)
    image, target, valid = Views(canvases, chances, variety).batch(24, 64)
    assert target.sum() > 0 and (valid[target > 0.5] == 1).all()
    assert agreement(image, target, valid) > 0.97
    variety = Variety(new_background=0, second_person=0, small_people=1.0, mosaic=0)
    image, target, valid = Views(canvases, chances, variety).batch(24, 64)
    assert 0 < target.mean() < 0.1 and agreement(image, target, valid) > 0.97


def test_people_on_another_background_are_the_same_people(make_canvases):
    canvases = make_canvases([*rows(6), *rows(3, "negative", "nobody")])
    chances = torch.tensor([1.0] * 6 + [1e-9] * 3)
    variety = Variety(new_background=1.0, second_person=0, small_people=0, mosaic=0)
    image, target, valid = Views(canvases, chances, variety).batch(24, 64)
    assert (valid == 1).all() and agreement(image, target, valid) > 0.98


def test_a_mosaic_has_four_photos_in_its_quarters(make_canvases):
    canvases = make_canvases(rows())
    variety = Variety(new_background=0, second_person=0, small_people=0, mosaic=1.0)
    image, target, valid = Views(canvases, torch.ones(6), variety).batch(8, 64)
    assert image.shape == (8, 3, 64, 64) and agreement(image, target, valid) > 0.97
    quarters = target.unfold(2, 32, 32).unfold(3, 32, 32).amax((4, 5))
    assert (quarters > 0.5).float().mean() > 0.5  # most quarters show somebody
