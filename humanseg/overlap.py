"""Steps of a pipeline that run beside each other, each in a thread of its own, with little waiting between them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import cv2

Item = TypeVar("Item")

_END = object()
_POLL = 0.05  # seconds after which a thread that waits looks whether it's still wanted

_lock = threading.Lock()
_pipelines, _threads = 0, 0  # that run, and OpenCV's threads before the first of them


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Within it OpenCV, and what asks it for its threads, works on the calling thread alone, in the whole process.

    Steps beside each other use the cores already; threads of theirs would only wait for one another, which takes a
    fifth of a clip's processor time.
    """
    global _pipelines, _threads
    with _lock:
        if not _pipelines:
            _threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _pipelines += 1
    try:
        yield
    finally:
        with _lock:
            _pipelines -= 1
            if not _pipelines:
                cv2.setNumThreads(_threads)


def ahead(
    items: Iterable[Item], depth: int = 2, pause: Callable[[], None] = lambda: None, name: str = "clip"
) -> Iterator[Item]:
    """The items, made by a thread of its own ahead of when they are asked for.

    NumPy, OpenCV, OpenVINO and FFmpeg let other threads run while they compute, so that several such steps, one
    around the other, use all cores. Where the reader stops early, the thread ends with the item that it's making.

    Parameters
    ----------
    depth : items that may wait; memory holds so many and one more
    pause : called before each item is made; may wait, for more urgent work

    Raises
    ------
    whatever making the items raised
    """
    waiting: queue.Queue[Any] = queue.Queue(depth)
    unwanted = threading.Event()

    def offer(item: Any) -> bool:
        while not unwanted.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=_POLL)
                return True
        return False

    def make() -> None:
        iterator = iter(items)
        try:
            while True:
                pause()
                item = next(iterator, _END)
                if not offer((item, None)) or item is _END:
                    return
        except BaseException as error:
            offer((_END, error))
        finally:
            if hasattr(iterator, "close"):
                iterator.close()

    thread = threading.Thread(target=make, name=f"humanseg-{name}", daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        unwanted.set()
        thread.join()
