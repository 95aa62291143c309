import numpy as np
import pytest

from humanseg.data.augment import camera_damage, loosened, paste, random_view
from humanseg.data.masks import BACKGROUND, IGNORE, PERSON


@pytest.fixture
def scene():
    """A red square, which is the person, on blue."""
    rgb = np.zeros((120, 160, 3), np.uint8)
    rgb[...] = (0, 0, 200)
    mask = np.zeros((120, 160), np.uint8)
    rgb[40:80, 60:100], mask[40:80, 60:100] = (200, 0, 0), PERSON
    return rgb, mask


@pytest.mark.parametrize("seed", range(20))
def test_photo_and_mask_move_together(scene, seed):
    rgb, mask = random_view(*scene, 96, np.random.default_rng(seed))
    assert rgb.shape == (96, 96, 3) and mask.shape == (96, 96)
    sure = (mask == PERSON) | (mask == BACKGROUND)
    red = rgb[..., 0] > 100
    assert (red[sure] == (mask[sure] == PERSON)).mean() > 0.995


def test_the_same_seed_gives_the_same_view_and_another_another(scene):
    views = [random_view(*scene, 64, np.random.default_rng(seed))[0] for seed in (1, 1, 2)]
    assert np.array_equal(views[0], views[1]) and not np.array_equal(views[0], views[2])


def test_pixels_outside_of_the_photo_are_ignored(scene):
    _, mask = random_view(*scene, 96, np.random.default_rng(0), zoom=(0.5, 0.5))
    assert (mask == IGNORE).mean() > 0.3


def test_a_border_can_be_named_for_what_gets_pasted(scene):
    _, mask = random_view(*scene, 96, np.random.default_rng(0), zoom=(0.5, 0.5), border=BACKGROUND)
    assert not (mask == IGNORE).any()


def test_what_is_ignored_moves_along(scene):
    rgb, mask = scene
    mask[:, :80] = IGNORE
    _, view = random_view(rgb, mask, 96, np.random.default_rng(3), zoom=(1, 1), max_degrees=0)
    assert (view == IGNORE).any() and (view == PERSON).any()


def test_a_pasted_person_counts_and_covers(scene):
    rgb, mask = scene
    behind = np.full_like(rgb, 90)
    joined, truth = paste(behind, np.zeros_like(mask), rgb, mask, np.random.default_rng(0))
    assert joined.dtype == np.uint8 and truth[60, 80] == PERSON and truth[5, 5] == BACKGROUND
    assert joined[60, 80, 0] > 120 and (joined[5, 5] == 90).all()


def test_a_pasted_edge_brings_no_rim_of_the_old_background(scene):
    rgb, mask = scene
    joined, _ = paste(np.full_like(rgb, 0), np.zeros_like(mask), rgb, mask, np.random.default_rng(0))
    assert joined[..., 2].max() < 60, "the old blue shines through"


def test_pasting_nobody_changes_nothing(scene):
    rgb, mask = scene
    joined, truth = paste(rgb, mask, rgb, np.zeros_like(mask), np.random.default_rng(0))
    assert np.array_equal(joined, rgb) and np.array_equal(truth, mask)


def test_a_loosened_outline_is_a_band_on_both_sides(scene):
    _, mask = scene
    loose = loosened(mask, 3)
    assert loose[60, 80] == PERSON and loose[10, 10] == BACKGROUND
    assert loose[41, 80] == IGNORE and loose[38, 80] == IGNORE


def test_photometric_augmentation_is_repeatable_and_keeps_shape_and_dtype(scene):
    damage = camera_damage()
    results = []
    for _ in range(2):
        damage.set_random_seed(5)
        results.append(damage(image=scene[0])["image"])
    assert np.array_equal(*results)
    assert results[0].dtype == np.uint8 and results[0].shape == scene[0].shape
