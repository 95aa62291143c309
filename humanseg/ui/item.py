"""One photo of a visitor, as a record that never changes: a repair puts another record in its place."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from humanseg.confidence import DOUBTFUL
from humanseg.retouch import Repair
from humanseg.ui import text
from humanseg.ui.history import History
from humanseg.ui.placed import Placed
from humanseg.ui.upload import Upload

NONE, NEW = Repair(), History()
LONGEST_CAPTION = 20  # characters; more don't fit on a thumbnail


@dataclass(frozen=True)
class Item:
    """A photo that has been through the network, or has failed.

    Attributes
    ----------
    upload, name : the photo
    size : width and height in pixels
    person_found, confidence : as for `CutOut`
    seconds : how long it took
    error : why it failed, "" if it didn't
    result : the network's cut-out, a PNG; None if it failed
    thumbnail : the gallery's picture of it, before any repair
    placed : by a picture's size, where the people were put by hand in one of that size
    repair, history : what was done to it by hand, and what can be taken back or done again
    id : names the photo on the page; it can't be guessed, and no other photo ever gets it
    """

    upload: Upload
    name: str
    size: tuple[int, int] = (0, 0)
    person_found: bool = False
    confidence: float = 0.0
    seconds: float = 0.0
    error: str = ""
    result: Path | None = None
    thumbnail: Path | None = None
    placed: Mapping[str, Placed] = field(default_factory=dict)
    repair: Repair = NONE
    history: History = NEW
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def lost(self) -> bool:
        """Whether any of its files has been removed meanwhile."""
        files = [self.thumbnail] if self.error else [self.thumbnail, self.result, Path(str(self.upload.source))]
        return any(path is None or not path.exists() for path in files)

    @property
    def empty(self) -> bool:
        """Whether nobody was found, and nobody was painted in by hand."""
        return not (self.error or self.person_found or self.repair)

    @property
    def doubtful(self) -> bool:
        """Whether it's worth a look: the cut-out is expected to be poor, and nobody has mended it."""
        return self.person_found and not self.repair and self.confidence < DOUBTFUL

    @property
    def caption(self) -> str:
        """What the gallery writes on it."""
        name = shortened(self.name)
        return text.DOUBTFUL_CAPTION.format(name=name) if self.doubtful else self.error or name

    def describe(self) -> str:
        """The page's sentence about it."""
        if self.error:
            return self.error
        if self.empty:
            return text.NOBODY_HERE.format(name=self.name)
        width, height = self.size
        said = text.DONE_ONE.format(name=self.name, width=width, height=height, seconds=self.seconds)
        return f"{said} {text.DOUBTFUL}" if self.doubtful else said


@dataclass(frozen=True)
class View:
    """What is on screen: a photo as it was at one moment, or nothing.

    Attributes
    ----------
    item : the photo
    number : grows with every change of what belongs on screen, over all visitors
    """

    item: Item | None
    number: int

    @property
    def token(self) -> str:
        """The page sends this back to name what it shows."""
        return f"{self.item.id if self.item else ''}.{self.number}"


def shortened(name: str) -> str:
    """A long name without its middle: how it begins and how it ends say most.

    Examples
    --------
    >>> shortened("a holiday photo with a very long name (3).jpeg")
    'a holiday … (3).jpeg'
    """
    return name if len(name) <= LONGEST_CAPTION else f"{name[:10]}…{name[-9:]}"


def named(token: str | None) -> str:
    """The id of the photo in a token; "" for none."""
    return (token or "").partition(".")[0]
