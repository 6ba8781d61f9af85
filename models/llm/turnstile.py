"""First come, first served: one request at a time through a local model."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.errors import ModelUnavailable

MAX_WAITING = 128
"""At 2–4 s a plan the last of 128 waits about six minutes; its own timeout ends it long before."""
_POLL_SECONDS = 0.05


class Turnstile:
    """A fair lock with a bounded queue. ``threading.Lock`` promises no order, and a plan takes seconds."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._lock = threading.Lock()
        self._busy = False
        self._queue: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in the queue."""
        return len(self._queue)

    @contextmanager
    def turn(self, check: Callable[[], None]) -> Iterator[None]:
        """Hold the turn. ``check`` is called while waiting and raises to leave the queue (cancelled, out of time).

        Raises:
            ModelUnavailable: the queue is full.
        """
        self._enter(check)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, check: Callable[[], None]) -> None:
        mine = threading.Event()
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            if len(self._queue) >= self._max_waiting:
                raise ModelUnavailable(
                    f"{len(self._queue)} questions are already waiting for the local model.", "Ask again in a minute."
                )
            self._queue.append(mine)
        try:
            while not mine.wait(_POLL_SECONDS):
                check()
        except BaseException:
            self._give_up(mine)
            raise

    def _give_up(self, mine: threading.Event) -> None:
        with self._lock:
            if mine in self._queue:
                self._queue.remove(mine)
                return
        self._leave()  # the turn was handed over at the very moment of giving up

    def _leave(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._busy = False
