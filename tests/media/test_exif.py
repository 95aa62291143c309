import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from humanseg.media import exif, photos
from tests.media.pictures import difference, encoded


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_comes_out_upright(small, orientation, format):
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # Pillow's transpose that undoes each orientation
    inverse = {0: 0, 1: 1, 3: 3, 2: 4, 4: 2, 5: 5, 6: 6}
    stored = Image.fromarray(small)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(inverse[turns[orientation]]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 98} if format in ("JPEG", "WEBP") else {}
    photo = photos.read(encoded(stored, format, exif=exif, **options))
    assert photo.rgb.shape == small.shape
    assert difference(photo.rgb, small) < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["HEIF", "AVIF"])
def test_new_formats_come_out_upright_too(small, orientation, format):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpose that makes what each orientation rights
    stored = Image.fromarray(small)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = photos.read(encoded(stored, format, exif=exif.tobytes(), quality=98))
    assert photo.rgb.shape == small.shape
    assert difference(photo.rgb, small) < 6


def test_a_pil_picture_read_twice_is_upright_twice_and_left_as_it_was(small):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.open(io.BytesIO(encoded(np.rot90(small), "PNG", exif=exif)))
    assert np.array_equal(photos.read(picture).rgb, small)
    assert np.array_equal(photos.read(picture).rgb, small)
    assert picture.getexif()[0x0112] == 6 and picture.size == (64, 96)


def test_an_alpha_turns_with_its_photo(small):
    exif = Image.Exif()
    exif[0x0112] = 6
    rgba = np.dstack([small, small[..., 0]])
    photo = photos.read(encoded(np.rot90(rgba), "PNG", exif=exif))
    assert np.array_equal(photo.rgb, small)
    assert np.array_equal(photo.alpha, small[..., 0].astype(np.float32) / 255)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_does_not_cost_the_photo(small, format):
    assert difference(photos.read(encoded(small, format, exif=b"Exif\0\0MM\0*" + b"\xff" * 30)).rgb, small) < 12
    assert difference(photos.read(encoded(small, format, exif=b"no EXIF at all")).rgb, small) < 12


def test_location_is_dropped_unless_asked_for_and_orientation_never_kept_twice(small):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    exif.get_ifd(0x8825)[1] = "N"
    photo = photos.read(encoded(small, "JPEG", exif=exif))
    assert not len(Image.open(io.BytesIO(photos.encode(photo.rgb, format="jpeg"))).getexif())
    kept = Image.open(io.BytesIO(photos.encode(photo.rgb, format="jpeg", exif=photo.exif)))
    assert kept.getexif()[0x010F] == "a camera" and 0x0112 not in kept.getexif()
    assert ImageOps.exif_transpose(kept).size == kept.size


@pytest.mark.parametrize("format", ["png", "webp", "jpeg"])
def test_exif_is_kept_whole_where_asked_for(small, format):
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "a model"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8769)[0x9003] = "2024:01:02 03:04:05"
    photo = photos.read(encoded(small, "JPEG", exif=exif))
    data = photos.encode(photo.rgb, format=format, exif=photo.exif)
    kept = photos.read(Image.open(io.BytesIO(data)))
    assert kept.rgb.shape == photo.rgb.shape and kept.exif == photo.exif
    kept = Image.open(io.BytesIO(data)).getexif()
    assert kept[0x0110] == "a model" and 0x0112 not in kept
    assert kept.get_ifd(0x8825)[1] == "N" and kept.get_ifd(0x8769)[0x9003] == "2024:01:02 03:04:05"


def test_the_layout_of_a_tiff_is_not_kept_as_if_it_were_exif(small):
    assert photos.read(encoded(small, "TIFF")).exif is None
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    kept = Image.Exif()
    kept.load(photos.read(encoded(small, "TIFF", exif=exif)).exif)
    assert dict(kept) == {0x010F: "a camera"}


def long_exif():
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "a camera", "a model"
    exif.get_ifd(0x8769)[0x9003] = "2024:01:02 03:04:05"
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + bytes(range(256)) * 400  # a comment of 102,400 bytes
    exif.get_ifd(0x8825)[1] = "N"
    return exif


@pytest.mark.parametrize("format", ["png", "webp", "jpeg"])
def test_exif_longer_than_the_format_holds_loses_its_longest_entry_and_says_so(small, format, caplog):
    photo = photos.read(encoded(small, "PNG", exif=long_exif()))
    assert len(photo.exif) > 100_000
    data = photos.encode(photo.rgb, format=format, exif=photo.exif)
    kept = Image.open(io.BytesIO(data)).getexif()
    assert kept[0x010F] == "a camera" and kept[0x0110] == "a model"
    assert kept.get_ifd(0x8769)[0x9003] == "2024:01:02 03:04:05" and kept.get_ifd(0x8825)[1] == "N"
    assert (0x9286 in kept.get_ifd(0x8769)) == (format != "jpeg")
    assert ("longest entries are left out" in caplog.text) == (format == "jpeg")


def test_what_will_be_kept_can_be_asked_beforehand(small, caplog):
    photo = photos.read(encoded(small, "PNG", exif=long_exif()))
    assert exif.fitting(photo.exif, "png") is photo.exif
    kept = exif.fitting(photo.exif, "jpeg")
    assert 0 < len(kept) < 1000
    photos.encode(photo.rgb, format="jpeg", exif=kept)
    assert not caplog.text


def test_entries_that_are_long_together_are_kept_as_far_as_they_fit():
    many = Image.Exif()
    for n in range(4):
        many.get_ifd(0x8769)[0x9286 + n] = bytes(20_000 + n)
    kept = Image.Exif()
    data = exif.fitting(many.tobytes(), "jpeg")
    kept.load(data)
    assert len(data) <= 65_533
    assert sorted(len(value) for value in kept.get_ifd(0x8769).values()) == [20_000, 20_001, 20_002]


@pytest.mark.parametrize(
    "broken", [b"Exif\0\0" + b"rubbish" * 20_000, bytes(100_000), b"Exif\0\0MM\0*" + b"\xff" * 90_000]
)
@pytest.mark.filterwarnings("ignore:::PIL")
def test_long_rubbish_in_place_of_exif_is_left_out(small, broken):
    assert exif.fitting(broken, "jpeg") is None
    data = photos.encode(small, format="jpeg", exif=broken)
    assert b"rubbish" not in data and difference(photos.read(data).rgb, small) < 5


def test_an_entry_that_cannot_be_written_again_costs_no_other(small, monkeypatch):
    class Broken(Image.Exif):
        def get_ifd(self, tag):
            folder = super().get_ifd(tag)
            if tag == 0x8769:
                folder[0x9286] = object()
            return folder

    picture = Image.fromarray(small)
    entries = Broken()
    entries[0x010F], entries[0x0112] = "a camera", 6
    entries.get_ifd(0x8769)[0x9003] = "2024:01:02 03:04:05"
    monkeypatch.setattr(picture, "getexif", lambda: entries)
    photo = photos.read(picture)
    kept = Image.Exif()
    kept.load(photo.exif)
    assert kept[0x010F] == "a camera" and dict(kept.get_ifd(0x8769)) == {0x9003: "2024:01:02 03:04:05"}
    assert photo.rgb.shape[:2] == small.shape[1::-1]  # turned


@pytest.mark.parametrize("value", [0, 9, 65535, "6", b"\6", (6,), None])
def test_an_orientation_that_is_none_turns_nothing(small, value, monkeypatch):
    picture = Image.fromarray(small)
    monkeypatch.setattr(picture, "getexif", lambda: {0x0112: value})
    assert np.array_equal(photos.read(picture).rgb, small)
