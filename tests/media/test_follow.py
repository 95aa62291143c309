from __future__ import annotations

import numpy as np
import pytest

from humanseg.crops import Box
from humanseg.media.follow import GIVEN_UP, LATEST, NOBODY_YET, SOONEST, Follower
from humanseg.media.view import View
from humanseg.model.config import ModelConfig

CONFIG = ModelConfig(size=128, live_size=128)
SHAPE = (360, 640)


@pytest.fixture
def follower() -> Follower:
    return Follower(CONFIG, 128)


def frame(*boxes: Box, value: int = 40) -> np.ndarray:
    out = np.full((*SHAPE, 3), value, np.uint8)
    for box in boxes:
        out[box.top : box.bottom, box.left : box.right] = 220
    return out


def alpha(view: View, *boxes: Box) -> np.ndarray:
    return view.picture(frame(*boxes, value=0)).max(axis=2).astype(np.float32) / 220


def see(follower: Follower, *boxes: Box, known: bool = True) -> View:
    """A frame with people at those places, whom the network finds if `known`."""
    plan = follower.plan(frame(*boxes))
    if plan.search:
        follower.searched(plan.search, alpha(plan.search, *(boxes if known else ())))
    seen = alpha(plan.view, *(boxes if known and not plan.view.is_whole else ()))
    follower.looked(plan.view, seen)
    follower.shown(plan.view, seen)
    return plan.view


FAR = Box(200, 100, 260, 124)
AWAY = Box(180, 500, 240, 524)


def test_the_first_look_is_at_the_whole_frame_and_no_search(follower):
    plan = follower.plan(frame())
    assert plan.view.is_whole
    assert not plan.search


def test_who_fills_the_frame_is_neither_searched_for_nor_followed(follower):
    near = Box(60, 200, 360, 440)
    for _ in range(2 * LATEST):
        plan = follower.plan(frame(near))
        assert plan.view.is_whole and not plan.search
        follower.shown(plan.view, alpha(plan.view, near))


def test_who_is_far_away_is_found_by_a_search_and_followed_by_a_crop(follower):
    views = [see(follower, FAR) for _ in range(3)]
    assert views[0].is_whole
    assert not views[-1].is_whole
    assert views[-1].boxes[0].around(FAR) == views[-1].boxes[0]
    assert views[-1].scale > 3 * views[0].scale


def test_who_only_comes_in_is_not_followed_yet(follower):
    views = [see(follower, Box(320, 100 + 2 * n, 360, 124 + 2 * n)) for n in range(12)]
    assert all(view.is_whole for view in views)


def test_a_crop_moves_along_with_a_person(follower):
    for x in range(100, 400, 6):
        view = see(follower, Box(200, x, 260, x + 24))
    assert not view.is_whole
    assert view.boxes[0].around(Box(200, x, 260, x + 24)) == view.boxes[0]


def test_a_crop_rests_as_long_as_the_person_stays_within_it(follower):
    for _ in range(3):
        see(follower, FAR)
    views = {see(follower, Box(200, 100 + x, 260, 124 + x)) for x in (0, 2, 4, 2, 0, -2)}
    assert len(views) == 1


def test_people_apart_have_a_crop_each(follower):
    for _ in range(4):
        view = see(follower, FAR, AWAY)
    assert len(view.boxes) == 2


def test_who_leaves_is_let_go(follower):
    for _ in range(4):
        see(follower, FAR)
    views = [see(follower) for _ in range(GIVEN_UP + 1)]
    assert not views[0].is_whole
    assert views[-1].is_whole


def test_what_moves_is_looked_at_closely_and_followed_only_if_it_is_somebody(follower):
    for known in (False, True):
        for _ in range(LATEST):
            see(follower)
        follower._since = SOONEST
        plan = follower.plan(frame(FAR))
        assert plan.view.is_whole
        assert plan.search.boxes[0].around(FAR) == plan.search.boxes[0]
        follower.searched(plan.search, alpha(plan.search, *((FAR,) if known else ())))
        follower.looked(plan.view, alpha(plan.view))
        follower.shown(plan.view, alpha(plan.view))
        assert follower.plan(frame(FAR)).view.is_whole is not known


def test_where_nobody_was_there_is_no_crop_again_soon(follower):
    searches = []
    for n in range(40):
        plan = follower.plan(frame(*((FAR,) if n % 2 else ())))
        if plan.search:
            searches.append(plan.search.is_whole)
            follower.searched(plan.search, np.zeros(plan.search.shape, np.float32))
        follower.looked(plan.view, np.zeros(plan.view.shape, np.float32))
        follower.shown(plan.view, np.zeros(plan.view.shape, np.float32))
    assert 2 <= searches.count(False) <= 40 / NOBODY_YET


def test_searches_become_rare_where_nobody_is(follower):
    searches = 0
    for _ in range(100):
        plan = follower.plan(frame())
        if plan.search:
            searches += 1
            follower.searched(plan.search, np.zeros(plan.search.shape, np.float32))
        follower.looked(plan.view, np.zeros(plan.view.shape, np.float32))
        follower.shown(plan.view, np.zeros(plan.view.shape, np.float32))
    assert 2 <= searches <= 8


def test_a_cut_lets_go_and_searches(follower):
    for _ in range(4):
        see(follower, FAR)
    noise = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    noise = np.kron(noise[::40, ::40], np.ones((40, 40, 1), np.uint8))[: SHAPE[0], : SHAPE[1]]
    plan = follower.plan(noise)
    assert plan.view.is_whole
    assert plan.search.is_whole


def test_a_frame_of_another_size_starts_afresh(follower):
    for _ in range(4):
        see(follower, FAR)
    plan = follower.plan(np.zeros((90, 40, 3), np.uint8))
    assert plan.view.is_whole
    assert plan.view.frame == (90, 40)
