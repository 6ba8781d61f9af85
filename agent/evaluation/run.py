"""Ask a model every question of a set, in order, and keep what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Protocol

from agent.contracts import Answer, Question
from agent.evaluation.grade import NO_LABELS, Labels, grade
from agent.evaluation.seen import seen
from agent.evaluation.sets import Case
from db.errors import ModelDamaged, ModelError, ModelMissing, SettingsError
from models.llm.base import Usage

STAGES = ("understand", "plan", "execute", "compose", "verify", "total")


class Asker(Protocol):
    """Whatever answers questions: :class:`agent.ask.Analyst`, with a memory that goes with the process."""

    def ask(self, question: Question) -> Answer:
        """Answer one question, never raising for an expected failure."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question of a run. ``timings`` in ms by stage; ``planner`` is who planned, as in ``Plan.source``.

    ``question`` and ``text`` are None where they are not kept: a test split stays unread.
    """

    id: str
    language: str
    kind: str
    split: str
    pair: str | None
    right: bool
    reason: str
    detail: str
    status: str
    planner: str | None
    calls: int
    ungrounded: int
    replaced: int
    tokens: Usage
    timings: dict[str, float]
    question: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """All questions that one model was asked. ``commit`` is the source's, None outside a checkout."""

    name: str
    model: str
    day: date
    commit: str | None
    outcomes: tuple[Outcome, ...]


FATAL = frozenset(error.code for error in (ModelMissing, ModelDamaged, SettingsError))
"""With one of these every further question fails alike, so the run ends at once."""


def run_cases(
    analyst: Asker,
    cases: Iterable[Case],
    *,
    store: str = "journey",
    labels: Labels = NO_LABELS,
    keep_words: Callable[[Case], bool] = lambda case: True,
    done: Callable[[Outcome], None] = lambda outcome: None,
) -> tuple[Outcome, ...]:
    """Ask every case in its order, each conversation in one conversation.

    Args:
        keep_words: whether a case's question and text may be kept in its outcome.
        done: called after each question.

    Raises:
        ModelError: there is no model that could answer.
    """
    outcomes = []
    for case in cases:
        question = Question(case.id, case.question, store, case.as_of, case.conversation)
        outcome = outcome_of(case, _asked(analyst, question), labels, keep_words(case))
        outcomes.append(outcome)
        done(outcome)
    return tuple(outcomes)


def warm_up(analyst: Asker, cases: Sequence[Case], store: str = "journey") -> None:
    """Ask one question that counts for nothing, so that the times of the others hold no loading of the model."""
    case = next((case for case in cases if "answered" in case.expect.status), cases[0])
    _asked(analyst, Question("warm-up", case.question, store, case.as_of))


def _asked(analyst: Asker, question: Question) -> Answer:
    answer = analyst.ask(question)
    if answer.error in FATAL:
        raise ModelError(answer.text)
    return answer


def outcome_of(case: Case, answer: Answer, labels: Labels = NO_LABELS, words: bool = True) -> Outcome:
    """Grade one answer and keep what a report needs of it; without ``words`` no word of question or answer."""
    view = seen(answer)
    verdict = grade(view, case.expect, labels)
    return Outcome(
        id=case.id,
        language=case.language,
        kind=case.kind,
        split=case.split,
        pair=case.pair,
        right=verdict.right,
        reason=verdict.reason,
        detail=verdict.detail if words else "",
        status=answer.status,
        planner=answer.plan.source if answer.plan else None,
        calls=len(answer.plan.calls) if answer.plan else 0,
        ungrounded=view.ungrounded,
        replaced=answer.replaced_sentences,
        tokens=answer.tokens,
        timings={stage: round(value, 2) for stage, value in asdict(answer.timings).items()},
        question=case.question if words else None,
        text=answer.text if words else None,
    )


def chosen(cases: Sequence[Case], kind: str | None, limit: int | None) -> tuple[Case, ...]:
    """The cases of one kind, at most ``limit``, spread evenly; conversations stay whole, so there may be a few more."""
    kept = [case for case in cases if kind is None or case.kind == kind]
    groups: dict[str, list[Case]] = {}
    for case in kept:
        groups.setdefault(case.conversation or case.id, []).append(case)
    if limit is None or limit >= len(kept):
        return tuple(kept)
    rows = list(groups.values())
    count = max(1, min(len(rows), round(limit * len(rows) / len(kept))))
    return tuple(case for i in range(count) for case in rows[i * len(rows) // count])
