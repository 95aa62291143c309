from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from humanseg.errors import TrainingError
from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig
from humanseg.training.epoch import CHECK_EVERY, Learner, SeenLosses, make_loader, step, train_epoch
from humanseg.training.optimisation import WeightAverage, make_optimizer, make_scheduler

CONFIG = TrainingConfig(workers=1, batch_size=2, loss="bce_dice")
READS = ("item", "tolist", "numpy", "cpu", "__bool__", "__float__")  # each waits until a GPU has come as far


@pytest.fixture
def learner():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 1))
    optimizer = make_optimizer(net, CONFIG)
    return Learner(net, net, WeightAverage(net, 0.9), optimizer, make_scheduler(optimizer, CONFIG, 100))


def batch(value=0.5, index=0):
    views = torch.full((2, 3, 8, 8), round(255 * value), dtype=torch.uint8)
    return views, torch.zeros(2, 1, 8, 8), torch.ones(2, 1, 8, 8), torch.tensor([index, index])


class Bar(list):
    """Batches, and what is shown beside them."""

    def __init__(self, *batches):
        super().__init__(batches)
        self.shown = []

    def set_postfix(self, **what):
        self.shown.append(what)


def photos(*names):
    return SimpleNamespace(pairs=[SimpleNamespace(image=name) for name in names])


def test_a_step_reads_nothing_back_from_the_device(learner, monkeypatch):
    accelerator = Accelerator(cpu=True)
    _, targets, valid, _ = batch()
    inputs = torch.rand(2, 3, 8, 8)
    for _ in range(2):  # the first average is another way than the later ones
        with monkeypatch.context() as patched:
            for name in READS:
                patched.setattr(torch.Tensor, name, lambda *_, name=name: pytest.fail(f"a step called {name}"))
            loss = step(accelerator, learner, inputs, targets, valid, CONFIG)
    assert loss.ndim == 0 and not loss.requires_grad and loss.item() > 0


def test_losses_are_looked_at_now_and_then(learner):
    bar = Bar(*[batch()] * (2 * CHECK_EVERY + 1))
    loss, seen = train_epoch(Accelerator(cpu=True), learner, bar, photos("a.png"), ModelConfig(), CONFIG)
    assert len(bar.shown) == 2 and seen == 2 * len(bar)
    assert 0 < loss < float(bar.shown[0]["loss"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", [0, CHECK_EVERY - 1, CHECK_EVERY + 1])
def test_a_loss_that_is_not_finite_is_found_wherever_it_comes_and_names_its_photos(value, place):
    seen = SeenLosses(photos("fine.png", "odd.png"))
    with pytest.raises(TrainingError, match=r"odd\.png, odd\.png: look at"):
        for n in range(CHECK_EVERY + 2):
            seen.add(torch.tensor(value if n == place else 1.0), torch.tensor([1, 1] if n == place else [0, 0]))
            if seen.waiting == CHECK_EVERY:
                seen.mean()
        seen.mean()


def test_the_mean_is_that_of_all_losses_however_often_one_looks():
    seen = SeenLosses(photos("a.png"))
    for value in (1.0, 2.0, 6.0):
        seen.add(torch.tensor(value), torch.tensor([0]))
        seen.mean()
    assert seen.mean() == pytest.approx(3) and seen.count == 3 and seen.waiting == 0
    assert SeenLosses(photos()).mean() == 0


def test_workers_stay_from_epoch_to_epoch_and_leave_the_network_s_random_numbers_alone():
    loader = make_loader([0, 1, 2], [[0], [2]], CONFIG)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = iter(loader)
    workers = [worker.pid for worker in first._workers]
    assert [int(number) for number in first] == [0, 2]
    assert torch.rand(1) == expected
    second = iter(loader)
    assert [worker.pid for worker in second._workers] == workers
    assert [int(number) for number in second] == [0, 2]


def test_frozen_norms_learn_no_statistics(learner):
    frozen = TrainingConfig(frozen_norm=True, batch_size=2, loss="bce_dice")
    before = learner.net[1].running_mean.clone()
    train_epoch(Accelerator(cpu=True), learner, Bar(batch()), photos("a.png"), ModelConfig(), frozen)
    assert torch.equal(learner.net[1].running_mean, before)
    train_epoch(Accelerator(cpu=True), learner, Bar(batch()), photos("a.png"), ModelConfig(), CONFIG)
    assert not torch.equal(learner.net[1].running_mean, before)
