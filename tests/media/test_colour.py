import io
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from humanseg.errors import ImageError
from humanseg.media import photos
from tests.media.pictures import (
    P3_TO_XYZ,
    SRGB_TO_XYZ,
    difference,
    display_p3,
    display_p3_to_srgb,
    encoded,
    linear,
    profile,
)


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


def sampled_srgb(points):
    """A profile of ICC version 2 with sRGB's curve as a table, as the one of 1998 has it, and compact ones."""
    values = linear(np.linspace(0, 1, points))
    table = b"curv" + bytes(4) + struct.pack(f">I{points}H", points, *(np.round(values * 65535).astype(int)))
    return profile("sRGB", SRGB_TO_XYZ, table)


def gamma(power):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(power * 256))


@pytest.mark.parametrize(
    "same",
    [
        profile("sRGB", SRGB_TO_XYZ),
        profile("c2", SRGB_TO_XYZ),
        profile("Kamera 7", SRGB_TO_XYZ),
        sampled_srgb(1024),
        sampled_srgb(4096),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ],
)
def test_a_profile_of_srgb_costs_no_conversion_whatever_its_name(small, same):
    assert np.array_equal(photos.read(encoded(small, "PNG", icc_profile=same)).rgb, small)


@pytest.mark.parametrize(
    ("name", "power"), [("sRGB-elle-V2-g10.icc", 1), ("sRGB IEC61966-2.1 (Linear RGB Profile)", 1), ("sRGB", 1.8)]
)
def test_a_profile_of_another_tone_curve_counts_though_it_is_called_srgb(small, name, power):
    light = linear(small / 255)
    stored = np.round(255 * light ** (1 / power)).astype(np.uint8)
    photo = photos.read(encoded(stored, "PNG", icc_profile=profile(name, SRGB_TO_XYZ, gamma(power))))
    assert difference(stored, small) > 5  # or this would prove nothing
    assert difference(photo.rgb, small) < 1.5  # 8 bits hold few dark tones of linear light


def test_a_profile_of_other_primaries_counts_though_it_is_called_srgb(small):
    photo = photos.read(encoded(small, "PNG", icc_profile=profile("sRGB", P3_TO_XYZ)))
    assert difference(photo.rgb, display_p3_to_srgb(small)) < 1


def test_gamma_2_2_is_not_taken_for_srgb():
    dark = np.full((4, 4, 3), 20, np.uint8)
    photo = photos.read(encoded(dark, "PNG", icc_profile=profile("sRGB gamma 2.2", SRGB_TO_XYZ, gamma(2.2))))
    assert photo.rgb.max() < 15  # sRGB shows that much light as 11


@pytest.mark.parametrize("power", [1, 2.2])
def test_a_grey_profile_sets_the_brightness(small, power):
    grey = np.array(Image.fromarray(small).convert("L"))
    stored = np.round(255 * linear(grey / 255) ** (1 / power)).astype(np.uint8)
    photo = photos.read(encoded(stored, "PNG", icc_profile=profile("grey", None, gamma(power))))
    assert difference(photo.rgb[..., 0], grey) < 1.5
    assert np.array_equal(photo.rgb[..., 0], photo.rgb[..., 2])


def test_a_profile_applies_to_both_of_many_threads_at_once(small):
    data = encoded(small, "PNG", icc_profile=display_p3())
    alone = photos.read(data).rgb
    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(photo.rgb, alone) for photo in pool.map(photos.read, [data] * 40))


def test_turned_by_exif_and_coloured_by_a_profile_at_once(small):
    exif = Image.Exif()
    exif[0x0112] = 6
    for format in ("PNG", "TIFF"):
        data = encoded(np.rot90(small), format, exif=exif, icc_profile=display_p3())
        assert difference(photos.read(data).rgb, display_p3_to_srgb(small)) < 1


def test_strips_leave_no_seam_in_a_large_picture():
    rng = np.random.default_rng(7)
    tall = rng.integers(0, 256, (1000, 9, 4), np.uint8)
    photo = photos.read(encoded(tall, "PNG"))
    assert np.array_equal(photo.rgb, tall[..., :3])
    assert np.array_equal(photo.alpha, tall[..., 3].astype(np.float32) / 255)
    photo = photos.read(encoded(tall[..., :3], "PNG", icc_profile=display_p3()))
    assert difference(photo.rgb, display_p3_to_srgb(tall[..., :3])) < 1


def test_premultiplied_colours_are_brought_back(small):
    picture = Image.fromarray(np.dstack([small, np.full_like(small[..., 0], 128)]))
    photo = photos.read(picture.convert("RGBa"))
    assert difference(photo.rgb, small) < 2 and photo.alpha[0, 0] == pytest.approx(128 / 255)
    photo = photos.read(picture.convert("LA").convert("La"))
    assert photo.alpha[0, 0] == pytest.approx(128 / 255)


def test_a_deep_grey_tiff_may_have_white_at_zero(small):
    grey = np.array(Image.fromarray(small).convert("L"))
    stream = io.BytesIO()
    tifffile.imwrite(stream, 65535 - grey.astype(np.uint16) * 257, photometric="miniswhite")
    assert np.array_equal(photos.read(stream.getvalue()).rgb[..., 0], grey)


def test_one_transparent_shade_of_deep_grey_is_transparent(small):
    grey = np.array(Image.fromarray(small).convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    photo = photos.read(encoded(deep, "PNG", transparency=int(grey[0, 0]) * 257))
    assert np.array_equal(photo.alpha == 0, grey == grey[0, 0])
    assert np.array_equal(photo.rgb[..., 1], grey)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_colours_in_separate_planes_are_right_or_refused(small, depth, compression):
    stream = io.BytesIO()
    planes = np.ascontiguousarray(np.moveaxis(small, 2, 0)).astype(depth) * (257 if depth == np.uint16 else 1)
    tifffile.imwrite(stream, planes, photometric="rgb", planarconfig="separate", compression=compression)
    if depth == np.uint16 and compression is None:
        with pytest.raises(ImageError, match=r"scan\.tif has 16 bits a colour in separate planes"):
            photos.read(stream.getvalue(), name="scan.tif")
    else:
        assert np.array_equal(photos.read(stream.getvalue()).rgb, small)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK", "P"])
def test_tiffs_of_all_compressions_are_read(small, mode, compression):
    picture = Image.fromarray(small).convert(mode)
    data = encoded(picture, "TIFF", compression=compression)
    assert difference(photos.read(data).rgb, np.array(picture.convert("RGB"))) < 1


def test_a_grey_profile_applies_below_an_alpha(small):
    grey = np.array(Image.fromarray(small).convert("L"))
    linear_grey = profile("grey", None, gamma(1))
    expected = photos.read(encoded(grey, "PNG", icc_profile=linear_grey)).rgb
    assert difference(expected[..., 0], grey) > 20
    shade = encoded(grey, "PNG", icc_profile=linear_grey, transparency=int(grey[0, 0]))
    alpha = encoded(np.dstack([grey, 255 - grey]), "PNG", icc_profile=linear_grey)
    for data in (shade, alpha):
        photo = photos.read(data)
        assert np.array_equal(photo.rgb, expected) and photo.alpha.min() < 0.2
