"""How far a download is: told while it goes on, in steps small enough to be worth telling."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

CHUNK = 1 << 16  # bytes


class Listener(Protocol):
    """Somebody who is told how the weights come about."""

    def progress(self, done: int, total: int) -> None:
        """So many bytes of the file that is being fetched are there."""

    def instead(self, sentence: str) -> None:
        """Other weights than those of the Hub serve, and why."""


@contextlib.contextmanager
def small_chunks() -> Iterator[None]:
    """Within it the Hub's client writes what it fetches in small pieces.

    Its own are 10 MB (2.4), of which nothing is left when the connection breaks, so that a model of 12 MB would begin
    from the start again and again, and its progress would be two steps.
    """
    from huggingface_hub import constants

    usual = constants.DOWNLOAD_CHUNK_SIZE
    constants.DOWNLOAD_CHUNK_SIZE = min(usual, CHUNK)
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = usual


def progress_bar(listener: Listener | None, size: int) -> type | None:
    """The Hub's own progress bar, which tells a listener, too, whether or not it's shown.

    Some downloads have two at once: what came over the network, and what was put together on the disk from that.
    """
    if listener is None:
        return None
    from huggingface_hub.utils import tqdm

    furthest = 0

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.arrived = 0
            self.update(options.get("initial", 0))

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal furthest
            self.arrived += int(n or 0)
            furthest = min(max(furthest, self.arrived), size)
            listener.progress(furthest, size)
            return super().update(n)

    return Bar
