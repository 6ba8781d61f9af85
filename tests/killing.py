"""A process that dies before its n-th statement on the state database, for tests of what is left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy import event as sql_event


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def killed_at(engine: Engine, at: int) -> Iterator[None]:
    """Raise Killed before the ``at``-th statement or commit on the database."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise Killed

    sql_event.listen(engine, "before_cursor_execute", counted)
    sql_event.listen(engine, "commit", counted)
    try:
        yield
    finally:
        sql_event.remove(engine, "before_cursor_execute", counted)
        sql_event.remove(engine, "commit", counted)


def dies(engine: Engine, at: int, act: Callable[[], object]) -> bool:
    """Whether the act died; False where it needs fewer statements and is done."""
    try:
        with killed_at(engine, at):
            act()
    except Killed:
        return True
    return False
