"""A thumb on an answer: kept, and where it confirms a question, that question needs no model from then on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.settings import Settings
from agent.stores import open_named
from agent.verified import VerifiedQuestions, shipped_path
from db.semantic.query import SemanticQuery
from db.state.store import Rating, State, Turn

if TYPE_CHECKING:
    from agent.contracts import Language

SAID = {
    "added": "Thank you. This question will be answered the same way from now on, without any model.",
    "known": "Thank you. This question is among the verified ones already.",
    "unfit": "Thank you; noted.",
}


def give_feedback(settings: Settings, answer_id: str, rating: Rating, why: str = "") -> str:
    """Keep what was thought of an answer; a thumbs-up makes its question a verified one where it can stand alone.

    Returns:
        A sentence on what came of it.

    Raises:
        UsageError: no such answer. ShopOpsError: the state or the store cannot be used.
    """
    with State.open(settings.state, settings.data_dir) as state:
        state.add_feedback(answer_id, rating, why, datetime.now(UTC))
        turn = state.turn(answer_id) if rating == "up" else None
    return SAID[_verify(settings, turn) if turn and stands_alone(turn) else "unfit"]


def stands_alone(turn: Turn) -> bool:
    """Whether the words alone gave the query: one query, and no earlier turn that lent it something."""
    alone = len(turn.calls) == 1 and turn.calls[0][0] == "query_metrics"
    return turn.status == "answered" and turn.position == 0 and alone


def _verify(settings: Settings, turn: Turn) -> str:
    store = open_named(settings, turn.store)
    try:
        own = settings.verified_file(turn.store)
        questions = VerifiedQuestions(shipped_path(turn.store), own, store.schema, store.data_start)
        language: Language = "zh" if turn.language == "zh" else "en"
        query = SemanticQuery.model_validate(turn.calls[0][1])
        return questions.add(turn.question, language, query, store.as_of)
    finally:
        store.close()
