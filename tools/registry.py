"""The tools by name. A new tool is one file and one line in ``TOOLS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from db.semantic.query import Filter
from db.semantic.schema import StoreSchema, Text, Words
from tools.evidence import Evidence, Fact, Value
from tools.people import People

if TYPE_CHECKING:
    from db.engine import Store


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier call of the same plan, as it was planned, and the tables that it gave."""

    tool: str
    args: Mapping[str, Any]
    tables: tuple[Evidence, ...]


def _silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may use: the store, the asker's row filters and rights, the id of its evidence, and its limits.

    Attributes:
        as_of: the clock of this question, where it is not the store's own; see :attr:`today`.
        people: gives customers their pseudonyms; **no customer id may stand in evidence or facts**.
        models: folder of this store's trained models; None where nothing is kept.
        handbook: folder of the store's own policies (Markdown); None for the example that ships.
        cancel: set when the operator stopped it; long loops look at it. progress: a stage and the fraction done, 0–1.
        channels: the names of the channels that messages may go to, each with its other names; never an address.
        timezone: the IANA zone of times of the day. earlier: the plan's calls before this one, where it reads them.
    """

    store: Store
    evidence_id: str
    row_filters: tuple[Filter, ...] = ()
    may_see_pii: bool = True
    query_seconds: float = 20.0
    row_cap: int = 500
    as_of: date | None = None
    people: People = field(default_factory=People)
    models: Path | None = None
    handbook: Path | None = None
    cancel: Event | None = None
    progress: Callable[[str, float], None] = _silent
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timezone: str = "UTC"
    earlier: tuple[Earlier, ...] = ()

    @property
    def today(self) -> date:
        """The shop's clock for this question: the day after the last one that may be looked at."""
        return self.as_of or self.store.as_of


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a write tool would do: the whole payload in JSON form, and the sentence that asks for the yes."""

    action: str
    payload: Mapping[str, Any]
    summary: Text


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Evidence and the facts that its rows give.

    ``outputs``: whole columns for later steps of the plan, by name (``customer``, ``product``, ``order``), with real
    ids and without the row cap; they never leave the process. ``more``: further tables of the same call, whose ids are
    the first one's with a letter (``e1b``), see :func:`evidence_id`.
    ``proposed``: what a write tool would do after a yes.
    """

    evidence: Evidence
    facts: tuple[Fact, ...]
    outputs: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    more: tuple[Evidence, ...] = ()
    proposed: Proposed | None = None


def evidence_id(first: str, index: int) -> str:
    """The id of a call's further tables: ``e1``, ``e1b``, ``e1c``…"""
    return first if index == 0 else f"{first}{chr(ord('a') + index)}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name, when to use it (for the planner), its typed arguments, and what it does.

    Attributes:
        arguments: a frozen pydantic model. Fields are filled by their name, see :mod:`tools.arguments`.
        asks: phrases that ask for this tool and for nothing else ("why did", 为什么). They are matched as words,
            longest first, and are read as understood.
        hints: phrases that may ask for it ("unusual", "offer"): the planner then chooses between it and the others.
        choices: an argument with an enum → its values → the words for it ("about to leave" → leaving). Where it
            has a classifier (:mod:`agent.understand.values`) they are marks for it; else they settle the argument, its
            default stands without them, and words of several values leave the choice to the planner.
        needs: roles (:mod:`db.semantic.roles`) that a store must have; without them the tool is not offered.
        gives: the columns of its outputs that later steps may take: ``customer``, ``product``, ``order``.
        reads_message: its ``text`` is a customer's message, so nothing in it is read as a question.
        writes: it changes or sends something, so the operator confirms the exact payload first.
        settles: what the words of a clause settle of its own arguments ("passes 5 %" is a limit), by argument.
        covers: the places of a clause that only this tool reads (the name of a channel).
        reads_steps: it takes the tables of all the plan's earlier calls.
    """

    name: str
    when: str
    arguments: type[BaseModel]
    run: Callable[[Any, ToolContext], ToolResult]
    asks: Words = NO_WORDS
    hints: Words = NO_WORDS
    choices: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    reads_message: bool = False
    writes: bool = False
    settles: Callable[[str], Mapping[str, Any]] | None = None
    covers: Callable[[str], Sequence[tuple[int, int]]] | None = None
    reads_steps: bool = False

    def takes(self, field_name: str) -> bool:
        """Whether it has an argument of that name."""
        return field_name in self.arguments.model_fields

    def lacks(self, schema: StoreSchema) -> tuple[str, ...]:
        """The roles it needs that a store does not have."""
        return tuple(role for role in self.needs if role not in schema.roles)


TOOLS: Mapping[str, str] = {
    "check_risk": "tools.check_risk",
    "query_metrics": "tools.query_metrics",
    "explain_change": "tools.explain_change",
    "run_sql": "tools.run_sql",
    "detect_anomalies": "tools.detect_anomalies",
    "forecast": "tools.forecast",
    "find_audience": "tools.find_audience",
    "recommend_products": "tools.recommend_products",
    "segment_customers": "tools.segment_customers",
    "search_knowledge": "tools.search_knowledge",
    "draft_reply": "tools.draft_reply",
    "set_alert": "tools.set_alert",
    "schedule_brief": "tools.schedule_brief",
    "export": "tools.export",
}


OPERATORS_ONLY = frozenset({"run_sql"})  # no planner chooses these


def planned_tools() -> tuple[Tool, ...]:
    """The tools that a planner may choose, in the registry's order."""
    return tuple(tool(name) for name in TOOLS if name not in OPERATORS_ONLY)


def tool(name: str) -> Tool:
    """The tool of that name; its module is imported on first use.

    Raises:
        KeyError: no such tool.
    """
    found: Tool = import_module(TOOLS[name]).TOOL
    return found
