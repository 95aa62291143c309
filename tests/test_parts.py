"""Which connected parts of an alpha are kept, and whether anybody is there."""

import numpy as np
import pytest

from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter
from tests.bright import Bright, disc


@pytest.fixture
def segmenter():
    return Segmenter(Bright())


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


def two_discs(brightness, radius=60):
    """A surely bright disc, and a smaller one apart from it."""
    smaller = disc(400, 600, radius, (450, 200)) // 255 * np.uint8(brightness)
    return np.maximum(disc(400, 600, 90, (150, 200)), smaller)


@pytest.mark.parametrize("second_pass", [False, True])
def test_a_separate_part_of_which_nothing_is_sure_is_left_out(segmenter, second_pass):
    # An alpha of .8 at the most: enough for a person among others, too little on its own.
    alpha = segmenter.alpha(two_discs(144), second_pass=second_pass)
    assert alpha[:, 330:].max() == 0, "something of the doubtful part is left"
    assert alpha[200, 150] == 1
    if not second_pass:  # which is at the box around both
        alone = segmenter.alpha(disc(400, 600, 90, (150, 200)), second_pass=False)
        assert alpha == pytest.approx(alone, abs=0.001), "the sure part changed"


@pytest.mark.parametrize("second_pass", [False, True])
def test_haze_apart_from_everybody_is_left_out(segmenter, second_pass):
    alpha = segmenter.alpha(two_discs(115), second_pass=second_pass)  # .3: too little to count as person
    assert alpha[:, 330:].max() == 0, "some haze is left"
    assert alpha[200, 150] == 1


def test_haze_around_a_person_goes_and_the_person_stays(segmenter):
    photo = np.maximum(disc(400, 600, 60, (300, 200)), disc(400, 600, 90, (300, 200)) // 255 * np.uint8(115))
    alpha = segmenter.alpha(photo, second_pass=False)
    assert alpha[200, 300] == 1 and alpha[200, 375] == 0


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
    assert segmenter.alpha(photo, second_pass=False)[200, 320] > 0.9


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
