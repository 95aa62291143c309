"""A visitor's clip: looked at, cut out in a thread of its own, and handed over as a file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from humanseg.backgrounds import TRANSPARENT, Background
from humanseg.errors import HumanSegError, VideoError
from humanseg.media import photos, video_writer
from humanseg.media.video import Clip
from humanseg.resize import shrink
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.preview import checkerboard
from humanseg.ui.upload import Upload
from humanseg.video import VideoRecord, cut_out_video

# By what a visitor chooses: the format, and whether it's the matte alone.
KINDS = {
    "mp4": ("mp4", False),
    "webm": ("webm", False),
    "mov": ("mov", False),
    "webp": ("webp", False),
    "png": ("png", False),
    "matte": ("mp4", True),
}
CLIP = "clip"  # a clip behind the people: a kind of background, beside those that photos have
_PREVIEW_SIDE = 854  # pixels
# Seconds between two looks at how large a result has become.
_LOOK = 1.0
# Added to the niceness of a clip's threads, FFmpeg's too: a quarter of the time where photos, for which somebody waits,
# could do with all of it.
_NICE = 5
# Seconds for which a clip goes on though nobody waits for it: a page is loaded again within that time.
ALONE = 60.0


@dataclass(frozen=True)
class Wish:
    """What is to be made of a clip.

    Attributes
    ----------
    background : what goes behind the people, a clip too
    kind : one of `KINDS`
    start, end : of the part, in seconds; None for the clip's own
    """

    background: Background | Clip
    kind: str = "mp4"
    start: float | None = None
    end: float | None = None

    @property
    def transparent(self) -> bool:
        return (
            isinstance(self.background, Background) and self.background.kind == TRANSPARENT and not KINDS[self.kind][1]
        )


@dataclass(frozen=True)
class Result:
    """What became of a clip: the file to take home, and one that a browser plays."""

    record: VideoRecord
    file: Path
    shown: Path


def look_at(context: Context, upload: Upload) -> Clip:
    """The clip of an upload.

    Raises
    ------
    HumanSegError : it's too big, or no clip
    """
    limits, path = context.limits, upload.source
    if isinstance(path, bytes):
        path = str(context.shelf.put(upload.name, path))
    try:
        size = Path(path).stat().st_size
    except OSError as error:
        raise VideoError(text.GONE.format(name=upload.name)) from error
    if size > limits.clip_mb * 1_000_000:
        raise VideoError(text.FILE_TOO_BIG.format(name=upload.name, size=size / 1e6, limit=limits.clip_mb))
    return Clip(path, max_pixels=limits.clip_megapixels * 1_000_000, name=upload.name)


def behind(context: Context, upload: Upload | None) -> Clip:
    """The clip that goes behind the people.

    Raises
    ------
    HumanSegError : there is none, it's too big, or no clip
    """
    if upload is None:
        raise HumanSegError(text.NO_CLIP_BEHIND)
    return look_at(context, upload)


def poster(context: Context, clip: Clip, time: float = 0.0) -> Path:
    """A frame of a clip as a JPEG."""
    frame = shrink(clip.poster(time), _PREVIEW_SIDE)
    return context.shelf.put("poster.jpg", photos.encode(frame, format="jpeg", quality=85))


def workers(count: int) -> ThreadPoolExecutor:
    """The threads that clips are cut out in, so many at a time; photos go before them."""
    return ThreadPoolExecutor(count, thread_name_prefix="clip", initializer=_stand_back)


def _stand_back() -> None:
    """Lowers the priority of the thread that calls it; elsewhere than on Linux a process has one for all threads."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class Job:
    """One clip that is being cut out; ends early, with what is done, once `stop` is called.

    Attributes
    ----------
    done, total : seconds of the clip; `total` is None where that can't be told
    """

    def __init__(self, context: Context, pool: ThreadPoolExecutor, clip: Clip, wish: Wish) -> None:
        self._context, self._clip, self._wish = context, clip, wish
        self._stop = threading.Event()
        self.done, self.total = 0.0, None
        self._looked, self._full = 0.0, False
        self._watched: float | None = None
        limit = context.limits.clip_seconds
        first = wish.start or 0.0
        end = min(filter(None, (wish.end, clip.seconds)), default=None)
        if wish.transparent and wish.kind == "mp4":
            raise VideoError(text.NOT_SEE_THROUGH)
        if wish.kind not in KINDS:
            raise VideoError(text.NO_SUCH_FORMAT.format(kinds=", ".join(KINDS)))
        if end is not None and end - first > limit + 0.5:
            raise VideoError(text.CLIP_TOO_LONG.format(name=clip.name, seconds=end - first, limit=limit))
        self._end = first + limit if end is None else wish.end
        self.result: Future[Result] = pool.submit(self._run)

    def stop(self) -> None:
        """Ends it early; what is done by then is kept."""
        self._stop.set()

    def watch(self) -> None:
        """Somebody is waiting for it now. Once it was called, a job that nobody waits for any more ends early."""
        self._watched = time.monotonic()

    @property
    def gives_way(self) -> bool:
        """Whether it stands back just now, for photos."""
        return self._context.model.busy

    @property
    def waits(self) -> bool:
        """Whether others are before it."""
        return not (self.result.running() or self.result.done())

    def _is_over(self) -> bool:
        alone = self._watched is not None and time.monotonic() - self._watched > ALONE
        return alone or self._stop.is_set()

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes, None while that can't be told."""
        if not self.total or self.done <= 0:
            return None
        return (time.monotonic() - self._began) / self.done * (self.total - self.done)

    def _run(self) -> Result:
        self._began = time.monotonic()
        form, matte = KINDS[self._wish.kind]
        suffix = video_writer.FORMATS[form].suffix
        name = photos.output_name(self._clip.name, "-matte" if matte else "-cutout", suffix)
        target = self._context.shelf.place(name)
        self._folder = target.parent
        shown = (
            None if form == "mp4" or (form == "webm" and not self._wish.transparent) else target.parent / "shown.mp4"
        )
        with _shown(shown, self._clip) as show:
            record = cut_out_video(
                *(self._clip, target, self._wish.background),
                matte=matte,
                segmenter=self._context.live.get(),
                start=self._wish.start,
                end=self._end,
                progress=self._progress,
                stop=self._is_over,
                pause=self._context.model.let_photos_pass,
                show=show,
            )
        if self._full:
            shutil.rmtree(self._folder)
            limit = self._context.limits.result_mb
            raise HumanSegError(text.RESULT_TOO_BIG.format(name=self._clip.name, limit=limit))
        if not suffix:
            target = _zipped(target)
        if shown is not None:
            self._context.shelf.register.add(str(shown))
        self._context.shelf.register.add(str(target))
        return Result(record, target, shown or target)

    def _progress(self, done: float, total: float | None) -> None:
        self.done, self.total = done, total
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        # The file being written has a name of its own until it's whole, so the folder counts.
        size = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        if size > self._context.limits.result_mb * 1_000_000:
            self._full = True
            self.stop()


