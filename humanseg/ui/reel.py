"""What a visitor has on the Video tab, without Gradio."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from humanseg.ui.upload import Upload


class Work(Protocol):
    """What is being made of a clip (`clips.Job`)."""

    result: Future[Any]

    def stop(self) -> None:
        """Ends it early."""


@dataclass(frozen=True)
class Reel:
    """A clip, and what is made of it; all of it is still there after a reload of the page.

    Attributes
    ----------
    upload : the clip, None for none
    words : the sentence about it
    poster : its first frame, a JPEG
    seconds : how long it is
    start, end : the part that's cut out, in seconds
    behind : the clip of their own that goes behind the people
    work : what is, or was, made of it last
    """

    upload: Upload | None = None
    words: str = ""
    poster: Path | None = None
    seconds: float = 0.0
    start: float = 0.0
    end: float = 0.0
    behind: Upload | None = None
    work: Work | None = None

    @property
    def lost(self) -> bool:
        """Whether the clip's file has been removed meanwhile."""
        return self.upload is not None and is_gone(self.upload)


def is_gone(upload: Upload) -> bool:
    """Whether the file of an upload has been removed."""
    return not Path(str(upload.source)).exists()
