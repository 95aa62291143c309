import io

import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg.cutout import CutOut
from humanseg.errors import HumanSegError, ImageError
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter


class Bright:
    """An engine that takes what is bright for a person, and remembers the sizes it was asked for."""

    name = "bright"

    def __init__(self, size=128):
        self.config = ModelConfig(size=size, live_size=64)
        self.seen = []

    def __call__(self, image):
        assert image.dtype == np.uint8 and image.flags.c_contiguous
        assert image.shape[0] % 32 == 0 and image.shape[1] % 32 == 0
        self.seen.append(image.shape[:2])
        return np.clip((image.mean(2, dtype=np.float32) - 100) / 55, 0, 1)


@pytest.fixture
def segmenter():
    return Segmenter(Bright())


def disc(height, width, radius, centre=None):
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, centre or (width // 2, height // 2), radius, 255, -1)
    return np.repeat(mask[..., None], 3, 2)


@pytest.mark.parametrize("shape", [(100, 100), (300, 50), (50, 301), (7, 1000), (640, 480), (33, 31)])
def test_the_alpha_has_the_photos_size(segmenter, shape):
    alpha = segmenter.alpha(np.full((*shape, 3), 255, np.uint8))
    assert alpha.shape == shape and alpha.dtype == np.float32
    assert alpha.min() > 0.99, "padding leaks into the photo"


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (10, 20000), (20000, 10)])
def test_odd_sizes_come_out_whole(segmenter, shape):
    result = segmenter.cut_out(np.full((*shape, 3), 255, np.uint8))
    assert result.rgba.shape == (*shape, 4) and result.person_found


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (500, 333), (211, 640)])
def test_the_way_back_is_exact(segmenter, shape):
    photo = disc(*shape, 90)
    alpha = segmenter.alpha(photo, second_pass=False)
    truth = photo[..., 0] > 127
    found = alpha > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.97
    for axis in (0, 1):
        centres = [np.flatnonzero(m.any(axis))[[0, -1]].mean() for m in (found, truth)]
        assert centres[0] == pytest.approx(centres[1], abs=1.0), "the alpha is shifted"


@pytest.mark.parametrize("radius", [40, 190])
def test_people_get_a_second_pass_however_large_they_are(segmenter, radius):
    segmenter.alpha(disc(400, 400, radius))
    assert len(segmenter.engine.seen) == 2


def test_where_nobody_is_no_second_pass_is_spent(segmenter):
    segmenter.alpha(np.zeros((400, 400, 3), np.uint8))
    assert len(segmenter.engine.seen) == 1