@contextlib.contextmanager
def _shown(path: Path | None, clip: Clip) -> Iterator[Any]:
    """What shows a clip's pictures: a small file that every browser plays, see-through parts on a checkerboard."""
    if path is None:
        yield lambda picture, time, duration: None
        return
    scale = min(1.0, _PREVIEW_SIDE / max(clip.width, clip.height))
    width, height = max(1, round(clip.width * scale)), max(1, round(clip.height * scale))
    board = Background("picture", picture=checkerboard(height, width))
    with video_writer.writing(path, (width, height), clip.rate, alpha=False) as writer:

        def show(picture: np.ndarray, time: float, duration: float) -> None:
            small = shrink(picture, _PREVIEW_SIDE)
            if small.shape[2] == 4:
                colours, alpha = np.ascontiguousarray(small[..., :3]), small[..., 3].astype(np.float32) / 255
                small = board.behind(colours, colours, alpha)
            writer.write(small, time, duration)

        yield show


def _zipped(folder: Path) -> Path:
    """A folder of pictures as a ZIP in its place."""
    path = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # PNGs don't get any smaller
        for picture in sorted(folder.iterdir()):
            archive.write(picture, f"{folder.name}/{picture.name}")
            picture.unlink()
    shutil.rmtree(folder)
    return path
