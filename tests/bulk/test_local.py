"""Processes on one machine: each task has one outcome, whatever happens to a process."""

import os
import signal

import pytest

from humanseg.bulk.items import Task
from humanseg.bulk.job import JobConfig
from humanseg.bulk.local import LocalEngine
from humanseg.errors import EngineError, HumanSegError
from tests.bulk.workers import EATS, HANGS, KILLS, slow, touchy, write_photo, write_photos
from tests.ui.fakes import segmenter


def tasks(folder) -> list[Task]:
    return [Task(path.name, "", str(path)) for path in sorted(folder.iterdir())]


def refused():
    raise HumanSegError("These weights are not for this machine.")


def dies():
    os.kill(os.getpid(), signal.SIGKILL)


def test_photos_that_processes_die_of_are_tried_again_alone_and_then_failed(tmp_path):
    folder = write_photos(tmp_path / "in", 12)
    for name, does in (("003-kills.png", KILLS), ("005-eats.png", EATS), ("007-hangs.png", HANGS)):
        write_photo(folder / name, 0, does)
    engine = LocalEngine(JobConfig(str(tmp_path / "out"), make=touchy), processes=2, photo_seconds=1.0)
    outcomes = {outcome.key: outcome for outcome in engine.outcomes(tasks(folder))}
    assert len(outcomes) == 15
    failed = {key: outcome.error for key, outcome in outcomes.items() if outcome.error}
    assert failed.keys() == {"003-kills.png", "005-eats.png", "007-hangs.png"}
    assert "after two tries (its process was killed" in failed["003-kills.png"]
    assert "more memory than is free" in failed["005-eats.png"]
    assert "after two tries (it took too long)" in failed["007-hangs.png"]


def test_a_process_that_is_killed_loses_nothing(tmp_path):
    folder = write_photos(tmp_path / "in", 20)
    engine = LocalEngine(JobConfig(str(tmp_path / "out"), make=slow), processes=2)
    keys = []
    for outcome in engine.outcomes(tasks(folder)):
        assert not outcome.error
        keys.append(outcome.key)
        if len(keys) in (3, 9):
            os.kill(engine._workers[0].process.pid, signal.SIGKILL)
    assert sorted(keys) == [f"{number:03}.png" for number in range(20)]


def test_no_task_is_taken_before_it_is_needed(tmp_path):
    folder, taken = write_photos(tmp_path / "in", 30), 0

    def counted():
        nonlocal taken
        for task in tasks(folder):
            taken += 1
            yield task

    engine = LocalEngine(JobConfig(str(tmp_path / "out"), make=segmenter), processes=1)
    for done, _ in enumerate(engine.outcomes(counted()), 1):
        assert taken <= done + 4


def test_without_tasks_no_process_is_started(tmp_path):
    engine = LocalEngine(JobConfig(str(tmp_path / "out"), make=refused))
    assert list(engine.outcomes([])) == []


@pytest.mark.parametrize(("make", "says"), [(refused, "not for this machine"), (dies, "No process can load")])
def test_where_no_process_can_do_the_job_it_says_why(tmp_path, make, says):
    folder = write_photos(tmp_path / "in", 2)
    engine = LocalEngine(JobConfig(str(tmp_path / "out"), make=make), processes=1)
    with pytest.raises((HumanSegError, EngineError), match=says):
        list(engine.outcomes(tasks(folder)))
