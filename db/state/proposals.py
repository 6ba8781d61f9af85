"""What waits for an operator's yes: the exact payload, whose it is, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from db.state.database import reading, writing
from db.state.moments import moment, utc
from db.state.tables import proposals, turns

LASTS = timedelta(days=1)  # then it is no longer what the operator has in mind
Decision = Literal["done", "declined", "expired"]


@dataclass(frozen=True, slots=True)
class KeptProposal:
    """A proposal as it is kept. ``status``: open, done, declined, expired."""

    id: str
    principal: str
    store: str
    action: str
    payload: Mapping[str, Any]
    summary_en: str
    summary_zh: str
    created_at: datetime
    answer_id: str = ""
    conversation: str | None = None
    status: str = "open"
    decided_at: datetime | None = field(default=None, compare=False)

    def expired(self, now: datetime) -> bool:
        """Whether it waited too long. One of the future is expired as well: the clock was wrong when it was made."""
        return not -LASTS <= now - self.created_at <= LASTS


class Proposals:
    """The proposals' table. Nobody finds another's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, items: tuple[KeptProposal, ...]) -> None:
        """Keep what an answer proposes: all of it or nothing."""
        rows = [_row(item) for item in items]
        if rows:
            with writing(self._engine) as connection:
                connection.execute(insert(proposals), rows)

    def find(self, number: str, principal: str) -> KeptProposal | None:
        """One's own proposal of that id."""
        p = proposals.c
        with reading(self._engine) as connection:
            query = select(proposals).where(p.id == number, p.principal == principal)
            row = connection.execute(query).mappings().first()
            return _kept(row) if row else None

    def waiting(self, principal: str, now: datetime, limit: int = 50) -> tuple[KeptProposal, ...]:
        """One's own open proposals, newest first."""
        p = proposals.c
        query = select(proposals).where(p.principal == principal, p.status == "open").order_by(p.created_at.desc())
        with reading(self._engine) as connection:
            found = map(_kept, connection.execute(query.limit(limit)).mappings())
            return tuple(item for item in found if not item.expired(now))

    def right_before(self, conversation: str, principal: str, store: str, now: datetime) -> tuple[KeptProposal, ...]:
        """What the last answer of a conversation proposed and is still open; nothing where another turn came since."""
        t, p = turns.c, proposals.c
        last = select(t.answer_id).where(t.conversation == conversation, t.principal == principal)
        with reading(self._engine) as connection:
            answer = connection.execute(last.order_by(t.position.desc()).limit(1)).scalar()
            where = (p.principal == principal, p.conversation == conversation, p.store == store, p.status == "open")
            query = select(proposals).where(*where, p.answer_id == answer).order_by(p.created_at, p.id)
            found = map(_kept, connection.execute(query).mappings()) if answer is not None else ()
            return tuple(item for item in found if not item.expired(now))


def decide_on(connection: Connection, proposal: KeptProposal, status: Decision, now: datetime) -> bool:
    """Decide an open proposal, inside the transaction that does what it says; False where it was decided before."""
    p = proposals.c
    still = (p.id == proposal.id, p.principal == proposal.principal, p.status == "open")
    done = update(proposals).where(*still).values(status=status, decided_at=utc(now))
    return connection.execute(done).rowcount == 1


def _row(item: KeptProposal) -> dict[str, Any]:
    names = ("id", "principal", "store", "action", "summary_en", "summary_zh", "answer_id", "conversation", "status")
    row: dict[str, Any] = {name: getattr(item, name) for name in names}
    return row | {"payload": dict(item.payload), "created_at": utc(item.created_at)}


def _kept(row: RowMapping) -> KeptProposal:
    fields = {name: row[name] for name in KeptProposal.__slots__ if name not in ("created_at", "decided_at")}
    return KeptProposal(
        **fields, created_at=datetime.fromisoformat(row["created_at"]), decided_at=moment(row["decided_at"])
    )
