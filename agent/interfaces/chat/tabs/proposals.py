"""What an answer proposed: done after a yes, let go after a no. The payload is the stored one, never the page's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.actions import Actions, Done
from agent.interfaces.chat.visit import Visit


def confirm(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Yes."""
    return _said(visit, Actions(visit.service).confirm(_id(visit, asked), visit.principal))


def decline(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """No."""
    return _said(visit, Actions(visit.service).decline(_id(visit, asked), visit.principal))


def _id(visit: Visit, asked: Mapping[str, Any]) -> str:
    return str(asked.get("id", ""))[:64]


def _said(visit: Visit, done: Done) -> dict[str, Any]:
    return {"said": done.text.of(visit.language)}
