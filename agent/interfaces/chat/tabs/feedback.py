"""A thumb on an answer. Up waits for an administrator's review; down says why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agent.feedback import stands_alone
from agent.interfaces.chat import words
from agent.interfaces.chat.tabs import NotFound
from agent.interfaces.chat.visit import Visit
from db.state.answers import Answers

LONGEST = 1_000  # characters of a reason


def thumb(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a thumb; the words say what comes of it."""
    answer_id, up = str(asked.get("id", "")), asked.get("up") is True
    state = visit.service.state
    turn = state.turn(answer_id)
    if turn is None or turn.principal != visit.principal.name:
        raise NotFound(answer_id)
    why = str(asked.get("why", ""))[:LONGEST]
    state.add_feedback(answer_id, "up" if up else "down", why, datetime.now(UTC))
    said = "noted"
    if up and stands_alone(turn):
        kept = Answers(state).get(answer_id, visit.principal.name) or {}
        said = "known" if kept.get("page", {}).get("source") == "verified" else "review"
    return {"said": words.THANKS[said].of(visit.language)}
