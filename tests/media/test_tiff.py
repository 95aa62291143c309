import struct
import time

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import ImageError
from humanseg.media import photos
from tests.media.pictures import difference, encoded

RGB, MASK, MOSAIC, LINEAR = 2, 4, 32803, 34892  # photometric interpretations
PREVIEW = {254: 1}
LONG, SHORT = 4, 3


def tiff(*pages, order="<", big=False, sub=False):
    """A TIFF of (uint8 HxWxC, tags) pages, one behind the other, or all but the first below it as SubIFDs."""
    place, word = ("Q", "Q") if big else ("I", "H")
    start = 16 if big else 8
    body, places = bytearray(), []
    lengths = []
    for number, (pixels, tags) in enumerate(pages):
        data = pixels if isinstance(pixels, bytes) else pixels.tobytes()
        strip = start + len(body)
        body += data + bytes(-len(data) % 8)
        entries = {256: 1, 257: 1, 258: 8, 259: 1, 262: RGB, 273: strip, 277: 3, 278: 1, 279: len(data), 284: 1}
        if not isinstance(pixels, bytes):
            channels = pixels.shape[2] if pixels.ndim == 3 else 1
            entries |= {256: pixels.shape[1], 257: pixels.shape[0], 278: pixels.shape[0], 277: channels}
        entries |= tags
        if sub and number == 0:
            entries[330] = None
        places.append(start + len(body))
        entries = {tag: entries[tag] for tag in sorted(entries) if entries[tag] is not ...}
        lengths.append(entries)
        body += bytes(struct.calcsize("<" + word) + len(entries) * (20 if big else 12) + (8 if big else 4))
        body += bytes(8 * len(pages))  # room for the places of those below
        body += bytes(-len(body) % 8)
    for number, entries in enumerate(lengths):
        table = struct.pack(order + word, len(entries))
        room = places[number] + len(table) + len(entries) * (20 if big else 12) + (8 if big else 4)
        for tag, value in entries.items():
            kind = 16 if big else LONG
            if value is None:
                below = places[1:]
                listed = struct.pack(f"{order}{len(below)}{place}", *below)
                if len(below) == 1:
                    table += struct.pack(f"{order}HH{place}", tag, kind, 1) + listed
                else:
                    body[room - start : room - start + len(listed)] = listed
                    table += struct.pack(f"{order}HH{place}{place}", tag, kind, len(below), room)
            else:
                table += struct.pack(f"{order}HH{place}{place}", tag, kind, 1, value)
        following = 0 if sub or number + 1 == len(places) else places[number + 1]
        table += struct.pack(order + place, following)
        body[places[number] - start : places[number] - start + len(table)] = table
    magic = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    magic += struct.pack(order + "HH", 8, 0) if big else b""
    return magic + struct.pack(order + place, places[0]) + bytes(body)


@pytest.fixture
def preview(small):
    return np.ascontiguousarray(small[::4, ::4])


@pytest.mark.parametrize("sub", [False, True])
@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("marked", [{254: 1}, {255: 2}, {254: 1, 50706: 1}])
def test_a_preview_in_front_of_the_photo_is_passed_over(small, preview, marked, order, big, sub):
    data = tiff((preview, marked), (small, {}), order=order, big=big, sub=sub)
    assert np.array_equal(photos.read(data).rgb, small)


@pytest.mark.parametrize("sub", [False, True])
def test_the_largest_of_several_pictures_below_a_preview_is_the_photo(small, preview, sub):
    half = np.ascontiguousarray(small[::2, ::2])
    data = tiff((preview, PREVIEW), (half, PREVIEW), (small, {}), (half, {}), sub=sub)
    assert np.array_equal(photos.read(data).rgb, small)


@pytest.mark.parametrize("kind", [MOSAIC, LINEAR])
@pytest.mark.parametrize("sub", [False, True])
@pytest.mark.parametrize("marked", [{}, PREVIEW])
def test_a_raw_file_with_no_more_than_a_preview_is_refused(small, preview, marked, sub, kind):
    half = np.ascontiguousarray(small[::2, ::2])
    data = tiff((preview, marked), (half, PREVIEW), (small, {262: kind}), sub=sub)
    with pytest.raises(ImageError, match=r"IMG_1\.dng is a camera's raw file.*export it as JPEG or TIFF\.$"):
        photos.read(data, name="IMG_1.dng")


