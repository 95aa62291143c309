import csv
import json
import os
import shutil
import signal
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
from humanseg.training import epoch, session
from humanseg.training.config import TrainingConfig
from humanseg.training.fit import fit
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
    # So low a rate that the encoder hardly changes.
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

    monkeypatch.setattr(session.ValidationSet, "figures", figures)
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
    # bfloat16 on several threads rounds a little differently each time: the two may differ by that alone.
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


@pytest.fixture(scope="module")
def begun(folder, tmp_path_factory):
    """A run that stopped after the first of two epochs."""
    run = tmp_path_factory.mktemp("begun")
    pairs = find_pairs(folder)
    fit(run, MODEL, CONFIG, [Source("discs", pairs[:10], 2.0)], {"discs": pairs[10:]}, stop_after=1)
    return run


def test_a_second_run_into_the_same_folder_is_refused_and_leaves_the_first_as_it_is(begun, data):
    before = {path.name: path.read_bytes() for path in begun.iterdir() if path.is_file()}
    with pytest.raises(TrainingError, match="holds a run already"):
        fit(begun, MODEL, CONFIG, *data)
    assert {path.name: path.read_bytes() for path in begun.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    "left",
    [
        lambda rows: rows[:1],  # killed after the state was written, before its row was
        lambda rows: None,
        lambda rows: [*rows, rows[1]],
        lambda rows: [*rows, rows[1].replace("1,", "2,", 1)],  # of a state that never reached the disk
        lambda rows: [*rows, "2,0.7,"],
    ],
)
def test_a_resumed_run_has_one_row_for_every_epoch_that_its_state_knows(begun, data, tmp_path, left):
    run = shutil.copytree(begun, tmp_path / "run")
    whole = (run / "metrics.csv").read_text()
    rows = left(whole.splitlines())
    if rows is None:
        (run / "metrics.csv").unlink()
    else:
        (run / "metrics.csv").write_text("\n".join(rows))
    fit(run, MODEL, CONFIG, *data, resume=True, stop_after=0)
    assert (run / "metrics.csv").read_text() == whole


def test_a_state_of_an_older_version_takes_its_rows_from_the_table(begun, data, tmp_path):
    run = shutil.copytree(begun, tmp_path / "run")
    whole = (run / "metrics.csv").read_text()
    content = torch.load(run / STATE_NAME, weights_only=True)
    del content["rows"]
    torch.save(content, run / STATE_NAME)
    with (run / "metrics.csv").open("a") as file:
        file.write("2,0.1,5.0")
    fit(run, MODEL, CONFIG, *data, resume=True, stop_after=0)
    assert (run / "metrics.csv").read_text() == whole


def test_what_differs_from_the_run_so_far_is_said_and_the_network_stays(begun, data, tmp_path, capsys):
    run = shutil.copytree(begun, tmp_path / "run")
    other = replace(MODEL, decoder_channels=(8, 8))
    fit(run, other, replace(CONFIG, learning_rate=1e-4, workers=1), *data, resume=True, stop_after=0)
    assert capsys.readouterr().out == "From here on learning_rate is 0.0001; the run had 0.003.\n"
    assert unet.load(run)[1].decoder_channels == MODEL.decoder_channels


def test_a_run_can_be_resumed_from_its_very_beginning(tmp_path, data, monkeypatch):
    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(session, "train_epoch", killed)
        with pytest.raises(SystemExit):
            fit(tmp_path, MODEL, CONFIG, *data)
    fit(tmp_path, MODEL, CONFIG, *data, resume=True, stop_after=1)
    assert torch.load(tmp_path / STATE_NAME, weights_only=True)["epoch"] == 1


def test_sets_of_one_name_have_columns_and_sheets_of_their_own(tmp_path, data):
    pairs = data[1]["discs"]
    validation = {"day1/photos": pairs[:1], "day2/photos": pairs[1:]}
    fit(tmp_path, MODEL, replace(CONFIG, epochs=1), data[0], validation)
    columns = (tmp_path / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"day1/photos/iou", "day2/photos/iou", "mean/iou"} <= set(columns)
    assert sorted(path.name for path in (tmp_path / "sheets").iterdir()) == ["day1__photos.png", "day2__photos.png"]
    assert "| day2/photos |" in (tmp_path / "report.md").read_text()


def test_ctrl_c_leaves_weights_that_load(tmp_path, data, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "train_epoch", interrupted)
    fit(tmp_path, MODEL, CONFIG, *data)
    unet.load(tmp_path)
    assert "--resume" in capsys.readouterr().out


def test_a_loss_that_is_not_finite_names_the_photos(tmp_path, data, monkeypatch):
    monkeypatch.setattr(epoch.losses, "compute", lambda *_: torch.tensor(torch.nan, requires_grad=True))
    with pytest.raises(TrainingError, match=r"d\d\d\.png"):
        fit(tmp_path, MODEL, CONFIG, *data)


def test_a_full_disk_leaves_the_state_of_the_epoch_before(tmp_path, data, monkeypatch):
    fit(tmp_path, MODEL, CONFIG, *data, stop_after=1)
    before = (tmp_path / STATE_NAME).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
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
