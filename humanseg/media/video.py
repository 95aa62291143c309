"""Video files in: a clip's frames, upright RGB with square pixels, each with the time at which it is shown."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from humanseg.errors import VideoError, printable
from humanseg.media import ffmpeg, frames, interlaced
from humanseg.media.photos import MAX_PIXELS

log = logging.getLogger(__name__)

SUFFIXES = frozenset(
    [".mp4", ".m4v", ".mov", ".webm", ".mkv", ".gif", ".avi", ".3gp", ".mts", ".m2ts", ".ts", ".mpg", ".mpeg", ".wmv"]
)
# Brands of files that are packed like MP4 and hold still pictures (ISO/IEC 23008-12, AVIF).
_STILL_BRANDS = {"heic", "heix", "mif1", "msf1", "avif", "avis", "heim", "heis"}
_THREADS = 2  # of a decoder: each holds some frames more
# Where so much of a clip's announced length is missing at its end, it was cut short: seconds, and share.
_MISSING, _MISSING_SHARE = 1.0, 0.02
_JITTER = 0.1  # seconds by which timestamps may be out of order within one recording
_FALLBACK_RATE = 25.0  # frames a second where neither frames nor file say how long a frame is shown


def is_clip(path: Path) -> bool:
    """Whether a file is a clip by its name; a GIF is one where it moves."""
    suffix = path.suffix.lower()
    if suffix != ".gif":
        return suffix in SUFFIXES
    try:
        with Image.open(path, formats=["GIF"]) as picture:
            return picture.is_animated
    except Exception:  # Pillow's parsers raise whatever they meet; what is wrong is said when it's read
        return False


@dataclass(frozen=True)
class Frame:
    """One frame of a clip.

    Attributes
    ----------
    rgb : uint8 HxWx3, sRGB, upright
    time : at which it is shown, in seconds from the clip's first frame
    duration : for how long, in seconds
    alpha : float32 HxW in [0, 1] that the clip came with, or None
    """

    rgb: np.ndarray
    time: float
    duration: float
    alpha: np.ndarray | None = None


class Clip:
    """A video file that has been looked at: what it holds, and its frames as often as they are asked for.

    Parameters
    ----------
    path : MP4, MOV, WebM, MKV, GIF, AVI or another container that FFmpeg reads
    max_pixels : refuse frames with more pixels than this
    name : to call it by, instead of its file's name

    Attributes
    ----------
    path, name : of the file; the name without its folder
    width, height : of a frame in pixels, upright
    rate : frames a second on average
    seconds : how long it is said to be; None where the file doesn't say
    zero : time of the first frame by the file's own clock, in seconds
    sound_tracks : how many there are
    frame_count : how many frames there are said to be, or None
    trouble : one sentence on what was wrong with what `frames` gave last, "" if nothing was

    Raises
    ------
    VideoError : it can't be read, is a still picture, has no frame, or has too many pixels; or there is no PyAV

    Examples
    --------
    >>> for frame in Clip("dance.mp4").frames(start=2, end=4):  # doctest: +SKIP
    ...     print(frame.time, frame.rgb.shape)
    """

    def __init__(self, path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = printable(self.path.name if name is None else name)
        self.trouble = ""
        self._max_pixels = max_pixels
        with _Opened(self) as opened:
            self._is_still(opened)
            first = next(opened.decoded(), None)
            if first is None:
                raise VideoError(f"{self.name} has no frame that can be read: save or upload it again.")
            self.zero = _start_of(opened.stream, first)
            aspect = opened.stream.sample_aspect_ratio
            self._turn = frames.turn_of(first)
            self.width, self.height = frames.shape_shown(first.width, first.height, aspect, self._turn)
            self._check_size(self.width, self.height)
            self.rate = float(opened.stream.average_rate or opened.stream.guessed_rate or _FALLBACK_RATE)
            self.seconds = opened.seconds()
            self.sound_tracks = len(opened.container.streams.audio)
            self.frame_count = opened.stream.frames or (math.ceil(self.seconds * self.rate) if self.seconds else None)

    def frames(self, start: float | None = None, end: float | None = None) -> Iterator[Frame]:
        """The frames that are shown between two times, one after the other.

        A file that is damaged or cut short gives what there is; `trouble` then says so.

        Parameters
        ----------
        start, end : in seconds from the clip's first frame; None for its own

        Raises
        ------
        VideoError : the times make no sense, no frame is shown between them, or the colours can't be understood
        """
        start = self._checked(start, end)
        self.trouble = ""
        waiting: Frame | None = None  # until the next one says how long it is shown
        given, length, joined = 0, 1 / self.rate, 0.0
        with _Opened(self) as opened:
            if start:
                opened.seek(start)
            for frame in opened.decoded():
                time = waiting.time + length if waiting else 0.0
                if frame.pts is not None:
                    time = float(frame.pts * frame.time_base - self.zero)
                    if waiting is not None and time + joined < waiting.time - _JITTER:  # a recording joined to another
                        joined = waiting.time + length - time
                    time += joined
                if waiting is not None:
                    if time <= waiting.time:
                        continue
                    shown = Frame(waiting.rgb, waiting.time, time - waiting.time, waiting.alpha)
                    if shown.time + shown.duration > start:
                        given += 1
                        yield shown
                if end is not None and time >= end:
                    waiting = None
                    break
                told = float(frame.duration * frame.time_base) if frame.duration else 0.0
                length = told or length
                try:
                    waiting = self._converted(frame, opened.stream, time, length)
                except ffmpeg.load().error.FFmpegError as error:
                    log.debug("A frame of %s can't be converted: %s", self.name, error)
                    opened.broken = True
                    waiting = replace(waiting, time=time, duration=length) if waiting else None
            else:
                self._judge(opened, waiting.time + waiting.duration if waiting else 0.0)
            if waiting is not None and (not given or waiting.time + waiting.duration > start):
                given += 1
                yield waiting
        if not given:
            raise VideoError(f"{self.name} has no frame between the times asked for: choose others.")

    def poster(self, time: float = 0.0) -> np.ndarray:
        """The frame that is shown at a time, in seconds: uint8 HxWx3."""
        return next(iter(self.frames(start=time))).rgb

    def _checked(self, start: float | None, end: float | None) -> float:
        for value in (start, end):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise VideoError(f"A time in a clip is a number of seconds from 0 on, not {value!r}.")
        start = start or 0.0
        if end is not None and end <= start:
            raise VideoError(f"The end ({end:g} s) must come after the start ({start:g} s): choose others.")
        if self.seconds is not None and start >= self.seconds:
            raise VideoError(f"{self.name} lasts {self.seconds:.1f} s, so nothing starts at {start:g} s.")
        return start

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            limit = f"{self._max_pixels / 1e6:g}"
            raise VideoError(f"{self.name} has frames of more than {limit} megapixels: make it smaller.")

    def _is_still(self, opened: _Opened) -> None:
        brand = opened.container.metadata.get("major_brand", "").strip()
        if brand in _STILL_BRANDS:
            raise VideoError(_STILL.format(name=self.name))

    def _converted(self, frame: Any, stream: Any, time: float, duration: float) -> Frame:
        rgb, alpha = frames.to_rgb(frame, self.name)
        rgb = frames.upright(rgb, self._turn)
        alpha = None if alpha is None else frames.upright(alpha, self._turn)
        if rgb.shape[:2] != (self.height, self.width):  # pixels that aren't square, or a change of size on the way
            size = self.width, self.height
            rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if rgb.shape[1] > self.width else cv2.INTER_LINEAR)
            alpha = None if alpha is None else cv2.resize(alpha, size)
        return Frame(np.ascontiguousarray(rgb), time, duration, alpha)

    def _judge(self, opened: _Opened, reached: float) -> None:
        """Says so where the file ended before its time."""
        missing = (self.seconds or 0.0) - reached
        if opened.broken or missing > max(_MISSING, _MISSING_SHARE * (self.seconds or 0.0)):
            self.trouble = f"{self.name} is damaged or cut short: what could be read of it lasts {reached:.1f} s."


_STILL = "{name} is a still picture, not a clip: rename it (.jpg, .png) and cut it out as a photo."


class _Opened:
    """A clip's file while it's being read."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self.broken = False

    def __enter__(self) -> _Opened:
        self._av = av = ffmpeg.load()
        clip = self._clip
        try:
            clip.path.open("rb").close()  # FFmpeg's own words for what is wrong with a path are for programmers
            self.container = ffmpeg.open_file(clip.path)
        except av.error.FFmpegError as error:
            raise VideoError(_why_not(clip)) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise VideoError(f"{clip.name} can't be opened ({reason}): check the path.") from error
        covers = av.stream.Disposition.attached_pic
        streams = [stream for stream in self.container.streams.video if not stream.disposition & covers]
        if not streams or streams[0].codec_context is None:
            self.container.close()
            what = "is in a form that can't be read" if streams else "has no moving picture in it"
            raise VideoError(f"{clip.name} {what}: choose another video, or convert it to MP4.")
        self.stream = streams[0]
        clip._check_size(self.stream.codec_context.width, self.stream.codec_context.height)
        self._decoder = ffmpeg.decoder_of(self.stream)
        self._decoder.thread_type = "AUTO"
        self._decoder.thread_count = _THREADS
        self._decoder.options = {"max_pixels": str(clip._max_pixels)}  # of sizes that change on the way
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()

    def seconds(self) -> float | None:
        """How long the file says that the clip is."""
        if self.stream.duration:
            return float(self.stream.duration * self.stream.time_base)
        duration = self.container.duration
        if duration and "matroska" in self.container.format.name and self._writer().startswith("Lavf"):
            # FFmpeg writes the time at which a Matroska ends for its length.
            duration -= max(0, min(self.container.start_time or 0, duration - 1))
        return duration / self._av.time_base if duration else None

    def _writer(self) -> str:
        return next((value for key, value in self.container.metadata.items() if key.lower() == "encoder"), "")

    def seek(self, time: float) -> None:
        """Goes to the last frame up to a time from which decoding can begin."""
        at = int((time + self._clip.zero) / self.stream.time_base)
        try:
            self.container.seek(at, stream=self.stream)
        except self._av.error.FFmpegError as error:  # no index: from the beginning, then
            log.debug("%s can't be sought: %s", self._clip.name, error)

    def decoded(self) -> Iterator[Any]:
        """Frame after frame (`av.VideoFrame`), interlaced ones made whole; packets that are damaged are left out."""
        return interlaced.whole(self._av, self._decoded())

    def _decoded(self) -> Iterator[Any]:
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.FFmpegError as error:
                log.debug("%s ends early: %s", self._clip.name, error)
                self.broken, packet = True, None
            try:
                for frame in self._decoder.decode(packet):
                    self._clip._check_size(frame.width, frame.height)
                    yield frame
            except self._av.error.EOFError:
                return
            except self._av.error.FFmpegError as error:
                log.debug("A part of %s can't be decoded: %s", self._clip.name, error)
                self.broken = True
            if packet is None:
                return


def _start_of(stream: Any, first: Any) -> Fraction:
    """The time of a clip's first frame by the file's own clock, in seconds."""
    start = first.pts if first.pts is not None else stream.start_time
    return Fraction(start or 0) * (first.time_base if first.pts is not None else stream.time_base)


def _why_not(clip: Clip) -> str:
    """Why FFmpeg can't open a file, in one sentence."""
    if not clip.path.stat().st_size:
        return f"{clip.name} is empty (0 bytes): save or upload it again."
    try:
        with Image.open(clip.path) as picture:
            if getattr(picture, "is_animated", False):  # FFmpeg reads no animated WebP
                return f"{clip.name} is an animated {picture.format}, which can't be read as a clip: convert it to GIF."
            return _STILL.format(name=clip.name)
    except Exception:  # Pillow's parsers raise whatever they meet
        return f"{clip.name} isn't a clip that can be read, or is cut short: use MP4, MOV, WebM, MKV or GIF."
