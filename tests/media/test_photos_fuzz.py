import io
import time

import numpy as np
import pytest
from PIL import Image, ImageCms
from pillow_heif import register_heif_opener

from humanseg.errors import HumanSegError
from humanseg.media import photos

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "HEIF", "AVIF")
MUTANTS = 260  # of each format: 2,080 in all


def _mutated(data, rng):
    """A file with bytes changed, cut out, doubled, or its end lost, as bad disks and networks do it."""
    broken = bytearray(data)
    for _ in range(int(rng.integers(1, 12))):
        at = int(rng.integers(len(broken)))
        kind = rng.integers(4)
        if kind == 0:
            broken[at] = int(rng.integers(256))
        elif kind == 1:
            broken[at : at + int(rng.integers(1, 9))] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 2:
            del broken[at : at + int(rng.integers(1, 50))]
        else:
            broken[at:at] = broken[max(0, at - 20) : at]
        if len(broken) < 2:
            break
    return bytes(broken[: int(rng.integers(1, len(broken) + 1))] if rng.random() < 0.2 else broken)


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("format", FORMATS)
def test_a_broken_file_gives_a_photo_or_one_sentence_soon(astronaut, format):
    register_heif_opener()
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    metadata = {} if format in ("GIF", "BMP") else {"exif": exif, "icc_profile": profile}
    Image.fromarray(np.ascontiguousarray(astronaut[:96:2, :128:2])).save(stream, format, **metadata)
    rng = np.random.default_rng(FORMATS.index(format))
    refused = 0
    for n in range(MUTANTS):
        started = time.process_time()
        try:
            photo = photos.read(_mutated(stream.getvalue(), rng), name=f"mutant {n}")
            assert photo.rgb.dtype == np.uint8 and photo.rgb.ndim == 3
        except HumanSegError as error:
            refused += 1
            assert f"mutant {n}" in str(error) and "\n" not in str(error)
        assert time.process_time() - started < 2
    assert refused > 0
