"""What isn't installed with the library: how to say, in one sentence, what a thing needs and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from humanseg.errors import EngineError

# By extra of pyproject.toml: the file that lists the same for a clone.
REQUIREMENTS = {"app": "requirements.txt", "gpu": "requirements-train.txt", "train": "requirements-train.txt"}


@contextmanager
def needed(extra: str, what: str) -> Iterator[None]:
    """Around imports: where one fails, the error says what can't be done without it, and what to install.

    Parameters
    ----------
    extra : of the package: app, gpu or train
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
    except ImportError as error:
        raise EngineError(
            f"{what} needs more than is installed ({error}): run `pip install -r {REQUIREMENTS[extra]}` in the clone, "
            f"or `pip install '.[{extra}]'` there."
        ) from error
