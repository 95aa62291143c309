import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig
from humanseg.training.optimisation import WeightAverage, make_optimizer, rate_at, warmed_up_ema

MODEL = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))


def test_the_encoder_learns_more_gently_and_norms_do_not_decay():
    groups = make_optimizer(unet.build(MODEL), TrainingConfig(learning_rate=1.0, encoder_rate=0.1)).param_groups
    assert {round(g["lr"], 3) for g in groups} == {1.0, 0.1}
    for group in groups:
        assert (group["weight_decay"] == 0) == all(p.ndim <= 1 for p in group["params"])


def test_the_average_forgets_its_random_beginning_and_then_keeps_its_pace():
    averaged, current = [torch.zeros(1)], [torch.ones(1)]
    update = warmed_up_ema(0.99)
    for step in range(40):
        update(averaged, current, torch.tensor(step))
    assert averaged[0].item() > 0.95
    later = [torch.zeros(1)]
    update(later, current, torch.tensor(10_000))
    assert later[0].item() == pytest.approx(0.01)


def test_a_constant_rate_stays():
    assert [rate_at(step, 100, 0.1, hold=1.0) for step in (9, 50, 99)] == [1, 1, 1]


def test_a_rate_that_is_held_falls_as_far_afterwards():
    rates = [rate_at(step, 100, 0.1, hold=0.5) for step in range(101)]
    assert all(rate == 1 for rate in rates[10:55])
    assert rates[55:] == sorted(rates[55:], reverse=True)
    assert rates[-1] == pytest.approx(0.01) and rates[78] == pytest.approx(0.5, abs=0.05)


def test_the_rate_rises_then_falls_to_almost_nothing():
    rates = [rate_at(step, 100, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[9] == 1
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[-1] < 0.02


def test_the_average_is_torch_s_own_batch_norms_included():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    ours = WeightAverage(net, 0.9)
    theirs = AveragedModel(net, multi_avg_fn=warmed_up_ema(0.9), use_buffers=True)
    for step in range(5):
        with torch.no_grad():
            for tensor in (*net.parameters(), net[1].running_mean):
                tensor.add_(step)
        for average in (ours, theirs):
            average.update_parameters(net)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, tensor in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor)


def test_an_average_goes_on_from_its_state():
    net = nn.Linear(2, 1)
    whole, resumed = WeightAverage(net, 0.9), WeightAverage(net, 0.9)
    whole.update_parameters(net)
    resumed.load_state_dict(whole.state_dict())
    with torch.no_grad():
        net.weight.add_(1)
    for average in (whole, resumed):
        average.update_parameters(net)
    assert torch.equal(whole.module.weight, resumed.module.weight) and int(resumed.n_averaged) == 2
