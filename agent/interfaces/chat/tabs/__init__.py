"""What the page can ask for besides an answer: one file a tab. An action takes who asks and plain JSON, gives JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from agent.interfaces.chat.visit import Visit

Action = Callable[[Visit, Mapping[str, Any]], dict[str, Any]]
ACTIONS: Mapping[str, str] = {
    "history": "history",
    "open": "history",
    "delete": "history",
    "thumb": "feedback",
    "dashboard": "dashboard",
    "data": "data",
    "review": "review",
    "decide": "review",
    "briefs": "briefs",
    "brief": "briefs",
    "write": "briefs",
    "schedule": "briefs",
    "connect_look": "connect",
    "connect_yes": "connect",
    "connect_no": "connect",
    "confirm": "proposals",
    "decline": "proposals",
}
ADMINS_ONLY = frozenset({"review", "decide", "connect_look", "connect_yes", "connect_no"})


class NotFound(LookupError):
    """There is nothing of that name, or it is another's: nobody is told which."""


def action(name: str) -> Action:
    """The action of that name. Raises NotFound."""
    if name not in ACTIONS:
        raise NotFound(name)
    found: Action = getattr(import_module(f"{__name__}.{ACTIONS[name]}"), name)
    return found
