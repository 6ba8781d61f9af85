"""A request in a thread of its own, so that cancel and time limit hold while the other side is silent."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator

from langchain_core.messages import BaseMessage

from db.errors import Cancelled, ModelUnavailable

Call = Callable[[float], Iterator[BaseMessage]]
"""Given the seconds it may take, yields messages."""
_POLL_SECONDS = 0.05


def in_background(
    call: Call, end: float, cancel: threading.Event | None, late: str
) -> Generator[BaseMessage | Exception, None, None]:
    """What ``call`` yields, from a thread of its own, so that cancel and time limit hold while the endpoint is silent.

    A thread that is left behind ends with its connection's own time limit.
    """
    items: queue.Queue[BaseMessage | Exception | None] = queue.Queue()
    left = threading.Event()

    def work() -> None:
        try:
            for item in call(max(0.1, end - time.monotonic())):
                items.put(item)
                if left.is_set():
                    break
            items.put(None)
        except Exception as error:
            items.put(error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="hosted-model", daemon=True).start()
    try:
        while (item := _next(items, end, cancel, late)) is not None:
            yield item
    finally:
        left.set()


def _next(
    items: queue.Queue[BaseMessage | Exception | None], end: float, cancel: threading.Event | None, late: str
) -> BaseMessage | Exception | None:
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped.")
        try:
            return items.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            pass
        if time.monotonic() > end:
            raise ModelUnavailable(late, "Ask again, or allow it more time.")
