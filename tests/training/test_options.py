"""train.py's command line: what can't be is refused in a sentence before anything is fetched, read or made."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from humanseg.errors import HumanSegError
from humanseg.model.config import ModelConfig
from humanseg.training import options
from humanseg.training.config import TrainingConfig
from humanseg.training.run import write_description
from humanseg.training.state import STATE_NAME


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settled(*arguments):
    return options.settle(options.parse(list(arguments), None))


@pytest.mark.parametrize(
    "arguments",
    [
        "--batch-size 0", "--workers -1", "--decoder 0", "--decoder 16 8 8 8 8 8", "--epochs 0", "--sizes 0",
        "--sizes 100", "--size 0", "--learning-rate nan", "--learning-rate 0", "--fold 99", "--fold -1", "--zoom 2 1",
        "--zoom 0 1", "--stop-after 0", "--seed -1", "--warmup 2", "--ema-decay 1", "--encoder nothing",
        "--validation-size 0", "--out file", "--out file/below", "--out /proc/new", "--data set=0", "--data set=nan",
        "--negatives set=-1", "--start-from nowhere", "--resume", "--resume --out nowhere", "--mosaic -0.5",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_leaves_nothing_behind(home, arguments):
    (home / "file").touch()
    with pytest.raises(HumanSegError, match=r"^[^\n]+\.$"):
        settled(*arguments.split())
    assert [path.name for path in home.iterdir()] == ["file"]


def test_train_py_says_it_in_one_line_and_exits_with_1(home, repository, monkeypatch):
    (home / "taken").touch()
    monkeypatch.setattr(sys, "argv", ["train.py", "--data", "nowhere", "--out", "taken"])
    with pytest.raises(SystemExit, match=r"^taken can't be written to .*--out\.$"):  # text is printed, with status 1
        runpy.run_path(str(repository / "train.py"), run_name="__main__")


def test_what_is_not_given_is_as_usual(home):
    run, values = settled("--out", "mine", "--epochs", "3")
    config, model = options.configurations(values)
    assert config == TrainingConfig(epochs=3) and model == ModelConfig()
    assert run == Path("mine") and (home / "mine").is_dir()


def test_a_resumed_run_has_the_options_that_it_began_with_but_for_those_given_anew(home):
    _, values = settled(
        "--out", "mine", "--data", "a", "--data", "b=0.5", "--negatives", "rooms", "--loose", "a", "--epochs", "3",
        "--sizes", "64", "96", "--decoder", "8", "8", "--stop-after", "1",
    )  # fmt: skip
    write_description(home / "mine", {"arguments": options.to_keep(values)})
    (home / "mine" / STATE_NAME).touch()
    for given in (["--resume", "--out", "mine"], ["--resume", "--out", "mine", "--epochs", "9"]):
        run, again = settled(*given)
        config, model = options.configurations(again)
        assert run == Path("mine") and again["loose"] == ["a"] and again["stop_after"] is None
        assert again["data"] == [f"{home}/a=1.0", f"{home}/b=0.5"] and again["negatives"] == [f"{home}/rooms=1.0"]
        assert config.sizes == (64, 96) and model.decoder_channels == (8, 8)
        assert config.epochs == (9 if "--epochs" in given else 3)


def test_data_given_anew_takes_the_place_of_what_the_run_had(home):
    _, values = settled("--out", "mine", "--data", "a")
    write_description(home / "mine", {"arguments": options.to_keep(values)})
    (home / "mine" / STATE_NAME).touch()
    assert settled("--resume", "--out", "mine", "--data", "b")[1]["data"] == ["b"]


@pytest.mark.parametrize(
    "description", [None, "{", {}, {"arguments": None}, {"arguments": [1]}, {"arguments": {"x": 1}}]
)
def test_a_run_that_does_not_tell_its_options_has_the_usual_ones(home, description):
    (home / "mine").mkdir()
    (home / "mine" / STATE_NAME).touch()
    if description is not None:
        text = description if isinstance(description, str) else json.dumps(description)
        (home / "mine" / "training.json").write_text(text)
    _, values = settled("--resume", "--out", "mine")
    assert options.configurations(values)[0] == TrainingConfig() and "x" not in values
