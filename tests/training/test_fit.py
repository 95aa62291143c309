import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from humanseg.data.datasets import find_pairs
from humanseg.data.training_set import Source
from humanseg.errors import TrainingError
from humanseg.model import unet
from humanseg.model.config import ModelConfig, read_config
from humanseg.training import fit as module
from humanseg.training.fit import TrainingConfig, fit, make_optimizer, rate_at
from humanseg.training.state import STATE_NAME

MODEL = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
CONFIG = TrainingConfig(
    epochs=2, batch_size=4, sizes=(64,), workers=0, validation_size=64, ema_decay=0.5, learning_rate=3e-3
)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve photos of bright discs, which are the people, on dark noise."""
    root = tmp_path_factory.mktemp("discs")
    rng = np.random.default_rng(0)
    for n in range(12):
        rgb = rng.integers(0, 80, (72, 96, 3), np.uint8)
        mask = np.zeros((72, 96), np.uint8)
        centre = (int(rng.integers(30, 66)), int(rng.integers(25, 47)))
        cv2.circle(mask, centre, 20, 255, -1)
        rgb[mask > 0] = (90, 150, 230)
        for kind, picture in (("images", rgb), ("masks", mask)):
            (root / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(root / kind / f"d{n:02}.png"), picture)
    (root / "valid.txt").write_text("d10\nd11\n")
    return root


@pytest.fixture(scope="module")
def square_folder(folder, tmp_path_factory):
    """The same photos, square: nothing is padded, so every photo counts the same in the loss."""
    root = tmp_path_factory.mktemp("squares")
    for kind in ("images", "masks"):
        (root / kind).mkdir()
        for path in (folder / kind).iterdir():
            cv2.imwrite(str(root / kind / path.name), cv2.imread(str(path))[:, 12:84])
    (root / "valid.txt").write_text("d10\nd11\n")
    return root


@pytest.fixture
def data(folder):
    pairs = find_pairs(folder)
    return [Source("discs", pairs[:10], 2.0)], {"discs": pairs[10:]}


def test_a_run_learns_and_leaves_weights_that_load(tmp_path, data):
    figures = fit(tmp_path, MODEL, TrainingConfig(**{**CONFIG.__dict__, "epochs": 8}), *data)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    assert len(rows) == 8 and float(rows[-1]["loss"]) < 0.8 * float(rows[0]["loss"])
    assert figures["discs"]["iou"] > 0.5
    _, config = unet.load(tmp_path)
    assert config.training["sources"]["discs"]["photos"] == 10
    assert config.metrics["validation"]["discs"]["iou"] == pytest.approx(figures["discs"]["iou"])
    assert json.loads((tmp_path / "training.json").read_text())["epochs"] == 8
    assert "8 epochs" in (tmp_path / "report.md").read_text()


def test_weights_begun_with_say_how_the_network_is_built_and_what_they_were_trained_with(tmp_path, data):
    once = replace(CONFIG, epochs=1)
    fit(tmp_path / "first", MODEL, once, *data)
    other = replace(MODEL, decoder_channels=(32, 16, 8, 8, 8))
    fit(tmp_path / "second", other, replace(once, learning_rate=1e-4), *data, start_from=tmp_path / "first")
    first, second = (unet.load(tmp_path / name)[1] for name in ("first", "second"))
    assert second.decoder_channels == MODEL.decoder_channels
    assert second.training["learning_rate"] == 1e-4 and first.training["earlier"] == []
    (stage,) = second.training["earlier"]
    assert stage["learning_rate"] == 3e-3 and stage["best_epoch"] == 1


def test_another_decoder_can_be_given_to_the_encoder_of_earlier_weights(tmp_path, data):
    unet.save(unet.build(MODEL), MODEL, tmp_path / "first")
    early = replace(MODEL, decoder_channels=(8, 8))
    # So low a rate that the encoder stays what it was.
    config = replace(CONFIG, epochs=1, learning_rate=1e-9)
    fit(tmp_path / "second", early, config, *data, start_from=tmp_path / "first", new_decoder=True)
    (first, _), (second, found) = (unet.load(tmp_path / name) for name in ("first", "second"))
    assert found.decoder_channels == (8, 8)
    fit(tmp_path / "third", early, config, *data, start_from=tmp_path / "second", new_decoder=True)
    third, _ = unet.load(tmp_path / "third")
    for ours, theirs in zip(third.decoder.parameters(), second.decoder.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    for ours, theirs in zip(second.encoder.parameters(), first.encoder.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_the_weights_that_stay_are_the_best_not_the_last(tmp_path, data, monkeypatch):
    picks = iter([0.3, 0.9, 0.1])

    def figures(self, net, *_):
        value = next(picks)
        return {
            "discs": {"iou": value, "boundary_iou": value},
            "mean": {"pick": value, "iou": value, "boundary_iou": value},
        }

    monkeypatch.setattr(module.ValidationSet, "figures", figures)
    fit(tmp_path, MODEL, TrainingConfig(**{**CONFIG.__dict__, "epochs": 3}), *data)
    assert read_config(tmp_path).training["best_epoch"] == 2


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path, data):
    fit(tmp_path / "start", MODEL, CONFIG, *data, stop_after=1)
    fit(tmp_path / "whole", MODEL, CONFIG, *data)
    fit(tmp_path / "broken", MODEL, CONFIG, *data, stop_after=1)
    fit(tmp_path / "broken", MODEL, CONFIG, *data, resume=True)
    start, whole, broken = (
        torch.load(tmp_path / run / STATE_NAME, weights_only=True) for run in ("start", "whole", "broken")
    )
    assert start["epoch"] == 1 and whole["epoch"] == broken["epoch"] == 2
    assert whole["scheduler"] == broken["scheduler"]
    learned, strayed = (
        sum(float((whole["net"][name].float() - other["net"][name].float()).square().sum()) for name in whole["net"])
        for other in (start, broken)
    )
    # bfloat16 on several threads rounds a little differently each time: no more than that may part the two.
    assert strayed < 0.01 * learned


def test_a_run_killed_in_mid_epoch_goes_on(tmp_path, folder):
    run = tmp_path / "run"
    command = [sys.executable, "train.py", "--data", str(folder), "--out", str(run), "--epochs", "60"]
    command += ["--batch-size", "2", "--sizes", "64", "--workers", "0", "--validation-size", "64"]
    command += ["--decoder", "16", "8", "8", "8", "8"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 240
    while not (run / STATE_NAME).exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert (run / STATE_NAME).exists(), errors.decode()[-500:]
    done = torch.load(run / STATE_NAME, weights_only=True)["epoch"]
    resumed = subprocess.run(
        [*command, "--resume", "--stop-after", "1"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert resumed.returncode == 0, resumed.stderr[-500:]
    assert f"epoch {done + 1}:" in resumed.stdout
    unet.load(run)


def _losses(run, folder, *launcher):
    command = [sys.executable, *launcher, "train.py", "--data", str(folder), "--out", str(run), "--epochs", "2"]
    command += ["--batch-size", "4", "--sizes", "96", "--workers", "0", "--validation-size", "64", "--plain"]
    command += ["--frozen-norm", "--decoder", "16", "8", "8", "8", "8", "--loss", "bce_dice"]
    # One thread each, and float32 all through: what's compared is the sharing, not the rounding.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HUMANSEG_FLOAT32": "1"}
    environment["ACCELERATE_USE_CPU"] = "true"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [float(row["loss"]) for row in rows], [float(row["mean/iou"]) for row in rows]


def test_two_processes_learn_what_one_does_at_the_same_effective_batch(tmp_path, square_folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    # accelerate's own launcher starts several processes on GPUs, but on CPUs only through MPI: torchrun needs neither.
    launcher = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_addr", "127.0.0.1"]
    launcher += ["--master_port", port]
    one, two = _losses(tmp_path / "one", square_folder), _losses(tmp_path / "two", square_folder, *launcher)
    assert one[0] == pytest.approx(two[0], abs=2e-4)
    assert one[1] == pytest.approx(two[1], abs=2e-3)
    assert json.loads((tmp_path / "two" / "training.json").read_text())["processes"] == 2


def test_ctrl_c_leaves_weights_that_load(tmp_path, data, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "train_epoch", interrupted)
    fit(tmp_path, MODEL, CONFIG, *data)
    unet.load(tmp_path)
    assert "--resume" in capsys.readouterr().out


def test_a_loss_that_is_not_finite_names_the_photos(tmp_path, data, monkeypatch):
    monkeypatch.setattr(module.losses, "compute", lambda *_: torch.tensor(torch.nan, requires_grad=True))
    with pytest.raises(TrainingError, match=r"d\d\d\.png"):
        fit(tmp_path, MODEL, CONFIG, *data)


def test_a_full_disk_leaves_the_state_of_the_epoch_before(tmp_path, data, monkeypatch):
    fit(tmp_path, MODEL, CONFIG, *data, stop_after=1)
    before = (tmp_path / STATE_NAME).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.torch, "save", full)
    with pytest.raises(TrainingError, match=r"No space.*--resume"):
        fit(tmp_path, MODEL, CONFIG, *data, resume=True)
    assert (tmp_path / STATE_NAME).read_bytes() == before


def test_a_state_half_written_by_a_killed_run_does_not_stay(tmp_path, data):
    (tmp_path / f".{STATE_NAME}.half").write_bytes(b"half")
    fit(tmp_path, MODEL, CONFIG, *data, stop_after=1)
    assert [path.name for path in tmp_path.glob(f"*{STATE_NAME}*")] == [STATE_NAME]


def test_figures_go_to_tensorboard_where_asked_for(tmp_path, data):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    fit(tmp_path, MODEL, TrainingConfig(**{**CONFIG.__dict__, "epochs": 1}), *data, tensorboard=True)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert {"loss", "discs/iou", "mean/boundary_iou"} <= set(events.Tags()["scalars"])


def test_missing_tensorboard_says_what_to_install(tmp_path, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        fit(tmp_path, MODEL, CONFIG, *data, tensorboard=True)


def test_resuming_from_nothing_says_so(tmp_path, data):
    with pytest.raises(TrainingError, match="start without --resume"):
        fit(tmp_path, MODEL, CONFIG, *data, resume=True)


def test_a_damaged_state_says_so(tmp_path, data):
    (tmp_path / STATE_NAME).write_bytes(b"damaged")
    with pytest.raises(TrainingError, match="can't be resumed from"):
        fit(tmp_path, MODEL, CONFIG, *data, resume=True)


def test_nothing_to_train_on_says_so(tmp_path, data):
    with pytest.raises(TrainingError, match="no photos to train on"):
        fit(tmp_path, MODEL, CONFIG, [], data[1])
    with pytest.raises(TrainingError, match="no photos to validate on"):
        fit(tmp_path, MODEL, CONFIG, data[0], {})


def test_the_encoder_learns_more_gently_and_norms_do_not_decay():
    groups = make_optimizer(unet.build(MODEL), TrainingConfig(learning_rate=1.0, encoder_rate=0.1)).param_groups
    assert {round(g["lr"], 3) for g in groups} == {1.0, 0.1}
    for group in groups:
        assert (group["weight_decay"] == 0) == all(p.ndim <= 1 for p in group["params"])


def test_the_average_forgets_its_random_beginning_and_then_keeps_its_pace():
    averaged, current = [torch.zeros(1)], [torch.ones(1)]
    update = module.warmed_up_ema(0.99)
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
