"""The command that takes a screenshot of every state of the page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from benchmarks.screenshots import contact_sheet, walk
from benchmarks.stage import Gate, Stage
from benchmarks.states import WAYS
from humanseg.web.site import Site
from tests.ui.fakes import pair_of, segmenter

pytestmark = pytest.mark.browser


@pytest.fixture
def where(browser, server, tmp_path) -> Stage:
    return Stage(browser, server, Gate(), Site(), tmp_path)


def test_each_state_of_a_way_gets_its_picture_and_its_place_on_the_contact_sheet(where, tmp_path):
    assert walk(where, "about", 390, "dark", tmp_path)
    shots = sorted(tmp_path.glob("*.png"))
    assert [shot.name for shot in shots] == ["390-dark-about-figures.png", "390-dark-about.png"]
    pictures = [Image.open(shot).convert("L") for shot in shots]
    assert [picture.width for picture in pictures] == [390, 390]
    assert pictures[0].getpixel((3, 3)) < 60, "the theme isn't dark"
    assert contact_sheet(shots, 390).height > 500


def test_a_way_that_cannot_be_gone_leaves_a_picture_of_where_it_ended(where, tmp_path, monkeypatch, capsys):
    def blocked(stage, page):
        page.locator("#no-such-button").click(timeout=200)
        yield "never"

    monkeypatch.setitem(WAYS, "blocked", blocked)
    assert not walk(where, "blocked", 1440, "light", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["1440-light-blocked-stuck.png"]
    assert "no-such-button" in capsys.readouterr().err


def test_photos_wait_at_the_gate_while_it_is_held(tmp_path):
    gate = Gate()
    held = gate.before(segmenter())
    photo = pair_of(tmp_path / "pair.png").source
    gate.hold(free=1)
    held.cut_out(photo)
    with ThreadPoolExecutor() as pool:
        second = pool.submit(held.cut_out, photo)
        assert not second.done()
        gate.open()
        assert second.result(60).person_found
