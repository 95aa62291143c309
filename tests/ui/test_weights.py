"""What the page says of weights from the Hub, and what serves in their place."""

from __future__ import annotations

import pytest

from humanseg.errors import DownloadError, WeightsError
from humanseg.segmenter import Segmenter
from humanseg.ui import page
from humanseg.ui.model import LazySegmenter, warm_up
from humanseg.ui.server.limits import Limits
from humanseg.ui.weights import Weights, summary
from tests.ui.fakes import segmenter

UNREACHABLE = DownloadError("The Hub can't be reached: connect to the internet to fetch somebody/cutter.")
INSTEAD = "The Hub can't be reached: the weights that ship with HumanSegNet serve in place of somebody/cutter."


@pytest.fixture
def loads(monkeypatch):
    """`loads[name]` is what loading those weights does; without it they are there."""
    actions = {}

    def from_pretrained(name, *, engine=None, listener=None):
        actions.get(name, lambda _: None)(listener)
        made = segmenter()
        made.name = name
        return made

    monkeypatch.setattr(Segmenter, "from_pretrained", from_pretrained)
    return actions


def failing(error):
    def fail(_):
        raise error

    return fail


def test_nothing_is_said_of_weights_that_are_there(loads):
    weights = Weights("somebody/cutter", "humansegnet")
    assert summary([weights]) == ("", False)
    assert weights.load().name == "somebody/cutter"
    assert summary([weights]) == ("", True)


def test_it_says_how_far_a_download_is_until_all_is_there(loads):
    weights = Weights("somebody/cutter", "humansegnet")
    said = []

    def fetch(listener):
        for done in (0, 3_400_000, 12_000_000):
            listener.progress(done, 12_000_000)
            said.append(weights.sentence)

    loads["somebody/cutter"] = fetch
    weights.load()
    assert said == [
        "Fetching the weights somebody/cutter: 0.0 of 12.0 MB.",
        "Fetching the weights somebody/cutter: 3.4 of 12.0 MB.",
        "",
    ]
    assert summary([weights]) == ("", True)


def test_where_the_hub_cannot_be_reached_the_weights_that_ship_serve_and_one_line_says_so(loads):
    loads["somebody/cutter"] = failing(UNREACHABLE)
    weights = Weights("somebody/cutter", "humansegnet-live")
    assert weights.load().name == "humansegnet-live"
    assert summary([weights]) == (INSTEAD, True) and not weights.missing


def test_where_an_earlier_copy_serves_one_line_says_so(loads):
    sentence = "The Hub can't be reached: the copy of somebody/cutter that was fetched earlier serves."
    loads["somebody/cutter"] = lambda listener: listener.instead(sentence)
    weights = Weights("somebody/cutter", "humansegnet")
    assert weights.load().name == "somebody/cutter"
    assert summary([weights, weights]) == (sentence, True)


def test_where_no_weights_ship_the_reason_stays_the_hub_s(loads):
    loads["somebody/cutter"] = failing(UNREACHABLE)
    loads["humansegnet"] = failing(WeightsError("The weights that ship are missing."))
    weights = Weights("somebody/cutter", "humansegnet")
    with pytest.raises(DownloadError, match="can't be reached"):
        weights.load()
    assert summary([weights]) == (str(UNREACHABLE), True) and weights.missing


def test_a_model_that_is_not_there_is_said_and_nothing_serves_in_its_place(loads):
    loads["somebody/cutter"] = failing(WeightsError("The model somebody/cutter is gated: ask for access."))
    weights = Weights("somebody/cutter", "humansegnet")
    with pytest.raises(WeightsError):
        weights.load()
    assert summary([weights]) == ("The model somebody/cutter is gated: ask for access.", True)
    del loads["somebody/cutter"]
    assert weights.load().name == "somebody/cutter" and summary([weights]) == ("", True)


def test_the_page_has_a_line_for_it_only_where_weights_come_from_the_hub(tmp_path):
    def has_line(name):
        demo = page.build(segmenter, Limits(), weights=[Weights(name, "humansegnet")])
        return any(block.elem_id == "weights" for block in demo.blocks.values())

    assert has_line("somebody/cutter")
    assert not has_line("humansegnet") and not has_line(str(tmp_path))


def test_the_webcam_s_weights_are_loaded_though_the_photos_fail(loads):
    loads["somebody/cutter"] = failing(WeightsError("There is no such model."))
    loaded = []
    live = LazySegmenter(lambda: loaded.append(1) or segmenter())
    thread = warm_up(LazySegmenter(Weights("somebody/cutter", "humansegnet").load), live)
    thread.join(20)
    assert loaded == [1]
