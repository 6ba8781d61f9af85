"""Answers as they were shown, under pseudonyms, and the conversations that they make up; each is its principal's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from db.state.database import reading, writing
from db.state.masking import mask_personal
from db.state.store import State
from db.state.tables import answers, feedback, turns

LISTED = 100  # conversations in a list; older ones are still there
TITLE = 80  # characters of the first question that name a conversation


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation by its first question, masked, and when it was last added to."""

    id: str
    title: str
    turns: int
    last: datetime


class Answers:
    """The kept answers. Safe for many threads, as the state is."""

    def __init__(self, state: State) -> None:
        """Over the same database as ``state``."""
        self._state, self._engine = state, state.engine

    def keep(self, answer_id: str, principal: str, content: Mapping[str, Any], created_at: datetime) -> None:
        """Keep an answer's JSON; personal data in its texts is masked. It must hold pseudonyms, not customers' ids."""
        moment = created_at.astimezone(UTC).isoformat(timespec="microseconds")
        row = {"answer_id": answer_id, "principal": principal, "content": _masked(content), "created_at": moment}
        with writing(self._engine) as connection:
            connection.execute(delete(answers).where(answers.c.answer_id == answer_id))
            connection.execute(insert(answers).values(**row))

    def get(self, answer_id: str, principal: str) -> dict[str, Any] | None:
        """One answer; None where there is none, or it is another's."""
        wanted = (answers.c.answer_id == answer_id) & (answers.c.principal == principal)
        with reading(self._engine) as connection:
            found = connection.execute(select(answers.c.content).where(wanted)).scalar()
        return dict(found) if found else None

    def conversations(self, principal: str, via: str) -> tuple[Conversation, ...]:
        """A principal's conversations at one face, the latest first."""
        t = turns.c
        mine = (t.principal == principal) & (t.via == via) & t.conversation.is_not(None)
        each = select(t.conversation, func.min(t.id), func.count(), func.max(t.created_at)).where(mine)
        latest = each.group_by(t.conversation).order_by(func.max(t.id).desc()).limit(LISTED)
        with reading(self._engine) as connection:
            rows = connection.execute(latest).all()
            asked = select(t.id, t.question).where(t.id.in_([row[1] for row in rows]))
            first = {row[0]: row[1] for row in connection.execute(asked)}
        return tuple(
            Conversation(row[0], " ".join(first[row[1]].split())[:TITLE], row[2], datetime.fromisoformat(row[3]))
            for row in rows
        )

    def of_conversation(self, conversation: str, principal: str) -> tuple[dict[str, Any], ...]:
        """A conversation's kept answers in the order of their turns; empty where it is another's."""
        t = turns.c
        mine = (t.conversation == conversation) & (t.principal == principal) & (answers.c.principal == principal)
        query = select(answers.c.content).join(turns, t.answer_id == answers.c.answer_id).where(mine)
        with reading(self._engine) as connection:
            return tuple(dict(content) for content in connection.execute(query.order_by(t.position)).scalars())

    def forget(self, conversation: str, principal: str, now: datetime) -> int:
        """Delete a conversation with its questions, answers and thumbs; how many turns it had.

        The audit trail keeps that something was asked, and that this was deleted; it never had the words.
        """
        mine = (turns.c.conversation == conversation) & (turns.c.principal == principal)
        asked = select(turns.c.answer_id).where(mine)
        with reading(self._engine) as connection:
            count = len(list(connection.execute(asked)))

        def change(connection: Connection) -> None:
            owned = answers.c.answer_id.in_(asked) & (answers.c.principal == principal)
            connection.execute(delete(answers).where(owned))
            connection.execute(delete(feedback).where(feedback.c.answer_id.in_(asked)))
            connection.execute(delete(turns).where(mine))

        if count:
            self._state.audited(principal, "conversation_delete", {"turns": count}, now, change)
        return count


def _masked(value: Any) -> Any:
    """The same JSON with personal data masked in every text."""
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return mask_personal(value) if isinstance(value, str) else value
