from __future__ import annotations

import numpy as np
import pytest

from humanseg.media.lasting import VANISHES_AFTER, Lasting
from humanseg.model.config import ModelConfig

CONFIG = ModelConfig(size=128, live_size=64)
NOTHING = np.zeros((48, 64), bool)
PERSON, PASSER_BY = (slice(8, 40), slice(4, 24)), (slice(10, 40), slice(40, 60))


def alpha(*places: tuple[slice, slice], sure: float = 1.0) -> np.ndarray:
    out = np.zeros((48, 64), np.float32)
    for place in places:
        out[place] = sure
    return out


def shown(lasting: Lasting, frame: np.ndarray, *, somebody: bool = True, changed: np.ndarray = NOTHING) -> np.ndarray:
    return lasting.shown(frame, frame if somebody else None, CONFIG, lambda age: age.copy(), changed)


@pytest.fixture
def lasting() -> Lasting:
    """One that has shown a person for a frame."""
    lasting = Lasting(2)
    lasting.shown(alpha(PERSON), alpha(PERSON), CONFIG, None, None)
    return lasting


def test_everybody_in_a_new_scene_is_shown_at_once():
    first = Lasting(2).shown(alpha(PERSON, PASSER_BY), alpha(PERSON, PASSER_BY), CONFIG, None, None)
    np.testing.assert_array_equal(first, alpha(PERSON, PASSER_BY))


def test_a_part_that_is_there_for_one_frame_alone_is_never_shown(lasting):
    np.testing.assert_array_equal(shown(lasting, alpha(PERSON, PASSER_BY)), alpha(PERSON))
    np.testing.assert_array_equal(shown(lasting, alpha(PERSON)), alpha(PERSON))


def test_a_new_part_that_lasts_is_shown_from_the_second_frame_on(lasting):
    assert not shown(lasting, alpha(PERSON, PASSER_BY))[PASSER_BY].any()
    assert shown(lasting, alpha(PERSON, PASSER_BY))[PASSER_BY].all()


def test_who_comes_in_is_shown_at_once_because_the_picture_has_changed(lasting):
    changed = NOTHING.copy()
    changed[PASSER_BY] = True
    assert shown(lasting, alpha(PERSON, PASSER_BY), changed=changed)[PASSER_BY].all()


def test_a_part_that_is_doubted_stays_for_a_few_frames_and_then_goes(lasting):
    doubted = [shown(lasting, alpha(PERSON, sure=0.7), somebody=False).max() for _ in range(VANISHES_AFTER + 1)]
    assert [value > 0 for value in doubted] == [True] * (VANISHES_AFTER - 1) + [False, False]


def test_a_doubt_that_passes_is_forgotten(lasting):
    for _ in range(3):
        shown(lasting, alpha(PERSON, sure=0.7), somebody=False)
        shown(lasting, alpha(PERSON))
    assert shown(lasting, alpha(PERSON, sure=0.7), somebody=False).max() > 0


def test_who_leaves_is_not_held(lasting):
    assert not shown(lasting, alpha(), somebody=False).any()


def test_a_part_keeps_its_soft_rim_and_a_hidden_one_loses_it(lasting):
    soft = alpha(PERSON, PASSER_BY)
    soft[8:40, 24] = soft[10:40, 39] = 0.3
    out = shown(lasting, soft)
    assert (out[8:40, 24] == np.float32(0.3)).all()
    assert not out[10:40, 39].any()


def test_what_is_faint_around_people_is_left_alone(lasting):
    faint = alpha(PERSON)
    faint[44:, :] = 0.05
    assert shown(lasting, faint)[44:].min() == np.float32(0.05)


def test_after_a_reset_all_is_new(lasting):
    lasting.reset()
    assert shown(lasting, alpha(PERSON, PASSER_BY))[PASSER_BY].all()


def test_a_frame_that_the_network_was_not_shown_keeps_what_is_shown(lasting):
    shown(lasting, alpha(PERSON, PASSER_BY))
    for _ in range(VANISHES_AFTER + 2):
        out = lasting.still(alpha(PERSON, PASSER_BY), CONFIG, lambda age: age.copy())
        np.testing.assert_array_equal(out, alpha(PERSON))
