"""Work for an asynchronous face: it runs in a thread, tells its stages, and stops when whoever asked has gone."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar

AT_ONCE = 24  # questions that work at once; what comes on top waits in line, which costs no thread
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
T = TypeVar("T")
Work = Callable[[threading.Event], T]
Gone = Callable[[], Awaitable[None]]
_LIMITER: RunVar[CapacityLimiter] = RunVar("shopops_asking")


async def in_thread(work: Work[T]) -> T:
    """Run blocking work in a thread of its own pool; when this task is cancelled, the work's event is set.

    Args:
        work: gets the event, and looks at it.
    """
    cancel = threading.Event()
    try:
        return await anyio.to_thread.run_sync(lambda: work(cancel), abandon_on_cancel=True, limiter=_limiter())
    except BaseException:
        cancel.set()
        raise


async def unless_gone(work: Work[T], left: Gone) -> T | None:
    """As :func:`in_thread`, given up as soon as ``left`` returns; None then, for there is nobody to answer."""
    done: list[T] = []
    failed: list[Exception] = []
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            await left()
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            done.append(await in_thread(work))
        except Exception as error:  # out of the group as it is, not as a group of one
            failed.append(error)
        group.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return done[0] if done else None


async def gone(receive: Receive) -> None:
    """Wait until the client of a request that was read has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def answer_id() -> str:
    """A fresh id of an answer. It gives no access: whose it is is checked beside it."""
    return f"q{secrets.token_hex(6)}"


def conversation_id() -> str:
    """A fresh id of a conversation."""
    return secrets.token_hex(12)


def _limiter() -> CapacityLimiter:
    """One for each event loop: threads of other work, such as health checks, are not taken by questions."""
    try:
        return _LIMITER.get()
    except LookupError:
        limiter = CapacityLimiter(AT_ONCE)
        _LIMITER.set(limiter)
        return limiter