@pytest.mark.parametrize("sub", [False, True])
def test_a_raw_file_with_its_photo_at_full_size_is_read(small, preview, sub):
    bordered = np.pad(small, ((1, 1), (2, 2), (0, 0)))  # the sensor's picture is a little larger than the photo
    data = tiff((preview, PREVIEW), (bordered, {262: MOSAIC}), (small, PREVIEW), sub=sub)
    assert np.array_equal(photos.read(data).rgb, small)


def test_a_raw_file_whose_first_picture_is_the_sensors_is_read_by_its_photo_or_refused(small, preview):
    sensor = (small, {262: MOSAIC})
    assert np.array_equal(photos.read(tiff(sensor, (small, PREVIEW), sub=True)).rgb, small)
    with pytest.raises(ImageError, match="raw file"):
        photos.read(tiff(sensor, (preview, PREVIEW), sub=True))
    with pytest.raises(ImageError, match="raw file"):
        photos.read(tiff(sensor))


def test_a_whole_jpeg_inside_a_raw_file_is_read_at_full_size_only(small, preview):
    sensor = (small, {262: MOSAIC, 254: 0})
    jpeg = encoded(small, "JPEG", quality=98)
    old_jpeg = {259: 6, 262: 6, 254: 1, 256: ..., 257: ..., 513: None}

    def file(content):  # like a NEF: the JPEG's place is a tag, its size stands nowhere else
        marker = tiff((preview, PREVIEW), sensor, (content, old_jpeg | {513: 1, 514: len(content)}), sub=True)
        return tiff(
            (preview, PREVIEW),
            sensor,
            (content, old_jpeg | {513: marker.index(content), 514: len(content)}),
            sub=True,
        )

    assert difference(photos.read(file(jpeg)).rgb, small) < 6
    with pytest.raises(ImageError, match="raw file"):
        photos.read(file(encoded(preview, "JPEG")))


def test_a_canon_file_is_measured_by_what_its_exif_says(small):
    def cr2(width, height):
        jpeg = encoded(small, "JPEG", quality=98)
        page = (jpeg, {256: small.shape[1], 257: small.shape[0], 259: 6, 262: 6, 34665: 0})
        data = bytearray(tiff(page))
        exif = struct.pack("<H", 2) + struct.pack("<HHII", 40962, LONG, 1, width)
        exif += struct.pack("<HHII", 40963, LONG, 1, height) + bytes(4)
        pointer = data.index(struct.pack("<HHI", 34665, LONG, 1)) + 8
        struct.pack_into("<I", data, pointer, len(data) + 8)
        for tag in (273,):  # all that follows the mark moves on by its 8 bytes
            at = data.index(struct.pack("<HHI", tag, LONG, 1)) + 8
            struct.pack_into("<I", data, at, struct.unpack_from("<I", data, at)[0] + 8)
        struct.pack_into("<I", data, 4, struct.unpack_from("<I", data, 4)[0] + 8)
        return bytes(data[:8]) + b"CR\2\0\0\0\0\0" + bytes(data[8:]) + exif

    assert difference(photos.read(cr2(small.shape[1] + 4, small.shape[0] + 2)).rgb, small) < 6
    with pytest.raises(ImageError, match="raw file"):
        photos.read(cr2(2 * small.shape[1], 2 * small.shape[0]))


def test_the_photo_is_turned_and_described_as_its_preview_says(small):
    turned = np.ascontiguousarray(np.rot90(small))
    preview = np.ascontiguousarray(turned[::4, ::4])
    data = tiff((preview, PREVIEW | {274: 6}), (turned, {}), sub=True)
    assert np.array_equal(photos.read(data).rgb, small)
    data = tiff((preview, PREVIEW | {274: 3}), (turned, {274: 6}), sub=True)
    assert np.array_equal(photos.read(data).rgb, small)


