import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from humanseg.errors import ImageError
from humanseg.media import photos, png
from tests.media.pictures import difference, display_p3, display_p3_to_srgb, encoded


def chunk(kind, body, checksum=None):
    checksum = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def chunks(data):
    at, found = 8, []
    while at < len(data):
        length = struct.unpack_from(">I", data, at)[0]
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def with_chunk(data, kind, body, *, wrong=False, last=False):
    """The file with one more chunk: behind the header, or before the end."""
    at = len(data) - 12 if last else 33
    return data[:at] + chunk(kind, body, 1234 if wrong else None) + data[at:]


def with_wrong_checksum(data, kind):
    """The first chunk of that kind gets another checksum."""
    at = data.index(kind) - 4
    end = at + 8 + struct.unpack_from(">I", data, at)[0]
    return data[:end] + bytes(byte ^ 255 for byte in data[end : end + 4]) + data[end + 4 :]


def packed_profile(profile):
    return b"name\0\0" + zlib.compress(profile)


NOT_NEEDED = {
    b"gAMA": struct.pack(">I", 45455),
    b"cHRM": bytes(32),
    b"sRGB": b"\0",
    b"pHYs": bytes(9),
    b"tIME": bytes(7),
    b"bKGD": bytes(6),
    b"tEXt": b"Title\0a title",
    b"zTXt": b"Title\0\0" + zlib.compress(b"a title"),
    b"iTXt": b"Title\0\0\0\0\0a title",
    b"iCCP": packed_profile(b"no profile"),
    b"prVt": b"a program's own",
    b"acTL": b"short",
}


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("kind", NOT_NEEDED)
def test_what_the_pixels_do_not_need_cannot_cost_the_photo(small, kind, wrong, last):
    data = with_chunk(encoded(small, "PNG"), kind, NOT_NEEDED[kind], wrong=wrong, last=last)
    assert np.array_equal(photos.read(data).rgb, small)
    assert np.array_equal(photos.read(with_chunk(encoded(small, "PNG"), kind, b"", wrong=wrong, last=last)).rgb, small)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_in_the_picture_itself_is_refused(small, kind):
    with pytest.raises(ImageError, match=r"broken\.png is damaged"):
        photos.read(with_wrong_checksum(encoded(small, "PNG"), kind), name="broken.png")


@pytest.mark.parametrize("kind", [b"PLTE", b"tRNS"])
def test_a_wrong_checksum_in_a_palette_or_its_transparency_is_refused(small, kind):
    data = encoded(Image.fromarray(small).quantize(16), "PNG", transparency=bytes(range(16)))
    assert photos.read(data).alpha.max() < 0.1
    with pytest.raises(ImageError, match="damaged"):
        photos.read(with_wrong_checksum(data, kind))


def test_a_wrong_checksum_in_a_later_part_of_the_picture_is_refused(astronaut):
    data = encoded(astronaut, "PNG", compress_level=0)
    kinds = [kind for kind, _ in chunks(data)]
    assert kinds.count(b"IDAT") > 2
    last = data.rindex(b"IDAT")
    with pytest.raises(ImageError, match="damaged"):
        photos.read(data[:last] + with_wrong_checksum(data[last - 4 :], b"IDAT")[4:])


@pytest.mark.parametrize("missing", [13, 30, 1000])
def test_a_file_cut_short_within_its_pixels_is_refused(small, missing):
    data = encoded(small, "PNG")
    with pytest.raises(ImageError, match=r"half\.png"):
        photos.read(data[:-missing], name="half.png")


@pytest.mark.parametrize("missing", [1, 4, 12, 20])
def test_a_file_cut_short_behind_its_pixels_is_read(small, missing):
    data = with_chunk(encoded(small, "PNG"), b"tEXt", b"Title\0a long title", last=True)
    assert np.array_equal(photos.read(data[:-missing]).rgb, small)


def test_a_file_of_nothing_but_its_signature_is_refused():
    with pytest.raises(ImageError, match=r"isn't a picture"):
        photos.read(png.SIGNATURE)


@pytest.mark.parametrize("wrong", [False, True])
def test_a_profile_beside_a_large_amount_of_nothing_applies(small, wrong):
    profile = display_p3()
    large = struct.pack(">I", len(profile) + 5_000_000) + profile[4:] + bytes(5_000_000)
    data = with_chunk(encoded(small, "PNG"), b"iCCP", packed_profile(large), wrong=wrong)
    assert difference(photos.read(data).rgb, display_p3_to_srgb(small)) < 1


@pytest.mark.parametrize("body", [packed_profile(display_p3())[:-9], b"name\0\0rubbish", b"name", b"", b"\0\0"])
def test_a_profile_that_cannot_be_unpacked_counts_for_nothing(small, body):
    assert np.array_equal(photos.read(with_chunk(encoded(small, "PNG"), b"iCCP", body)).rgb, small)


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        (b"iCCP", b"name\0\0"),
        (b"zTXt", b"Title\0\0"),
        (b"iTXt", b"Title\0\1\0\0\0"),
        (b"zTXt", b"Raw profile type exif\0\0"),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0"),
    ],
)
def test_a_decompression_bomb_beside_the_pixels_takes_no_memory(small, kind, start):
    packing = zlib.compressobj(9)
    bomb = b"".join(packing.compress(bytes(1_000_000)) for _ in range(200)) + packing.flush()
    data = with_chunk(encoded(small, "PNG"), kind, start + bomb)
    tracemalloc.start()
    try:
        photo = photos.read(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.array_equal(photo.rgb, small)
    assert most < 40_000_000  # bytes, of 200 million in the bomb


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("wrong", [False, True])
def test_exif_turns_a_photo_wherever_it_stands(small, wrong, last):
    exif = Image.Exif()
    exif[0x0112] = 6
    body = exif.tobytes().removeprefix(b"Exif\0\0")
    data = with_chunk(encoded(np.rot90(small), "PNG"), b"eXIf", body, wrong=wrong, last=last)
    assert np.array_equal(photos.read(data).rgb, small)


@pytest.mark.parametrize("zip", [False, True])
def test_orientation_written_as_text_is_kept(small, zip):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>', zip=zip)
    data = encoded(Image.fromarray(np.ascontiguousarray(np.rot90(small))), "PNG", pnginfo=info)
    assert np.array_equal(photos.read(data).rgb, small)
    exif = Image.Exif()
    exif[0x0112] = 6
    code = exif.tobytes().hex()
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(code) // 2}\n{code}\n", zip=zip)
    data = encoded(Image.fromarray(np.ascontiguousarray(np.rot90(small))), "PNG", pnginfo=info)
    assert np.array_equal(photos.read(data).rgb, small)


def test_a_pile_of_text_is_no_reason_to_refuse_a_photo(small):
    data = encoded(small, "PNG")
    for _ in range(70):
        data = with_chunk(data, b"tEXt", b"Title\0" + bytes(1_000_000))
    assert np.array_equal(photos.read(data).rgb, small)


def test_an_animated_png_shows_its_first_frame(small):
    frames = [Image.fromarray(small), Image.fromarray(255 - small)]
    for default in (False, True):
        data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=default)
        assert b"acTL" in data
        assert np.array_equal(photos.read(data).rgb, small)


def test_all_kinds_of_pixels_come_through_as_pillow_has_them(small):
    picture = Image.fromarray(small)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        stored = picture.convert("L").convert(mode) if mode == "I;16" else picture.convert(mode)
        data = encoded(stored, "PNG")
        cleaned, profile = png.needed(data)
        assert profile is None
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(cleaned))), np.asarray(Image.open(io.BytesIO(data))))
