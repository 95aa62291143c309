"""Interlaced clips: every frame holds two moments, one in its even and one in its odd lines; here it's made one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

log = logging.getLogger(__name__)

# BBC's filter in FFmpeg (LGPL). One frame for each, so that a clip keeps its rate; ones that aren't flagged as
# interlaced pass as they are.
_FILTER, _OPTIONS = "bwdif", "mode=send_frame:deint=interlaced"


def whole(av: Any, frames: Iterable[Any]) -> Iterator[Any]:
    """Decoded frames (`av.VideoFrame`), those that are interlaced as whole ones.

    Nothing is done, and nothing held back, before the first that is interlaced; from there on they come one later.
    Times are in each frame's own `time_base`.
    """
    graph, form = None, None
    for frame in frames:
        if graph is not None and form != _form(frame):  # of another size from here on
            yield from _rest(av, graph)
            graph = None
        if graph is None and frame.interlaced_frame:
            graph, form = _graph(av, frame), _form(frame)
        if graph is None:
            yield frame
        else:
            graph.push(frame)
            yield from _ready(av, graph)
    if graph is not None:
        yield from _rest(av, graph)


def _form(frame: Any) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


def _graph(av: Any, frame: Any) -> Any:
    """A filter for frames like this one; None where FFmpeg has none, and they stay as they are."""
    width, height, form = _form(frame)
    graph = av.filter.Graph()
    try:
        source = graph.add_buffer(width=width, height=height, format=form, time_base=frame.time_base)
        filter, sink = graph.add(_FILTER, _OPTIONS), graph.add("buffersink")
        source.link_to(filter)
        filter.link_to(sink)
        graph.configure()
    except (av.error.FFmpegError, ValueError) as error:
        log.debug("Interlaced frames stay so: %s", error)
        return None
    return graph


def _ready(av: Any, graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, av.error.EOFError):
            return


def _rest(av: Any, graph: Any) -> Iterator[Any]:
    graph.push(None)
    yield from _ready(av, graph)
