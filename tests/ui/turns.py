"""Threads that take turns in a random order, which the seed alone decides."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

PATIENCE = 60  # seconds


class Turns:
    """Runs functions in threads of which one moves at a time, from one `point` to the next."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._changed = threading.Condition()
        self._me = threading.local()
        self._states: dict[int, str] = {}
        self._errors: list[BaseException] = []

    def point(self) -> None:
        """Here another thread may go on instead. Without meaning outside of `run`'s threads."""
        number = getattr(self._me, "number", None)
        if number is not None:
            self._wait(number)

    def run(self, *functions: Callable[[], Any]) -> None:
        """Runs all of them to their end; raises what the first of them raised."""
        self._states = dict.fromkeys(range(len(functions)), "moving")
        for number, function in enumerate(functions):
            threading.Thread(target=self._start, args=(number, function), daemon=True).start()
        with self._changed:
            while True:
                rest = self._changed.wait_for(lambda: "moving" not in self._states.values(), PATIENCE)
                assert rest, "a thread doesn't come to its next point: is a lock held at one?"
                ready = [number for number, state in self._states.items() if state == "waiting"]
                if not ready:
                    break
                self._states[self._random.choice(ready)] = "moving"
                self._changed.notify_all()
        if self._errors:
            raise self._errors[0]

    def _start(self, number: int, function: Callable[[], Any]) -> None:
        self._me.number = number
        try:
            self._wait(number)
            function()
        except BaseException as error:
            self._errors.append(error)
        finally:
            with self._changed:
                self._states[number] = "done"
                self._changed.notify_all()

    def _wait(self, number: int) -> None:
        with self._changed:
            self._states[number] = "waiting"
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._states[number] == "moving", PATIENCE), "never its turn"


class Lock:
    """A lock before and after which another thread may go on instead."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._lock = turns, threading.Lock()

    def __enter__(self) -> None:
        self._turns.point()
        # No thread pauses while it holds the lock, so it's always free here.
        assert self._lock.acquire(blocking=False), "a thread rests while it holds the lock"

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self._turns.point()
