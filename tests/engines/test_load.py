import os
import subprocess
import sys
from pathlib import Path

import pytest

from humanseg.engines import base, load_engine, thread_count
from humanseg.errors import EngineError, WeightsError

ROOT = Path(__file__).resolve().parents[2]


def test_the_environment_chooses_the_engine(weights, monkeypatch):
    monkeypatch.setenv("HUMANSEG_ENGINE", "torch")
    assert load_engine(weights).name.startswith("torch")


def test_without_openvino_auto_falls_back_and_says_so(weights, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "humanseg.engines.openvino", raising=False)
    assert load_engine(weights).name.startswith("torch")
    assert "falling back" in caplog.text
    with pytest.raises(EngineError, match="pip install openvino"):
        load_engine(weights, engine="openvino")


def test_openvino_does_not_report_to_its_makers_that_it_is_used():
    import humanseg.engines.openvino  # noqa: F401

    assert sys.modules["openvino.tools.ovc.telemetry_utils"].tm.__name__ == "openvino.tools.ovc.telemetry_stub"


@pytest.mark.parametrize("name", ["cuda", "OpenVINO", "x"])
def test_an_unknown_engine_gives_the_choice(weights, name):
    with pytest.raises(EngineError, match="auto, torch, openvino"):
        load_engine(weights, engine=name)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_thread_count_must_be_a_positive_whole_number(monkeypatch, text):
    monkeypatch.setenv("HUMANSEG_THREADS", text)
    with pytest.raises(EngineError, match="HUMANSEG_THREADS"):
        thread_count()


def test_the_thread_count_follows_the_environment_else_the_cores(monkeypatch):
    monkeypatch.setenv("HUMANSEG_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.delenv("HUMANSEG_THREADS")
    assert 1 <= thread_count() <= os.cpu_count()


@pytest.mark.parametrize(
    ("quota", "threads"),
    [
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("10000 100000", 1),
        ("6400000 100000", 8),
        ("max 100000", 8),
        ("", 8),
    ],
)
def test_in_a_container_there_are_no_more_threads_than_it_has_processor_time_for(monkeypatch, tmp_path, quota, threads):
    monkeypatch.delenv("HUMANSEG_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(base, "QUOTA", tmp_path / "cpu.max")
    (tmp_path / "cpu.max").write_text(quota)
    assert thread_count() == threads


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_missing_weights_give_one_sentence(tmp_path, engine):
    with pytest.raises(WeightsError, match="There is no"):
        load_engine(tmp_path, engine=engine, cache_dir=tmp_path)


ENDED_IN_TURN = """
import gc, pathlib, signal, sys
from humanseg.engines import load_engine
weights, cache = map(pathlib.Path, sys.argv[1:])
first, second = (load_engine(weights, engine="openvino", threads=1, cache_dir=cache) for _ in range(2))
del first; gc.collect()
del second; gc.collect()
signal.signal(signal.SIGINT, lambda *_: print("stopped"))
signal.raise_signal(signal.SIGINT)
"""


def test_ctrl_c_is_heard_after_two_engines_have_come_and_gone(weights, cache, engines):
    # In a process of its own, which would crash.
    command = [sys.executable, "-c", ENDED_IN_TURN, str(weights), str(cache)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr
