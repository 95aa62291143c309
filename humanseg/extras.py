"""What isn't installed with the library: how to say, in one sentence, what a thing needs and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from humanseg.errors import EngineError

# By extra of pyproject.toml: what to install in a clone, which may be used without being installed itself.
_FILES = {
    "app": "requirements.txt",
    "bulk": "requirements-bulk.txt",
    "gpu": "requirements-train.txt",
    "train": "requirements-train.txt",
}


@contextmanager
def needed(extra: str, what: str) -> Iterator[None]:
    """Around imports: where one fails, the error says what can't be done without it, and what to install.

    Parameters
    ----------
    extra : of the package: app, bulk, gpu or train
    what : can't be done without it; begins the sentence

    Raises
    ------
    EngineError : an import failed

    Examples
    --------
    >>> with needed("train", "Averaging weights"):
    ...     import torch  # doctest: +SKIP
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise EngineError(f"{what} needs {error.name}, which isn't installed: {_remedy(extra)}.") from error
    except ImportError as error:
        raise EngineError(f"{what} needs what can't be imported ({error}): {_remedy(extra)}.") from error


def _remedy(extra: str) -> str:
    if (Path(__file__).resolve().parents[1] / _FILES[extra]).is_file():
        return f"run `pip install -r {_FILES[extra]}`"
    return f"install humansegnet with its extra `{extra}` (`pip install '.[{extra}]'` in its clone)"