class Sided(Bright):
    """Is less sure on the right."""

    def __call__(self, image):
        alpha = super().__call__(image)
        alpha[:, alpha.shape[1] // 2 :] *= 0.8
        return alpha


@pytest.mark.parametrize("radius", [30, 60])
def test_the_second_pass_is_mirrored(radius):
    photo = disc(128, 128, radius)
    once, twice = (Segmenter(Sided()).coarse_alpha(photo, 128, second_pass=second) for second in (False, True))
    at = 64 + np.array([-1, 1]) * radius // 2
    assert once[64, at] == pytest.approx([1, 0.8], abs=0.03)
    # On the left the second pass gives less, which counts less; on the right it gives more.
    assert twice[64, at] == pytest.approx([0.92, 0.9], abs=0.03)


def test_a_second_pass_finds_a_finer_outline(segmenter):
    photo = disc(1200, 1600, 60, (500, 700))
    truth = photo[..., 0] > 127

    def score(second_pass):
        found = segmenter.alpha(photo, second_pass=second_pass, refine=False) > 0.5
        return (found & truth).sum() / (found | truth).sum()

    assert score(True) > score(False) + 0.005
    assert score(True) > 0.97


def test_a_second_pass_leaves_no_seam(segmenter):
    photo = np.clip(disc(600, 800, 60).astype(int) + 120, 0, 255).astype(np.uint8)
    alpha = segmenter.alpha(photo, refine=False)
    background = photo[..., 0] < 200
    rim = cv2.dilate(1 - background.astype(np.uint8), np.ones((41, 41))) == 0
    assert np.ptp(alpha[rim]) < 0.02


def people(height, width, *boxes):
    """Bright figures on black, each at (top, left, bottom, right)."""
    photo = np.zeros((height, width, 3), np.uint8)
    for top, left, bottom, right in boxes:
        photo[top:bottom, left:right] = 255
    return photo


def test_people_who_stand_apart_get_a_crop_each_and_larger():
    segmenter = Segmenter(Bright(448))
    segmenter.alpha(people(400, 600, (100, 40, 300, 80), (100, 500, 300, 540)))
    first, *more = segmenter.engine.seen
    assert first == (320, 448)
    # 200 pixels and their margin fill more than 600 did.
    assert more == [(512, 224)] * 2


@pytest.mark.parametrize(("width", "side"), [(20, 512), (90, 512), (130, 448), (240, 384), (400, 384)])
def test_the_slimmer_people_are_the_larger_they_are_shown_again(width, side):
    segmenter = Segmenter(Bright(448))
    left = 200 - width // 2
    segmenter.alpha(people(400, 400, (0, left, 400, left + width)))
    first, second = segmenter.engine.seen
    assert first == (448, 448) and max(second) == side


def test_people_who_stand_together_share_a_crop(segmenter):
    segmenter.alpha(people(400, 600, (100, 240, 300, 280), (100, 300, 300, 340)))
    assert len(segmenter.engine.seen) == 2


def test_a_crowd_shares_a_crop(segmenter):
    segmenter.alpha(people(400, 2000, *((100, left, 300, left + 40) for left in range(40, 1960, 320))))
    assert len(segmenter.engine.seen) == 2


@pytest.mark.parametrize(
    "boxes",
    [
        [(20, 20, 80, 80), (150, 250, 230, 330)],
        [(0, 0, 100, 100), (0, 500, 100, 600), (300, 0, 400, 100), (300, 500, 400, 600)],
        [(top, left, top + 26, left + 26) for top in range(30, 350, 90) for left in range(20, 600, 120)],
    ],
    ids=["two", "one in each corner", "many"],
)
def test_the_second_pass_costs_at_most_another_pass_that_is_larger(boxes):
    segmenter = Segmenter(Bright(448))
    alpha = segmenter.alpha(people(400, 600, *boxes), refine=False)
    areas = [h * w for h, w in segmenter.engine.seen]
    # Each may be longer by what the network's stride asks for.
    assert len(areas) > 1 and sum(areas[1:]) <= 512 * 512 + (len(areas) - 1) * 512 * 32
    for top, left, bottom, right in boxes:
        assert alpha[(top + bottom) // 2, (left + right) // 2] > 0.9


def test_crops_one_after_the_other_leave_the_rest_of_the_photo_alone(segmenter):
    photo = people(400, 600, (100, 40, 300, 80), (100, 500, 300, 540))
    alpha = segmenter.alpha(photo, refine=False)
    assert np.abs((alpha > 0.5) - (photo[..., 0] > 127).astype(int)).mean() < 0.005


def test_nobody_is_an_answer(segmenter):
    result = segmenter.cut_out(np.zeros((60, 80, 3), np.uint8))
    assert not result.person_found and result.confidence == 0 and not result.alpha.any()


@pytest.mark.parametrize(
    ("reached", "confidence"),
    [((0.99,), 0.99), ((0.99, 0.97), 0.98), ((0.99, 0.95), 0), ((0.99, 0.3), 0), ((0.99, 0), 0)],
)
def test_of_two_passes_the_mean_says_whether_somebody_is_there(segmenter, reached, confidence):
    alphas = [np.full((40, 40), alpha, np.float32) for alpha in reached]
    assert segmenter.confidence(*alphas) == pytest.approx(confidence)


def test_a_speck_is_nobody(segmenter):
    photo = np.zeros((1000, 1000, 3), np.uint8)
    photo[500:503, 500:503] = 255
    assert not segmenter.cut_out(photo).person_found


def _as_png(rgb):
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG")
    return stream.getvalue()


def two_discs(brightness, radius=60):
    """A surely bright disc, and a smaller one apart from it."""
    smaller = disc(400, 600, radius, (450, 200)) // 255 * np.uint8(brightness)
    return np.maximum(disc(400, 600, 90, (150, 200)), smaller)


@pytest.mark.parametrize("second_pass", [False, True])
def test_a_part_apart_of_which_nothing_is_sure_is_left_out(segmenter, second_pass):
    # An alpha of .8 at the most: enough for a person among others, too little on its own.
    alpha = segmenter.alpha(two_discs(144), second_pass=second_pass)
    assert alpha[:, 330:].max() == 0, "something of the doubtful part is left"
    assert alpha[200, 150] == 1
    if not second_pass:  # which is at the box around both
        alone = segmenter.alpha(disc(400, 600, 90, (150, 200)), second_pass=False)
        assert alpha == pytest.approx(alone, abs=0.001), "the sure part changed"


@pytest.mark.parametrize("second_pass", [False, True])
def test_a_veil_apart_from_everybody_is_left_out(segmenter, second_pass):
    alpha = segmenter.alpha(two_discs(115), second_pass=second_pass)  # .3: too little to count as person
    assert alpha[:, 330:].max() == 0, "something of the veil is left"
    assert alpha[200, 150] == 1


def test_a_veil_around_a_person_stays(segmenter):
    photo = np.maximum(disc(400, 600, 60, (300, 200)), disc(400, 600, 90, (300, 200)) // 255 * np.uint8(115))
    alpha = segmenter.alpha(photo, second_pass=False)
    assert alpha[200, 300] == 1 and 0.15 < alpha[200, 375] < 0.45


@pytest.mark.parametrize("radius", [25, 60])
def test_a_smaller_person_of_whom_the_network_is_sure_stays(segmenter, radius):
    assert segmenter.alpha(two_discs(255, radius))[200, 450] == 1


@pytest.mark.parametrize(("radius", "stays"), [(25, False), (60, True)])
def test_a_small_part_has_to_be_sure_nearly_everywhere(segmenter, radius, stays):
    photo = two_discs(255, radius)
    photo[200:, 330:] = two_discs(144, radius)[200:, 330:]  # .8
    alpha = segmenter.alpha(photo, second_pass=False)
    assert alpha[190, 450] == stays
    assert alpha[200, 150] == 1
    if not stays:
        assert alpha[:, 330:].max() == 0, "something of the small part is left"


def test_the_doubtful_rest_of_a_sure_person_stays(segmenter):
    photo = disc(400, 600, 90, (150, 200))
    photo[180:220, 150:400] = 144  # an arm, say
    photo[180:220, 150:200] = 255
    assert segmenter.alpha(photo, second_pass=False)[200, 320] == pytest.approx(0.8, abs=0.1)


def test_paths_bytes_files_pil_and_arrays_give_the_same_pixels(segmenter, astronaut, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(_as_png(astronaut))
    sources = [str(path), path, path.read_bytes(), io.BytesIO(path.read_bytes()), Image.open(path), astronaut]
    results = [segmenter.cut_out(source) for source in sources]
    for result in results[1:]:
        assert np.array_equal(result.rgba, results[0].rgba)
    assert [r.name for r in results[:2]] == ["photo.png"] * 2


def test_an_alpha_that_the_photo_came_with_is_kept(segmenter):
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[:32, :, 3] = 0
    result = segmenter.cut_out(rgba)
    assert not result.alpha[:31].any() and result.alpha[33:].min() > 0.99


@pytest.mark.parametrize("source", [b"", b"not a picture", "no/such/file.jpg"])
def test_what_is_no_picture_is_refused_in_one_sentence(segmenter, source):
    with pytest.raises(ImageError) as caught:
        segmenter.cut_out(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", [None, 3.0, np.zeros((4, 4, 7), np.uint8), np.zeros(5, np.uint8), [1, 2]])
def test_what_is_no_source_at_all_is_refused(segmenter, source):
    with pytest.raises((HumanSegError, TypeError, ValueError)):
        segmenter.alpha(source)


@pytest.fixture
def result(segmenter):
    return segmenter.cut_out(disc(90, 120, 30), name="round.jpg")


def test_a_cut_out_is_an_rgba_array(result):
    array = np.asarray(result)
    assert array.shape == (90, 120, 4) and array.dtype == np.uint8
    assert array[45, 60, 3] == 255 and array[0, 0, 3] == 0 and result.name == "round.jpg"


def test_a_cut_out_goes_on_any_background(result):
    assert result.on("transparent").shape == (90, 120, 4)
    assert (result.on("#ff0000")[0, 0] == (255, 0, 0)).all()
    assert (result.on((0, 255, 0))[0, 0] == (0, 255, 0)).all()
    assert result.on("blur").shape == (90, 120, 3)
    assert (result.on(np.full((10, 10, 3), 77, np.uint8))[0, 0] == 77).all()


@pytest.mark.parametrize("background", ["", "#12", "#gggggg", "pink please"])
def test_a_colour_that_cannot_be_read_is_refused(result, background):
    with pytest.raises(HumanSegError):
        result.on(background)


def test_a_repaired_alpha_replaces_the_old_one(result):
    repaired = result.with_alpha(np.zeros((90, 120), np.float32))
    assert isinstance(repaired, CutOut) and not repaired.person_found and not repaired.rgba[..., 3].any()
    assert result.person_found, "the old one is left alone"
    with pytest.raises(ValueError):
        result.with_alpha(np.zeros((9, 9), np.float32))


@pytest.mark.parametrize("second_pass", [False, True])
def test_outlines_are_drawn_in_as_far_as_the_weights_ask(second_pass):
    photo = disc(256, 256, 100, centre=(128, 256))  # cut by the lower edge
    widths = []
    for inset in (0.0, 0.5, 1.0):
        segmenter = Segmenter(Bright())
        segmenter.engine.config = ModelConfig(size=256, inset=inset)
        alpha = segmenter.alpha(photo, second_pass=second_pass, refine=False)
        assert (alpha[255, 100:156] > 0.99).all(), "the frame isn't an outline"
        widths.append(float(alpha[200].sum()))
    assert widths[0] - widths[1] == pytest.approx(1, abs=0.5)  # half a pixel on each side
    assert widths[0] - widths[2] == pytest.approx(2, abs=0.7)


def test_no_veil_is_left_over_what_is_surely_background(segmenter):
    photo = np.clip(disc(90, 120, 30), 101, 255)  # the engine gives the background an alpha of 0.018
    result = segmenter.cut_out(photo)
    assert 0 < segmenter.engine(np.full((32, 32, 3), 101, np.uint8)).max() < 0.02
    assert not result.alpha[:10].any() and result.alpha[45, 60] == 1


@pytest.mark.parametrize("size", [0, -1, 10**6])
def test_a_size_that_no_network_can_be_shown_is_refused(segmenter, size):
    with pytest.raises(ValueError, match="size"):
        segmenter.alpha(np.zeros((8, 8, 3), np.uint8), size=size)
