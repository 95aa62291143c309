from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from humanseg.confidence import DOUBTFUL
from humanseg.cutout import CutOut
from humanseg.segmenter import Segmenter
from humanseg.web import showcase
from humanseg.web.serve import answered
from humanseg.web.site import Site

SAMPLES = [*showcase.WELL, *showcase.BADLY]


@pytest.fixture(scope="module")
def cuts() -> dict[str, CutOut]:
    """What the weights that ship make of the photos."""
    model = Segmenter.from_pretrained()
    return {sample.name: model.cut_out(sample.source, colours=False) for sample in SAMPLES}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_cut_outs_are_those_of_the_weights_that_ship(cuts, sample):
    cut = cuts[sample.name]
    assert cut.person_found == sample.target.exists(), "run: python -m benchmarks.showcase"
    if cut.person_found:
        shown = np.asarray(Image.open(sample.target))[..., 3] / 255
        assert np.abs(shown - cut.alpha).mean() < 0.005, "run: python -m benchmarks.showcase"


def test_the_photo_whose_caption_says_so_is_marked_worth_a_look(cuts):
    doubtful = [name for name, cut in cuts.items() if cut.person_found and cut.confidence < DOUBTFUL]
    assert doubtful == ["chair"]


def test_all_pictures_are_small_described_and_served():
    files = showcase.files()
    assert len(files) == 11 and sum(path.stat().st_size for path in files) < 250_000
    html, site = showcase.html("showcase/"), Site()
    for path in files:
        assert f'src="showcase/{path.name}" alt="' in html and 'alt=""' not in html
        answer = answered(site, f"showcase/{path.name}", {})
        assert answer.status == 200 and answer.headers["content-type"] in ("image/jpeg", "image/webp")
    assert answered(site, "showcase/../index.html", {}) is None
    assert answered(site, "showcase/nobody.jpg", {}) is None
