"""The folder of a run: which one, whether it may be used, and how the run came about."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from humanseg.errors import TrainingError
from humanseg.files import replacing
from humanseg.model.config import WEIGHTS_NAME
from humanseg.training.rows import METRICS_NAME
from humanseg.training.state import STATE_NAME

RUNS = Path("runs")
DESCRIPTION_NAME = "training.json"
# A resumed run may differ in these without being another training.
_NOT_COMPARED = {"arguments", "earlier", "machine", "network", "precision", "processes", "torch", "workers"}


def check_out(out: Path | None, resume: bool) -> Path | None:
    """The folder of a run, without making it: the one that was asked for, or that of the last run, to resume it.

    None stands for a new one that has no name yet.

    Raises
    ------
    TrainingError : it holds a run already, or none to resume
    """
    if out is None and resume:
        out = _last_run()
    if out is not None:
        check_folder(out, resume)
    return out


def choose_folder(out: Path | None) -> Path:
    """The folder of a run, made if need be and found to be writable; new and named by the time if none is given.

    Raises
    ------
    TrainingError : it can't be made or written to
    """
    if out is None:
        out = _new_folder()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise TrainingError(f"{out} can't be written to ({error.strerror}): name another folder with --out.") from error
    return out


def check_folder(run: Path, resume: bool) -> None:
    """Raises TrainingError where a new run would mix with an earlier one, or where there is none to resume."""
    if resume and not (run / STATE_NAME).exists():
        raise TrainingError(f"There is no {run / STATE_NAME} to resume from: start without --resume.")
    used = [name for name in (STATE_NAME, METRICS_NAME, WEIGHTS_NAME) if (run / name).exists()]
    if used and not resume:
        raise TrainingError(
            f"{run} holds a run already ({', '.join(used)}): go on with it by --resume, or name another folder with "
            "--out."
        )


def _new_folder() -> Path:
    name = datetime.now().strftime("%Y-%m-%d-%H%M")
    number = 1
    while True:
        folder = RUNS / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise TrainingError(f"{folder} can't be made ({error.strerror}): name a folder with --out.") from error
        else:
            return folder


def _last_run() -> Path:
    states = sorted(RUNS.glob(f"*/{STATE_NAME}"), key=lambda path: path.stat().st_mtime)
    if not states:
        raise TrainingError(f"There is no run in {RUNS} to resume: name its folder with --out.")
    return states[-1].parent


def write_description(run: Path, description: dict[str, Any]) -> None:
    """Writes `training.json`: how the run came about.

    Raises
    ------
    OSError : the folder can't be written
    """
    with replacing(run / DESCRIPTION_NAME) as path:
        path.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def read_description(run: Path) -> dict[str, Any]:
    """What `write_description` wrote; empty where it isn't there or can't be read."""
    try:
        content = json.loads((run / DESCRIPTION_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """How a resumed run differs from what it was before, a sentence for each difference.

    Parameters
    ----------
    before, now : descriptions; keys that only one of them has aren't compared
    """
    now = json.loads(json.dumps(now))  # tuples are lists in JSON
    sentences = []
    for key in before.keys() & now.keys() - _NOT_COMPARED:
        if before[key] != now[key]:
            sentences.append(f"From here on {key} is {_shown(now[key])}; the run had {_shown(before[key])}.")
    return sorted(sentences)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} ({_shown(part)})" for name, part in value.items()) or "nothing"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
