"""Clips for the tests: a few small frames, with the timing, colours, turns and sound that a test asks for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

TICKS = 90_000
# Shares of red and blue in luma, by the number of the YUV matrix (ITU-T H.273).
LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def flat(colour: tuple[int, int, int], height: int = 32, width: int = 48) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def write(
    path: Path,
    pictures: Sequence[np.ndarray],
    *,
    times: Sequence[float] | None = None,
    rate: int = 25,
    codec: str = "libx264",
    pixels: str = "yuv444p",
    tags: dict[str, int] | None = None,
    turn: Any = None,
    aspect: Fraction | None = None,
    sound: Sequence[str] = (),
    seconds: float | None = None,
    options: dict[str, str] | None = None,
    format: str | None = None,
) -> Path:
    """Writes pictures (uint8 HxWx3 RGB, HxWx4 RGBA, or frames of FFmpeg) as a clip, without loss where possible.

    Parameters
    ----------
    tags : colorspace, color_range, color_primaries, color_trc
    turn : changes the stream before anything is written
    sound : a codec for each track, of `seconds` of a tone
    """
    times = times if times is not None else [number / rate for number in range(len(pictures))]
    with av.open(str(path), "w", format=format) as output:
        stream = output.add_stream(codec, rate=rate)
        first = pictures[0]
        stream.height, stream.width = (first.height, first.width) if hasattr(first, "planes") else first.shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.thread_count = 1
        default = {"qp": "0", "preset": "ultrafast", "bf": "0"} if codec == "libx264" else {}
        stream.codec_context.options = options if options is not None else default
        for name, value in {"colorspace": 1, "color_range": 1, **(tags or {})}.items():
            setattr(stream.codec_context, name, value)
        if aspect:
            stream.sample_aspect_ratio = aspect
        if turn:
            turn(stream)
        tracks = [output.add_stream(name, rate=48_000, layout="mono") for name in sound]
        for picture, time in zip(pictures, times, strict=True):
            frame = picture
            if isinstance(picture, np.ndarray):
                frame = av.VideoFrame.from_ndarray(picture, "rgba" if picture.shape[2] == 4 else "rgb24")
                frame = frame.reformat(format=pixels, dst_colorspace=1, dst_color_range=1)
            frame.pts, frame.time_base = round(time * TICKS), Fraction(1, TICKS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for number, track in enumerate(tracks):
            _tone(output, track, 440 * (number + 1), seconds if seconds is not None else len(pictures) / rate)
    return path


def _tone(output: Any, stream: Any, pitch: float, seconds: float) -> None:
    if not stream.codec_context.is_open:
        stream.codec_context.open()
    size = stream.codec_context.frame_size or 1024
    name = stream.codec_context.format.name
    for start in range(0, max(size, round(seconds * 48_000)), size):
        wave = 0.3 * np.sin(2 * np.pi * pitch * np.arange(start, start + size) / 48_000)
        samples = (wave * 32767).astype(np.int16) if name.startswith("s16") else wave.astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples[None], name, "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def patches(
    colours: Sequence[Sequence[float]], matrix: int, *, full: bool, bits: int = 8, side: int = 16
) -> av.VideoFrame:
    """A frame of squares of these colours (0 to 1), its YUV worked out here rather than by FFmpeg."""
    red, blue = LUMA[matrix]
    frame = av.VideoFrame(side * len(colours), side, "yuv444p" if bits == 8 else "yuv444p10le")
    r, g, b = np.asarray(colours, float).T
    y = red * r + (1 - red - blue) * g + blue * b
    planes = (y, (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red)))
    step, most = 2 ** (bits - 8), 2**bits - 1
    for plane, values, luma in zip(frame.planes, planes, (True, False, False), strict=True):
        if full:
            levels = values * most + (0 if luma else 128 * step)
        else:
            levels = (values * 219 + 16 if luma else values * 224 + 128) * step
        row = np.clip(np.rint(levels), 0, most).astype(np.uint8 if bits == 8 else np.uint16).repeat(side)
        rows = np.zeros((side, plane.line_size // row.itemsize), row.dtype)
        rows[:, : row.size] = row
        plane.update(rows.tobytes())
    return frame


def colours_of(rgb: np.ndarray, count: int) -> np.ndarray:
    """The colours of a frame's squares: uint8 count x 3."""
    side = rgb.shape[1] // count
    return rgb[rgb.shape[0] // 2, side // 2 :: side][:count]
