"""Errors for people: every message is one plain sentence that says what is wrong and what to do next."""

from __future__ import annotations

import unicodedata

_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # these change the direction of text


class HumanSegError(Exception):
    """An error that the user can do something about; the message says what."""


class ImageError(HumanSegError):
    """A picture that can't be read or is refused."""


class VideoError(HumanSegError):
    """A clip that can't be read, written or is refused."""


class DataError(HumanSegError):
    """A data set with an orphan, an unreadable or a wrongly shaped pair, or with nothing in it."""


class WeightsError(HumanSegError):
    """Weights that can't be found, or that aren't what they say they are."""


class DownloadError(HumanSegError):
    """Something that had to come over the network and didn't arrive whole."""


class EngineError(HumanSegError):
    """A runtime that was asked for and can't be used on this machine."""


class TrainingError(HumanSegError):
    """A training run that can't start or go on."""


def printable(text: object) -> str:
    """A name or path as it may stand in a sentence: characters that can't be seen become Python's escapes.

    Examples
    --------
    >>> printable("two\\nlines.jpg")
    'two\\\\nlines.jpg'
    """
    # Control characters, line ends, bytes that aren't UTF-8, and what would turn the sentence's direction round.
    return "".join(
        c.encode("unicode_escape").decode()
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _TURNING
        else c
        for c in str(text)
    )
