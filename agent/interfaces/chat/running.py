"""One question on its way: the analyst works in a thread, its stages are handed out as they come."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent.ask import Analyst
from agent.contracts import Answer, Question

STOP_SECONDS = 2.0  # after a stop the page moves on, even where the model cannot be interrupted at once
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """The flow has come to this stage."""

    name: str


class Stopped(Exception):
    """The operator stopped it and the analyst did not answer in time."""


@dataclass(slots=True)
class Running:
    """Who is being answered: at most one question a browser tab."""

    _events: dict[str, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, tab: str) -> threading.Event | None:
        """The event that stops this tab's question; None while another is being answered."""
        with self._lock:
            if tab in self._events:
                return None
            self._events[tab] = threading.Event()
            return self._events[tab]

    def end(self, tab: str) -> None:
        """The tab may ask again. What still runs is stopped."""
        with self._lock:
            event = self._events.pop(tab, None)
        if event is not None:
            event.set()

    def stop(self, tab: str) -> None:
        """Stop the tab's question, if there is one."""
        with self._lock:
            event = self._events.get(tab)
        if event is not None:
            event.set()


def stages_then_answer(analyst: Analyst, question: Question, cancel: threading.Event) -> Iterator[Stage | Answer]:
    """Ask in a thread of its own; yields every stage as it begins, and the answer last.

    Raises:
        Stopped: ``cancel`` was set and no answer came within ``STOP_SECONDS``.
        Exception: whatever ``ask`` raised, which is a fault of ours.
    """
    news: queue.SimpleQueue[Stage | Answer | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            news.put(analyst.ask(question, lambda stage, message: news.put(Stage(stage)), cancel))
        except BaseException as error:  # handed to the page's thread, which reports it
            news.put(error)

    threading.Thread(target=work, name=f"ask-{question.id}", daemon=True).start()
    given_up: float | None = None
    while True:
        try:
            new = news.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            if cancel.is_set():
                given_up = given_up or time.monotonic() + STOP_SECONDS
                if time.monotonic() > given_up:
                    raise Stopped from None
            continue
        if isinstance(new, BaseException):
            raise new
        yield new
        if isinstance(new, Answer):
            return
