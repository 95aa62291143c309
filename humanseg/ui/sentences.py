"""Errors in one sentence, for visitors of the page."""

from __future__ import annotations

import logging

from humanseg.errors import HumanSegError
from humanseg.ui import text

log = logging.getLogger("humanseg.ui")


def sentence(error: BaseException) -> str:
    """The one sentence a visitor reads about an error; anything unexpected goes to the log in full."""
    if isinstance(error, HumanSegError):
        return str(error)
    if isinstance(error, MemoryError):
        return text.TOO_LITTLE_MEMORY
    log.error("Unexpected error", exc_info=error)
    return text.UNEXPECTED
