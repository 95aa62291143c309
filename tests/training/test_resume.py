import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

import train
from humanseg.data.datasets import find_pairs
from humanseg.data.training_set import Source
from humanseg.errors import TrainingError
from humanseg.model import unet
from humanseg.model.config import ONNX_NAME
from humanseg.model.onnx_file import OnnxFile, check_belongs
from humanseg.training import session
from humanseg.training.fit import fit
from humanseg.training.state import STATE_NAME
from tests.training.discs import CONFIG, MODEL


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


def test_a_run_killed_in_mid_epoch_goes_on(tmp_path, folder, capsys):
    run = tmp_path / "run"
    arguments = ["--data", str(folder), "--out", str(run), "--epochs", "60"]
    arguments += ["--batch-size", "2", "--sizes", "64", "--workers", "0", "--validation-size", "64"]
    arguments += ["--decoder", "16", "8", "8", "8", "8"]
    process = subprocess.Popen([sys.executable, "train.py", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 240
    while not (run / STATE_NAME).exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert (run / STATE_NAME).exists(), errors.decode()[-500:]
    done = torch.load(run / STATE_NAME, weights_only=True)["epoch"]
    train.main([*arguments, "--resume", "--stop-after", "1"])
    assert f"epoch {done + 1}:" in capsys.readouterr().out
    unet.load(run)
    check_belongs(OnnxFile.read(run / ONNX_NAME), run)


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


def test_resuming_from_nothing_says_so(tmp_path, data):
    with pytest.raises(TrainingError, match="start without --resume"):
        fit(tmp_path, MODEL, CONFIG, *data, resume=True)


def test_a_damaged_state_says_so(tmp_path, data):
    (tmp_path / STATE_NAME).write_bytes(b"damaged")
    with pytest.raises(TrainingError, match="can't be resumed from"):
        fit(tmp_path, MODEL, CONFIG, *data, resume=True)
