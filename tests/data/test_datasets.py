import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg.data.datasets import find_negatives, find_pairs, read_ids, read_pair, read_photo
from humanseg.data.masks import BACKGROUND, PERSON
from humanseg.errors import DataError
from humanseg.media import photos
from tests.media.pictures import display_p3


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), array)
    return path


@pytest.fixture
def human(tmp_path):
    """Three pairs in the human dataset's layout; the masks are half as large as their photos."""
    for n in (2, 10, 1):
        write(tmp_path / "set" / "Training_Images" / f"{n}.jpg", np.full((40, 60, 3), 50 * (n % 5), np.uint8))
        mask = np.zeros((20, 30), np.uint8)
        mask[5:15, 10:20] = 255
        write(tmp_path / "set" / "Ground_Truth" / f"{n}.png", mask)
    return tmp_path / "set"


@pytest.fixture
def general(tmp_path):
    write(tmp_path / "g" / "images" / "b.png", np.zeros((8, 8, 3), np.uint8))
    write(tmp_path / "g" / "images" / "a.jpg", np.zeros((8, 8, 3), np.uint8))
    for stem in "ab":
        write(tmp_path / "g" / "masks" / f"{stem}.png", np.zeros((8, 8), np.uint8))
    return tmp_path / "g"


def test_the_human_layout_is_read_in_the_order_of_numbers(human):
    assert [pair.stem for pair in find_pairs(human)] == ["1", "2", "10"]


def test_the_general_layout_takes_photos_of_any_format(general):
    pairs = find_pairs(general)
    assert [(p.image.name, p.mask.name, p.dataset) for p in pairs] == [("a.jpg", "a.png", "g"), ("b.png", "b.png", "g")]


def test_ids_choose_pairs(human):
    assert [pair.stem for pair in find_pairs(human, ["10", "2"])] == ["2", "10"]


def test_a_smaller_mask_is_aligned_to_its_photo(human):
    rgb, mask = read_pair(find_pairs(human)[0])
    assert rgb.shape == (40, 60, 3)
    assert mask.shape == (40, 60)
    assert mask[20, 30] == PERSON and mask[2, 2] == BACKGROUND
    # The outline stands where it stood, at twice the size.
    assert np.flatnonzero(mask[20] > 127)[[0, -1]].tolist() == [20, 39]


def test_a_mask_that_is_a_pixel_off_by_rounding_is_accepted(human):
    write(human / "Ground_Truth" / "1.png", np.zeros((20, 31), np.uint8))
    assert read_pair(find_pairs(human)[0])[1].shape == (40, 60)


def test_a_photo_can_be_shrunk_with_its_mask(human):
    rgb, mask = read_pair(find_pairs(human)[0], long_side=30)
    assert rgb.shape == (20, 30, 3) and mask.shape == (20, 30)


def test_an_orphan_is_named(human):
    (human / "Ground_Truth" / "2.png").unlink()
    with pytest.raises(DataError, match=r"2\.jpg has no partner"):
        find_pairs(human)


def test_a_mask_without_photo_is_named(general):
    (general / "images" / "a.jpg").unlink()
    with pytest.raises(DataError, match=r"a\.png has no partner"):
        find_pairs(general)


