"""Semantic memory: the calls that a follow-up ("and by store?", "what should we offer them?") continues."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, Self

from agent.contracts import Answer, Call, Proposal, Question
from tools.registry import Proposed

if TYPE_CHECKING:
    from db.state.answers import Answers
    from db.state.proposals import KeptProposal
    from db.state.store import KeptCall


class Turns(Protocol):
    """Where turns are kept: ``db.state.State``, or a dict that goes with the process."""

    def last_calls(self, conversation: str, principal: str, store: str | None = None) -> tuple[KeptCall, ...]:
        """The calls of the last answered turn."""

    def add_turn(
        self,
        *,
        conversation: str | None,
        principal: str,
        store: str,
        answer_id: str,
        question: str,
        language: str,
        calls: Sequence[KeptCall],
        status: str,
        created_at: datetime,
        via: str | None = None,
    ) -> object:
        """Store a turn at the end of its conversation."""

    def add_proposals(self, items: tuple[KeptProposal, ...]) -> None:
        """Keep what waits for a yes."""


def _now() -> datetime:
    return datetime.now(UTC)


def _fresh_id() -> str:
    return f"p-{secrets.token_hex(5)}"  # short enough to type; whose it is is checked beside it


class Memory:
    """What a conversation asked last. Belongs to its principal and its store: nobody recalls another's."""

    def __init__(
        self,
        turns: Turns,
        clock: Callable[[], datetime] = _now,
        fresh_id: Callable[[], str] = _fresh_id,
        answers: Answers | None = None,
    ) -> None:
        """Keep turns in ``turns``; ``clock`` gives the moment that stamps them, ``fresh_id`` the ids of proposals.

        ``answers`` keeps what was answered as well, for a face that shows conversations again.
        """
        self._turns, self._clock, self._fresh_id, self._answers = turns, clock, fresh_id, answers

    @classmethod
    def transient(cls, clock: Callable[[], datetime] = _now) -> Self:
        """A memory that writes nothing down, for batches and evaluations."""
        return cls(_Transient(), clock)

    def recall(self, question: Question) -> tuple[Call, ...]:
        """The calls of the conversation's last answer; none for a single question or a first turn."""
        if question.conversation is None:
            return ()
        kept = self._turns.last_calls(question.conversation, question.principal.name, question.store)
        return tuple(Call(tool, args) for tool, args in kept)

    def propose(self, question: Question, proposed: Sequence[Proposed]) -> tuple[Proposal, ...]:
        """Keep what an answer proposes, for its principal alone, before anyone sees it.

        Raises:
            StoreLocked, StoreError: it could not be kept, so it must not be shown.
        """
        if not proposed:
            return ()
        from db.state.proposals import KeptProposal

        shown = tuple(Proposal(self._fresh_id(), p.action, p.payload, p.summary) for p in proposed)
        self._turns.add_proposals(
            tuple(
                KeptProposal(
                    id=p.id,
                    principal=question.principal.name,
                    store=question.store,
                    action=p.action,
                    payload=p.payload,
                    summary_en=p.summary.en,
                    summary_zh=p.summary.zh,
                    created_at=self._clock(),
                    answer_id=question.id,
                    conversation=question.conversation,
                )
                for p in shown
            )
        )
        return shown

    def remember(self, question: Question, answer: Answer) -> None:
        """Keep the turn. One without a conversation is kept for feedback, and recalled by nobody.

        Args:
            answer: under pseudonyms: it is written down.
        """
        now = self._clock()
        self._turns.add_turn(
            conversation=question.conversation,
            principal=question.principal.name,
            store=question.store,
            answer_id=answer.id,
            question=question.text,
            language=answer.language,
            calls=[(c.tool, _plain(c.args)) for c in answer.plan.calls] if answer.plan else [],
            status=answer.status,
            created_at=now,
            via=question.via,
        )
        if self._answers is not None and question.conversation is not None:
            from agent.kept import kept_answer

            self._answers.keep(answer.id, question.principal.name, kept_answer(answer), now)


def _plain(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without a customer's own words, which are nobody's to keep."""
    return {name: value for name, value in args.items() if name != "text"}


class _Transient:
    """Turns of this process: of every conversation only what its next turn needs."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], tuple[KeptCall, ...]] = {}
        self._lock = Lock()

    def add_proposals(self, items: tuple[KeptProposal, ...]) -> None:
        """Nothing: a batch confirms nothing."""

    def last_calls(self, conversation: str, principal: str, store: str | None = None) -> tuple[KeptCall, ...]:
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
        calls: Sequence[KeptCall],
        status: str,
        created_at: datetime,
        via: str | None = None,
    ) -> None:
        if conversation is not None and status == "answered":
            with self._lock:
                self._last[conversation, principal, store] = tuple(calls)
