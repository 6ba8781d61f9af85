"""One question on its way: the analyst works in a thread, its stages and its text are handed out as they come."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from agent.ask import Analyst
from agent.contracts import Answer, Question

STOP_SECONDS = 2.0  # after a stop the page moves on, even where the model cannot be interrupted at once
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """The flow has come to this stage; ``message`` says more of it, e.g. the tool that runs."""

    name: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The text so far; every sentence in it was verified."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The answer, and what the page shows of it."""

    answer: Answer
    html: str


News = Stage | Said | Shown


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

    def end_all(self, session: str) -> None:
        """The page of this session was closed, whoever sat there."""
        for tab in [tab for tab in list(self._events) if tab.split(" ")[0] == session]:
            self.end(tab)

    def stop(self, tab: str) -> None:
        """Stop the tab's question, if there is one."""
        with self._lock:
            event = self._events.get(tab)
        if event is not None:
            event.set()


async def stages_then_answer(
    analyst: Analyst, question: Question, cancel: threading.Event, show: Callable[[Answer], str]
) -> AsyncIterator[News]:
    """Ask in a thread of its own; yields every stage as it begins, the text as it grows, and the answer last.

    Args:
        show: makes the answer's HTML, in that thread: a wide table takes some milliseconds.

    Raises:
        Stopped: ``cancel`` was set and no answer came within ``STOP_SECONDS``.
        Exception: whatever ``ask`` raised, which is a fault of ours.
    """
    news = _begun(analyst, question, cancel, show)
    given_up: float | None = None
    while True:
        try:
            new = await asyncio.wait_for(news.get(), _POLL_SECONDS)
        except TimeoutError:
            if cancel.is_set():
                given_up = given_up or time.monotonic() + STOP_SECONDS
                if time.monotonic() > given_up:
                    raise Stopped from None
            continue
        if isinstance(new, BaseException):
            raise new
        yield new
        if isinstance(new, Shown):
            return


def _begun(
    analyst: Analyst, question: Question, cancel: threading.Event, show: Callable[[Answer], str]
) -> asyncio.Queue[News | BaseException]:
    """Ask in a thread; what it tells, or the fault that ended it, comes through the queue."""
    loop = asyncio.get_running_loop()
    news: asyncio.Queue[News | BaseException] = asyncio.Queue()

    def tell(new: News | BaseException) -> None:
        with suppress(RuntimeError):  # the server has ended: nobody is told
            loop.call_soon_threadsafe(news.put_nowait, new)

    def work() -> None:
        try:
            answer = analyst.ask(
                question, lambda stage, message: tell(Stage(stage, message)), cancel, lambda text: tell(Said(text))
            )
            tell(Shown(answer, show(answer)))
        except BaseException as error:  # handed to the page, which reports it
            tell(error)

    threading.Thread(target=work, name=f"ask-{question.id}", daemon=True).start()
    return news
