import io
import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import ImageError
from humanseg.media import photos
from tests.media.pictures import claiming, difference, display_p3, encoded


@pytest.mark.parametrize("format", ["HEIF", "AVIF", "WEBP", "GIF", "BMP", "TIFF"])
def test_formats_of_the_world_are_read(small, format):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    options = {"quality": 95} if format in ("HEIF", "AVIF", "WEBP") else {}
    assert difference(photos.read(encoded(small, format, **options)).rgb, small) < 12


def test_a_progressive_jpeg_is_read(small):
    assert difference(photos.read(encoded(small, "JPEG", progressive=True, quality=98)).rgb, small) < 4


def test_an_animation_shows_its_first_frame(small):
    frames = [Image.fromarray(small), Image.fromarray(255 - small)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert difference(photos.read(data).rgb, small) < 12


@pytest.mark.parametrize("format", ["MPO", "TIFF"])
def test_of_several_pictures_in_a_file_the_first_is_read(small, format):
    data = encoded(small, format, save_all=True, append_images=[Image.fromarray(255 - small)])
    assert difference(photos.read(data).rgb, small) < 8


def test_bytes_behind_the_end_of_a_jpeg_do_no_harm(small):
    assert photos.read(encoded(small, "JPEG") + b"rubbish" * 50).rgb.shape == small.shape


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (20000, 10)])
def test_odd_sizes_are_read(shape):
    assert photos.read(encoded(np.zeros((*shape, 3), np.uint8), "PNG")).rgb.shape == (*shape, 3)


def test_names_are_kept_without_their_folder(small, tmp_path):
    path = tmp_path / "IMG 7.jpg"
    path.write_bytes(encoded(small, "JPEG"))
    assert photos.read(path).name == "IMG 7.jpg"
    with path.open("rb") as file:
        assert photos.read(file).name == "IMG 7.jpg"
    assert photos.read(path, name="other.png").name == "other.png"
    assert photos.read(path.read_bytes()).name == ""
    assert photos.read(photos.read(path), name="new").name == "new"


def test_arrays_are_taken_as_they_are(small):
    assert np.array_equal(photos.read(small).rgb, small)
    assert photos.read(small[..., 0]).rgb.shape == small.shape
    assert photos.read(np.dstack([small, small[..., :1]])).alpha.shape == small.shape[:2]


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("zero.jpg", b"", "empty"),
        ("text.jpg", b"this is no picture at all", "isn't a picture"),
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "isn't a picture"),
        ("drawing.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "isn't a picture"),
        ("film.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(200), "isn't a picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(name, data, word):
    with pytest.raises(ImageError, match=word) as caught:
        photos.read(data, name=name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF", "BMP"])
def test_a_file_cut_short_is_refused_by_name(small, format):
    data = encoded(small, format)
    with pytest.raises(ImageError, match=r"half\.x"):
        photos.read(data[: len(data) // 2], name="half.x")


def test_too_many_pixels_are_refused_before_they_are_decoded(small):
    with pytest.raises(ImageError, match=r"big\.png has more than 0.006 megapixels"):
        photos.read(encoded(small, "PNG"), name="big.png", max_pixels=6_000)
    assert photos.read(encoded(small, "PNG"), max_pixels=small[..., 0].size).rgb.shape == small.shape


def test_a_decompression_bomb_is_refused(small):
    with pytest.raises(ImageError, match=r"bomb\.png has more than 100 megapixels"):
        photos.read(claiming(encoded(small, "PNG"), 60_000, 60_000), name="bomb.png")


def test_a_limit_above_pillows_own_is_not_misquoted(small):
    with pytest.raises(ImageError, match=r"big\.png has more than 178\.957 megapixels"):
        photos.read(claiming(encoded(small, "PNG"), 20_000, 10_000), name="big.png", max_pixels=300_000_000)


def test_reading_in_many_threads_gives_the_same_and_leaves_no_trace(small):
    import warnings

    from PIL import ImageFile

    files = [encoded(small, "PNG", icc_profile=display_p3()), encoded(small, "AVIF"), encoded(small, "GIF"), b"broken"]
    alone = [photos.read(data).rgb for data in files[:3]]
    filters, limit = list(warnings.filters), Image.MAX_IMAGE_PIXELS

    def read(n):
        try:
            return np.array_equal(photos.read(files[n % 4]).rgb, alone[n % 4])
        except ImageError:
            return n % 4 == 3

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(80)))
    assert warnings.filters == filters and Image.MAX_IMAGE_PIXELS == limit and not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_path_that_cannot_be_one_is_refused():
    with pytest.raises(ImageError, match="can't be opened"):
        photos.read("a\0b.jpg")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageError, match=r"nowhere\.jpg"):
        photos.read(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("source", [None, 1.5, [1], {"a": 1}])
def test_what_is_no_source_is_a_type_error(source):
    with pytest.raises(TypeError):
        photos.read(source)


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros(0, np.uint8)])
def test_arrays_of_another_form_are_value_errors(array):
    with pytest.raises(ValueError):
        photos.read(array)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, ""),
        (3, ""),
        ("<stdin>", ""),
        ("<fdopen>", ""),
        ("", ""),
        (("a", "b"), ""),
        ("folder/me.jpg", "me.jpg"),
        (b"folder/me.jpg", "me.jpg"),
        (Path("folder/me.jpg"), "me.jpg"),
    ],
)
def test_only_a_real_name_of_a_file_object_is_taken_for_one(small, name, expected):
    file = io.BytesIO(encoded(small, "PNG"))
    file.name = name
    assert photos.read(file).name == expected
    broken = io.BytesIO(b"no picture")
    broken.name = name
    with pytest.raises(ImageError, match=f"^{re.escape(expected or 'The file')} isn't a picture"):
        photos.read(broken)


