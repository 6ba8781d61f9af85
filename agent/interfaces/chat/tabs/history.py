"""The conversations of whoever asks: listed, opened again, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agent.actions import Actions
from agent.interfaces.chat import words
from agent.interfaces.chat.tabs import NotFound
from agent.interfaces.chat.views.answer import turn_html
from agent.interfaces.chat.views.history import history_html
from agent.interfaces.chat.visit import Visit
from agent.kept import answer_of
from db.state.answers import Answers

VIA = "chat"


def history(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """The list, latest first."""
    found = Answers(visit.service.state).conversations(visit.principal.name, VIA)
    return {"html": history_html(found, datetime.now(UTC), visit.language)}


def open(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation as it was shown, under pseudonyms."""
    conversation = str(asked.get("id", ""))
    kept = Answers(visit.service.state).of_conversation(conversation, visit.principal.name)
    if not kept:
        raise NotFound(conversation)
    answers = [answer_of(content) for content in kept]
    proposed = {proposal.id for answer in answers for proposal in answer.proposals}
    waiting = {proposal.id for proposal in Actions(visit.service).waiting(visit.principal)} if proposed else set()
    decided = frozenset(proposed - waiting)
    turns = [turn_html(a, visit.service.analyst(a.store).store.schema, decided) for a in answers]
    return {"html": "".join(turns), "conversation": conversation, "store": answers[-1].store}


def delete(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Forget a conversation for good."""
    conversation = str(asked.get("id", ""))
    if not Answers(visit.service.state).forget(conversation, visit.principal.name, datetime.now(UTC)):
        raise NotFound(conversation)
    return history(visit, {}) | {"said": words.FORGOTTEN.of(visit.language)}
