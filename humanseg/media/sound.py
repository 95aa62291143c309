"""A clip's sound, taken over into another file: copied where that can hold it, encoded anew where it can't."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from humanseg.media import ffmpeg

log = logging.getLogger(__name__)

# What can be copied into each container so that players take it, and what anything else is encoded as.
_COPIED = {
    "mp4": frozenset(["aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"]),
    "mov": frozenset(["aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le", "pcm_s16be", "pcm_s24be"]),
    "webm": frozenset(["opus", "vorbis"]),
}
_ENCODED = {"mp4": ("aac", "fltp"), "mov": ("aac", "fltp"), "webm": ("libopus", "flt")}
_SAMPLES = 48_000  # a second, of sound that is encoded anew
# Seconds of sound that are taken from before the start: decoders need some to begin with, which files say is silent.
_PRIMING = 0.05


class Sound:
    """All sound tracks between two times of a file, on their way into another one.

    What can't be read or written of them is left out, and `trouble` says so: the pictures matter more.

    Parameters
    ----------
    path : of the file with the sound
    zero : the time that becomes 0 in the other file, in seconds by this file's clock
    end : where it ends, in seconds from there; None for all that there is

    Attributes
    ----------
    tracks : how many there are
    trouble : one sentence on what is missing, "" if nothing is
    """

    def __init__(self, path: Path, zero: float, end: float | None = None) -> None:
        self._av = ffmpeg.load()
        self._input = ffmpeg.open_file(path)
        self._zero, self._end = zero, math.inf if end is None else end
        self._ways: dict[int, _Copy | _Encode] = {}
        self._packets: Iterator[Any] = iter(())
        self._waiting: Any = None
        self.tracks = len(self._input.streams.audio)
        self.trouble = ""

    def join(self, output: Any, container: str) -> None:
        """Announces the tracks to the file that they go to (`av.container.OutputContainer`)."""
        for stream in self._input.streams.audio:
            try:
                way = _Copy if stream.codec_context.name in _COPIED[container] else _Encode
                self._ways[stream.index] = way(self._av, output, stream, container)
            except (self._av.error.FFmpegError, ValueError, AttributeError) as error:
                self._gives_up(error)
        kept = [stream for stream in self._input.streams.audio if stream.index in self._ways]
        if kept:
            self._packets = self._input.demux(*kept)

    def write_until(self, time: float) -> None:
        """Writes what is heard before a time, in seconds of the other file."""
        try:
            while self._ways:
                packet, self._waiting = self._waiting or next(self._packets, None), None
                if packet is None:
                    return
                if packet.pts is None:  # the end of a track
                    continue
                at = float(packet.pts * packet.time_base) - self._zero
                if at >= min(time, self._end):
                    self._waiting = packet
                    if at >= self._end:
                        return
                    break
                if at + float((packet.duration or 0) * packet.time_base) > -_PRIMING:
                    self._ways[packet.stream.index].write(packet, self._zero)
        except self._av.error.FFmpegError as error:
            self._gives_up(error)
            self._packets = iter(())

    def finish(self, time: float) -> None:
        """Writes the rest up to a time, in seconds of the other file (all of it for `math.inf`)."""
        self.write_until(time)
        for way in self._ways.values():
            try:
                way.finish()
            except self._av.error.FFmpegError as error:
                self._gives_up(error)

    def close(self) -> None:
        self._input.close()

    def _gives_up(self, error: Exception) -> None:
        log.debug("Sound is left out: %s", error)
        self.trouble = "Some of its sound is damaged, or can't be written, and was left out."


class _Copy:
    """One track, packet by packet as it is."""

    def __init__(self, av: Any, output: Any, stream: Any, container: str) -> None:
        self._output, self._stream = output, output.add_stream_from_template(stream)

    def write(self, packet: Any, zero: float) -> None:
        shift = round(zero / packet.time_base)
        packet.pts -= shift
        if packet.dts is not None:
            packet.dts -= shift
        packet.stream = self._stream
        self._output.mux(packet)

    def finish(self) -> None:
        pass


class _Encode:
    """One track, decoded and encoded anew, in mono or stereo."""

    def __init__(self, av: Any, output: Any, stream: Any, container: str) -> None:
        codec, self._format = _ENCODED[container]
        self._av, self._output, self._from = av, output, stream
        self._layout = "mono" if stream.codec_context.layout.nb_channels == 1 else "stereo"
        self._stream = output.add_stream(codec, rate=_SAMPLES, layout=self._layout, format=self._format)
        self._resampler: Any = None

    def write(self, packet: Any, zero: float) -> None:
        try:
            frames = packet.decode()
        except self._av.error.InvalidDataError:
            return  # a click rather than silence from here on
        for frame in frames:
            if frame.pts is not None:
                frame.pts -= round(zero / frame.time_base)
            self._encode(frame)

    def _encode(self, frame: Any) -> None:
        if self._resampler is None:
            self._stream.codec_context.open(strict=False)
            size = self._stream.codec_context.frame_size
            self._resampler = self._av.AudioResampler(self._format, self._layout, _SAMPLES, size)
        for part in self._resampler.resample(frame):
            self._output.mux(self._stream.encode(part))

    def finish(self) -> None:
        for frame in self._from.decode(None):
            self._encode(frame)
        if self._resampler is not None:
            self._encode(None)
            self._output.mux(self._stream.encode(None))