@pytest.mark.parametrize("kind", [tempfile.SpooledTemporaryFile, tempfile.TemporaryFile, io.BytesIO])
def test_files_without_a_name_give_photos_without_one(small, kind):
    with kind() as file:
        file.write(encoded(small, "PNG"))
        file.seek(0)
        photo = photos.read(file)
    assert photo.name == "" and photos.output_name(photo.name) == "photo-cutout.png"


def test_a_pil_picture_opened_by_bytes_has_its_name(small, tmp_path):
    path = tmp_path / "me.png"
    path.write_bytes(encoded(small, "PNG"))
    with Image.open(os.fsencode(path)) as picture:
        assert photos.read(picture).name == "me.png"
    assert photos.read(Image.fromarray(small)).name == ""


def test_a_file_opened_as_text_is_a_type_error():
    with pytest.raises(TypeError, match="rb"):
        photos.read(io.StringIO("text"))


def test_a_file_that_has_been_closed_is_an_error_in_a_sentence(small):
    file = io.BytesIO(encoded(small, "PNG"))
    file.close()
    with pytest.raises(ImageError, match="can't be opened"):
        photos.read(file)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two\nlines.jpg", r"two\nlines.jpg"),
        ("M\udcfcller.jpg", r"M\udcfcller.jpg"),
        ("\x1b[31mred.jpg", r"\x1b[31mred.jpg"),
        ("gpj.\u202eevil.jpg", r"gpj.\u202eevil.jpg"),
        ("写真😀.jpg", "写真😀.jpg"),
    ],
)
def test_names_that_cannot_be_printed_are_escaped_in_the_sentence(name, shown, tmp_path):
    for content in (b"", b"no picture", photos.encode(np.zeros((9, 9, 3), np.uint8))[:-30]):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ImageError, match=re.escape(shown)) as caught:
            photos.read(path)
        str(caught.value).encode()
        assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    with pytest.raises(ImageError, match=re.escape(shown)):
        photos.read(tmp_path / "nowhere" / name)
    with pytest.raises(ImageError, match=re.escape(shown)):
        photos.write(tmp_path / "nowhere" / name, b"")


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_picture_of_one_pixel_is_read(format):
    photo = photos.read(encoded(np.full((1, 1, 3), 200, np.uint8), format))
    assert photo.rgb.shape == (1, 1, 3) and difference(photo.rgb, np.full((1, 1, 3), 200)) < 3


def test_the_bytes_of_a_picture_may_lie_in_any_kind_of_memory(small):
    data = encoded(small, "PNG")
    for kind in (bytes, bytearray, memoryview):
        assert np.array_equal(photos.read(kind(data)).rgb, small)
