"""The tools as MCP shows them: their typed arguments as JSON Schema."""

from __future__ import annotations

from typing import Any

import mcp_types as types

from agent.interfaces.api.bodies import AnswerOut, AskIn
from agent.service import Service
from db.semantic.schema import StoreSchema
from tools.registry import Tool, planned_tools

ASK = "ask"
LANGUAGE = "answer_language"
_LANGUAGE = {"type": "string", "enum": ["en", "zh"], "default": "en", "description": "of texts and labels"}
_ASK = (
    "Ask the shop's analyst a question in English or Chinese (revenue, orders, customers, refunds, forecasts, reasons, "
    "audiences, products to recommend, the shop's policies…). Give `conversation` of an earlier answer to follow up."
)
_PROPOSES = " It changes nothing by itself: it gives a proposal that a person confirms."


def callable_tools() -> tuple[Tool, ...]:
    """The tools that make sense by themselves: not those that take the tables of a plan's earlier calls."""
    return tuple(tool for tool in planned_tools() if not tool.reads_steps)


class Definitions:
    """The definitions of one service's tools, made anew only where the store has another schema."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._schema: StoreSchema | None = None
        self._made: tuple[types.Tool, ...] = ()

    def all(self) -> tuple[types.Tool, ...]:
        """Every definition. Opens the store when first asked.

        Raises:
            ShopOpsError: the store cannot be opened.
        """
        schema = self._service.analyst().store.schema
        if schema is not self._schema:
            self._made, self._schema = definitions(schema), schema
        return self._made

    def input_schema(self, name: str) -> dict[str, Any] | None:
        """A tool's input schema where it is made already; asked before each call, so it must not wait."""
        return next((tool.input_schema for tool in self._made if tool.name == name), None)


def definitions(schema: StoreSchema) -> tuple[types.Tool, ...]:
    """``ask``, and every tool that a planner may choose and the store has the tables for."""
    return (
        types.Tool(
            name=ASK,
            title="Ask the analyst",
            description=_ASK,
            input_schema=_inlined(AskIn.model_json_schema()),
            output_schema=_output(),
            annotations=_looks(),
        ),
        *(_definition(tool) for tool in callable_tools() if not tool.lacks(schema)),
    )


def _definition(tool: Tool) -> types.Tool:
    arguments = tool.arguments.model_json_schema()
    arguments["properties"] = {**arguments.get("properties", {}), LANGUAGE: _LANGUAGE}
    return types.Tool(
        name=tool.name,
        title=tool.name.replace("_", " ").capitalize(),
        description=tool.when + (_PROPOSES if tool.writes else ""),
        input_schema=arguments,
        output_schema=_output(),
        annotations=_looks(),
    )


def _looks() -> types.ToolAnnotations:
    """Every tool only looks: what would change something is proposed."""
    return types.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    )


def _output() -> dict[str, Any]:
    return AnswerOut.model_json_schema(mode="serialization")


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "title"}
