"""Sizes that pictures are wanted in: read from text, and laid around the people in a photo."""

import numpy as np
import pytest

from humanseg.errors import HumanSegError
from humanseg.sizes import CHIN, HEAD_TOP, Size


def alpha_of(*box: int, shape: tuple[int, int] = (100, 200)) -> np.ndarray:
    """An alpha with people from left, top to right, bottom."""
    left, top, right, bottom = box
    alpha = np.zeros(shape, np.float32)
    alpha[top:bottom, left:right] = 1
    return alpha


STANDING = alpha_of(80, 20, 120, 80)  # cut off nowhere
SITTING = alpha_of(80, 20, 120, 100)  # cut off by the lower edge


@pytest.mark.parametrize(
    ("given", "kind", "pixels"),
    [
        ("as-is", "as-is", (0, 0)),
        ("People", "people", (0, 0)),
        ("square", "ratio", (1, 1)),
        ("4:5", "ratio", (4, 5)),
        ("1.91:1", "ratio", (2, 1)),
        ("2000x2000", "pixels", (2000, 2000)),
        (" 1080 × 1350".replace(" ", ""), "pixels", (1080, 1350)),
        ("35x45mm", "print", (413, 531)),
        ("35x45 mm", "print", (413, 531)),
        ("50.8x50.8mm", "print", (600, 600)),
    ],
)
def test_sizes_are_read(given, kind, pixels):
    size = Size.parse(given)
    assert (size.kind, size.pixels) == (kind, pixels)
    assert size.dpi == (300 if kind == "print" else None)
    assert Size.parse(size) is size


@pytest.mark.parametrize(
    "given",
    [
        *("", "big", "4:", ":5", "0:0", "1:0", "1:11", "11:1", "-4:5", "2000", "2000x", "0x0", "15x100", "16001x20"),
        *(
            "16000x16000",
            "1e3x1e3",
            "35x45cm",
            "1x1mm",
            "9999x9999mm",
            "\u0664:\u0665",
            "4:5\n4:5",
            "x" * 500,
            None,
            7,
            (4, 5),
        ),
    ],
)
def test_a_size_that_cannot_be_made_is_refused_in_one_sentence(given):
    with pytest.raises(HumanSegError) as caught:
        Size.parse(given)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_as_is_is_the_photos_own_frame():
    frame = Size.parse("as-is").frame(STANDING)
    assert (frame.width, frame.height, frame.left, frame.top, frame.scale) == (200, 100, 0, 0, 1)


def test_people_have_the_same_margin_all_around_even_beyond_the_photo():
    frame = Size.parse("people").frame(STANDING, margin=0.5)
    assert (frame.left, frame.top, frame.width, frame.height) == (50, -10, 100, 120)


def test_people_whom_the_photo_cuts_off_stand_on_the_frames_edge():
    for size in ("people", "square", "4:5", "16:9", "500x900"):
        frame = Size.parse(size).frame(SITTING, margin=0.1)
        assert frame.place(0, 100)[1] == pytest.approx(frame.height, abs=1), size
        assert frame.place(100, 0)[0] == pytest.approx(frame.width / 2, abs=1), size


@pytest.mark.parametrize(
    ("size", "ratio"), [("square", 1), ("4:5", 0.8), ("16:9", 16 / 9), ("10:1", 10), ("1:10", 0.1)]
)
@pytest.mark.parametrize("alpha", [STANDING, SITTING, alpha_of(0, 0, 50, 60), alpha_of(150, 0, 200, 100)])
def test_a_ratio_is_kept_and_everybody_is_in_it(size, ratio, alpha):
    frame = Size.parse(size).frame(alpha)
    assert frame.width / frame.height == pytest.approx(ratio, rel=0.1) and frame.scale == 1
    rows, columns = np.nonzero(alpha)
    for x, y in ((columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)):
        across, down = frame.place(x, y)
        assert -1 <= across <= frame.width + 1 and -1 <= down <= frame.height + 1


def test_pixels_are_what_was_asked_for_whatever_the_photo_has():
    for alpha in (STANDING, np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32), alpha_of(0, 0, 200, 100)):
        frame = Size.parse("600x300").frame(alpha)
        assert (frame.width, frame.height) == (600, 300) and np.isfinite(frame.scale)


def portrait(rows: int = 600, columns: int = 500) -> tuple[np.ndarray, float, float]:
    """Head, neck and shoulders, cut off on three sides, and where the head's top and chin are."""
    y, x = np.mgrid[:rows, :columns]
    head = np.hypot((x - 250) / 90, (y - 200) / 125) < 1
    neck = (abs(x - 250) < 50) & (y > 200)
    shoulders = y > 400 + abs(x - 250) / 5
    return (head | neck | shoulders).astype(np.float32), 75, 325


def test_a_print_has_the_head_where_passports_want_it():
    alpha, top, chin = portrait()
    frame = Size.parse("35x45mm").frame(alpha)
    assert (frame.width, frame.height, frame.dpi) == (413, 531, 300)
    assert frame.place(250, top) == pytest.approx((413 / 2, HEAD_TOP * 531), abs=6)
    # ICAO asks for 70 to 80 % of the height.
    assert frame.place(250, chin)[1] == pytest.approx(CHIN * 531, abs=0.05 * 531)


def test_shoulders_that_the_photo_cuts_off_do_not_end_in_mid_air():
    alpha, top, chin = portrait()
    frame = Size.parse("square").frame(alpha, margin=0.05)
    assert (frame.left, frame.width) == (0, 500)
    assert frame.place(0, top)[1] >= 0
    wide = Size.parse("16:9").frame(alpha)  # so wide that the chin wouldn't be in it
    assert wide.place(0, chin)[1] < wide.height and wide.place(0, top)[1] >= 0


def test_where_nobody_is_there_is_all_of_the_photo_in_every_size():
    nobody = np.zeros((100, 200), np.float32)
    for size in ("people", "square", "35x45mm", "400x400"):
        frame = Size.parse(size).frame(nobody, margin=0)
        (left, top), (right, bottom) = frame.place(0, 0), frame.place(200, 100)
        assert left >= -1 and top >= -1 and right <= frame.width + 1 and bottom <= frame.height + 1


def test_a_picture_has_no_more_pixels_than_are_allowed():
    huge = np.ones((10, 4000), np.float32)
    frame = Size.parse("1:10").frame(huge)
    assert frame.width * frame.height <= 101_000_000 and frame.scale < 1
