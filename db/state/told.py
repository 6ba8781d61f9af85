"""Alerts as someone may see them: those of the own rules, and all of them for who sees the whole store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from db.state.database import reading
from db.state.tables import alert_rules, alerts


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert with where it stands. ``rule``: what raised it; none of a watch."""

    number: int
    store: str
    kind: str
    source: str
    row: str
    moment: str
    score: float
    payload: Mapping[str, Any]
    status: str
    rule: int | None
    created_at: datetime
    resolved_at: datetime | None


def told_alerts(
    engine: Engine, store: str, owner: str | None, open_only: bool, limit: int, before: int | None = None
) -> tuple[tuple[ToldAlert, ...], int | None]:
    """A page of alerts of a store, the newest first.

    Args:
        owner: only what this principal's own rules raised; None is all.
        before: what the page before gave.

    Returns:
        The page, and what to give for the next one; None on the last.
    """
    a = alerts.c
    query = select(alerts).where(a.store == store)
    if owner is not None:
        query = query.where(a.rule.in_(select(alert_rules.c.id).where(alert_rules.c.owner == owner)))
    if open_only:
        query = query.where(a.status == "open")
    if before is not None:
        query = query.where(a.id < before)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(a.id.desc()).limit(limit + 1)).mappings().all()
    found = tuple(
        ToldAlert(
            row["id"], row["store"], row["kind"], row["source"], row["row"], row["moment"], row["score"],
            row["payload"], row["status"], row["rule"], datetime.fromisoformat(row["created_at"]),
            datetime.fromisoformat(row["resolved_at"]) if row["resolved_at"] else None,
        )
        for row in rows[:limit]
    )  # fmt: skip
    return found, found[-1].number if len(rows) > limit else None
