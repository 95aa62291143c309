"""What a PNG file says of its colours without an ICC profile (chunks cICP, sRGB, gAMA, cHRM), as an ICC profile."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

_D65, _THEATRE = (0.3127, 0.3290), (0.314, 0.351)  # white points, as CIE x and y
# Red, green, blue and white of cICP's colour primaries (ITU-T H.273, table 2).
_PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _THEATRE),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}
_SRGB_PRIMARIES = _PRIMARIES[1]
_D50 = np.array([0.9642, 1.0, 0.8249])  # the white of ICC profiles
# Bradford's matrix, from XYZ to the eye's three kinds of cone (ICC.1:2022, annex E).
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

# gAMA counts in 1/100000. What programs write for sRGB, where libpng allows 5 % to either side.
_UNIT, _SRGB_GAMMA, _TOLERANCE = 100_000, 0.45455, 0.05
_GAMMAS = 0.1, 3.0  # others are mistakes
_STEPS = 1024  # of a profile's curve

_Curve = Callable[[np.ndarray], np.ndarray]
_Point = tuple[float, float]


class _Colours(NamedTuple):
    """Red, green, blue and white, and how a value from 0 to 1 becomes light."""

    primaries: tuple[_Point, ...]
    curve: _Curve


def profile(chunks: Mapping[bytes, bytes]) -> bytes | None:
    """The ICC profile of what a PNG file's chunks say; cICP goes before sRGB, and that before gAMA and cHRM.

    Parameters
    ----------
    chunks : bodies of those of the chunks cICP, sRGB, gAMA and cHRM that there are

    Returns
    -------
    None where they mean sRGB, nothing that can be used, or a high dynamic range

    References
    ----------
    Portable Network Graphics, third edition (W3C, 2025), 4.3 and 12.1
    """
    colours = _of_video(chunks.get(b"cICP", b""))
    if colours is None and b"sRGB" not in chunks:
        colours = _of_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b""))
    if colours is None or colours == _Colours(_SRGB_PRIMARIES, _srgb):
        return None
    try:
        return _icc(colours)
    except (np.linalg.LinAlgError, ArithmeticError, ValueError, struct.error):  # no such primaries
        return None


def _of_video(body: bytes) -> _Colours | None:
    if len(body) != 4:
        return None
    primaries, transfer = body[:2]
    curve = {4: _power(2.2), 8: _power(1.0), 13: _srgb}.get(transfer)
    return _Colours(_PRIMARIES[primaries], curve) if curve and primaries in _PRIMARIES else None


def _of_gamma(gamma: bytes, chromaticities: bytes) -> _Colours | None:
    primaries, curve = _SRGB_PRIMARIES, _srgb
    if len(chromaticities) == 32:
        numbers = [number / _UNIT for number in struct.unpack(">8I", chromaticities)]
        white, *colours = zip(numbers[::2], numbers[1::2], strict=True)
        primaries = (*colours, white)
        if np.allclose(primaries, _SRGB_PRIMARIES, atol=0.005):  # rounded
            primaries = _SRGB_PRIMARIES
    if len(gamma) == 4:
        value = struct.unpack(">I", gamma)[0] / _UNIT
        if not _GAMMAS[0] <= value <= _GAMMAS[1]:
            return None
        if abs(value / _SRGB_GAMMA - 1) > _TOLERANCE:
            curve = _power(1 / value)
    return _Colours(primaries, curve)


def _srgb(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _power(exponent: float) -> _Curve:
    return lambda value: value**exponent


def _icc(colours: _Colours) -> bytes:
    """A profile of three primaries and one curve (ICC.1:2022, 7 to 10)."""

    def fixed(numbers: np.ndarray) -> bytes:
        return struct.pack(">3i", *(round(float(number) * 65536) for number in numbers))

    light = np.round(colours.curve(np.linspace(0, 1, _STEPS)) * 65535).astype(">u2")
    curve = b"curv\0\0\0\0" + struct.pack(">I", _STEPS) + light.tobytes()
    to_xyz = _to_xyz(colours.primaries)
    places = {b"wtpt": b"XYZ \0\0\0\0" + fixed(_D50)}
    places |= {tag: b"XYZ \0\0\0\0" + fixed(to_xyz[:, i]) for i, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    places |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, data = struct.pack(">I", len(places)), b""
    start = 128 + 4 + 12 * len(places)
    for tag, body in places.items():
        table += tag + struct.pack(">II", start + len(data), len(body))
        data += body
    header = struct.pack(">I4xI4s4s4s12x4s28x", start + len(data), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header += fixed(_D50)
    return header.ljust(128, b"\0") + table + data


def _to_xyz(primaries: tuple[_Point, ...]) -> np.ndarray:
    """Columns: red, green and blue in XYZ, with white adapted to D50."""
    x, y = np.array(primaries, float).T
    if (y <= 0).any():
        raise ValueError("a colour without light")
    *corners, white = np.stack([x / y, np.ones(4), (1 - x - y) / y], 1)
    corners = np.stack(corners, 1)
    adapted = np.linalg.inv(_CONES) @ np.diag(_CONES @ _D50 / (_CONES @ white)) @ _CONES
    return adapted @ (corners * np.linalg.solve(corners, white))