def test_a_preview_that_does_not_say_so_is_known_by_its_contents(astronaut):
    small = np.ascontiguousarray(astronaut[::8, ::8])
    data = encoded(small, "TIFF", save_all=True, append_images=[Image.fromarray(astronaut)])
    assert np.array_equal(photos.read(data).rgb, astronaut)


def test_pages_of_a_scan_stay_as_they_are(astronaut):
    small = np.ascontiguousarray(astronaut[::8, ::8])
    for first, others in (
        (small, [255 - astronaut]),  # another picture of the same shape
        (small, [astronaut[:, :300]]),  # another shape
        (astronaut, [small, astronaut[::-1]]),
        (np.full_like(small, 255), [np.full_like(astronaut, 255)]),  # empty pages
    ):
        data = encoded(first, "TIFF", save_all=True, append_images=[Image.fromarray(page) for page in others])
        assert np.array_equal(photos.read(data).rgb, first)


def test_masks_and_previews_behind_the_first_page_change_nothing(small, preview):
    larger = np.repeat(np.repeat(small, 2, 0), 2, 1)
    for sub in (False, True):
        data = tiff((small, {}), (preview, PREVIEW), (larger, {254: 4, 262: MASK}), sub=sub)
        assert np.array_equal(photos.read(data).rgb, small)


def test_a_preview_alone_is_a_photo_like_any_other(preview):
    assert np.array_equal(photos.read(tiff((preview, PREVIEW))).rgb, preview)


def test_a_photo_packed_in_an_unknown_way_is_refused_rather_than_its_preview_taken(small, preview):
    with pytest.raises(ImageError, match="packed like one"):
        photos.read(tiff((preview, PREVIEW), (small, {259: 61234}), sub=True))


@pytest.mark.parametrize(
    "start",
    [
        b"FUJIFILMCCD-RAW 0201",
        b"II\x1a\0\0\0HEAPCCDR",
        b"IIU\0\x18\0\0\0",
        b"IIRO\x08\0\0\0",
        b"\0\0\0\x18ftypcrx \0\0\0\1",
        b"FOVb\2\0\3\0",
    ],
)
def test_raw_files_of_all_makers_are_refused_by_what_they_are(start):
    with pytest.raises(ImageError, match=r"photo\.raf is a camera's raw file"):
        photos.read(start + bytes(300), name="photo.raf")


def test_the_photo_behind_a_preview_may_be_too_large_too(small, preview):
    data = tiff((preview, PREVIEW), (small, {}), sub=True)
    with pytest.raises(ImageError, match=r"has more than 0\.006 megapixels"):
        photos.read(data, max_pixels=6_000)
    bomb = tiff((preview, PREVIEW), (small, {256: 60_000, 257: 60_000}), sub=True)
    with pytest.raises(ImageError, match="has more than 100 megapixels"):
        photos.read(bomb)


def test_directories_in_a_circle_come_to_an_end(small, preview):
    data = bytearray(tiff((preview, PREVIEW), (small, {})))
    last = struct.unpack_from("<I", data, 4)[0]
    entries = struct.unpack_from("<H", data, last)[0]
    last = struct.unpack_from("<I", data, last + 2 + 12 * entries)[0]
    entries = struct.unpack_from("<H", data, last)[0]
    struct.pack_into("<I", data, last + 2 + 12 * entries, struct.unpack_from("<I", data, 4)[0])
    assert np.array_equal(photos.read(bytes(data)).rgb, small)


@pytest.mark.parametrize("length", [8, 9, 40, 200])
def test_a_tiff_cut_short_is_refused(small, preview, length):
    data = tiff((preview, PREVIEW), (small, {}), sub=True)
    with pytest.raises(ImageError, match=r"half\.tif"):
        photos.read(data[:length], name="half.tif")


def test_a_directory_of_endless_length_takes_no_time(small):
    data = tiff((small, {}), big=True)
    start = struct.unpack_from("<Q", data, 8)[0]
    broken = data[:start] + b"\xff" * 8 + bytes(20_000_000)
    started = time.process_time()
    with pytest.raises(ImageError):
        photos.read(broken)
    assert time.process_time() - started < 2  # seconds
