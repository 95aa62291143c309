"""The browser's pipeline gives what Python's gives: photos with the same passes, frames, and the people's colours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from humanseg import Segmenter
from humanseg.media import photos
from humanseg.ui.context import EXAMPLES
from tests.browser.engine import Cutter

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def photo_cutter(browser, engine_page) -> Iterator[Cutter]:
    with Cutter(browser, engine_page, model="photo") as cutter:
        yield cutter


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


def test_a_large_photo_is_cut_out_as_on_the_server(photo_cutter, segmenter, repository):
    compare(photo_cutter, segmenter, photos.read(repository / "docs" / "photo.jpg").rgb)


def test_with_one_pass_it_is_the_same_too(photo_cutter, segmenter, astronaut):
    compare(photo_cutter, segmenter, astronaut, second_pass=False)
