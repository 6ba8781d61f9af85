"""The tools by name. A new tool is one file and one line in ``TOOLS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from db.semantic.query import Filter
from tools.evidence import Evidence, Fact

if TYPE_CHECKING:
    from db.engine import Store


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may use: the store, the asker's row filters and rights, the id of its evidence, and its limits."""

    store: Store
    evidence_id: str
    row_filters: tuple[Filter, ...] = ()
    may_see_pii: bool = True
    query_seconds: float = 20.0
    row_cap: int = 500


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Evidence and the facts that its rows give."""

    evidence: Evidence
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name, when to use it (for the planner), its typed arguments, and what it does.

    ``writes``: it changes or sends something, so the operator confirms the exact payload first.
    """

    name: str
    when: str
    arguments: type[BaseModel]
    run: Callable[[Any, ToolContext], ToolResult]
    writes: bool = False


TOOLS: Mapping[str, str] = {
    "query_metrics": "tools.query_metrics",
    "run_sql": "tools.run_sql",
}


def tool(name: str) -> Tool:
    """The tool of that name; its module is imported on first use.

    Raises:
        KeyError: no such tool.
    """
    found: Tool = import_module(TOOLS[name]).TOOL
    return found
