"""Several processes share one training, started as README says, on CPUs."""

import csv
import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from torch import nn

from humanseg.errors import DataError, TrainingError
from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.training import processes
from tests.training.discs import write_discs

# What a launcher tells the first of two processes.
LAUNCHED = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "x", "MASTER_PORT": "1"}

# Run by each process in place of train.py: the same, and what it validated and trained on is written down.
WATCHED = """
import hashlib, json, os, sys
sys.path.insert(0, os.getcwd())
import train
from humanseg.data.training_set import TrainingSet
from humanseg.training import session

note = {"drawn": [], "weights": [], "figures": []}
take, score = TrainingSet.__getitem__, session.ValidationSet.figures

def taken(self, draw):
    note["drawn"].append([draw.index, *draw.seed])
    return take(self, draw)

def figures(self, net, *rest):
    state = b"".join(tensor.numpy().tobytes() for tensor in net.state_dict().values())
    note["weights"].append(hashlib.sha256(state).hexdigest())
    note["figures"].append(score(self, net, *rest))
    return note["figures"][-1]

TrainingSet.__getitem__, session.ValidationSet.figures = taken, figures
train.main(sys.argv[3:] + ["--out", sys.argv[2]])
with open(f"{sys.argv[1]}.{os.environ.get('RANK', 0)}.json", "w") as file:
    json.dump(note, file)
train.main(sys.argv[3:] + ["--out", sys.argv[2] + "-frozen", "--frozen-norm"])
"""


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    """Ten square photos of bright discs, which are the people; the last two to validate on."""
    return write_discs(tmp_path_factory.mktemp("squares"), 10, width=72, across=(25, 47), held_back=2)


def launched(count, script, *arguments, **variables):
    """What came of starting a script in so many processes; one is started without a launcher."""
    launcher = []
    if count > 1:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        # accelerate's own launcher starts several processes on GPUs, but on CPUs only through MPI.
        launcher = ["-m", "torch.distributed.run", "--nproc_per_node", str(count)]
        launcher += ["--master_addr", "127.0.0.1", "--master_port", port]
    # One thread each, and float32 all through: what's compared is the sharing, not the rounding.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HUMANSEG_FLOAT32": "1", **variables}
    environment.pop("ACCELERATE_USE_CPU", None)
    command = [sys.executable, *launcher, *map(str, (script, *arguments))]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=480, check=False)


@pytest.fixture(scope="module")
def runs(squares, tmp_path_factory):
    """The same trainings by one process and by two: the first one's folder, and what each process noted of it."""
    home = tmp_path_factory.mktemp("runs")
    (home / "watched.py").write_text(WATCHED)
    asked_for = (
        "--data", squares, "--epochs", "2", "--batch-size", "4", "--sizes", "96", "--workers", "0", "--plain",
        "--validation-size", "64", "--decoder", "16", "8", "8", "8", "8", "--loss", "bce_dice",
    )  # fmt: skip
    found = {}
    for count in (1, 2):
        run = home / f"by{count}"
        done = launched(count, home / "watched.py", home / f"note{count}", run, *asked_for)
        assert done.returncode == 0, done.stderr[-2000:]
        notes = [json.loads((home / f"note{count}.{rank}.json").read_text()) for rank in range(count)]
        found[count] = run, notes, done.stdout
    return found


