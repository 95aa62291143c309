"""PNG files out: any size and number of channels, whole and with checksums that are right."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg import tiles
from humanseg.media.png import SIGNATURE
from humanseg.media.png_strips import png


@pytest.fixture
def short_strips(monkeypatch):
    monkeypatch.setattr(tiles, "STRIP", 500)  # pixels


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kinds and bodies, their checksums compared."""
    assert data.startswith(SIGNATURE)
    at, found = len(SIGNATURE), []
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body, checksum = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        assert struct.unpack(">I", checksum)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + length
    return found


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (60, 40), (61, 41), (500, 1)])
def test_what_is_written_is_what_was_there(short_strips, shape, channels):
    random = np.random.default_rng(0)
    array = random.integers(0, 256, shape if channels == 1 else (*shape, channels), dtype=np.uint8)
    with Image.open(io.BytesIO(png(array))) as picture:
        assert picture.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        np.testing.assert_array_equal(np.array(picture), array)


def test_strips_are_one_stream_with_one_checksum(short_strips):
    array = np.random.default_rng(1).integers(0, 256, (90, 70, 4), dtype=np.uint8)
    chunks = _chunks(png(array))
    bodies = [body for kind, body in chunks if kind == b"IDAT"]
    assert [kind for kind, _ in chunks] == [b"IHDR", *[b"IDAT"] * len(bodies), b"IEND"] and len(bodies) > 5
    # zlib compares the stream's own checksum, which picture libraries don't.
    assert len(zlib.decompress(b"".join(bodies))) == 90 * (1 + 70 * 4)


def test_strips_cost_hardly_any_size(monkeypatch):
    smooth = cv2.resize(np.random.default_rng(2).integers(0, 256, (9, 12, 3), dtype=np.uint8), (1200, 900))
    in_strips = len(png(smooth))
    monkeypatch.setattr(tiles, "STRIP", smooth.size)
    assert in_strips < 1.002 * len(png(smooth))


def test_views_and_threads_make_no_difference(short_strips):
    array = np.random.default_rng(3).integers(0, 4, (80, 60, 4), dtype=np.uint8)
    before = cv2.getNumThreads()
    try:
        files = []
        for threads in (1, 3):
            cv2.setNumThreads(threads)
            files += [png(array[:, ::-1, :3]), png(array[:, ::-1, :3].copy())]
    finally:
        cv2.setNumThreads(before)
    assert len(set(files)) == 1
