from __future__ import annotations

import threading

import numpy as np
import pytest

from humanseg.cutout import CutOut
from humanseg.ui.memory import Memory, nbytes


def of(size: int) -> np.ndarray:
    return np.zeros(size, np.uint8)


@pytest.fixture
def memory() -> Memory:
    return Memory(each=100, total=250)


def test_what_is_there_is_not_made_again(memory):
    first = memory.get("me", "photo", lambda: of(10))
    assert memory.get("me", "photo", lambda: pytest.fail("made again")) is first


def test_another_version_takes_the_place_of_the_last_one(memory):
    memory.get("me", "photo", lambda: of(60), version=1)
    second = memory.get("me", "photo", lambda: of(50), version=2)
    assert second.size == 50 and memory.held("me") == 50
    assert memory.get("me", "photo", lambda: of(60), version=1).size == 60


def test_one_visitor_holds_no_more_than_their_share_and_what_was_used_longest_ago_goes(memory):
    for key in ("a", "b"):
        memory.put("me", key, of(40))
    memory.get("me", "a", lambda: pytest.fail("made again"))
    memory.put("me", "c", of(40))
    assert memory.held("me") == 80
    assert memory.get("me", "b", lambda: None) is None
    memory.get("me", "a", lambda: pytest.fail("made again"))


def test_all_together_hold_no_more_than_the_bound_and_the_oldest_visitor_makes_room(memory):
    for owner in ("first", "second", "third"):
        memory.put(owner, "photo", of(80))
    memory.get("first", "photo", lambda: pytest.fail("made again"))
    memory.put("fourth", "photo", of(80))
    assert memory.held() == 240
    assert [memory.held(owner) for owner in ("first", "second", "third", "fourth")] == [80, 0, 80, 80]


def test_what_is_larger_than_a_share_is_handed_over_but_not_kept(memory):
    memory.put("me", "small", of(50))
    assert memory.get("me", "large", lambda: of(101)).size == 101
    assert memory.held("me") == 50


def test_a_visitor_who_goes_leaves_nothing(memory):
    memory.put("me", "a", of(40))
    memory.put("other", "a", of(30))
    memory.forget("me")
    memory.forget("nobody")
    assert memory.held("me") == 0 and memory.held() == 30


def test_a_view_counts_as_what_it_keeps_alive():
    whole = of(1000)
    assert nbytes(whole[:10]) == 1000 and nbytes(whole[:10].copy()) == 10
    image = np.zeros((4, 5, 3), np.uint8)
    assert nbytes(CutOut(image, image.copy(), np.zeros((4, 5), np.float32), True, 1.0)) == 60 + 60 + 80


def test_nobody_waits_while_something_is_made_for_another(memory):
    making, go_on = threading.Event(), threading.Event()

    def slowly() -> np.ndarray:
        making.set()
        assert go_on.wait(30)
        return of(10)

    thread = threading.Thread(target=memory.get, args=("me", "photo", slowly))
    thread.start()
    try:
        assert making.wait(30)
        assert memory.get("other", "photo", lambda: of(20)).size == 20
    finally:
        go_on.set()
        thread.join(30)
    assert memory.held() == 30


def test_garbage_collection_in_the_middle_of_it_does_not_lock_up(memory):
    """A visitor's pictures are let go by a finaliser, which runs wherever Python happens to be."""
    memory.put("gone", "photo", of(50))
    with memory._lock:
        memory.forget("gone")
    assert memory.held("gone") == 0 == memory.held()


def test_many_threads_keep_the_count_right():
    memory = Memory(each=3000, total=9000)

    def work(seed: int) -> None:
        random = np.random.default_rng(seed)
        for _ in range(300):
            owner, key, size = random.integers(5), random.integers(8), int(random.integers(1, 1200))
            memory.get(int(owner), int(key), lambda size=size: of(size), version=int(random.integers(2)))
            if random.random() < 0.02:
                memory.forget(int(owner))
            assert memory.held() <= 9000

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(memory.held(owner) for owner in range(5)) == memory.held()
    for owner in range(5):
        assert memory.held(owner) <= 3000
        memory.forget(owner)
    assert memory.held() == 0
