"""How large the net sees a camera's frames: as large as keeps up, and steadily so."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

pytestmark = pytest.mark.browser

LADDER = """
const ladder = new Ladder();
// The sizes of so many frames, which take what `ms(size, seconds)` says; the net, all but 10 ms of it.
let clock = 0;
const sizes = (frames, ms) => Array.from({length: frames}, () => {
  const busy = ms(ladder.size, clock / 1000);
  clock += Math.max(33, busy);
  ladder.note({busy, net: busy - 10});
  return ladder.size;
});
"""


@pytest.fixture(scope="module")
def run(bare_tab) -> Callable[[str], list]:
    """`run(script)` gives what a script returns."""
    return lambda script: bare_tab.evaluate(
        f"async () => {{ const {{Ladder}} = await import('/web/js/ladder.js'); {LADDER} {script} }}"
    )


@pytest.mark.parametrize(
    ("milliseconds", "size"),
    [
        ("(size) => 20 + 300 * size / 256", 160),  # 3 frames a second, 4 at 192 pixels
        ("() => 5", 320),
        ("(size) => 20 + 80 * size / 256", 192),  # 10 frames a second at 256 pixels, 12 at 192
        ("(size) => 20 + 45 * size / 256", 256),  # 15.4 frames a second
        ("(size) => 10 + 27 * size / 256", 256),  # 27 frames a second, 23 at 320 pixels
    ],
)
def test_the_net_is_as_large_as_keeps_up_and_changes_once(run, milliseconds, size):
    seen = run(f"return sizes(300, {milliseconds});")
    assert seen[0] == 256 and seen[-1] == size
    assert sum(a != b for a, b in pairwise(seen)) == (size != 256)


def test_what_else_is_at_work_in_the_first_seconds_makes_the_net_smaller_for_some_seconds_alone(run):
    before, after = run(
        "const ms = (size, seconds) => (seconds < 3 ? 3 : 1) * (10 + 40 * size / 256);"
        "return [sizes(20, ms), sizes(280, ms)];",
    )
    assert before[-1] < 256 and after[-1] == 256


def test_a_size_that_turns_out_too_slow_each_time_is_tried_ever_more_rarely(run):
    seen = run("return sizes(15_000, (size) => size > 192 ? 80 : 45);")  # eleven minutes
    assert seen.count(192) > 0.9 * len(seen)
    assert sum(a != b for a, b in pairwise(seen)) <= 20
    assert sum(a != b for a, b in pairwise(seen[-4000:])) <= 4
