import pytest
import torch

from humanseg.training import losses


@pytest.fixture
def square():
    target = torch.zeros(2, 1, 64, 64)
    target[:, :, 16:48, 16:48] = 1
    return target, torch.ones_like(target)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_right_answer_costs_little_and_a_wrong_one_much(name, square):
    target, valid = square
    right = losses.compute(name, (target - 0.5) * 20, target, valid)
    wrong = losses.compute(name, (0.5 - target) * 20, target, valid)
    assert right < 0.01 and wrong > 1


@pytest.mark.parametrize("name", losses.LOSSES)
def test_what_is_ignored_costs_nothing_and_pulls_nowhere(name, square):
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


def test_an_unknown_loss_is_refused():
    zeros = torch.zeros(1, 1, 8, 8)
    with pytest.raises(KeyError):
        losses.compute("no such loss", zeros, zeros, zeros)
