"""For administrators: questions with a thumbs-up become verified ones, or do not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.feedback import stands_alone
from agent.interfaces.chat.tabs import NotFound
from agent.interfaces.chat.views.review import review_html
from agent.interfaces.chat.visit import Visit
from agent.interfaces.chat.words import tabs as words
from db.state.reviews import Reviews
from db.state.store import Turn

if TYPE_CHECKING:
    from agent.contracts import Language


def review(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """What waits, and what was found wrong."""
    reviews = Reviews(visit.service.state)
    waiting = [thumb for thumb in reviews.thumbs("up") if stands_alone(thumb.turn)]
    return {"html": review_html(waiting, reviews.thumbs("down"), visit.analyst.store.schema, visit.language)}


def decide(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Accept a question, so that it is answered without a model from now on; or refuse it."""
    answer_id, accept = str(asked.get("id", "")), asked.get("accept") is True
    turn = visit.service.state.turn(answer_id)
    if turn is None:
        raise NotFound(answer_id)
    said = words.REFUSED.of(visit.language)
    if accept and stands_alone(turn):
        said = words.ACCEPTED[_added(visit, turn)].of(visit.language)
    now = datetime.now(UTC)
    if not Reviews(visit.service.state).decide(
        answer_id, "accepted" if accept else "refused", visit.principal.name, now
    ):
        raise NotFound(answer_id)
    return review(visit, {}) | {"said": said}


def _added(visit: Visit, turn: Turn) -> str:
    from agent.verified import VerifiedQuestions, shipped_path
    from db.semantic.query import SemanticQuery

    store = visit.service.analyst(turn.store).store
    own = visit.service.settings.verified_file(turn.store)
    questions = VerifiedQuestions(shipped_path(turn.store), own, store.schema, store.data_start)
    language: Language = "zh" if turn.language == "zh" else "en"
    return questions.add(turn.question, language, SemanticQuery.model_validate(turn.calls[0][1]), store.as_of)
