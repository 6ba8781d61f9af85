"""What waits for someone to look at it: open alerts, thumbs-up to be accepted, and what was found wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, func, select, update

from db.state.database import reading
from db.state.store import State, Turn
from db.state.tables import alerts, feedback
from db.state.watching import Alert

Verdict = Literal["accepted", "refused"]
LISTED = 50


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The newest open alerts of a store, and how many there are."""

    alerts: tuple[Alert, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Thumb:
    """What was last said of an answer, with the turn it is about."""

    turn: Turn
    why: str
    at: datetime


def open_alerts(engine: Engine, store: str, limit: int) -> OpenAlerts:
    """The alerts that nobody closed and whose cause has not passed, the newest first."""
    a = alerts.c
    mine = (a.store == store) & (a.status == "open") & a.resolved_at.is_(None)
    with reading(engine) as connection:
        total = connection.execute(select(func.count()).where(mine)).scalar() or 0
        rows = connection.execute(select(alerts).where(mine).order_by(a.moment.desc(), a.id.desc()).limit(limit))
        found = tuple(
            Alert(r.kind, r.source, r.row, r.moment, r.score, r.payload, r.id, r.status, r.shown_at is not None)
            for r in rows
        )
    return OpenAlerts(found, int(total))


class Reviews:
    """The thumbs that an administrator goes through."""

    def __init__(self, state: State) -> None:
        self._state = state

    def thumbs(self, rating: Literal["up", "down"]) -> tuple[Thumb, ...]:
        """Answers whose last thumb is this one and was not decided on, the newest first."""
        f = feedback.c
        last = select(func.max(f.id)).group_by(f.answer_id)
        wanted = select(f.answer_id, f.why, f.created_at).where(
            f.id.in_(last), f.rating == rating, f.reviewed.is_(None)
        )
        with reading(self._state.engine) as connection:
            rows = connection.execute(wanted.order_by(f.id.desc()).limit(LISTED)).all()
        return tuple(self._with_turns(rows))

    def _with_turns(self, rows: Sequence[tuple[str, str, str]]) -> Sequence[Thumb]:
        found = ((self._state.turn(answer), why, at) for answer, why, at in rows)
        return [Thumb(turn, why, datetime.fromisoformat(at)) for turn, why, at in found if turn is not None]

    def decide(self, answer_id: str, verdict: Verdict, who: str, now: datetime) -> bool:
        """Note what became of an answer's thumbs; False where there is none to decide on. In the audit trail."""
        f = feedback.c
        waiting = (f.answer_id == answer_id) & f.reviewed.is_(None)
        with reading(self._state.engine) as connection:
            if connection.execute(select(f.id).where(waiting).limit(1)).first() is None:
                return False

        def change(connection: Connection) -> None:
            connection.execute(update(feedback).where(waiting).values(reviewed=verdict))

        self._state.audited(who, f"question_{verdict}", {"answer": answer_id}, now, change)
        return True
