"""The page's Segmenters, loaded when first needed, so that the page itself answers at once."""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from pathlib import Path

import numpy as np

from humanseg.cutout import CutOut
from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.segmenter import Segmenter
from humanseg.ui import text, zero_gpu
from humanseg.ui.server.limits import Limits
from humanseg.ui.upload import Upload

log = logging.getLogger("humanseg.ui")

# Seconds for which each step of a clip's next frame is held up by photos at the most.
LONGEST_WAIT = 3.0
_SOMEBODY = Path(__file__).parent / "examples" / "astronaut.jpg"


class LazySegmenter:
    """Calls `factory` once, for the first request; others wait.

    A failure isn't kept: the next visitor tries again and reads the same sentence if it still fails.
    """

    def __init__(self, factory: Callable[[], Segmenter], places: int = 2) -> None:
        self._factory = factory
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="photo")
        self._lock = threading.Lock()
        self._segmenter: Segmenter | None = None
        self._at_work = 0
        self._idle = threading.Condition()
        self._run = zero_gpu.on_gpu(lambda photo: self._segmenter.cut_out(photo))

    def get(self) -> Segmenter:
        """The Segmenter.

        Raises
        ------
        HumanSegError : the weights can't be loaded
        """
        with self._lock:
            if self._segmenter is None:
                self._segmenter = self._factory()
            return self._segmenter

    def cut_out(self, upload: Upload, limits: Limits) -> CutOut:
        """The cut-out of an upload; at most `places` photos are worked on at a time.

        A photo that was given up goes on in its thread, which can't be stopped, and keeps its place until it's done.

        Raises
        ------
        HumanSegError : it's no photo or too big, takes longer than `limits.photo_seconds`, or there are no weights
        """
        self.get()
        # In the thread, too, ZeroGPU has to know whose quota it is.
        request = contextvars.copy_context()
        task = self._pool.submit(request.run, self._first, upload, limits)
        try:
            return task.result(limits.photo_seconds)
        except TimeoutError as error:
            task.cancel()
            raise HumanSegError(text.TOO_SLOW.format(name=upload.name, seconds=limits.photo_seconds)) from error

    def _first(self, upload: Upload, limits: Limits) -> CutOut:
        """One photo, before which clips that are being cut out stand back."""
        with self._idle:
            self._at_work += 1
        try:
            return self._run(upload.read(limits))
        finally:
            with self._idle:
                self._at_work -= 1
                self._idle.notify_all()

    def let_photos_pass(self) -> None:
        """Waits while photos are being worked on, but not for ever: a clip goes on slowly where they never end."""
        with self._idle:
            self._idle.wait_for(lambda: not self._at_work, LONGEST_WAIT)

    @property
    def busy(self) -> bool:
        """Whether photos are being worked on."""
        return self._at_work > 0

    @property
    def ready(self) -> bool:
        return self._segmenter is not None


def warm_up(still: LazySegmenter, live: LazySegmenter) -> threading.Thread:
    """Loads the weights in the background and runs them once, so that neither photo nor webcam waits for them.

    On ZeroGPU those for photos are there when this returns: what is loaded when the page is launched is passed on to
    the processes that have a GPU.
    """

    def warm_photos() -> None:
        if zero_gpu.is_here():
            still.get()
            return
        # A photo of somebody: with nobody in it, the steps after the network wouldn't run.
        photos.encode(np.asarray(still.get().cut_out(_SOMEBODY))[..., :3])
        # Gradio imports it at the first event, where it's installed: half a second that a visitor would wait.
        with contextlib.suppress(ImportError):
            importlib.import_module("matplotlib.pyplot")

    def load(*steps: Callable[[], object]) -> None:
        for warm in steps:
            try:
                warm()
            except HumanSegError as error:
                log.error("%s", error)
            except Exception:
                log.exception("The weights can't be warmed up.")

    steps = [warm_photos, lambda: live.get().alpha(_SOMEBODY, second_pass=False)]
    if zero_gpu.is_here():
        load(steps.pop(0))
    thread = threading.Thread(target=load, args=steps, name="warm-up", daemon=True)
    thread.start()
    return thread
