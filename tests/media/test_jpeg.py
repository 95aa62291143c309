import io

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import ImageError
from humanseg.media import jpeg, photos
from tests.media.pictures import encoded


@pytest.fixture(params=[False, True], ids=["baseline", "progressive"])
def data(small, request):
    return encoded(small, "JPEG", quality=90, progressive=request.param)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_file_that_lacks_its_end_alone_is_read(data, missing):
    assert np.array_equal(photos.read(data[:-missing]).rgb, photos.read(data).rgb)
    assert np.array_equal(photos.read(io.BytesIO(data[:-missing])).rgb, photos.read(data).rgb)


@pytest.mark.parametrize("missing", [20, 200, 0.2, 0.4])
def test_a_file_that_lacks_pixels_is_refused(data, missing):
    count = missing if missing >= 1 else int(len(data) * missing)
    with pytest.raises(ImageError, match="damaged or cut short"):
        photos.read(data[:-count])


def test_orientation_and_exif_come_along(small):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "at the sea"
    whole = encoded(small, "JPEG", exif=exif)
    photo, expected = photos.read(whole[:-2]), photos.read(whole)
    assert np.array_equal(photo.rgb, expected.rgb) and photo.exif == expected.exif and b"at the sea" in photo.exif


def test_what_may_not_be_read_for_its_size_is_not_decoded(data, monkeypatch):
    monkeypatch.setattr(jpeg, "ended", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(ImageError, match="megapixels"):
        photos.read(data[:-2], max_pixels=100)


@pytest.mark.parametrize("other", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"no picture"])
def test_what_is_no_jpeg_stays_none(other):
    assert jpeg.ended(other) is None
