"""The report shows what failed and what wants a look, and nothing in a name can change the page."""

import re

import pytest

from humanseg.bulk.items import Outcome
from humanseg.bulk.places import LocalPlace
from humanseg.bulk.progress import Tally
from humanseg.bulk.report import SHOWN, Sample, page
from tests.bulk.workers import write_photo


def made(place, *outcomes: Outcome, troubles=()) -> str:
    tally, sample = Tally(), Sample()
    for outcome in outcomes:
        tally.add(outcome)
        sample.add(outcome)
    return page(place, tally, sample, list(troubles))


@pytest.fixture
def place(tmp_path):
    return LocalPlace(tmp_path)


def test_a_doubtful_photo_is_shown_beside_its_result_and_one_of_nobody_alone(place, tmp_path):
    photo = write_photo(tmp_path / "in" / "a.png", 1)
    write_photo(tmp_path / "d e" / "a.png.png", 2)
    poor = Outcome("d e/a.png", "1", str(photo), "d e/a.png.png", person_found=True, confidence=0.5)
    nobody = Outcome("b.png", "1", str(photo), "b.png.png")
    text = made(place, poor, nobody)
    assert text.count("<img ") == 3 and "expected IoU 0.50" in text and "nobody found" in text
    assert "href='d%20e/a.png.png'" in text and text.index("b.png") < text.index("a.png.png"), "the worst first"


def test_photos_that_are_gone_are_named(place):
    text = made(place, Outcome("a.png", "1", "/none.png", "a.png.png", person_found=True, confidence=0.5))
    assert "<img " not in text and "a.png" in text


def test_names_and_errors_are_text(place):
    name = "<script>alert(1)</script>\n\u202e'.png"
    text = made(
        place,
        Outcome(name, "1", error=f"{name} is bad"),
        Outcome(name, "1", "", name, person_found=True, confidence=0.1),
        troubles=[f"{name} can't be read"],
    )
    assert "<script>" not in text and "\u202e" not in text and "&lt;script&gt;" in text
    assert re.search(r"href='[^'<>]*'", text)


def test_of_many_a_few_are_shown_each_as_likely_as_any_other():
    shown = set()
    for seed in range(40):
        sample = Sample(most=5, seed=seed)
        for number in range(50):
            sample.add(Outcome(f"{number}", "1", error="bad"))
            sample.add(Outcome(f"{number}", "1", person_found=True, confidence=1.0))
        assert len(sample.failed) == 5 and not sample.doubtful
        shown |= {outcome.key for outcome in sample.failed}
    assert len(shown) > 45 and SHOWN < 100


def test_where_all_went_well_it_says_so(place):
    assert "Nothing failed" in made(place, Outcome("a", "1", person_found=True, confidence=0.9))
