"""PyAV, loaded when a clip is first read or written: photos start without it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from humanseg.errors import VideoError

# FFmpeg knows formats that name other files or addresses to read (playlists, lists of pictures), which strangers'
# files mustn't make us do. These hold everything themselves.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,avi,mpegts,mpeg,mpegvideo,asf,flv,ogg,apng"

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


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


def open_file(path: Path) -> Any:
    """A file to read from, as an `av.container.InputContainer`.

    Raises
    ------
    av.error.FFmpegError : FFmpeg can't read it, or mustn't
    """
    # Absolute, since FFmpeg would take a name such as "concat:a" for a way of reading.
    whole = os.path.abspath(path)  # noqa: PTH100 - links must stay
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    return load().open(whole, metadata_errors="ignore", options=options)


def decoder_of(stream: Any) -> Any:
    """What decodes a stream of pictures (`av.VideoCodecContext`), with the alpha that a WebM has beside its colours.

    FFmpeg's own decoders of VP8 and VP9 leave that alpha out, libvpx's don't.
    """
    own = stream.codec_context
    with_alpha = any(key.lower() == "alpha_mode" and value == "1" for key, value in stream.metadata.items())
    if not with_alpha or own.name not in _WITH_ALPHA:
        return own
    av = load()
    try:
        return av.CodecContext.create(_WITH_ALPHA[own.name], "r")
    except (av.error.FFmpegError, ValueError):  # built without it
        return own


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
