import threading

import cv2
import pytest

from humanseg.overlap import ahead, one_thread_each


def test_the_items_come_in_order():
    assert list(ahead(range(20))) == list(range(20))


def test_steps_run_beside_each_other():
    met = threading.Barrier(2, timeout=20)

    def first():
        yield from range(3)
        met.wait()  # only once the reader is at work on an earlier item

    items = ahead(first())
    assert next(items) == 0
    met.wait()
    assert list(items) == [1, 2]


def test_no_more_is_made_ahead_than_may_wait():
    made = []
    full = threading.Event()

    def counted():
        for number in range(100):
            made.append(number)
            if number == 3:
                full.set()
            yield number

    items = ahead(counted(), depth=2)
    assert next(items) == 0 and full.wait(20)
    items.close()
    assert len(made) == 4  # one was read, two waited, one was made


def test_an_error_reaches_the_reader_after_the_items_before_it():
    def broken():
        yield 1
        raise RuntimeError("broken")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(RuntimeError, match="broken"):
        next(items)


def test_a_reader_who_stops_early_leaves_no_thread_behind():
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    items = ahead(item for item in ahead(endless()))
    next(items)
    items.close()
    assert closed.is_set() and threading.active_count() == before


def test_more_urgent_work_is_let_past_before_each_item():
    asked = []
    assert list(ahead(range(3), pause=lambda: asked.append(1))) == [0, 1, 2]
    assert len(asked) == 4  # once before it's known that there are no more


def test_opencv_has_one_thread_until_the_last_pipeline_ends():
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        with one_thread_each():
            with one_thread_each():
                assert cv2.getNumThreads() == 1
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 3
        with pytest.raises(KeyError), one_thread_each():
            raise KeyError
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
