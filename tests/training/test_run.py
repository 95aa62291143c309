import os
import re
from pathlib import Path

import pytest

from humanseg.errors import TrainingError
from humanseg.model.config import WEIGHTS_NAME
from humanseg.training import run
from humanseg.training.rows import METRICS_NAME
from humanseg.training.state import STATE_NAME


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where training is started from."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("left", [STATE_NAME, METRICS_NAME, WEIGHTS_NAME])
def test_a_folder_that_holds_a_run_is_refused_with_what_to_do(tmp_path, left):
    (tmp_path / left).touch()
    with pytest.raises(TrainingError, match=rf"holds a run already \({left}\): go on with it by --resume, or .*--out"):
        run.check_out(tmp_path, resume=False)


def test_a_folder_with_other_things_in_it_may_be_used(tmp_path):
    (tmp_path / "notes.txt").touch()
    assert run.choose_folder(run.check_out(tmp_path, resume=False)) == tmp_path


def test_a_run_that_never_got_anywhere_is_not_resumed(tmp_path):
    (tmp_path / METRICS_NAME).touch()
    with pytest.raises(TrainingError, match=rf"{STATE_NAME} to resume from: start without --resume"):
        run.check_out(tmp_path, resume=True)


def test_a_run_without_a_folder_gets_a_new_one_named_by_the_time(home):
    assert run.check_out(None, resume=False) is None
    folders = [run.choose_folder(None) for _ in range(3)]
    assert len(set(folders)) == 3 and all(folder.is_dir() for folder in folders)
    assert all(re.fullmatch(r"runs/\d{4}-\d\d-\d\d-\d{4}(-\d)?", folder.as_posix()) for folder in folders)


def test_the_run_that_was_written_to_last_is_resumed(home):
    with pytest.raises(TrainingError, match="no run in runs to resume: name its folder with --out"):
        run.check_out(None, resume=True)
    for name, age in (("a", 100), ("b", 300), ("c", 200)):
        (home / "runs" / name).mkdir(parents=True)
        (home / "runs" / name / STATE_NAME).touch()
        os.utime(home / "runs" / name / STATE_NAME, (age, age))
    (home / "runs" / "d").mkdir()
    assert run.check_out(None, resume=True) == run.RUNS / "b"


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/new"])
def test_a_folder_that_cannot_be_made_is_named(home, out):
    (home / "file").touch()
    with pytest.raises(TrainingError, match=r"can't be written to .*--out"):
        run.choose_folder(run.check_out(Path(out), resume=False))


def test_a_description_is_read_as_it_was_written(tmp_path):
    run.write_description(tmp_path, {"epochs": 3})
    assert run.read_description(tmp_path) == {"epochs": 3}


@pytest.mark.parametrize("text", [None, "", "[]", "{"])
def test_what_is_no_description_says_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / run.DESCRIPTION_NAME).write_text(text)
    assert run.read_description(tmp_path) == {}


def test_what_a_resumed_run_does_otherwise_is_said():
    before = {"epochs": 3, "sizes": [64], "sources": {"a": {"photos": 5}}, "torch": "1", "old": 1}
    now = {"epochs": 5, "sizes": (64,), "sources": {"a": {"photos": 6}}, "torch": "2", "new": 1}
    assert run.differences(before, now) == [
        "From here on epochs is 5; the run had 3.",
        "From here on sources is a (photos (6)); the run had a (photos (5)).",
    ]
    assert run.differences({}, now) == []
