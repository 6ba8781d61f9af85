"""The OpenAPI document: what it says of every operation besides its bodies."""

from __future__ import annotations

from typing import Any

from agent.interfaces import problems
from agent.interfaces.api.bodies import Problem

TITLE = "ShopOps"
VERSION = "1"
ABOUT = (
    "Ask an online shop's analyst in English or Chinese. Answers are those of `shopops ask --json`. "
    "Sign in with a token (`shopops token create`): `Authorization: Bearer so_…`."
)
_PROBLEM: dict[str, Any] = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def may_fail(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation may answer with, each by its title."""
    return {status: {"description": problems.TITLES[status], **_PROBLEM} for status in statuses}


ANYWHERE = (400, 401, 403, 404, 405, 413, 422, 429, 500, 503)
FAILURES = may_fail(*ANYWHERE)
_EVENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["stage", "text", "answer", "problem"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, `data` in JSON: `stage` ({stage, message}); `text` ({text}: the answer as "
        "far as it is written and checked); at last one `answer` (as of POST /ask) or one `problem`.",
        "content": {"text/event-stream": {"schema": _EVENT}},
    }
}


def document(routes: list[Any]) -> dict[str, Any]:
    """The document of these routes."""
    from fastapi.openapi.utils import get_openapi

    made = get_openapi(title=TITLE, version=VERSION, description=ABOUT, routes=routes)
    parts = made.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    for unused in ("HTTPValidationError", "ValidationError"):  # problem documents take their place
        parts["schemas"].pop(unused, None)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "from `shopops token create`"},
        "session": {"type": "apiKey", "in": "cookie", "name": "shopops_session", "description": "from /signin"},
    }
    made["security"] = [{"token": []}, {"session": []}]  # not asked for on a machine without users
    made["servers"] = [{"url": "/"}]
    return made
