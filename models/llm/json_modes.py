"""The ways in which OpenAI-compatible endpoints take a JSON schema, best first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class JsonMode:
    """One way.

    Attributes:
        constrains: the endpoint itself holds the reply to the schema; otherwise the prompt has to say it in words.
    """

    name: Literal["json_schema", "json_object with schema", "json_object"]
    constrains: bool

    def response_format(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The request's ``response_format``."""
        if self.name == "json_schema":
            return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        if self.constrains:
            return {"type": "json_object", "schema": schema}
        return {"type": "json_object"}


JSON_MODES = (
    JsonMode("json_schema", constrains=True),  # OpenAI, vLLM, llama-server, Ollama, …
    JsonMode("json_object with schema", constrains=True),  # llama-cpp-python's server and others
    JsonMode("json_object", constrains=False),
)


def in_words(schema: Mapping[str, Any]) -> str:
    """The schema as an instruction."""
    return "Reply with one JSON object and nothing else, under this JSON schema: " + json.dumps(schema, sort_keys=True)
