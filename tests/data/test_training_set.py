import cv2
import numpy as np
import pytest
import torch

from humanseg.data.datasets import find_negatives, find_pairs
from humanseg.data.training_set import Draw, EpochSampler, Source, TrainingSet, Variation
from humanseg.errors import DataError


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for stem in "abc":
        for kind, suffix in (("images", "png"), ("masks", "png")):
            (tmp_path / "set" / kind).mkdir(parents=True, exist_ok=True)
            path = tmp_path / "set" / kind / f"{stem}.{suffix}"
            picture = rng.integers(0, 255, (60, 80, 3), np.uint8)
            mask = np.zeros((60, 80), np.uint8)
            mask[10:50, 20:60] = 255
            cv2.imwrite(str(path), picture if kind == "images" else mask)
    (tmp_path / "empty").mkdir()
    cv2.imwrite(str(tmp_path / "empty" / "room.png"), np.full((60, 80, 3), 99, np.uint8))
    return tmp_path


@pytest.fixture
def training_set(folder):
    sources = [
        Source("set", find_pairs(folder / "set"), 2.0),
        Source("empty", find_negatives(folder / "empty"), 1.0, pasteable=False),
    ]
    return TrainingSet(sources, progress=False)


def test_a_sample_has_the_size_it_was_drawn_at(training_set):
    image, target, valid, index = training_set[Draw(1, 64, (0, 0, 0))]
    assert image.shape == (3, 64, 64) and image.dtype == torch.uint8
    assert target.shape == valid.shape == (1, 64, 64)
    assert 0 <= target.min() and target.max() <= 1 and index == 1


def test_a_sample_depends_on_its_seed_alone(training_set):
    training_set[Draw(0, 64, (9, 9, 9))]
    first = training_set[Draw(1, 64, (0, 1, 2))]
    training_set[Draw(2, 32, (4, 4, 4))]
    again = training_set[Draw(1, 64, (0, 1, 2))]
    assert all(torch.equal(a, b) for a, b in zip(first[:3], again[:3], strict=True))


def test_a_photo_without_people_has_an_empty_target(folder):
    source = Source("empty", find_negatives(folder / "empty"), pasteable=False)
    only_rooms = TrainingSet([source], progress=False)
    assert not only_rooms[Draw(0, 64, (1,))][1].any()


def test_plain_samples_are_the_photo_as_it_is(folder):
    plain = TrainingSet([Source("set", find_pairs(folder / "set"))], Variation(plain=True), progress=False)
    first, second = plain[Draw(0, 64, (1,))], plain[Draw(0, 64, (2,))]
    assert torch.equal(first[0], second[0])
    assert first[1].mean() > 0.1


@pytest.mark.parametrize("size", [64, 65])
def test_a_mosaic_shows_four_photos_with_their_masks(tmp_path, size):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for stem, light in (("bright", 255), ("dark", 0)):  # the mask is the photo: all person, or nobody
            picture = np.full((40, 40, 3), light, np.uint8)
            cv2.imwrite(str(tmp_path / kind / f"{stem}.png"), picture if kind == "images" else picture[..., 0])
    variation = Variation(damage=0, new_background=0, second_person=0, nobody=0, mosaic=1.0)
    photos = TrainingSet([Source("set", find_pairs(tmp_path))], variation, progress=False)
    people = set()
    for n in range(20):
        image, target, valid, _ = photos[Draw(0, size, (n,))]
        seen = valid[0] > 0  # a turned photo leaves corners
        assert image.shape == (3, size, size) and seen.float().mean() > 0.6
        assert torch.equal(image[0][seen] > 127, target[0][seen] > 0.5)
        people.add(sum(target[0, y, x].item() for y in (16, 48) for x in (16, 48)))  # the middles of the quarters
    assert len(people) > 2  # none, some or all of the four: the other three photos differ from sample to sample


@pytest.mark.parametrize("complete", [True, False])
def test_parts_without_people_are_shown_where_everybody_is_marked(tmp_path, complete):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        picture = np.zeros((90, 240, 3), np.uint8)
        picture[20:80, :40] = 255  # the mask is the photo: somebody at the left edge
        cv2.imwrite(str(tmp_path / kind / "a.png"), picture if kind == "images" else picture[..., 0])
    source = Source("set", find_pairs(tmp_path), complete=complete)
    variation = Variation(zoom=(0.9, 1.0), damage=0, new_background=0, second_person=0, nobody=1.0)
    photos = TrainingSet([source], variation, progress=False)
    samples = [photos[Draw(0, 64, (n,))] for n in range(20)]
    empty = [not target.any() for _, target, _, _ in samples]
    assert any(empty) if complete else not any(empty)
    for (image, _, _, _), nobody in zip(samples, empty, strict=True):
        assert (image.max() < 128) == nobody


def test_a_corrupt_photo_is_named_before_training_starts(folder):
    (folder / "set" / "images" / "b.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"b\.png"):
        TrainingSet([Source("set", find_pairs(folder / "set"))], progress=False)


def test_an_epoch_draws_each_photo_by_its_weight():
    sampler = EpochSampler([2, 1, 1], 4, [32], seed=0)
    (batch,) = list(sampler)
    assert sorted(d.index for d in batch) == [0, 0, 1, 2]


def test_epochs_differ_and_repeat_by_number():
    sampler = EpochSampler([1] * 16, 4, [32, 64], seed=0)
    first = list(sampler)
    sampler.epoch = 1
    second = list(sampler)
    sampler.epoch = 0
    assert list(sampler) == first != second


def test_a_batch_has_one_size():
    for batch in EpochSampler([1] * 64, 4, [32, 64, 96], seed=0):
        assert len({draw.size for draw in batch}) == 1


def test_processes_share_a_batch_without_repeats():
    whole = list(EpochSampler([1] * 24, 8, [32], seed=3))
    parts = [list(EpochSampler([1] * 24, 8, [32], seed=3, rank=r, world_size=2)) for r in range(2)]
    assert [a + b for a, b in zip(*parts, strict=True)] == whole


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(ValueError, match="shared evenly"):
        EpochSampler([1] * 24, 9, [32], seed=3, world_size=2)
