import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from humanseg.errors import ImageError
from humanseg.media import photos


def encoded(picture, format, **options):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


@pytest.fixture
def small(astronaut):
    """64x96, and different in every corner."""
    return np.ascontiguousarray(astronaut[40:168:2, 100:292:2])


def difference(a, b):
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


# Columns: red, green, blue of Display P3 in XYZ, adapted to D50 as ICC profiles have it.
P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB_TO_XYZ = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def display_p3():
    """The profile of a phone's photos, written by hand (ICC.1:2022, 7 to 10)."""

    def numbers(*values):
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    name = "Display P3".encode("utf-16-be")
    curve = b"para" + bytes(4) + b"\0\3\0\0" + numbers(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {b"desc": b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(name), 28) + name}
    tags |= {b"wtpt": b"XYZ " + bytes(4) + numbers(0.9642, 1, 0.82491)}
    tags |= {key: b"XYZ " + bytes(4) + numbers(*P3_TO_XYZ[:, n]) for n, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        table += key + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    header = struct.pack(">II4s4s4s", 128 + len(table + body), 0, b"\4\0\0\0", b"mntr", b"RGB ") + b"XYZ " + bytes(12)
    return header + b"acsp" + bytes(28) + numbers(0.9642, 1, 0.82491) + bytes(48) + table + body


def linear(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def display_p3_to_srgb(rgb):
    light = np.clip(linear(rgb / 255) @ (np.linalg.inv(SRGB_TO_XYZ) @ P3_TO_XYZ).T, 0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


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


def test_grey_palette_and_one_bit_pictures_become_rgb(small):
    grey = Image.fromarray(small).convert("L")
    assert np.array_equal(photos.read(encoded(grey, "PNG")).rgb, np.array(grey.convert("RGB")))
    palette = Image.fromarray(small).quantize(32)
    assert np.array_equal(photos.read(encoded(palette, "PNG")).rgb, np.array(palette.convert("RGB")))
    bits = Image.fromarray(small).convert("1")
    assert np.array_equal(photos.read(encoded(bits, "PNG")).rgb, np.array(bits.convert("RGB")))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_an_alpha_comes_along(small, mode):
    picture = Image.fromarray(small).convert(mode)
    ramp = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    picture.putalpha(Image.fromarray(ramp))
    photo = photos.read(encoded(picture, "PNG"))
    assert photo.alpha.dtype == np.float32 and np.array_equal(photo.alpha, ramp.astype(np.float32) / 255)
    assert np.array_equal(photo.rgb, np.array(picture.convert("RGBA"))[..., :3])


def test_a_transparent_palette_colour_is_transparent(small):
    palette = Image.fromarray(small).quantize(16)
    first = palette.getpixel((0, 0))
    photo = photos.read(encoded(palette, "PNG", transparency=first))
    assert photo.alpha[0, 0] == 0 and photo.alpha.max() == 1


def test_an_opaque_photo_has_no_alpha(small):
    assert photos.read(encoded(small, "JPEG")).alpha is None


def test_cmyk_comes_out_in_its_colours(small):
    cmyk = Image.fromarray(small).convert("CMYK")
    photo = photos.read(encoded(cmyk, "JPEG", quality=98))
    assert difference(photo.rgb, small) < 8
    assert difference(photos.read(encoded(cmyk, "TIFF")).rgb, small) < 3


def test_sixteen_bits_keep_their_brightness(small):
    grey = np.array(Image.fromarray(small).convert("L"))
    deep = Image.fromarray((grey.astype(np.uint16) << 8) | grey)
    for format in ("PNG", "TIFF"):
        assert difference(photos.read(encoded(deep, format)).rgb[..., 0], grey) < 1


def test_sixteen_bit_colour_keeps_its_colours(small):
    import cv2

    deep = small.astype(np.uint16) * 257
    for suffix in (".png", ".tiff"):
        done, data = cv2.imencode(suffix, deep[..., ::-1])
        assert done
        assert difference(photos.read(data.tobytes()).rgb, small) < 1


def test_sixteen_bit_colour_keeps_its_alpha(small):
    import cv2

    ramp = np.tile(np.linspace(0, 255, 96).astype(np.uint16), (64, 1))
    deep = np.dstack([small[..., ::-1].astype(np.uint16), ramp]) * 257
    for suffix in (".png", ".tiff"):
        photo = photos.read(cv2.imencode(suffix, deep)[1].tobytes())
        assert np.array_equal(photo.rgb, small)
        assert np.array_equal(photo.alpha, ramp.astype(np.float32) / 255)


@pytest.mark.parametrize("top", [1, 255, 65535])
def test_floats_keep_their_brightness(small, top):
    grey = np.array(Image.fromarray(small).convert("L"))
    grey[0, 0] = 255
    deep = grey.astype(np.float32) * (top / 255)
    assert difference(photos.read(encoded(deep, "TIFF")).rgb[..., 0], grey) < 1
    deep[5, 5] = np.nan
    assert photos.read(encoded(deep, "TIFF")).rgb[5, 5].max() == 0


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


def test_an_embedded_profile_is_converted_to_srgb(small):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.profileToProfile(
        Image.fromarray(small), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert difference(photos.read(encoded(small, "PNG", icc_profile=srgb)).rgb, small) < 1
    assert difference(photos.read(encoded(lab, "TIFF", icc_profile=profile)).rgb, small) < 3


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_display_p3_keeps_its_looks(small, format):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    options = {} if format in ("PNG", "TIFF") else {"quality": 98}
    photo = photos.read(encoded(small, format, icc_profile=display_p3(), **options))
    expected = display_p3_to_srgb(small)
    assert difference(expected, small) > 2  # or this would prove nothing
    assert difference(photo.rgb, expected) < (1 if not options else 6)
    assert difference(photo.rgb, expected) < difference(photo.rgb, small)


def test_a_profile_applies_below_an_alpha_and_to_a_palette(small):
    rgba = np.dstack([small, small[..., 0]])
    photo = photos.read(encoded(rgba, "PNG", icc_profile=display_p3()))
    assert difference(photo.rgb, display_p3_to_srgb(small)) < 1
    assert np.array_equal(photo.alpha, small[..., 0].astype(np.float32) / 255)
    palette = Image.fromarray(small).quantize(64)
    photo = photos.read(encoded(palette, "PNG", icc_profile=display_p3()))
    assert difference(photo.rgb, display_p3_to_srgb(np.array(palette.convert("RGB")))) < 1


def test_a_profile_of_another_kind_of_picture_is_ignored(small):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(photos.read(encoded(small, "PNG", icc_profile=lab)).rgb, small)
    grey = Image.fromarray(small).convert("L")
    photo = photos.read(encoded(grey, "PNG", icc_profile=display_p3()))
    assert difference(photo.rgb, np.array(grey.convert("RGB"))) < 1  # grey is grey in every RGB space


def test_a_broken_profile_does_not_cost_the_photo(small):
    assert np.array_equal(photos.read(encoded(small, "PNG", icc_profile=b"no profile")).rgb, small)


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


def claiming(png, width, height):
    """The PNG with another size in its header, and the header's checksum right."""
    header = b"IHDR" + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


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


@pytest.mark.parametrize("format", ["png", "webp"])
def test_an_alpha_survives_the_way_to_a_file_and_back(small, format):
    alpha = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (64, 1))
    photo = photos.read(photos.encode(small, alpha, format=format, quality=100))
    assert np.abs(photo.alpha - alpha).max() < 0.003
    assert difference(photo.rgb[:, 10:], small[:, 10:]) < 3


def test_a_png_is_lossless_and_a_jpeg_close(small):
    assert np.array_equal(photos.read(photos.encode(small)).rgb, small)
    assert difference(photos.read(photos.encode(small, format="jpeg")).rgb, small) < 5


def test_a_mask_is_grey(small):
    alpha = (small[..., 0] / 255).astype(np.float32)
    with Image.open(io.BytesIO(photos.encode_mask(alpha))) as mask:
        assert mask.mode == "L" and np.array_equal(np.array(mask), small[..., 0])


@pytest.mark.parametrize(("format", "alpha"), [("gif", None), ("jpeg", np.ones((64, 96), np.float32))])
def test_what_cannot_be_written_is_a_value_error(small, format, alpha):
    with pytest.raises(ValueError):
        photos.encode(small, alpha, format=format)


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


@pytest.mark.parametrize(("format", "side"), [("webp", 16_384), ("jpeg", 65_501)])
def test_a_picture_too_long_for_its_format_is_refused_in_a_sentence(format, side):
    with pytest.raises(ImageError, match="choose PNG"):
        photos.encode(np.zeros((2, side, 3), np.uint8), format=format)
    assert photos.read(photos.encode(np.zeros((2, side, 3), np.uint8))).rgb.shape == (2, side, 3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG 1.heic", "IMG 1-cutout.png"),
        ("a.b.jpg", "a.b-cutout.png"),
        ("", "photo-cutout.png"),
        ("Müller.JPG", "Müller-cutout.png"),
    ],
)
def test_a_result_is_named_after_its_photo(name, expected):
    assert photos.output_name(name) == expected


def test_writing_leaves_the_whole_file_or_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    photos.write(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ImageError, match=r"x\.png can't be written \(No space"):
        photos.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ImageError, match="can't be written"):
        photos.write(tmp_path / "no" / "x.png", b"data")