def test_two_photos_of_one_name_are_refused(general):
    write(general / "images" / "a.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="share a name"):
        find_pairs(general)


def test_an_unknown_id_is_named(human):
    with pytest.raises(DataError, match="no photo named 99"):
        find_pairs(human, ["1", "99"])


@pytest.mark.parametrize("where", ["image", "mask"])
@pytest.mark.parametrize("content", [b"", b"not a picture", "truncated"])
def test_an_unreadable_file_is_named(human, where, content):
    path = getattr(find_pairs(human)[0], where)
    pair = find_pairs(human)[0]
    path.write_bytes(path.read_bytes()[:-30] if content == "truncated" else content)
    with pytest.raises(DataError, match=path.name):
        read_pair(pair)


def test_a_mask_of_another_frame_is_named_with_both_sizes(human):
    write(human / "Ground_Truth" / "1.png", np.zeros((60, 40), np.uint8))
    with pytest.raises(DataError, match=r"1\.png is 40x60 and its photo 60x40"):
        read_pair(find_pairs(human)[0])


def test_a_folder_without_either_layout_says_what_it_looked_for(tmp_path):
    with pytest.raises(DataError, match="images/ and masks/"):
        find_pairs(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="There is no folder"):
        find_pairs(tmp_path / "nowhere")


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(DataError, match="no photos in it"):
        find_pairs(tmp_path)


def test_negatives_have_an_empty_mask(tmp_path):
    write(tmp_path / "room.jpg", np.zeros((8, 12, 3), np.uint8))
    (pair,) = find_negatives(tmp_path)
    rgb, mask = read_pair(pair)
    assert mask.shape == rgb.shape[:2] and not mask.any()


@pytest.mark.parametrize("finder", [find_negatives, lambda folder: find_pairs(folder.parent)])
def test_files_of_operating_systems_are_not_taken_for_photos(tmp_path, finder):
    images, masks = tmp_path / "images", tmp_path / "masks"
    for folder in (images, masks):
        for stem in "ab":
            write(folder / f"{stem}.png", np.zeros((8, 8), np.uint8))
        for name in ("._a.png", "._a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini"):
            (folder / name).write_bytes(b"not a picture")
        (folder / "__MACOSX").mkdir()
        (folder / "folder.jpg").mkdir()
    assert [pair.stem for pair in finder(images)] == ["a", "b"]


@pytest.mark.parametrize("finder", [find_negatives, lambda folder: find_pairs(folder.parent)])
def test_an_empty_file_is_named_before_anything_is_read(tmp_path, finder):
    for folder in ("images", "masks"):
        write(tmp_path / folder / "a.png", np.zeros((8, 8), np.uint8))
        (tmp_path / folder / "b.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"b\.png is empty"):
        finder(tmp_path / "images")


@pytest.mark.parametrize("make", [lambda p: p / "nowhere", lambda p: p])
def test_negatives_need_photos(tmp_path, make):
    with pytest.raises(DataError):
        find_negatives(make(tmp_path))


def test_a_name_in_a_list_of_ids_may_have_spaces(tmp_path):
    (tmp_path / "valid.txt").write_text("IMG 0412 (edited)\r\n\n  b \n")
    assert read_ids(tmp_path / "valid.txt") == ["IMG 0412 (edited)", "b"]


@pytest.mark.parametrize("text", [None, "", " \n "])
def test_a_list_of_ids_must_have_some(tmp_path, text):
    path = tmp_path / "ids.txt"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=r"ids\.txt"):
        read_ids(path)


@pytest.mark.data
def test_the_human_dataset_has_290_pairs_of_which_198_masks_are_smaller(shared_data):
    pairs = find_pairs(shared_data / "human-segmentation-dataset")
    smaller = 0
    for pair in pairs:
        photo, mask = cv2.imread(str(pair.image)), cv2.imread(str(pair.mask), cv2.IMREAD_GRAYSCALE)
        smaller += mask.shape[0] < photo.shape[0]
        assert read_pair(pair)[1].shape == photo.shape[:2]
    assert (len(pairs), smaller) == (290, 198)


def test_a_photo_is_read_as_everywhere_else_upright_and_in_its_own_colours(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.zeros((20, 30, 3), np.uint8)
    stored[:5, :5] = 200, 100, 50
    Image.fromarray(stored).save(tmp_path / "me.png", exif=exif, icc_profile=display_p3())
    rgb = read_photo(tmp_path / "me.png")
    assert rgb.shape == (30, 20, 3) and np.array_equal(rgb, photos.read(tmp_path / "me.png").rgb)
    assert rgb[0, -1, 0] > 210 and not rgb[0, 0].any()


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(90)])
def test_a_photo_that_cannot_be_read_is_named_with_its_folder(tmp_path, content):
    path = tmp_path / "one\n.jpg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"one\\n\.jpg can't be read as a photo \(.+\): replace it") as caught:
        read_photo(path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
