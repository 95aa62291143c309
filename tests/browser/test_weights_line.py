"""The line that says which weights serve, as a visitor sees it come and go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from humanseg.ui.server.limits import Limits
from humanseg.ui.weights import Weights
from tests.browser.actions import PATIENCE, keep
from tests.ui.fakes import segmenter
from tests.ui.serving import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def weights() -> Weights:
    weights = Weights("somebody/cutter", "humansegnet")
    weights.progress(3_400_000, 12_000_000)
    return weights


@pytest.fixture(scope="module")
def server(weights) -> Iterator[str]:
    with served(segmenter, Limits(), weights=[weights]) as address:
        yield address


def test_a_download_is_followed_and_what_serves_in_its_place_is_said(visit, weights):
    page = visit()
    line = page.locator("#weights p")
    expect(line).to_have_text("Fetching the weights somebody/cutter: 3.4 of 12.0 MB.", timeout=PATIENCE)
    keep(page, "weights-fetched")
    weights.instead("The Hub can't be reached: the copy of somebody/cutter that was fetched earlier serves.")
    weights.settled = True
    expect(line).to_contain_text("fetched earlier serves", timeout=PATIENCE)
    keep(page, "weights-instead")
    weights.sentence = ""
    page.reload()
    expect(page.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#weights")).to_be_hidden()
