"""What the flow needs of those around it: who remembers, who has confirmed, who counts, who reads a yes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from agent.contracts import Answer, Call, Proposal, Question
from agent.doing.work import Done
from db.semantic.query import SemanticQuery
from tools.registry import Proposed


class Memory(Protocol):
    """What the flow needs of the conversations' memory."""

    def recall(self, question: Question) -> tuple[Call, ...]:
        """The calls of the conversation's last answer; none for a first or single question."""

    def propose(self, question: Question, proposed: Sequence[Proposed]) -> tuple[Proposal, ...]:
        """Keep what waits for the operator's yes."""

    def remember(self, question: Question, answer: Answer) -> None:
        """Keep the turn."""


class Verified(Protocol):
    """Questions whose query an operator has confirmed."""

    def match(self, text: str, as_of: date) -> SemanticQuery | None:
        """The query of a question that matches exactly, or nearly and unambiguously."""


class Observer(Protocol):
    """Who counts and times the questions; it must neither raise nor wait."""

    def began(self, question: Question) -> None:
        """A question came in."""

    def ended(self, question: Question, answer: Answer, began: float) -> None:
        """It was answered, whatever the status; ``began`` is on the clock of ``time.perf_counter``."""


class Nobody:
    """Counts nothing."""

    def began(self, question: Question) -> None:
        """Nothing."""

    def ended(self, question: Question, answer: Answer, began: float) -> None:
        """Nothing."""


class Decider(Protocol):
    """Who reads a bare "yes" or 好 as the answer to what was proposed right before."""

    def __call__(self, question: Question) -> Done | None:
        """What the yes or no did; None where the question is none."""
