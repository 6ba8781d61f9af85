"""What a watch remembers: how far it has read, which rows near there it has seen, and the alerts that it raised.

Cursors, seen rows and alerts of one step are written in one transaction, so that a process killed at any point goes on
where the last whole step ended. An alert is unique by store, kind, source and row: raised twice, it is raised once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from db.errors import StoreLocked
from db.state.database import open_engine, reading, writing
from db.state.tables import alerts, watch_cursors, watch_seen

CHUNK = 400  # ids in one condition: SQLite takes 999 values a statement in its older builds


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row read of a source, by time and then id, as the store's database has them."""

    moment: str
    row: str | int


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that someone should see.

    Attributes:
        kind: ``risk``, ``metric``…; ``source`` and ``row``: what it is about. moment: of the row, by the store's clock.
        payload: JSON for the screen; no personal data and no customer ids. number: 0 before it is stored.
        shown: whether it was handed to someone already.
    """

    kind: str
    source: str
    row: str
    moment: str
    score: float
    payload: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    status: str = "open"
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of a watch changes. ``seen``: new rows by source, with their times in seconds; ``forget``: by
    source, the time before which seen rows need not be kept."""

    before: Mapping[str, Cursor]
    after: Mapping[str, Cursor]
    seen: Mapping[str, Mapping[str, float]]
    forget: Mapping[str, float]
    alerts: Sequence[Alert] = ()


class WatchLog:
    """The watch's part of the state database; each store has its own."""

    def __init__(self, engine: Engine, store: str) -> None:
        """Use :meth:`open`."""
        self._engine, self._store = engine, store

    @classmethod
    def open(cls, url: str | None, folder: Path, store: str) -> Self:
        """Open the state database as :class:`db.state.State` does; raises what it raises."""
        return cls(open_engine(url, folder), store)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def cursors(self) -> dict[str, Cursor]:
        """How far each source was read."""
        with reading(self._engine) as connection:
            return self._cursors(connection)

    def seen(self, source: str) -> dict[str, float]:
        """The rows near the cursor that were read, with their times."""
        s = watch_seen.c
        with reading(self._engine) as connection:
            rows = connection.execute(select(s.row, s.moment).where(s.store == self._store, s.source == source))
            return {row: float(moment) for row, moment in rows}

    def record(self, step: Step, now: datetime) -> tuple[Alert, ...]:
        """Write one step, whole or not at all; the alerts of it that are new, with their numbers.

        Raises:
            StoreLocked: another watch of the same store moved on meanwhile.
        """
        moment = _utc(now)
        with writing(self._engine) as connection:
            if self._cursors(connection) != dict(step.before):
                raise StoreLocked(f"Another watch of '{self._store}' is running.", "Stop one of them.")
            for source, seen in step.seen.items():
                self._keep(connection, source, seen, step.forget.get(source))
            for source, cursor in step.after.items():
                self._move(connection, source, cursor, moment)
            return tuple(new for alert in step.alerts if (new := self._raise(connection, alert, moment)))

    def unshown(self) -> tuple[Alert, ...]:
        """Alerts that were raised but not handed to anyone: what a killed process left."""
        with reading(self._engine) as connection:
            where = (alerts.c.store == self._store, alerts.c.shown_at.is_(None))
            return tuple(
                map(alert_of, connection.execute(select(alerts).where(*where).order_by(alerts.c.id)).mappings())
            )

    def show(self, number: int, now: datetime) -> None:
        """Note that an alert was handed over."""
        with writing(self._engine) as connection:
            connection.execute(update(alerts).where(alerts.c.id == number).values(shown_at=_utc(now)))

    def alerts(self, limit: int = 100) -> tuple[Alert, ...]:
        """The latest alerts, newest first."""
        with reading(self._engine) as connection:
            query = select(alerts).where(alerts.c.store == self._store).order_by(alerts.c.id.desc()).limit(limit)
            return tuple(map(alert_of, connection.execute(query).mappings()))

    def _cursors(self, connection: Connection) -> dict[str, Cursor]:
        c = watch_cursors.c
        rows = connection.execute(select(c.source, c.moment, c.row).where(c.store == self._store))
        return {source: Cursor(moment, json.loads(row)) for source, moment, row in rows}

    def _keep(self, connection: Connection, source: str, seen: Mapping[str, float], forget: float | None) -> None:
        s = watch_seen.c
        mine = (s.store == self._store, s.source == source)
        names = list(seen)
        for start in range(0, len(names), CHUNK):  # a replay sees again what is there
            connection.execute(delete(watch_seen).where(*mine, s.row.in_(names[start : start + CHUNK])))
        if seen:
            rows = [{"store": self._store, "source": source, "row": row, "moment": at} for row, at in seen.items()]
            connection.execute(insert(watch_seen), rows)
        if forget is not None:
            connection.execute(delete(watch_seen).where(*mine, s.moment < forget))

    def _move(self, connection: Connection, source: str, cursor: Cursor, moment: str) -> None:
        c = watch_cursors.c
        connection.execute(delete(watch_cursors).where(c.store == self._store, c.source == source))
        place = {"moment": cursor.moment, "row": json.dumps(cursor.row), "updated_at": moment}
        connection.execute(insert(watch_cursors).values(store=self._store, source=source, **place))

    def _raise(self, connection: Connection, alert: Alert, moment: str) -> Alert | None:
        a = alerts.c
        same = (a.store == self._store, a.kind == alert.kind, a.source == alert.source, a.row == alert.row)
        if connection.execute(select(a.id).where(*same)).first():
            return None
        row: dict[str, Any] = {"kind": alert.kind, "source": alert.source, "row": alert.row, "moment": alert.moment}
        row |= {"score": alert.score, "payload": dict(alert.payload), "status": alert.status}
        connection.execute(insert(alerts).values(store=self._store, created_at=moment, **row))
        return alert_of(connection.execute(select(alerts).where(*same)).mappings().one())


def alert_of(row: RowMapping) -> Alert:
    """A row of ``alerts``."""
    fields = {name: row[name] for name in ("kind", "source", "row", "moment", "score", "payload", "status")}
    return Alert(**fields, number=row["id"], shown=row["shown_at"] is not None)


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a stored time needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
