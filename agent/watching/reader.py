"""Rows of a source behind a cursor, in the order of their time and then their id, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from db import frames
from db.engine import Store
from db.semantic.dialects import dialect_of
from db.state.watching import Cursor
from models.risk.events import Event, event_of, fetch, fields_of


class Reader:
    """Reads one source of a store.

    The cursor holds a row's time as the database writes it: SQLite keeps times as text and compares them as such.
    """

    def __init__(self, store: Store, source: str) -> None:
        """For a source that the store declares."""
        self._store, self.source = store, source
        self._fields = fields_of(store, source)
        table = frames.source(store, source, self._fields)
        self._table, self._time, self._id = table, table.c.time, table.c[self._fields[0]]

    def newest(self) -> str | None:
        """The time of the newest row, as the database writes it."""
        rows = fetch(self._store, sa.select(sa.func.max(self._time)))
        return None if not rows or rows[0][0] is None else str(rows[0][0])

    def after(self, cursor: Cursor | None, since: str, limit: int) -> list[tuple[Cursor, Event]]:
        """The rows behind the cursor, or from a moment on where there is none yet; at most ``limit``."""
        if cursor is None:
            return self._rows(self._time >= self._moment(since), limit)
        at, row = self._moment(cursor.moment), sa.literal(cursor.row)
        return self._rows(sa.or_(self._time > at, sa.and_(self._time == at, self._id > row)), limit)

    def upto(self, cursor: Cursor, since: str, limit: int) -> Iterator[tuple[Cursor, Event]]:
        """The rows from a moment on up to the cursor, itself among them, in pages of ``limit``."""
        at: Cursor | None = None
        while True:
            page = self.after(at, since, limit)
            for place, event in page:
                if self._beyond(place, cursor):
                    return
                yield place, event
            if len(page) < limit:
                return
            at = page[-1][0]

    def _beyond(self, place: Cursor, cursor: Cursor) -> bool:
        if place.moment != cursor.moment:
            return place.moment > cursor.moment
        return _key(place.row) > _key(cursor.row)

    def _rows(self, where: sa.ColumnElement[bool], limit: int) -> list[tuple[Cursor, Event]]:
        select = sa.select(self._table).where(where).order_by(self._time, self._id).limit(limit)
        found = []
        for row in fetch(self._store, select, cap=limit):
            named: dict[str, Any] = dict(zip(self._fields, row, strict=True))
            identity = named[self._fields[0]]
            place = Cursor(str(named["time"]), identity if isinstance(identity, int) else str(identity))
            found.append((place, event_of(self.source, named)))
        return found

    def _moment(self, text: str) -> Any:
        value = sa.literal(text, sa.String)
        return value if dialect_of(self._store.backend.dialect).name == "sqlite" else sa.cast(value, sa.DateTime)


def _key(row: str | int) -> tuple[int, int, str]:
    return (0, row, "") if isinstance(row, int) else (1, 0, row)


def moment_of(time: float, like: str = "") -> str:
    """A moment as the database would write it, after the pattern of another one.

    >>> moment_of(60.0), moment_of(60.0, "1970-01-01T00:00:00")
    ('1970-01-01 00:01:00', '1970-01-01T00:01:00')
    """
    return datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(sep="T" if "T" in like else " ")
