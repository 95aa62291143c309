"""Picture files made for tests, and how far two pictures are apart."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def encoded(picture, format, **options):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def difference(a, b):
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def _numbers(*values):
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


# Columns: red, green, blue of Display P3 in XYZ, adapted to D50 as ICC profiles have it.
P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB_TO_XYZ = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


# sRGB's own curve (ICC.1:2022, 10.18, type 3).
SRGB_CURVE = b"para" + bytes(4) + b"\0\3\0\0" + _numbers(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile(name, to_xyz, curve=SRGB_CURVE):
    """An ICC profile written by hand (ICC.1:2022, 7 to 10); of grey where `to_xyz` is None."""
    name = name.encode("utf-16-be")
    tags = {b"desc": b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(name), 28) + name}
    tags |= {b"wtpt": b"XYZ " + bytes(4) + _numbers(0.9642, 1, 0.82491)}
    if to_xyz is None:
        tags[b"kTRC"] = curve
    else:
        keys = (b"rXYZ", b"gXYZ", b"bXYZ")
        tags |= {key: b"XYZ " + bytes(4) + _numbers(*to_xyz[:, n]) for n, key in enumerate(keys)}
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        table += key + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    kind = b"mntr" + (b"GRAY" if to_xyz is None else b"RGB ") + b"XYZ "
    header = struct.pack(">II4s", 128 + len(table + body), 0, b"\4\0\0\0") + kind + bytes(12)
    return header + b"acsp" + bytes(28) + _numbers(0.9642, 1, 0.82491) + bytes(48) + table + body


def display_p3():
    """The profile of a phone's photos."""
    return profile("Display P3", P3_TO_XYZ)


def linear(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def display_p3_to_srgb(rgb):
    return _converted(rgb, P3_TO_XYZ, SRGB_TO_XYZ)


def srgb_to_display_p3(rgb):
    return _converted(rgb, SRGB_TO_XYZ, P3_TO_XYZ)


def _converted(rgb, source, target):
    light = np.clip(linear(rgb / 255) @ (np.linalg.inv(target) @ source).T, 0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def claiming(png, width, height):
    """The PNG with another size in its header, and the header's checksum right."""
    header = b"IHDR" + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]
