"""One source becomes one record, whatever is wrong with it."""

import io

import numpy as np
import pytest
from PIL import Image

from humanseg.backgrounds import Background
from humanseg.bulk.cut_out import Options, Record, cut_out, finished, recorded
from humanseg.errors import HumanSegError, ImageError
from humanseg.placing import Placement
from tests.ui.fakes import pair_of, segmenter, two_people


@pytest.fixture
def photo(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 40, 3), np.uint8)
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    Image.fromarray(noise).save(tmp_path / "me.png", exif=exif)
    return tmp_path / "me.png"


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_photo_becomes_a_file_and_a_record(photo, tmp_path):
    target = tmp_path / "new" / "folder" / "me-cutout.png"
    record = cut_out(segmenter(), photo, target)
    assert record == Record(str(photo), target, (40, 60), True, record.confidence, record.seconds)
    assert record.confidence > 0.9 and record.seconds > 0
    np.testing.assert_array_equal(np.asarray(Image.open(target)), segmenter().cut_out(photo).rgba)


def test_a_photo_of_nobody_says_so(tmp_path):
    Image.new("RGB", (30, 30), "grey").save(tmp_path / "wall.png")
    record = cut_out(segmenter(), tmp_path / "wall.png", tmp_path / "out.png")
    assert not record.person_found and not record.error and record.target.exists()


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_bad_photo_is_a_sentence_in_the_record(tmp_path, content):
    source = tmp_path / "bad.jpg"
    if content is not None:
        source.write_bytes(content)
    record = cut_out(segmenter(), source, tmp_path / "out" / "bad.png")
    assert "bad.jpg" in record.error and "\n" not in record.error
    assert record.target is None and record.size == (0, 0) and not (tmp_path / "out").exists()


def test_an_impossible_target_is_a_sentence_in_the_record(photo, tmp_path):
    for target in (photo / "below.png", tmp_path):
        assert "another folder" in cut_out(segmenter(), photo, target).error
    assert [path.name for path in tmp_path.iterdir()] == ["me.png"]


@pytest.mark.parametrize(
    ("error", "words"),
    [(HumanSegError("Too dark."), "Too dark."), (MemoryError(), "more memory"), (KeyError("x"), "report this photo")],
)
def test_any_failure_becomes_a_sentence(error, words, caplog):
    def work():
        raise error

    record, cut = recorded("me.jpg", work)
    assert words in record.error and cut is None and record.source == "me.jpg"
    assert bool(caplog.records) == isinstance(error, KeyError)


def test_failures_may_be_explained_in_other_words():
    record, _ = recorded("me.jpg", lambda: 1 / 0, lambda source, error: f"{source}: {type(error).__name__}")
    assert record.error == "me.jpg: ZeroDivisionError"


def test_ctrl_c_is_no_failure_of_a_photo():
    def work():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recorded("me.jpg", work)


def test_the_kinds_of_files(photo):
    cut = segmenter().cut_out(photo)
    np.testing.assert_array_equal(pixels(finished(cut)), cut.rgba)
    np.testing.assert_array_equal(pixels(finished(cut, Options(mask=True))), cut.rgba[..., 3])
    on_green = finished(cut, Options(Background.parse("#00ff00"), format="png"))
    np.testing.assert_array_equal(pixels(on_green), cut.on("#00ff00"))
    assert Image.open(io.BytesIO(finished(cut, Options(Background("blur"))))).format == "JPEG"
    assert Image.open(io.BytesIO(finished(cut, Options(format="webp")))).mode == "RGBA"


def test_cropping_cuts_to_the_people():
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    cut = segmenter().cut_out(noise)
    height, width = pixels(finished(cut, Options(crop=True))).shape[:2]
    assert height < 200 and width < 200
    assert pixels(finished(cut, Options(crop=True, mask=True))).shape == (height, width)


def test_exif_is_kept_only_where_asked_for(photo, tmp_path):
    for keep in (False, True):
        record = cut_out(segmenter(), photo, tmp_path / f"{keep}.png", Options(keep_exif=keep))
        assert bool(Image.open(record.target).getexif()) == keep


def test_more_exif_than_the_format_holds_is_left_out_with_a_word(photo, tmp_path, caplog):
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    exif.get_ifd(0x8769)[0x9286] = bytes(100_000)
    path = tmp_path / "long.png"
    Image.open(photo).save(path, exif=exif)
    options = Options(background=Background.parse("blur"), keep_exif=True)
    record = cut_out(segmenter(), path, tmp_path / "made.jpg", options)
    assert not record.error and dict(Image.open(record.target).getexif()) == {0x010F: "a camera"}
    assert [r.getMessage() for r in caplog.records] == [
        "long.png has more EXIF than JPEG holds: its longest entries are left out"
    ]


@pytest.mark.parametrize("options", [{"format": "jpeg"}, {"mask": True, "format": "webp"}])
def test_a_format_that_cannot_hold_it_is_refused_at_once(options):
    with pytest.raises(ImageError):
        Options(**options)


def test_of_several_people_those_asked_for_are_in_the_file(tmp_path):
    photo = pair_of(tmp_path / "two.png").source
    record = cut_out(two_people(), photo, tmp_path / "one.png", Options(keep="largest"))
    expected = two_people().cut_out(photo, keep="largest").rgba
    np.testing.assert_array_equal(np.asarray(Image.open(record.target)), expected)
    record = cut_out(two_people(), photo, tmp_path / "none.png", Options(keep=[(3, 3)]))
    assert "Nobody is at 3, 3" in record.error and not (tmp_path / "none.png").exists()


def test_a_placement_is_that_of_the_picture_and_of_its_mask():
    cut = segmenter().cut_out(np.random.default_rng(0).integers(0, 256, (60, 40, 3), np.uint8))
    options = Options(Background.parse("white"), placement=Placement("35x45mm", shadow=0.5))
    made = Image.open(io.BytesIO(finished(cut, options)))
    assert made.size == (413, 531) and made.info["dpi"] == (300, 300)
    mask = Image.open(io.BytesIO(finished(cut, Options(mask=True, placement=Placement("35x45mm")))))
    assert mask.size == (413, 531) and mask.info["dpi"] == pytest.approx((300, 300), abs=0.1)
