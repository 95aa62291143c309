"""The context that all parts of the page share: networks, limits, files, memory and sessions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from humanseg.ui.memory import Memory
from humanseg.ui.model import LazySegmenter
from humanseg.ui.pictures import Pictures
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from humanseg.ui.sessions import Sessions
from humanseg.ui.shelf import Shelf

EXAMPLES = Path(__file__).parent / "examples"


class Asked(Protocol):
    """A request from the page (Gradio's `Request`)."""

    session_hash: str | None


class Pace:
    """How long photos took lately, over all visitors."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=9)

    def add(self, seconds: float) -> float:
        """One took so many seconds, which are given back."""
        self._seconds.append(seconds)
        return seconds

    @property
    def usual(self) -> float | None:
        """Seconds a photo; None before the first one."""
        return median(self._seconds) if self._seconds else None


@dataclass(frozen=True)
class Context:
    """Made once, when the page is built.

    Attributes
    ----------
    model, live : the networks for photos and for the webcam
    limits : what one visitor may ask
    shelf : the temporary files
    memory : the arrays that are kept
    sessions : all visitors
    examples : photos to try
    pace : how long photos took lately
    """

    model: LazySegmenter
    live: LazySegmenter
    limits: Limits
    shelf: Shelf
    memory: Memory
    sessions: Sessions
    examples: tuple[Path, ...]
    pace: Pace = field(default_factory=Pace)

    @classmethod
    def of(cls, model: LazySegmenter, live: LazySegmenter, limits: Limits, shelf: Shelf) -> Context:
        """The context of a page with these networks, limits and files."""
        memory = Memory()

        def session() -> Session:
            return Session(Pictures(shelf, memory, limits), limits.photos)

        sessions = Sessions(session, limits.keep_seconds)
        return cls(model, live, limits, shelf, memory, sessions, tuple(sorted(EXAMPLES.glob("*.jpg"))))

    def session(self, request: Asked) -> Session:
        """The session that a request belongs to.

        Raises
        ------
        HumanSegError : it is open in another tab by now
        """
        return self.sessions.of(request.session_hash)

    # Which events run beside each other: options of Gradio's events.

    @property
    def runs_the_model(self) -> dict[str, Any]:
        """For events that run the photos' network."""
        return _lane("model", self.limits.concurrency)

    @property
    def works_on_clips(self) -> dict[str, Any]:
        """For clips: each takes a place for minutes, so these are other places than the photos'."""
        return _lane("clip", self.limits.clips)

    @property
    def looks_on(self) -> dict[str, Any]:
        """For events that only say how far a clip is."""
        return _lane("looks on", 64)

    @property
    def composes(self) -> dict[str, Any]:
        """For events that make a picture without the network."""
        return _lane("compose", 4)

    @property
    def quick(self) -> dict[str, Any]:
        """For everything else."""
        return {"concurrency_limit": 8, "api_visibility": "private"}


def _lane(name: str, limit: int) -> dict[str, Any]:
    return {"concurrency_id": name, "concurrency_limit": limit, "api_visibility": "private"}
