"""What all commands have in common."""

import pytest

from humanseg.cli import main
from humanseg.errors import HumanSegError
from humanseg.segmenter import Segmenter


def test_a_run_by_module_name_prints_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "cut-out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (HumanSegError("Too dark:\nadd light."), 1, "Too dark:\\nadd light.\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (OSError(28, "No space left on device", "x.json"), 1, "x.json can't be read or written (No space left on dev"),
    ],
)
def test_whatever_ends_a_command_is_one_line(monkeypatch, capsys, error, status, said):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(Segmenter, "from_pretrained", fail)
    assert main(["info"]) == status
    line = capsys.readouterr().err
    assert line.startswith(said) and line.count("\n") == 1


def test_a_mistake_of_ours_keeps_its_stack_trace(monkeypatch):
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["info"])


NOISY = """
import logging, sys, warnings
from humanseg.cli import main
from humanseg.errors import HumanSegError
from humanseg.segmenter import Segmenter
from humanseg.segmenter import Segmenter
from tests.ui.fakes import segmenter

def load(*arguments, **options):
    for kind in (UserWarning, DeprecationWarning, FutureWarning):
        warnings.warn("a library speaks to its programmers", kind)
    return segmenter()

Segmenter.from_pretrained = load
sys.exit(main())
"""


def test_warnings_of_libraries_do_not_reach_the_terminal(spawn):
    run = spawn("info", code=NOISY, text=True)
    out, errors = run.communicate(timeout=120)
    assert run.returncode == 0 and "engine   fake" in out and not errors