def rows_of(run):
    with (run / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_two_processes_are_one_training_in_one_folder(runs):
    run, _, said = runs[2]
    assert json.loads((run / "training.json").read_text())["processes"] == 2
    assert [row["epoch"] for row in rows_of(run)] == ["1", "2"]
    assert said.count("epoch 1:") == said.count("epoch 2:") == 2  # of two trainings
    unet.load(run)


def test_every_process_validates_the_same_weights_and_statistics_and_gets_the_same_figures(runs):
    _, (first, second), _ = runs[2]
    assert first["weights"] == second["weights"] and len(set(first["weights"])) == 2
    assert first["figures"] == second["figures"]


def test_two_processes_draw_what_one_does_each_sample_once(runs):
    _, (alone,), _ = runs[1]
    _, (first, second), _ = runs[2]
    drawn = first["drawn"] + second["drawn"]
    assert sorted(drawn) == sorted(alone["drawn"])
    assert len({tuple(sample[1:]) for sample in drawn}) == len(drawn) and len(first["drawn"]) == len(second["drawn"])


def test_two_processes_learn_nearly_what_one_does_though_each_normalises_its_own_half(runs):
    one, two = ([float(row["loss"]) for row in rows_of(runs[count][0])] for count in (1, 2))
    assert one == pytest.approx(two, rel=0.05)


def test_with_frozen_norms_two_processes_learn_what_one_does(runs):
    one, two = (rows_of(runs[count][0].with_name(f"by{count}-frozen")) for count in (1, 2))
    for alone, shared in zip(one, two, strict=True):
        assert float(alone["loss"]) == pytest.approx(float(shared["loss"]), abs=2e-4)
        assert float(alone["mean/iou"]) == pytest.approx(float(shared["mean/iou"]), abs=2e-3)


@pytest.mark.parametrize("variables", [{"WORLD_SIZE": "2"}, {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}])
def test_a_process_that_was_told_of_others_but_not_started_with_them_says_so(monkeypatch, variables):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainingError, match=r"WORLD_SIZE is 2, but .*torchrun"):
        processes.make_accelerator()


@pytest.mark.parametrize("text", ["", "two", "0", "-1", "1.5"])
def test_a_world_size_that_is_no_number_is_named(monkeypatch, text):
    monkeypatch.setenv("WORLD_SIZE", text)
    with pytest.raises(TrainingError, match="WORLD_SIZE is"):
        processes.make_accelerator()


def test_fewer_processes_than_were_spoken_of_are_refused(monkeypatch):
    class Alone:
        num_processes = 1

        def __init__(self, **_):
            pass

    monkeypatch.setattr(processes, "Accelerator", Alone)
    for name, value in LAUNCHED.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainingError, match="WORLD_SIZE is 2, but 1 processes take part"):
        processes.make_accelerator()


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in {**LAUNCHED, "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainingError, match="2 processes can't share 1 GPUs"):
        processes.make_accelerator()


class Pair:
    """Two processes in one: what is reduced is the mean with another process that has zeros."""

    num_processes, process_index, is_main_process = 2, 0, True
    device = torch.device("cpu")

    def reduce(self, tensor, how):
        assert how == "mean"
        return tensor / 2


def test_statistics_are_the_mean_of_all_processes():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.BatchNorm2d(2, track_running_stats=False))
    net[1].running_mean.fill_(4.0)
    before = net[0].weight.clone()
    processes.share_statistics(Pair(), net)
    assert net[1].running_mean.tolist() == [2, 2] and net[1].running_var.tolist() == [0.5, 0.5]
    assert torch.equal(net[0].weight, before)


def test_on_gpus_norms_are_shared_and_weights_keep_their_names():
    accelerator = Pair()
    accelerator.device = torch.device("cuda")
    net = unet.build(ModelConfig(decoder_channels=(8, 8)))
    names = list(net.state_dict())
    shared = processes.with_shared_norms(net, accelerator)
    assert any(isinstance(module, nn.SyncBatchNorm) for module in shared.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in shared.modules())
    assert list(shared.state_dict()) == names


def test_what_goes_wrong_in_the_first_process_ends_all_with_its_sentence(monkeypatch):
    def broken():
        raise DataError("The set is gone.")

    accelerator = Pair()
    monkeypatch.setattr(processes, "broadcast_object_list", lambda outcome: outcome)
    assert processes.on_main(accelerator, lambda: 7) == 7
    with pytest.raises(TrainingError, match="The set is gone"):
        processes.on_main(accelerator, broken)
    accelerator.is_main_process = False
    monkeypatch.setattr(processes, "broadcast_object_list", lambda outcome: outcome.__setitem__(1, "The set is gone."))
    with pytest.raises(TrainingError, match="The set is gone"):
        processes.on_main(accelerator, broken)


def test_processes_that_mpi_started_need_no_world_size(monkeypatch):
    class OfTwo:
        num_processes = 2

        def __init__(self, **_):
            pass

    monkeypatch.setattr(processes, "Accelerator", OfTwo)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert processes.make_accelerator().num_processes == 2
