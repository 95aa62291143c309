"""Video files out: pictures with their times -> H.264, VP9 or ProRes, an animated WebP, or a folder of PNGs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from humanseg.errors import VideoError, printable
from humanseg.files import replacing, sweep
from humanseg.media import ffmpeg, frames
from humanseg.media.picture_folder import PictureFolder
from humanseg.media.sound import Sound
from humanseg.resize import averaged

TICKS = 90_000  # a second: MPEG's own clock, of which the usual frame rates are whole numbers
_GOP = 5  # seconds between two frames that a player can jump to
_THREADS = 2  # of an encoder: each of x264's holds some frames more
_WEBP_SIDE = 16_383  # pixels, the format's own limit


@dataclass(frozen=True)
class Format:
    """A kind of file that a clip can be written as.

    Attributes
    ----------
    name : as it is asked for
    suffix : of its files; "" for a folder
    alpha, opaque : how FFmpeg encodes pictures with and without alpha: encoders of which the first that is there is
        taken, the pixels' form, and the encoder's options; None where that can't be
    sound : whether it has room for it
    """

    name: str
    suffix: str
    alpha: tuple[tuple[str, ...], str, dict[str, str]] | None = None
    opaque: tuple[tuple[str, ...], str, dict[str, str]] | None = None
    sound: bool = True


# x264 is in PyAV's own wheels; OpenH264 and the system's encoders are what other builds of FFmpeg have.
_H264_ENCODERS = ("libx264", "libopenh264", "h264_videotoolbox", "h264_mf")
# A short look ahead and threads that share a frame: at 1080p 90 MB rather than 160, at the same size and time.
# The least search for motion takes a quarter less time for bytes and errors within a tenth of the usual one's.
_X264_MORE = "sliced-threads=1:me=dia:subme=1"
_X264 = {"preset": "veryfast", "crf": "20", "rc-lookahead": "3", "bf": "1", "x264-params": _X264_MORE}
_H264 = (_H264_ENCODERS, "yuv420p", _X264)
# Real time takes a third of the time of VP9's usual way, for about twice the bytes.
_VP9 = {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "24", "b": "0"}
_PRORES = {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}
_WEBP = {"quality": "80", "compression_level": "2"}

FORMATS = {
    form.name: form
    for form in (
        Format("mp4", ".mp4", None, _H264),
        Format("webm", ".webm", (("libvpx-vp9",), "yuva420p", _VP9), (("libvpx-vp9",), "yuv420p", _VP9)),
        Format("mov", ".mov", (("prores_ks",), "yuva444p10le", _PRORES), _H264),
        Format("webp", ".webp", (("libwebp_anim",), "yuva420p", _WEBP), (("libwebp_anim",), "yuv420p", _WEBP), False),
        Format("png", "", sound=False),
    )
}


class Writer(Protocol):
    """Takes pictures (uint8 HxWx3, or HxWx4 not premultiplied), each with its time and duration in seconds."""

    def write(self, picture: np.ndarray, time: float, duration: float) -> None: ...


def format_of(path: Path) -> Format:
    """The format of a target: by its suffix; a name without one is a folder of PNGs.

    Raises
    ------
    VideoError : no clip can be written under that name
    """
    for form in FORMATS.values():
        if path.suffix.lower() == form.suffix:
            return form
    raise VideoError(
        f"{printable(path.name)} can't be written: end its name in .mp4, .webm, .mov or .webp, or in nothing for a "
        "folder of PNGs."
    )


def check(form: Format, *, transparent: bool) -> None:
    """Makes sure that a format can hold what is asked for.

    Raises
    ------
    VideoError : it has no alpha
    """
    if transparent and form.alpha is None and form.name != "png":
        raise VideoError(f"{form.name.upper()} can't be transparent: choose WebM or MOV, or give a background.")


@contextlib.contextmanager
def writing(
    path: Path,
    size: tuple[int, int],
    rate: float,
    *,
    alpha: bool,
    form: Format | None = None,
    sound: Sound | None = None,
) -> Iterator[Writer]:
    """Opens a clip to write to, which appears at the end, whole, or not at all if an error is raised.

    Unfinished ones in the same folder, of processes that were killed, are removed.

    Parameters
    ----------
    path : what is there is replaced
    size : width and height in pixels; H.264 takes even ones alone, so its last row or column is repeated
    rate : frames a second on average
    alpha : whether the pictures are transparent
    form : by default what the path's suffix says
    sound : goes in too, as far as the pictures reach; it is closed at the end

    Raises
    ------
    VideoError : it can't be written
    """
    form = form or format_of(path)
    # The stack is within the `try`, since it is at its end that a file's last part is written.
    try:
        with contextlib.ExitStack() as stack:
            if sound is not None:
                stack.callback(sound.close)
            check(form, transparent=alpha)
            if form.name == "webp" and max(size) > _WEBP_SIDE:
                raise VideoError(f"WebP files have at most {_WEBP_SIDE} pixels a side: choose another format.")
            sweep(path.parent)
            if form.name == "png":
                yield stack.enter_context(PictureFolder.replacing(path))
                return
            temporary = stack.enter_context(replacing(path))
            yield stack.enter_context(_File(temporary, form, size, rate, alpha, sound if form.sound else None))
    except OSError as error:
        reason = error.strerror or error
        raise VideoError(f"{printable(path)} can't be written ({reason}): check the disk and the folder.") from error


class _File:
    """One file of FFmpeg's."""

    def __init__(
        self, path: Path, form: Format, size: tuple[int, int], rate: float, alpha: bool, sound: Sound | None
    ) -> None:
        av = ffmpeg.load()
        encoders, self._pixels, options = form.alpha if alpha else form.opaque
        encoder = ffmpeg.first_encoder(encoders)
        self._frame, self._rational = av.VideoFrame, Fraction(1, TICKS)
        self._alpha, self._sound = alpha, sound
        self._even = encoder in _H264_ENCODERS
        self._matrix = frames.matrix_for(*size)
        # The index at the start lets a browser play a file while it is still coming.
        mux = {"mp4": {"movflags": "+faststart"}, "mov": {"movflags": "+faststart"}, "webp": {"loop": "0"}}
        self._output = av.open(str(path), "w", format=form.name, options=mux.get(form.name, {}))
        self._stream = self._output.add_stream(encoder, rate=Fraction(rate).limit_denominator(1001))
        width, height = (side + side % 2 for side in size) if self._even else size
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, self._pixels
        context = self._stream.codec_context
        context.time_base, context.thread_count = self._rational, _THREADS
        context.gop_size = max(1, round(_GOP * rate))
        context.options = options if encoder not in _H264_ENCODERS[1:] else {}
        context.colorspace, context.color_range = self._matrix, frames.LIMITED
        context.color_primaries = context.color_trc = frames.BT709
        if sound is not None:
            sound.join(self._output, form.name)
        self._last, self._end = -1, 0.0
        self._held: Any = None  # the last packet so far
        self._first_dts = 0
        self._lengths: dict[int, int] = {}  # of frames that are still being encoded, by their time, in ticks

    def write(self, picture: np.ndarray, time: float, duration: float) -> None:
        if self._even and (picture.shape[0] % 2 or picture.shape[1] % 2):
            height, width = picture.shape[:2]
            picture = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        if self._alpha:
            picture = spread(picture)
        frame = self._frame.from_ndarray(np.ascontiguousarray(picture), "rgba" if self._alpha else "rgb24")
        frame = frame.reformat(format=self._pixels, dst_colorspace=_SWS[self._matrix], dst_color_range=frames.LIMITED)
        # Two frames within one tick would be refused.
        self._last = max(self._last + 1, round(time * TICKS))
        frame.pts, frame.time_base = self._last, self._rational
        self._lengths[self._last] = max(1, round(duration * TICKS))
        self._encode(frame)
        self._end = time + duration
        if self._sound is not None:
            self._sound.write_until(self._end)

    def _encode(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            # Encoders take every frame to be as long as the average.
            packet.duration = self._lengths.pop(packet.pts, packet.duration)
            if self._held is None:
                self._first_dts = packet.dts or 0
            else:
                self._output.mux(self._held)
            self._held = packet

    def _write_last(self) -> None:
        """The last packet, which needn't hold the last frame that is shown; files end when it does."""
        if self._held is None:
            return
        if self._held.dts is not None:
            end = round(self._end * TICKS) + self._first_dts
            self._held.duration = max(self._held.duration or 1, end - self._held.dts)
        self._output.mux(self._held)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._encode(None)
                self._write_last()
                if self._sound is not None:
                    self._sound.finish(math.inf)
        finally:
            self._output.close()


# FFmpeg's scaler has numbers of its own for the two matrices that are written.
_SWS = {frames.BT601: 5, frames.BT709: 1}


def spread(rgba: np.ndarray) -> np.ndarray:
    """A picture (uint8 HxWx4) whose colours go on for some pixels where it's fully transparent.

    Codecs that lose detail mix colours over the edge of what is seen, where black would show as a dark seam.
    """
    height, width = rgba.shape[:2]
    small = max(1, width // 8), max(1, height // 8)
    if min(small) < 2:
        return rgba
    empty = rgba[..., 3] == 0
    seen = averaged((~empty).astype(np.uint8) * np.uint8(255), *small).astype(np.float32)
    colours = averaged(cv2.bitwise_and(rgba, rgba, mask=rgba[..., 3]), *small)[..., :3].astype(np.float32)
    seen, colours = (cv2.blur(array, (5, 5)) for array in (seen, colours))
    colours *= (255 / np.maximum(seen, np.float32(1)))[..., None]
    filled = cv2.resize(np.clip(colours, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    result = rgba.copy()
    result[..., :3][empty] = filled[empty]
    return result
