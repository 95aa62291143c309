"""The browser's pipeline gives what Python's gives: photos with the same passes, frames, and the people's colours."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from humanseg import Segmenter
from humanseg.media import photos
from humanseg.resize import shrink
from humanseg.ui.context import EXAMPLES
from tests.browser.engine import Cutter

pytestmark = pytest.mark.browser


FRAMES = 60
SMALL = 640  # pixels of a photo's long side: the pipeline has the same steps, in a fraction of the time
# Folders of the research data, and which of their files in the order of their names, counted from 0.
RESEARCH = [
    *(("human-segmentation-dataset/Training_Images", number) for number in (3, 40, 120, 200)),
    *(("halfbody-mattes/images", number) for number in (5, 30)),
    *(("portraits/images", number) for number in (12, 70)),
]


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.from_pretrained("humansegnet", engine="openvino")


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())


def compare(cutter: Cutter, segmenter: Segmenter, photo: np.ndarray, *, second_pass: bool = True) -> None:
    theirs = cutter.photo(photo, secondPass=second_pass)
    ours = segmenter.cut_out(photo, second_pass=second_pass)
    assert theirs.person_found == ours.person_found
    assert theirs.confidence == pytest.approx(ours.confidence, abs=0.02)
    assert np.abs(theirs.alpha - ours.alpha).mean() < 0.01
    assert iou(theirs.alpha, ours.alpha) > 0.98
    edge = (ours.alpha > 0.02) & (ours.alpha < 0.98)
    assert np.abs(theirs.rgba[..., :3].astype(int) - ours.foreground)[edge].mean() < 2


@pytest.mark.parametrize("name", ["astronaut", "signing", "standing"])
def test_an_example_is_cut_out_as_on_the_server(photo_cutter, segmenter, name):
    compare(photo_cutter, segmenter, photos.read(EXAMPLES / f"{name}.jpg").rgb)


def test_a_large_photo_is_cut_out_as_on_the_server(photo_cutter, segmenter, astronaut):
    compare(photo_cutter, segmenter, cv2.resize(astronaut, (1600, 1600), interpolation=cv2.INTER_CUBIC))


def test_with_one_pass_it_is_the_same_too(photo_cutter, segmenter, astronaut):
    compare(photo_cutter, segmenter, astronaut, second_pass=False)


@pytest.mark.data
@pytest.mark.parametrize("photo", RESEARCH)
def test_a_photo_of_the_research_data_is_cut_out_as_on_the_server(photo_cutter, segmenter, shared_data, photo):
    folder, number = photo
    path = sorted((shared_data / folder).iterdir())[number]
    compare(photo_cutter, segmenter, shrink(photos.read(path).rgb, SMALL))


def moved(photo: np.ndarray) -> Iterator[np.ndarray]:
    """Frames of 320x240 of a camera that goes past a photo and comes closer."""
    for number in range(FRAMES):
        zoom = 0.6 + 0.27 * number / FRAMES
        matrix = np.array([[zoom, 0, -1.3 * number], [0, zoom, -13 + 0.33 * number]])
        yield cv2.warpAffine(photo, matrix, (320, 240), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)


def test_frames_have_the_alpha_that_they_have_on_the_server(live_cutter):
    segmenter = Segmenter.from_pretrained("humansegnet-live", engine="openvino")
    for frame in moved(photos.read(EXAMPLES / "signing.jpg").rgb):
        theirs = live_cutter.frame(frame)
        ours = segmenter.coarse_alpha(frame, segmenter.config.live_size, second_pass=False)
        assert theirs.shape == ours.shape
        assert np.abs(theirs - ours).mean() < 0.01
        assert iou(theirs, ours) > 0.98
