"""Decoded frames of a video as everything else takes them: uint8 HxWx3 sRGB, upright, with square pixels."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from humanseg.errors import VideoError

# By the numbers of ITU-T H.273, which FFmpeg uses too.
BT709, UNSPECIFIED, BT601, BT2020 = 1, 2, 6, 9
PQ, HLG = 16, 18  # transfer characteristics
# Matrices that FFmpeg's scaler can't undo: Y'CgCo, derived ones, ICtCp and IPT (Dolby Vision's own).
_UNKNOWN_MATRICES = frozenset({8, 11, 12, 13, 14, 15, 16, 17})
LIMITED, FULL = 1, 2

# Up to so many lines, or columns, a clip that doesn't say is in BT.601, as players take it; above in BT.709.
LARGEST_SD = (576, 1279)

# Linear light of BT.2020's primaries in those of sRGB (ITU-R BT.2087).
_TO_SRGB = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]], np.float32
)
# Luminance in cd/m² of white in a picture of high dynamic range (ITU-R BT.2408), and of HLG's nominal display.
_WHITE, _HLG_PEAK = 203.0, 1000.0
# Up to this share of white nothing changes; what is brighter is compressed more and more.
_KNEE = 0.75


def matrix_for(width: int, height: int) -> int:
    """The YUV matrix of a clip that doesn't name one, which is also the one that such a clip is written with."""
    return BT601 if height <= LARGEST_SD[0] and width <= LARGEST_SD[1] else BT709


def to_rgb(frame: Any, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """A decoded frame (`av.VideoFrame`) as uint8 HxWx3 in sRGB, and its alpha (float32 HxW) where it has one.

    Raises
    ------
    VideoError : its colours can't be understood
    """
    if frame.colorspace in _UNKNOWN_MATRICES:
        raise VideoError(f"{name} has colours in a form that can't be read (matrix {frame.colorspace}): convert it.")
    if frame.colorspace == UNSPECIFIED:
        frame.colorspace = matrix_for(frame.width, frame.height)
    bright = frame.color_trc in (PQ, HLG)
    if bright or frame.color_primaries == BT2020:
        return _standard_range(frame.to_ndarray(format="rgb48le"), frame.color_trc if bright else None), None
    if any(component.is_alpha for component in frame.format.components):
        rgba = frame.to_ndarray(format="rgba")
        alpha = rgba[..., 3]
        return cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), None if alpha.all() else alpha.astype(np.float32) / 255
    return frame.to_ndarray(format="rgb24"), None


Turn = tuple[int, int, int, int]


def turn_of(frame: Any) -> Turn | None:
    """How a decoded frame is to be turned and mirrored: the four numbers of its display matrix, None for as it is.

    To be asked of a clip's first frame alone: a frame whose side data has been looked at refers to itself, and is only
    freed once Python looks for such circles, when there may be a hundred of them.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return None
    a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32, 9).tolist()
    return a, b, c, d


def upright(array: np.ndarray, turn: Turn | None) -> np.ndarray:
    """An array of a frame's pixels, turned and mirrored."""
    if turn is None:
        return array
    # A column of the frame goes by (a, b), a row by (c, d); angles between the four aren't in use.
    a, b, c, d = turn
    if abs(b) > abs(a):
        array, across, down = cv2.transpose(array), c, b
    else:
        across, down = a, d
    if across < 0:
        array = cv2.flip(array, 1)
    return cv2.flip(array, 0) if down < 0 else array


def shape_shown(width: int, height: int, aspect: Fraction | None, turn: Turn | None) -> tuple[int, int]:
    """Width and height in which a frame is shown: upright, its pixels made square by stretching the shorter way."""
    if aspect and aspect > 0 and aspect != 1:
        if aspect > 1:
            width = max(1, round(width * aspect))
        else:
            height = max(1, round(height / aspect))
    if turn is not None and abs(turn[1]) > abs(turn[0]):
        width, height = height, width
    return width, height


def _standard_range(rgb: np.ndarray, curve: int | None) -> np.ndarray:
    """uint16 HxWx3 with BT.2020's primaries as uint8 HxWx3 in sRGB.

    Parameters
    ----------
    curve : PQ or HLG, whose brightest parts are compressed; None for a picture of standard dynamic range
    """
    light = cv2.transform(_linear(curve)[rgb], _TO_SRGB)
    if curve is not None:
        if curve == HLG:  # from the scene's light to a display's (ITU-R BT.2100)
            luminance = cv2.transform(light, np.array([[0.2126, 0.7152, 0.0722]], np.float32))
            light *= (cv2.max(luminance, 0.0) ** np.float32(0.2) * np.float32(_HLG_PEAK / _WHITE))[..., None]
        # By the largest of the three, so that no hue changes.
        peak = np.maximum(light.max(axis=2), np.float32(1e-6))
        over = np.maximum(peak - np.float32(_KNEE), 0)
        soft = 1 - cv2.exp(over * np.float32(-1 / (1 - _KNEE)))
        light *= ((np.minimum(peak, np.float32(_KNEE)) + np.float32(1 - _KNEE) * soft) / peak)[..., None]
    steps = np.clip(light * np.float32(4095) + np.float32(0.5), 0, 4095).astype(np.uint16)
    return _srgb()[steps]


@functools.cache
def _linear(curve: int | None) -> np.ndarray:
    """Linear light of each of 65536 steps: of PQ with 1 for white, of others with 1 for the largest."""
    step = np.linspace(0, 1, 65536)
    if curve == PQ:  # SMPTE ST 2084
        power = step ** (32 / 2523)
        light = (np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)) ** (16384 / 2610)
        return (light * 10_000 / _WHITE).astype(np.float32)
    if curve == HLG:  # ARIB STD-B67
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        return np.where(step <= 0.5, step**2 / 3, (np.exp((step - c) / a) + b) / 12).astype(np.float32)
    return (step**2.4).astype(np.float32)  # ITU-R BT.1886, with which such pictures are looked at


@functools.cache
def _srgb() -> np.ndarray:
    """sRGB's uint8 of each of 4096 steps of linear light."""
    light = np.linspace(0, 1, 4096)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (value * 255 + 0.5).astype(np.uint8)
