"""How far a run is."""

import pytest

from humanseg.bulk.items import Outcome
from humanseg.bulk.progress import WINDOW, Tally, duration


@pytest.fixture
def tally():
    now = [0.0]
    made = Tally(clock=lambda: now[0])
    made.now = now
    return made


def pass_photos(tally: Tally, count: int, each: float, **outcome) -> None:
    for _ in range(count):
        tally.now[0] += each
        tally.add(Outcome("a", "1", **({"person_found": True, "confidence": 0.9} | outcome)))


def test_what_is_counted(tally):
    pass_photos(tally, 5, 1)
    pass_photos(tally, 1, 1, confidence=0.79)
    pass_photos(tally, 2, 1, person_found=False, confidence=0.0)
    pass_photos(tally, 1, 1, error="too dark", person_found=False)
    pass_photos(tally, 1, 1, unchanged=True)
    counts = (tally.done, tally.failed, tally.doubtful, tally.nobody, tally.skipped)
    assert counts == (8, 1, 3, 2, 1)


def test_the_rate_is_the_last_minute_s_and_the_time_left_follows_from_it(tally):
    pass_photos(tally, 100, 10)
    pass_photos(tally, 200, 0.5)
    assert tally.rate == pytest.approx(2, rel=0.1)
    assert tally.left is None and tally.as_json()["seconds_left"] is None
    tally.total, tally.skipped = 1000, 100
    assert tally.left == pytest.approx(600 / tally.rate)
    assert "300 of 900 done" in tally.line() and "min left" in tally.line()
    tally.now[0] += 10 * WINDOW
    assert tally.rate < 0.3, "nothing is done any more"


def test_without_a_photo_nothing_is_divided_by_nothing(tally):
    tally.total = 10
    assert (tally.rate, tally.left) == (0, None) and tally.line().startswith("0 of 10 done")


def test_a_long_run_keeps_no_more_of_it_in_mind(tally):
    pass_photos(tally, 5000, 0.01)
    assert len(tally._lately) < 4 * WINDOW
    assert tally.rate == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (5300, "88 min"), (7325, "2 h 2 min"), (200_000, "2 d 7 h")],
)
def test_durations_are_for_people(seconds, said):
    assert duration(seconds) == said
