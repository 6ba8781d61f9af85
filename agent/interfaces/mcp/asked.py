"""A tool call as it came in, read into a question or into one tool's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agent.contracts import Language, Principal, Question
from agent.direct import open_tool
from agent.interfaces.api.bodies import AskIn
from agent.interfaces.asking import answer_id, conversation_id
from agent.interfaces.mcp.tools import ASK, LANGUAGE
from db.errors import UsageError

VIA = "mcp"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: ``tool`` None is a question in words."""

    question: Question
    tool: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    language: Language = "en"


def read_call(name: str, arguments: Mapping[str, Any], store: str, principal: Principal) -> Asked:
    """Read a call.

    Args:
        store: the one that is asked where the call names none.

    Raises:
        UsageError: there is no such tool, or the arguments do not fit.
    """
    if name == ASK:
        return Asked(_question(arguments, store, principal))
    open_tool(name)
    args = dict(arguments)
    language = args.pop(LANGUAGE, "en")
    if language not in ("en", "zh"):
        raise UsageError(f"{LANGUAGE} is 'en' or 'zh'.")
    question = Question(answer_id(), name, store, None, conversation_id(), principal, VIA)
    return Asked(question, name, args, "zh" if language == "zh" else "en")


def _question(arguments: Mapping[str, Any], store: str, principal: Principal) -> Question:
    try:
        body = AskIn.model_validate(dict(arguments))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where, what = ".".join(map(str, first["loc"])) or "arguments", first["msg"]
        raise UsageError(
            f"ask: {where}: {what[:1].lower()}{what[1:]}.", "Its input schema says what it takes."
        ) from None
    talk = body.conversation or conversation_id()
    return Question(answer_id(), body.question, body.store or store, body.as_of, talk, principal, VIA)
