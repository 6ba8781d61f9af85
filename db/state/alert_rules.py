"""Alert rules and what they raised: one open alert a rule, told once when it opens and once when it closes.

A rule's new state, how far it was checked, its alert and the messages about it are written in one transaction, and
only where the rule still stands as it was read: of two workers one goes on, and a kill at any point leaves the last
whole step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, update

from db.state.database import reading, writing
from db.state.moments import utc
from db.state.outbox import put_on
from db.state.tables import alert_rules, alerts
from db.state.watching import Alert, alert_of

REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule as it is kept.

    ``state``: ok, red, broken (it cannot be looked at), removed. ``checked_upto``: what lies before it was looked at: a
    day, or for a risk rule the number of the watch's last alert.
    """

    store: str
    owner: str
    kind: str
    definition: Mapping[str, Any]
    channels: tuple[str, ...]
    checked_upto: str | None = None
    enabled: bool = True
    state: str = "ok"
    number: int = 0
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message for the outbox: its key, its channel, itself as JSON."""

    key: str
    channel: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleStep:
    """What one look at a rule changes. ``opened``: the alert it raises; ``closes``: its open one is resolved."""

    state: str
    checked_upto: str
    opened: Alert | None = None
    closes: bool = False
    messages: Sequence[Posted] = field(default=())


class AlertRules:
    """The rules' tables. Safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, store: str | None = None) -> tuple[KeptRule, ...]:
        """Every rule, of one store where it is named, oldest first."""
        query = select(alert_rules).where(alert_rules.c.state != REMOVED).order_by(alert_rules.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query if store is None else query.where(alert_rules.c.store == store))
            return tuple(map(_rule, rows.mappings()))

    def get(self, number: int) -> KeptRule | None:
        """The rule of that number; none that was removed."""
        query = select(alert_rules).where(alert_rules.c.id == number, alert_rules.c.state != REMOVED)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
            return _rule(row) if row else None

    def record(self, rule: KeptRule, step: RuleStep, now: datetime) -> bool:
        """Write one look, whole or not at all; False where another worker was first or the rule is gone.

        Raises:
            IntegrityError: another process put a message of the same key at the same moment; look again.
        """
        r = alert_rules.c
        same = (r.id == rule.number, r.enabled.is_(True), r.state == rule.state, r.checked_upto == rule.checked_upto)
        with writing(self._engine) as connection:
            moved = update(alert_rules).where(*same).values(state=step.state, checked_upto=step.checked_upto)
            if connection.execute(moved).rowcount != 1:
                return False
            if step.closes:
                self._close(connection, rule.number, now)
            if step.opened is not None:
                _raise(connection, rule, step.opened, now)
            for posted in step.messages:
                put_on(connection, posted.key, posted.channel, posted.message, now)
            return True

    def open_alerts(self, store: str | None = None, limit: int = 100) -> tuple[Alert, ...]:
        """Alerts of rules that are not resolved, and of watches that are open; newest first."""
        a = alerts.c
        query = select(alerts).where(a.status == "open").order_by(a.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(query if store is None else query.where(a.store == store))
            return tuple(map(alert_of, rows.mappings()))

    def history(self, rule: int, limit: int = 50) -> tuple[tuple[Alert, str, str | None], ...]:
        """What a rule raised, newest first: the alert, when it was raised, and when it was resolved."""
        query = select(alerts).where(alerts.c.rule == rule).order_by(alerts.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings()
            return tuple((alert_of(row), row["created_at"], row["resolved_at"]) for row in rows)

    def raised_since(self, store: str, number: int, kind: str, limit: int = 1000) -> tuple[Alert, ...]:
        """What a watch raised behind that alert number, oldest first."""
        a = alerts.c
        where = (a.store == store, a.kind == kind, a.rule.is_(None), a.id > number)
        with reading(self._engine) as connection:
            rows = connection.execute(select(alerts).where(*where).order_by(a.id).limit(limit))
            return tuple(map(alert_of, rows.mappings()))

    def newest_alert(self, store: str) -> int:
        """The number of the newest alert of a store; 0 where there is none."""
        with reading(self._engine) as connection:
            found = connection.execute(select(func.max(alerts.c.id)).where(alerts.c.store == store)).scalar()
            return int(found or 0)

    @staticmethod
    def _close(connection: Connection, rule: int, now: datetime) -> None:
        a = alerts.c
        closed = {"status": "resolved", "resolved_at": utc(now)}
        connection.execute(update(alerts).where(a.rule == rule, a.status == "open").values(**closed))


def add_on(connection: Connection, rule: KeptRule, now: datetime) -> int:
    """Keep a new rule, inside the transaction that records who made it; its number."""
    names = ("store", "owner", "kind", "enabled", "state", "checked_upto")
    row: dict[str, Any] = {name: getattr(rule, name) for name in names}
    row |= {"definition": dict(rule.definition), "channels": list(rule.channels), "created_at": utc(now)}
    return int(connection.execute(insert(alert_rules).values(**row).returning(alert_rules.c.id)).scalar_one())


def remove_on(connection: Connection, number: int, now: datetime) -> bool:
    """Take a rule away. Its row stays, unseen: its number is in the audit trail and in the keys of its messages."""
    AlertRules._close(connection, number, now)
    r = alert_rules.c
    gone = update(alert_rules).where(r.id == number, r.state != REMOVED).values(state=REMOVED, enabled=False)
    return connection.execute(gone).rowcount == 1


def enable_on(connection: Connection, number: int, enabled: bool) -> bool:
    """Pause a rule, or let it go on where it stopped."""
    return (
        connection.execute(update(alert_rules).where(alert_rules.c.id == number).values(enabled=enabled)).rowcount == 1
    )


def _raise(connection: Connection, rule: KeptRule, alert: Alert, now: datetime) -> None:
    row: dict[str, Any] = {"kind": alert.kind, "source": alert.source, "row": alert.row, "moment": alert.moment}
    row |= {"score": alert.score, "payload": dict(alert.payload), "status": "open", "rule": rule.number}
    connection.execute(insert(alerts).values(store=rule.store, created_at=utc(now), shown_at=utc(now), **row))


def _rule(row: RowMapping) -> KeptRule:
    names = ("store", "owner", "kind", "definition", "checked_upto", "enabled", "state", "created_at")
    return KeptRule(**{n: row[n] for n in names}, channels=tuple(row["channels"]), number=row["id"])
