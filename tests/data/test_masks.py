"""Masks in every form that tools write them in: read as meant, or refused by name."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg.data.datasets import find_pairs, read_pair
from humanseg.data.masks import BACKGROUND, IGNORE, PERSON, check_masks, looks_inverted, read_mask, resize_mask
from humanseg.errors import DataError


@pytest.fixture
def person():
    """Where somebody is: bool 40x60."""
    where = np.zeros((40, 60), bool)
    where[8:40, 20:42] = True
    return where


def saved(tmp_path, picture, name="m.png", **options):
    path = tmp_path / name
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(path, **options)
    return path


def palette_picture(indices, colours):
    picture = Image.fromarray(indices.astype(np.uint8), "P")
    picture.putpalette([value for colour in colours for value in colour])
    return picture


@pytest.mark.parametrize("value", [1, 2, 15, 38, 76, 127, 200, 254, 255])
def test_one_grey_value_on_black_is_the_person(tmp_path, person, value):
    mask = read_mask(saved(tmp_path, np.where(person, np.uint8(value), np.uint8(0))))
    assert mask.dtype == np.uint8 and (mask == np.where(person, PERSON, BACKGROUND)).all()


def test_nearly_black_and_nearly_white_are_black_and_white(tmp_path, person):
    mask = read_mask(saved(tmp_path, np.where(person, np.uint8(235), np.uint8(16))))
    assert (mask == np.where(person, PERSON, BACKGROUND)).all()


@pytest.mark.parametrize("value", [1, 255, 1023, 4095, 65535])
def test_a_mask_of_16_bits_is_read_by_its_two_values(tmp_path, person, value):
    mask = read_mask(saved(tmp_path, np.where(person, np.uint16(value), np.uint16(0))))
    assert (mask == np.where(person, PERSON, BACKGROUND)).all()


def test_a_soft_mask_of_16_bits_keeps_its_edges(tmp_path):
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (9, 1))
    assert np.abs(read_mask(saved(tmp_path, ramp)).astype(int) - np.arange(256)).max() <= 1


def test_what_16_bits_ignore_stays_ignored(tmp_path, person):
    stored = np.where(person, np.uint16(65535), np.uint16(0))
    stored[:, :5] = IGNORE * 257
    mask = read_mask(saved(tmp_path, stored))
    assert (mask[:, :5] == IGNORE).all() and (mask[person] == PERSON).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("value", [1, 65535])
def test_colours_of_16_bits_lose_nothing(tmp_path, person, channels, value):
    stored = np.zeros((*person.shape, channels), np.uint16)
    stored[person] = value
    if channels == 4:
        stored[..., 3] = 255 if value == 1 else 65535
    path = tmp_path / "m.png"
    cv2.imwrite(str(path), stored)
    assert (read_mask(path) == np.where(person, PERSON, BACKGROUND)).all()


def test_one_bit_is_enough(tmp_path, person):
    assert (read_mask(saved(tmp_path, Image.fromarray(person))) == np.where(person, PERSON, BACKGROUND)).all()


@pytest.mark.parametrize(
    ("index", "colours"),
    [
        (1, [(0, 0, 0), (128, 0, 0)]),
        (3, [(0, 0, 0)] * 4),  # a palette that says nothing
        (1, [(0, 0, 0), (255, 255, 255)]),
        (1, [(0, 0, 0), (1, 1, 1)]),
        (15, [(0, 0, 0), *[(9, 9, 9)] * 14, (192, 128, 128)]),
        (2, [(255, 255, 255), (7, 7, 7), (255, 0, 0)]),  # the first is the background, whatever its colour
    ],
)
def test_one_palette_entry_is_the_person(tmp_path, person, index, colours):
    mask = read_mask(saved(tmp_path, palette_picture(person * index, colours)))
    assert (mask == np.where(person, PERSON, BACKGROUND)).all()


def test_a_palette_of_black_and_white_is_read_as_it_looks_whatever_its_order(tmp_path, person):
    mask = read_mask(saved(tmp_path, palette_picture(~person, [(255, 255, 255), (0, 0, 0)])))
    assert (mask == np.where(person, PERSON, BACKGROUND)).all()


def test_a_palette_s_transparent_entry_is_the_background(tmp_path, person):
    picture = palette_picture(person, [(200, 0, 0), (200, 0, 0)])
    assert (read_mask(saved(tmp_path, picture, transparency=0)) == np.where(person, PERSON, BACKGROUND)).all()


def test_a_palette_of_which_only_the_background_is_used_marks_nobody(tmp_path, person):
    picture = palette_picture(np.zeros_like(person), [(0, 0, 0), (128, 0, 0)])
    assert not read_mask(saved(tmp_path, picture)).any()


@pytest.mark.parametrize("colour", [0, 200, 255])
@pytest.mark.parametrize("top", [1, 255])
def test_an_alpha_channel_over_one_colour_is_the_mask(tmp_path, person, colour, top):
    stored = np.full((*person.shape, 4), colour, np.uint8)
    stored[..., 3] = np.where(person, top, 0)
    assert (read_mask(saved(tmp_path, stored)) == np.where(person, PERSON, BACKGROUND)).all()


def test_a_person_cut_out_is_a_mask_too(tmp_path, person):
    stored = np.random.default_rng(0).integers(0, 255, (*person.shape, 4), np.uint8)
    stored[..., 3] = np.where(person, 255, 0)
    assert (read_mask(saved(tmp_path, stored)) == np.where(person, PERSON, BACKGROUND)).all()


def test_grey_with_alpha_is_read_by_its_alpha(tmp_path, person):
    stored = np.zeros((*person.shape, 2), np.uint8)
    stored[..., 1] = np.where(person, 255, 0)
    picture = Image.fromarray(stored, "LA")
    assert (read_mask(saved(tmp_path, picture)) == np.where(person, PERSON, BACKGROUND)).all()


def test_an_alpha_that_hides_nothing_leaves_the_colours_to_say_it(tmp_path, person):
    stored = np.full((*person.shape, 4), 255, np.uint8)
    stored[~person, :3] = 0
    assert (read_mask(saved(tmp_path, stored)) == np.where(person, PERSON, BACKGROUND)).all()


def test_a_picture_without_anything_visible_marks_nobody(tmp_path):
    assert not read_mask(saved(tmp_path, np.zeros((9, 9, 4), np.uint8))).any()


@pytest.mark.parametrize("colour", [(255, 255, 255), (1, 1, 1), (255, 0, 0), (0, 0, 128), (1, 0, 0)])
def test_one_colour_on_black_is_the_person(tmp_path, person, colour):
    stored = np.zeros((*person.shape, 3), np.uint8)
    stored[person] = colour
    assert (read_mask(saved(tmp_path, stored)) == np.where(person, PERSON, BACKGROUND)).all()


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_mask_that_was_compressed_is_read_as_it_looks(tmp_path, person, mode):
    picture = Image.fromarray(np.where(person, np.uint8(255), np.uint8(0))).convert(mode)
    mask = read_mask(saved(tmp_path, picture, "m.jpg", quality=60))
    assert ((mask > IGNORE) == person).mean() > 0.99
    assert ((read_mask(saved(tmp_path, mask)) > IGNORE) == person).mean() > 0.99  # saved once more, as PNG


def test_a_mask_s_own_orientation_counts_as_a_photo_s_does(tmp_path, person):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned clockwise by 90 degrees
    picture = Image.fromarray(np.where(person, np.uint8(255), np.uint8(0)))
    assert read_mask(saved(tmp_path, picture, exif=exif)).shape == person.shape[::-1]


@pytest.mark.parametrize("values", [(0,), (0, 255), (0, 128), (128, 255), (0, 128, 255), (255,), (128,)])
def test_the_form_that_is_asked_for_stays_as_it_is(tmp_path, values):
    stored = np.repeat(np.array(values, np.uint8), 20)[None].repeat(30, 0)
    assert (read_mask(saved(tmp_path, stored)) == stored).all()


def test_soft_edges_stay_soft(tmp_path, person):
    soft = cv2.GaussianBlur(np.where(person, np.uint8(255), np.uint8(0)), (0, 0), 3)
    assert (read_mask(saved(tmp_path, soft)) == soft).all()


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_soft_edges_in_few_equal_steps_stay_soft(tmp_path, person, bits):
    soft = cv2.GaussianBlur(np.where(person, np.uint8(255), np.uint8(0)), (0, 0), 6) / 255
    soft = np.rint(np.rint(soft * (2**bits - 1)) * 255 / (2**bits - 1)).astype(np.uint8)
    assert (read_mask(saved(tmp_path, soft)) == soft).all()


def stripes(*values):
    return np.repeat(np.array(values, np.uint8), 15)[None].repeat(30, 0)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (stripes(0, 1, 2), "0, 1, 2"),  # a trimap, or classes
        (stripes(1, 2), "1, 2"),
        (stripes(1, 2, 3), "1, 2, 3"),
        (stripes(0, 127, 255), "0, 127, 255"),
        (stripes(0, 15, 255), "0, 15, 255"),  # PASCAL VOC: a class, and 255 for "unknown"
        (stripes(0, 1, 255), "0, 1, 255"),
        (stripes(0, 50, 100), "0, 50, 100"),
        (stripes(*range(20)), "19"),
        (stripes(1), "only value is 1"),
        (stripes(100, 150), "100, 150"),
        (np.random.default_rng(0).integers(0, 255, (30, 30, 3), np.uint8), "colours"),
        (np.where(stripes(0, 1)[..., None] > 0, np.uint8([255, 0, 0]), np.uint8([255, 255, 255])), "2 colours"),
        (np.dstack([stripes(0, 90, 255), stripes(0, 0, 0), stripes(0, 0, 0)]), "3 colours"),
        (np.dstack([stripes(0, 255)] * 3 + [stripes(255, 0)]), None),
        (np.dstack([stripes(0, 255, 0)] * 3 + [stripes(0, 255, 255)]), "different things"),
        (np.dstack([stripes(0, 255)] * 3 + [stripes(0, 0)]), "alpha is 0"),
        (np.dstack([stripes(0, 0)] * 3 + [stripes(77, 77)]), "alpha is 77"),
        (np.uint16([[0, 500, 900] * 20] * 20), "values"),
    ],
)
def test_a_mask_that_can_mean_several_things_is_named_with_what_is_in_it_and_what_is_expected(tmp_path, stored, said):
    path = saved(tmp_path, stored, "who.png")
    if said is None:  # black is all that is left to be seen: alpha is a mask
        assert (read_mask(path)[:, :15] == PERSON).all()
        return
    with pytest.raises(DataError, match=r"who\.png") as error:
        read_mask(path)
    assert said in str(error.value) and "255 for person, 0 for background and 128" in str(error.value)


@pytest.mark.parametrize("entries", [(0, 1, 2), (0, 15, 255), (4, 5), (3,)])
def test_several_palette_entries_are_named(tmp_path, entries):
    colours = [(0, 0, 0), *[(n, 255 - n, 7) for n in range(1, 256)]]
    path = saved(tmp_path, palette_picture(stripes(*entries), colours))
    with pytest.raises(DataError, match="palette"):
        read_mask(path)


@pytest.mark.parametrize("content", [b"", b"no picture", "truncated", "wide"])
def test_what_is_no_whole_picture_is_named(tmp_path, content):
    path = tmp_path / "m.png"
    if isinstance(content, str):
        noise = np.random.default_rng(0).integers(0, 65535, (30, 30, 3), np.uint16)
        path = saved(tmp_path, noise.astype(np.uint8)) if content == "truncated" else path
        if content == "wide":
            cv2.imwrite(str(path), noise)
        path.write_bytes(path.read_bytes()[: 26 if content == "wide" else -200])
    else:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"m\.png"):
        read_mask(path)


def test_a_set_whose_masks_are_inverted_is_refused(tmp_path, person):
    whole = np.zeros_like(person)
    whole[8:30, 20:42] = True
    paths = [saved(tmp_path, np.where(whole, np.uint8(0), np.uint8(255)), f"{n}.png") for n in range(3)]
    assert looks_inverted(read_mask(paths[0])) and not looks_inverted(255 - read_mask(paths[0]))
    with pytest.raises(DataError, match="inverted"):
        check_masks(paths)
    check_masks([*paths[:1], *(saved(tmp_path, person.astype(np.uint8), f"right{n}.png") for n in range(2))])


def test_a_set_that_marks_people_with_what_means_ignore_is_refused(tmp_path, person):
    path = saved(tmp_path, np.where(person, np.uint8(IGNORE), np.uint8(0)), "a.png")
    with pytest.raises(DataError, match="128"):
        check_masks([path])
    check_masks([path, saved(tmp_path, person.astype(np.uint8), "b.png")])


def test_sets_of_nobody_are_fine(tmp_path, person):
    check_masks([saved(tmp_path, np.zeros_like(person).astype(np.uint8))])
    check_masks([])


def test_pairs_are_read_by_the_same_rules(tmp_path, person):
    for kind, picture in (("images", np.zeros((*person.shape, 3), np.uint8)), ("masks", person.astype(np.uint8))):
        (tmp_path / kind).mkdir()
        saved(tmp_path / kind, picture, "a.png")
    _, mask = read_pair(find_pairs(tmp_path)[0])
    assert (mask == np.where(person, PERSON, BACKGROUND)).all()


def test_what_is_to_be_ignored_stays_so_through_a_resize():
    mask = np.zeros((40, 40), np.uint8)
    mask[:, :20], mask[:10, :10] = PERSON, IGNORE
    resized = resize_mask(mask, 20, 20)
    assert (resized[:5, :5] == IGNORE).all()
    assert np.count_nonzero(resized == IGNORE) == 25


def test_a_blend_of_person_and_background_is_never_taken_for_ignore():
    mask = np.tile(np.array([0, 255], np.uint8), (64, 32))
    assert not (resize_mask(mask, 33, 33) == IGNORE).any()


def test_a_picture_that_is_a_mask_of_no_one_as_jpeg_marks_nobody(tmp_path):
    stream = io.BytesIO()
    Image.new("RGB", (40, 40)).save(stream, "JPEG", quality=50)
    (tmp_path / "m.jpg").write_bytes(stream.getvalue())
    assert not read_mask(tmp_path / "m.jpg").any()


@pytest.mark.data
@pytest.mark.parametrize("name", ["everyday", "halfbody-mattes", "hair", "human-segmentation-dataset", "portraits"])
def test_the_research_sets_are_read_as_they_always_were(shared_data, name):
    pairs = find_pairs(shared_data / name)
    check_masks([pair.mask for pair in pairs])
    for pair in pairs[:50]:
        assert (read_mask(pair.mask) == cv2.imread(str(pair.mask), cv2.IMREAD_GRAYSCALE)).all()
