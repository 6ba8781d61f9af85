"""Semantic memory: the query that a follow-up ("and by store?") continues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol, Self

from agent.contracts import Answer, Question
from db.semantic.query import SemanticQuery


class Turns(Protocol):
    """Where turns are kept: ``db.state.State``, or a dict that goes with the process."""

    def last_queries(self, conversation: str, principal: str, store: str | None = None) -> tuple[SemanticQuery, ...]:
        """The queries of the last answered turn."""

    def add_turn(
        self,
        *,
        conversation: str | None,
        principal: str,
        store: str,
        answer_id: str,
        question: str,
        language: str,
        queries: Sequence[SemanticQuery],
        status: str,
        created_at: datetime,
    ) -> object:
        """Store a turn at the end of its conversation."""


def _now() -> datetime:
    return datetime.now(UTC)


class Memory:
    """What a conversation asked last. Belongs to its principal and its store: nobody recalls another's."""

    def __init__(self, turns: Turns, clock: Callable[[], datetime] = _now) -> None:
        """Keep turns in ``turns``; ``clock`` gives the moment that they are stamped with."""
        self._turns = turns
        self._clock = clock

    @classmethod
    def transient(cls, clock: Callable[[], datetime] = _now) -> Self:
        """A memory that writes nothing down, for batches and evaluations."""
        return cls(_Transient(), clock)

    def recall(self, question: Question) -> SemanticQuery | None:
        """The conversation's last query, or None: a single question, a first turn, or nothing was answered yet."""
        if question.conversation is None:
            return None
        queries = self._turns.last_queries(question.conversation, question.principal.name, question.store)
        return queries[-1] if queries else None

    def remember(self, question: Question, answer: Answer) -> None:
        """Keep the turn. One without a conversation is kept for feedback, and recalled by nobody."""
        self._turns.add_turn(
            conversation=question.conversation,
            principal=question.principal.name,
            store=question.store,
            answer_id=answer.id,
            question=question.text,
            language=answer.language,
            queries=answer.queries,
            status=answer.status,
            created_at=self._clock(),
        )


class _Transient:
    """Turns of this process: of every conversation only what its next turn needs."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], tuple[SemanticQuery, ...]] = {}
        self._lock = Lock()

    def last_queries(self, conversation: str, principal: str, store: str | None = None) -> tuple[SemanticQuery, ...]:
        with self._lock:
            return self._last.get((conversation, principal, store or ""), ())

    def add_turn(
        self,
        *,
        conversation: str | None,
        principal: str,
        store: str,
        answer_id: str,
        question: str,
        language: str,
        queries: Sequence[SemanticQuery],
        status: str,
        created_at: datetime,
    ) -> None:
        if conversation is not None and status == "answered":
            with self._lock:
                self._last[conversation, principal, store] = tuple(queries)
