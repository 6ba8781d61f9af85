"""One's own conversations, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from db.state.database import reading
from db.state.store import State
from db.state.tables import turns

TITLE = 80  # characters of the first question that name a conversation


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation by its first question, masked, and when it was last added to."""

    id: str
    title: str
    turns: int
    last: datetime


class Conversations:
    """The conversations of every face. Safe for many threads, as the state is."""

    def __init__(self, state: State) -> None:
        self._engine = state.engine

    def page(self, principal: str, limit: int, after: int | None = None) -> tuple[tuple[Listed, ...], int | None]:
        """A principal's conversations, the latest first.

        Args:
            after: what the page before gave; a conversation that is added to meanwhile moves to the first page.

        Returns:
            The page, and what to give for the next one; None on the last.
        """
        t = turns.c
        newest = func.max(t.id)
        each = select(t.conversation, func.min(t.id), newest, func.count(), func.max(t.created_at))
        mine = each.where(t.principal == principal, t.conversation.is_not(None)).group_by(t.conversation)
        query = mine.having(newest < after) if after is not None else mine
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(newest.desc()).limit(limit + 1)).all()
            more, rows = len(rows) > limit, rows[:limit]
            asked = select(t.id, t.question).where(t.id.in_([row[1] for row in rows]))
            first = {row[0]: row[1] for row in connection.execute(asked)}
        found = tuple(
            Listed(row[0], " ".join(first[row[1]].split())[:TITLE], row[3], datetime.fromisoformat(row[4]))
            for row in rows
        )
        return found, int(rows[-1][2]) if more else None
