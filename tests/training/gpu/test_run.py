import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from humanseg.data.pack import Row, write_packs
from humanseg.data.packing import choose
from humanseg.errors import TrainingError, WeightsError
from humanseg.model import unet
from humanseg.model.config import read_config
from humanseg.training.gpu import run
from humanseg.training.gpu.run import RUN_NAME, Plan, fit, predictor, train
from humanseg.training.gpu.scores import score
from tests.training.discs import MODEL

# Without a clock: the number of steps would depend on the machine.
SHORT = Plan(seconds=1e9, batch=4, sizes=(32, 64), relabel=(0.0,), learning_rate=3e-3, ema_decay=0.5)


@pytest.fixture
def steps(monkeypatch):
    """Ends a training after so many steps, by a clock that each look at it moves on."""

    def end_after(count):
        ticks = iter(range(10**9))
        # The training's own clock alone: other threads of the process ask the real one.
        monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: 1e9 / count * next(ticks)))

    return end_after


@pytest.fixture
def canvases(make_canvases):
    rows = [Row("discs", str(n), "train", masked=True) for n in range(6)]
    rows += [Row("nobody", "0", "negative"), Row("more", "0", "unlabelled"), Row("held", "0", "valid", masked=True)]
    return make_canvases(rows)


def net_of(seed=0):
    torch.manual_seed(seed)
    return unet.build(MODEL)


def test_it_learns(canvases, steps, bright):
    steps(12)
    net, record = train(net_of(), MODEL, canvases, replace(SHORT, sizes=(32,)), bright)
    assert record["steps"] == 12 and record["samples"] == 12 * 4
    assert canvases.people[7, 2] > 0  # the unlabelled photo has a label
    before = score(canvases, predictor(net_of().eval(), MODEL), 64)["held"]["iou"]
    after = score(canvases, predictor(net, MODEL), 64)["held"]["iou"]
    assert after > before + 0.1


def test_nothing_to_train_on_and_losses_out_of_bounds_are_said(make_canvases, canvases, steps):
    only_validation = make_canvases([Row("held", "0", "valid", masked=True)])
    steps(2)
    with pytest.raises(TrainingError, match="nothing to train on"):
        train(net_of(), MODEL, only_validation, SHORT)
    net = net_of()
    next(net.parameters()).data.fill_(float("nan"))
    steps(3)
    with pytest.raises(TrainingError, match="isn't finite"):
        train(net, MODEL, canvases, replace(SHORT, relabel=()))


@pytest.fixture
def packs(folder, tmp_path):
    photos, _ = choose(data=[folder])
    return write_packs(photos, tmp_path / "packs", [10**9])


@pytest.fixture
def start(tmp_path):
    unet.save(net_of(), MODEL, tmp_path / "start")
    return tmp_path / "start"


def test_packs_in_weights_out(packs, start, tmp_path, steps):
    steps(3)
    figures = fit(packs, SHORT, start, tmp_path / "out", half=True)
    assert len(figures) == 1 and 0 <= next(iter(figures.values()))["iou"] <= 1
    net, config = unet.load(tmp_path / "out")
    assert config.architecture == MODEL.architecture and config.training["steps"] == 3
    (source,) = config.training["sources"].values()
    assert source == {"photos": 10, "weight": 1.0, "loose": False}, "two of the twelve are for validation"
    size = (tmp_path / "out" / "model.safetensors").stat().st_size
    assert size < 0.6 * (start / "model.safetensors").stat().st_size
    assert json.loads((tmp_path / "out" / RUN_NAME).read_text())["figures"] == figures
    assert not net.training


def test_another_network_takes_over_what_fits(packs, start, tmp_path, steps):
    steps(1)
    fit(packs, SHORT, start, tmp_path / "out", decoder=(16, 8, 8), slim=0.5, largest_kernel=3)
    config = read_config(tmp_path / "out")
    assert (config.decoder_channels, config.slim, config.largest_kernel) == ((16, 8, 8), 0.5, 3)
    assert unet.load(tmp_path / "out")[1] == config


def test_weights_that_arent_there_are_refused_before_packs_are_read(tmp_path):
    with pytest.raises(WeightsError):
        fit([tmp_path / "none.zip"], SHORT, tmp_path / "nowhere", tmp_path / "out")
