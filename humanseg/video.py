"""One clip in, one file out: the people on another background, or on none, with the clip's own timing and sound."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from humanseg import heap
from humanseg.backgrounds import PICTURE, TRANSPARENT, Background
from humanseg.behind import ClipBehind
from humanseg.clip import CutFrame, cut_frames
from humanseg.errors import VideoError, printable
from humanseg.hub.find import models_named
from humanseg.media import video_writer
from humanseg.media.photos import MAX_PIXELS
from humanseg.media.sound import Sound
from humanseg.media.video import Clip, is_clip
from humanseg.overlap import ahead
from humanseg.resize import fitted
from humanseg.segmenter import Segmenter
from humanseg.tiles import eight_bits

GIVE_BACK_EVERY = 10  # frames: more seldom, freed memory adds up to 100 MB at 1080p; more often, it takes time


@dataclass(frozen=True)
class VideoRecord:
    """What became of one clip.

    Attributes
    ----------
    target : the file, or the folder of PNGs, that was written
    frames : how many were written
    people : in how many of them anybody was found
    seconds : how long what was written lasts
    width, height : of the frames, in pixels
    trouble : one sentence on what is missing, "" if nothing is
    stopped : whether it was stopped before the end; what was done up to then has been written
    """

    target: Path
    frames: int
    people: int
    seconds: float
    width: int
    height: int
    trouble: str = ""
    stopped: bool = False


class _Finished(NamedTuple):
    """A picture that waits to be written; the frame that it was made of would take four times the memory."""

    picture: np.ndarray
    time: float
    duration: float
    somebody: bool


def cut_out_video(
    source: str | os.PathLike[str] | Clip,
    target: str | os.PathLike[str],
    background: Background | Clip | Any = TRANSPARENT,
    *,
    matte: bool = False,
    segmenter: Segmenter | None = None,
    size: int | None = None,
    start: float | None = None,
    end: float | None = None,
    sound: bool = True,
    colours: bool = True,
    progress: Callable[[float, float | None], None] = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
    pause: Callable[[], None] = lambda: None,
    show: Callable[[np.ndarray, float, float], None] = lambda picture, time, duration: None,
    max_pixels: int = MAX_PIXELS,
    **options: Any,
) -> VideoRecord:
    """Cuts the people out of a clip and writes them, on a background or on none, to a file: whole or not at all.

    Every frame keeps its own time, also where they aren't evenly apart, and all sound tracks are taken over.

    Parameters
    ----------
    source : the clip: MP4, MOV, WebM, MKV, GIF
    target : .mp4 (H.264, needs a background), .webm (VP9), .mov (ProRes 4444; H.264 on a background), .webp
        (animated, without sound), or a name without an ending for a folder of PNGs; what is there is replaced
    background, options : as for `Background.parse`, or another clip (a path or a `Clip`): without its sound, it starts
        with this one, keeps its own timing, fills the frame as a picture does and is repeated as often as needed
    matte : write the alpha alone, white on black
    segmenter : by default one with the weights for what moves, `humansegnet-live`
    size : as for `cut_frames`
    start, end : what to take of the clip, in seconds from its first frame
    sound : take the sound over
    colours : estimate the people's own colours where the edge is see-through; otherwise the clip's are kept
    progress : is told after each frame how many seconds of the clip are done, and of how many (None if that's unknown)
    stop : asked before each frame; once it says True, what is done so far is written
    pause : as for `cut_frames`
    show : is given each picture that was written (uint8 HxWx3 or HxWx4) with its time and duration, in seconds
    max_pixels : refuse frames with more pixels than this

    Raises
    ------
    HumanSegError : the clip can't be read, there is no such background, or the file can't be written
    KeyboardInterrupt : Ctrl-C, once what was done up to then has been written

    Examples
    --------
    >>> cut_out_video("talk.mp4", "talk-blurred.mp4", "blur")  # doctest: +SKIP
    """
    target = Path(target)
    form = video_writer.format_of(target)
    moving = _clip_of(background, max_pixels)
    if moving is not None:
        behind: _Still | _Moving = _Moving(ClipBehind(moving, pause, **options))
        transparent = False
    else:
        chosen = Background.parse(background, **options)
        transparent = chosen.kind == TRANSPARENT and not matte
        behind = _Still(chosen)
    video_writer.check(form, transparent=transparent)
    clip = source if isinstance(source, Clip) else Clip(source, max_pixels=max_pixels)
    if target.exists() and any(target.samefile(read.path) for read in (clip, moving) if read is not None):
        raise VideoError(f"{printable(target)} is the clip that is read: name another file.")
    segmenter = segmenter or Segmenter.from_pretrained(models_named()[1])

    def finished(frame: CutFrame) -> _Finished:
        if matte:
            picture = cv2.merge([eight_bits(frame.alpha)] * 3)
        elif colours:
            picture = frame.on(behind(frame))
        else:
            picture = behind(frame).behind(frame.image, frame.image, frame.alpha)
        return _Finished(picture, frame.time, frame.duration, bool((frame.alpha >= 0.5).any()))

    cut = cut_frames(segmenter, clip, start, end, size=size, pause=pause)
    done = contextlib.closing(ahead(map(finished, cut), depth=1, pause=pause, name="finish"))
    first, last = start or 0.0, math.inf if end is None else end
    total = _length(clip, first, end)
    tracks = None
    if sound and clip.sound_tracks and form.sound:
        tracks = Sound(clip.path, float(clip.zero) + first, None if end is None else end - first)
    count = people = 0
    shown = 0.0
    with _interrupted() as interrupted, contextlib.closing(behind), done as pictures:
        size_shown = clip.width, clip.height
        with video_writer.writing(target, size_shown, clip.rate, alpha=transparent, form=form, sound=tracks) as writer:
            for frame in pictures:
                at, shown = max(0.0, frame.time - first), min(frame.time + frame.duration, last) - first
                writer.write(frame.picture, at, shown - at)
                show(frame.picture, at, shown - at)
                count, people = count + 1, people + frame.somebody
                if count % GIVE_BACK_EVERY == 0:
                    heap.give_back()
                progress(shown if total is None else min(shown, total), total)
                if interrupted() or stop():
                    break
            stopped = interrupted() or stop()
        if interrupted():
            raise KeyboardInterrupt
    trouble = " ".join(filter(None, (clip.trouble, tracks.trouble if tracks else "", behind.trouble)))
    return VideoRecord(target, count, people, shown, clip.width, clip.height, trouble, stopped)


def _length(clip: Clip, start: float, end: float | None) -> float | None:
    if clip.seconds is None:
        return None if end is None else end - start
    return min(clip.seconds, math.inf if end is None else end) - start


def _clip_of(background: Any, max_pixels: int) -> Clip | None:
    """The clip that is to go behind, None for anything else."""
    if isinstance(background, Clip):
        return background
    if isinstance(background, str | os.PathLike) and is_clip(Path(background)):
        return Clip(background, max_pixels=max_pixels)
    return None


class _Still:
    """The same background behind every frame; a picture is brought to the frames' size once."""

    trouble = ""

    def __init__(self, background: Background) -> None:
        self._background, self._size = background, (0, 0)

    def __call__(self, frame: CutFrame) -> Background:
        given, (height, width) = self._background, frame.alpha.shape
        if given.kind == PICTURE and self._size != (width, height):
            picture = fitted(given.picture, width, height, given.fit, given.position)
            self._background, self._size = Background.parse(given, picture=picture), (width, height)
        return self._background

    def close(self) -> None:
        """There is nothing to end."""


class _Moving:
    """A clip behind the frames, which starts with the first of them."""

    def __init__(self, behind: ClipBehind) -> None:
        self._behind, self.close = behind, behind.close
        self._start: float | None = None

    @property
    def trouble(self) -> str:
        return self._behind.trouble

    def __call__(self, frame: CutFrame) -> Background:
        self._start = frame.time if self._start is None else self._start
        height, width = frame.alpha.shape
        return self._behind.at(frame.time - self._start, width, height)


@contextlib.contextmanager
def _interrupted() -> Iterator[Callable[[], bool]]:
    """Within it a first Ctrl-C is only noted, so that the frame being written gets whole; a second one ends it.

    Only where this is the main thread, and Ctrl-C means what it usually means.
    """
    asked = threading.Event()

    def note(number: int, frame: Any) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    main = threading.current_thread() is threading.main_thread()
    ours = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield asked.is_set
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
