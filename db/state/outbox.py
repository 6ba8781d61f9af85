"""Messages that are to go out, each kept until its channel took it or it is given up.

A message is put once however often it is put: its key is unique. A worker leases one before it sends it, so that two
never send the same one at once; a lease that ran out (its worker died) is anybody's. What a worker notes about a
failed try counts only while the lease is still its own. That a channel took a message is noted whoever holds the
lease: one try too many is worse than one note too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from db.state.database import reading, writing
from db.state.moments import moment, utc
from db.state.tables import deliveries

LONGEST_LEASE = timedelta(minutes=30)  # a lease or a wait that ends later was written before the clock went back
LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one channel.

    Attributes:
        key: its name, the same at every try. status: pending, sent, dead. attempts: tries that began.
        lease: of the worker that holds it, as it stands in the table; it proves the lease to be its own.
        error: why the last try failed, safe to show.
    """

    number: int
    key: str
    channel: str
    message: Mapping[str, Any]
    status: str
    attempts: int
    next_at: datetime
    created_at: datetime
    lease: str | None = None
    error: str | None = None
    sent_at: datetime | None = None


class Deliveries:
    """The outbox's table. Safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, key: str, channel: str, message: Mapping[str, Any], now: datetime) -> bool:
        """Keep a message for sending; False where one of this key is there already, whatever became of it."""
        try:
            with writing(self._engine) as connection:
                return put_on(connection, key, channel, message, now)
        except IntegrityError:  # another process was first, in a database that lets two write at once
            return False

    def claim(self, now: datetime, lease: timedelta) -> Delivery | None:
        """The pending message that has waited longest among those due, leased; None where none is due."""
        d, at = deliveries.c, utc(now)
        due = or_(d.next_at <= at, d.next_at > utc(now + LONGEST_WAIT))
        free = or_(d.lease_until.is_(None), d.lease_until <= at, d.lease_until > utc(now + LONGEST_LEASE))
        wanted = select(deliveries).where(d.status == "pending", due, free).order_by(d.next_at, d.id).limit(1)
        with writing(self._engine) as connection:
            row = connection.execute(wanted.with_for_update(skip_locked=True)).mappings().first()
            if row is None:
                return None
            held = {"lease_until": utc(now + lease), "attempts": row["attempts"] + 1}
            connection.execute(update(deliveries).where(d.id == row["id"]).values(**held))
            return _delivery({**row, **held})

    def sent(self, delivery: Delivery, now: datetime) -> None:
        """Its channel took it."""
        values = {"status": "sent", "sent_at": utc(now), "lease_until": None, "error": None}
        with writing(self._engine) as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.number).values(**values))

    def again(self, delivery: Delivery, next_at: datetime, error: str) -> bool:
        """It is to be tried again; False where the lease ran out and is another's by now."""
        return self._mine(delivery, {"next_at": utc(next_at), "lease_until": None, "error": error})

    def bury(self, delivery: Delivery, error: str) -> bool:
        """It is given up; False where the lease is another's by now."""
        return self._mine(delivery, {"status": "dead", "lease_until": None, "error": error})

    def of_status(self, *status: str, limit: int = 100) -> tuple[Delivery, ...]:
        """The newest of these statuses; of all without any."""
        d = deliveries.c
        wanted = select(deliveries).order_by(d.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.where(d.status.in_(status)) if status else wanted)
            return tuple(map(_delivery, rows.mappings()))

    def counts(self) -> dict[str, int]:
        """How many there are of each status."""
        d = deliveries.c
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(select(d.status, func.count()).group_by(d.status))}

    def _mine(self, delivery: Delivery, values: dict[str, Any]) -> bool:
        d = deliveries.c
        mine = (d.id == delivery.number, d.status == "pending", d.lease_until == delivery.lease)
        with writing(self._engine) as connection:
            return connection.execute(update(deliveries).where(*mine).values(**values)).rowcount == 1


def put_on(connection: Connection, key: str, channel: str, message: Mapping[str, Any], now: datetime) -> bool:
    """As :meth:`Deliveries.put`, inside a transaction that changes other things with it.

    Raises:
        IntegrityError: another process put the same key meanwhile; the whole transaction is to be tried again.
    """
    if connection.execute(select(deliveries.c.id).where(deliveries.c.key == key)).first():
        return False
    row = {"key": key, "channel": channel, "message": dict(message), "status": "pending", "attempts": 0}
    connection.execute(insert(deliveries).values(**row, next_at=utc(now), created_at=utc(now)))
    return True


def requeue_on(connection: Connection, number: int, now: datetime) -> bool:
    """Send a dead one after all, with all its tries anew; False where there is no dead one of that number."""
    d = deliveries.c
    values = {"status": "pending", "attempts": 0, "next_at": utc(now), "lease_until": None}
    statement = update(deliveries).where(d.id == number, d.status == "dead").values(**values)
    return connection.execute(statement).rowcount == 1


def _delivery(row: Mapping[str, Any] | RowMapping) -> Delivery:
    return Delivery(
        number=row["id"],
        key=row["key"],
        channel=row["channel"],
        message=row["message"],
        status=row["status"],
        attempts=row["attempts"],
        next_at=datetime.fromisoformat(row["next_at"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        lease=row["lease_until"],
        error=row["error"],
        sent_at=moment(row["sent_at"]),
    )
