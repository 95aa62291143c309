import numpy as np
import pytest
import torch

from humanseg.evaluation import metrics
from humanseg.training import losses


@pytest.fixture
def square():
    target = torch.zeros(2, 1, 64, 64)
    target[:, :, 16:48, 16:48] = 1
    return target, torch.ones_like(target)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_right_prediction_has_a_low_loss_and_a_wrong_one_a_high_loss(name, square):
    target, valid = square
    right = losses.compute(name, (target - 0.5) * 20, target, valid)
    wrong = losses.compute(name, (0.5 - target) * 20, target, valid)
    assert right < 0.01 and wrong > 1


@pytest.mark.parametrize("name", losses.LOSSES)
def test_ignored_pixels_add_no_loss_and_no_gradient(name, square):
    target, valid = square
    logits = ((target - 0.5) * 20).requires_grad_()
    valid = valid.clone()
    valid[:, :, :32] = 0
    spoiled = torch.where(valid > 0, logits, -logits)
    loss = losses.compute(name, spoiled, target, valid)
    loss.backward()
    assert loss < 0.01
    assert not logits.grad[:, :, :32].any()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_photo_without_people_is_learned_from(name):
    target = torch.zeros(1, 1, 32, 32)
    empty = losses.compute(name, torch.full_like(target, -15), target, torch.ones_like(target))
    person = losses.compute(name, torch.full_like(target, 8), target, torch.ones_like(target))
    assert empty < 0.05
    assert person > 1


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_batch_with_nothing_valid_is_finite(name):
    zeros = torch.zeros(1, 1, 32, 32)
    assert torch.isfinite(losses.compute(name, zeros, zeros, zeros))


@pytest.mark.parametrize("name", losses.LOSSES)
def test_the_loss_is_float32_even_for_bfloat16_logits(name, square):
    target, valid = square
    assert losses.compute(name, target.bfloat16(), target, valid).dtype == torch.float32


def test_pixels_at_the_boundary_weigh_more(square):
    weight = losses.boundary_weight(square[0])
    assert weight[0, 0, 16, 32] > 1.5 * weight[0, 0, 0, 0]
    assert weight.min() >= 1


def test_a_flat_mask_weighs_the_same_everywhere():
    assert torch.equal(losses.boundary_weight(torch.ones(1, 1, 40, 40)), torch.ones(1, 1, 40, 40))


@pytest.mark.parametrize("shape", [(64, 64), (97, 131), (40, 300), (7, 5)])
def test_inner_boundaries_of_hard_masks_are_those_that_are_scored(shape):
    rng = np.random.default_rng(0)
    masks = np.kron(rng.random((3, *shape)) > 0.97, np.ones((9, 7), bool))[:, : shape[0], : shape[1]]
    masks[2] = True
    soft = losses.inner_boundary(torch.from_numpy(masks[:, None].astype(np.float32)))
    for mask, boundary in zip(masks, soft[:, 0].numpy(), strict=True):
        np.testing.assert_array_equal(boundary, metrics.inner_boundary(mask).astype(np.float32))


@pytest.mark.parametrize("hole", [0.0, 0.25])
def test_a_hole_inside_costs_more_than_its_area(square, hole):
    target, valid = square
    logits = (target - 0.5) * 20
    logits[:, :, 32, 32] = torch.logit(torch.tensor(hole + 1e-4))
    assert losses.inner_iou(logits, target, valid) > 5 * losses.dice(logits, target, valid)


def test_the_gradient_of_the_boundary_loss_leads_to_the_outline(square):
    target, valid = square
    logits = torch.zeros_like(target).requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.3)
    for _ in range(100):
        optimizer.zero_grad()
        loss = losses.compute("boundary_iou", logits, target, valid)
        loss.backward()
        optimizer.step()
    assert loss < 0.02
    assert torch.equal(logits > 0, target > 0)


def test_an_unknown_loss_is_refused():
    zeros = torch.zeros(1, 1, 8, 8)
    with pytest.raises(KeyError):
        losses.compute("no such loss", zeros, zeros, zeros)


def test_undecided_is_haze_away_from_outlines_alone():
    target = torch.zeros(1, 1, 100, 100)
    target[..., :50] = 1
    valid = torch.ones_like(target)
    sure = (target * 2 - 1) * 20
    assert losses.undecided(sure, target, valid) < 1e-6
    assert losses.undecided(torch.zeros_like(sure), target, valid) == 1
    at_outline = sure.clone()
    at_outline[..., 49:51] = 0
    assert losses.undecided(at_outline, target, valid) < 1e-6
    far = sure.clone()
    far[..., :10] = 0
    assert losses.undecided(far, target, valid) == pytest.approx(0.1, abs=0.02)
    valid[..., :10] = 0
    assert losses.undecided(far, target, valid) < 1e-6
