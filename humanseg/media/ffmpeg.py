"""PyAV, loaded when a clip is first read or written: photos start without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from humanseg.errors import VideoError


def load() -> Any:
    """The module `av`.

    Raises
    ------
    VideoError : it isn't installed
    """
    try:
        import av
    except ImportError as error:
        raise VideoError(f"Clips need PyAV, which can't be imported ({error}): run `pip install av`.") from error
    return av


def first_encoder(names: Sequence[str]) -> str:
    """The first of these encoders that FFmpeg was built with.

    Raises
    ------
    VideoError : it has none of them
    """
    av = load()
    for name in names:
        try:
            av.Codec(name, "w")
        except (av.error.FFmpegError, ValueError):
            continue
        return name
    raise VideoError(f"This build of FFmpeg has no {' or '.join(names)} to write clips with: choose another format.")
