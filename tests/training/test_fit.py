import csv
import json
import sys
from dataclasses import replace

import pytest
import torch

from humanseg.errors import TrainingError
from humanseg.model import unet
from humanseg.model.config import read_config
from humanseg.training import epoch, session
from humanseg.training.config import TrainingConfig
from humanseg.training.fit import fit
from tests.training.discs import CONFIG, MODEL


def test_a_run_learns_and_leaves_weights_that_load(tmp_path, data):
    figures = fit(tmp_path, MODEL, TrainingConfig(**{**CONFIG.__dict__, "epochs": 5}), *data)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    assert len(rows) == 5 and float(rows[-1]["loss"]) < 0.8 * float(rows[0]["loss"])
    assert figures["discs"]["iou"] > 0.5
    _, config = unet.load(tmp_path)
    assert config.training["sources"]["discs"]["photos"] == 10
    assert config.metrics["validation"]["discs"]["iou"] == pytest.approx(figures["discs"]["iou"])
    assert json.loads((tmp_path / "training.json").read_text())["epochs"] == 5
    assert "5 epochs" in (tmp_path / "report.md").read_text()


def test_weights_begun_with_say_how_the_network_is_built_and_what_they_were_trained_with(tmp_path, data):
    once = replace(CONFIG, epochs=1)
    fit(tmp_path / "first", MODEL, once, *data)
    other = replace(MODEL, decoder_channels=(32, 16, 8))
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


def test_figures_go_to_tensorboard_where_asked_for(tmp_path, data):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    fit(tmp_path, MODEL, TrainingConfig(**{**CONFIG.__dict__, "epochs": 1}), *data, tensorboard=True)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert {"loss", "discs/iou", "mean/boundary_iou"} <= set(events.Tags()["scalars"])


def test_missing_tensorboard_says_what_to_install(tmp_path, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        fit(tmp_path, MODEL, CONFIG, *data, tensorboard=True)


def test_nothing_to_train_on_says_so(tmp_path, data):
    with pytest.raises(TrainingError, match="no photos to train on"):
        fit(tmp_path, MODEL, CONFIG, [], data[1])
    with pytest.raises(TrainingError, match="no photos to validate on"):
        fit(tmp_path, MODEL, CONFIG, data[0], {})
