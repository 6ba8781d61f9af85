"""The types of every hop: Question -> Understanding -> Plan -> Evidence + Facts -> Answer. All are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from db.semantic.query import Filter, Interval, MetricFilter, SemanticQuery
from db.semantic.schema import Text
from models.llm.base import Usage
from tools.evidence import Evidence, Fact

Language = Literal["en", "zh"]
Status = Literal["answered", "clarify", "out_of_scope", "refused", "failed"]
ToolName = str
NO_TOOL = frozenset({"query_metrics", "clarify", "out_of_scope"})  # what a plain figure comes to


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: what they may see and do."""

    name: str = "operator"
    role: Literal["viewer", "analyst", "admin"] = "admin"
    row_filters: tuple[Filter, ...] = ()
    may_see_pii: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it came in; ``as_of`` None means the store's own clock. ``via``: the face it was asked at."""

    id: str
    text: str
    store: str = "journey"
    as_of: date | None = None
    conversation: str | None = None
    principal: Principal = Principal()
    via: str = "cli"


@dataclass(frozen=True, slots=True)
class Option:
    """One reading of ambiguous words; ``question`` is the operator's question with the words made plain."""

    label: Text
    question: str


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Words with several readings that differ in their figure."""

    words: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class BareId:
    """An id that no noun announces ("1769 - what's he worth").

    Attributes:
        id: as the store spells it.
        kinds: what it may be of, likeliest first: customers, products, orders, stores.
        sure: it is used as a name ("for 1769"), so that a figure may be limited to it.
    """

    id: str
    kinds: tuple[str, ...]
    sure: bool = False


@dataclass(frozen=True, slots=True)
class ToolAsk:
    """What a clause asks of the tools besides query_metrics, and what it gives them.

    Attributes:
        open: what may answer it in meaning, likeliest first: tools, ``query_metrics``, ``clarify``, ``out_of_scope``.
            One where it is sure; none where its words name a figure and nothing else.
        words: tools whose own words it uses, those of the longest words first. hints: tools whose words may be meant.
        choices: (tool, argument, values that words name), where they name any.
        customers, products, orders, campaign, budget, limit, horizon: what the words give for arguments of that name.
        bare: ids without a noun; :mod:`agent.understand.placing` gives them to the arguments of the tool that answers.
        text: the words for a tool that reads them: the clause, or the customer's message.
        them: the clause speaks of people or things of an earlier step ("them", 他们).
        pointed: what it only points at ("this order"): customers, products, orders, a message's ``text``.
        idle_days: "not bought for 60 days".
        again: it goes on with the tool of the turn before ("and if we only have $200?").
    """

    open: tuple[ToolName, ...] = ()
    words: tuple[ToolName, ...] = ()
    hints: tuple[ToolName, ...] = ()
    choices: tuple[tuple[ToolName, str, tuple[str, ...]], ...] = ()
    customers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    bare: tuple[BareId, ...] = ()
    campaign: str | None = None
    budget: Decimal | None = None
    limit: int | None = None
    horizon: Interval | None = None
    text: str = ""
    them: bool = False
    pointed: str | None = None
    idle_days: int | None = None
    again: bool = False

    @property
    def people(self) -> tuple[str, ...]:
        """The customers that it names, with the word or without."""
        return (*self.customers, *(bare.id for bare in self.bare if bare.kinds[0] == "customers"))

    @property
    def tool(self) -> ToolName | None:
        """The tool beside query_metrics that it surely asks for."""
        return self.open[0] if len(self.open) == 1 and self.open[0] not in NO_TOOL else None


@dataclass(frozen=True, slots=True)
class Reading:
    """One clause of a question: what its words settle, and what they leave to the planner.

    ``query`` holds everything that is settled (period, filters, order…); its ``metrics`` and ``group_by`` are the named
    ones. ``metric_options`` and ``split_options`` are what the planner may choose among; an empty tuple means that the
    words left no choice. ``unread`` are content words that nothing matched; ``strangers`` are those that stand where
    a member's name stands, ``doubts`` those that stand near such a place: with none of either, a clause that names
    its metric is surely in scope. ``also`` are further periods asked beside ``time`` ("last week and last month").
    ``inherited``: it names no metric of its own and goes on from the turn or the clause before.
    ``listed`` is a split that only stands for "A and B": the total of both is asked as well.
    """

    text: str
    metrics: tuple[str, ...]
    group_by: tuple[str, ...]
    metric_options: tuple[str, ...] = ()
    split_options: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    keep: Filter | None = None
    having: tuple[MetricFilter, ...] = ()
    time: Interval | None = None
    also: tuple[Interval, ...] = ()
    compare: Interval | None = None
    order_by: Literal["metric", "change", "change_pct"] | None = None
    direction: Literal["asc", "desc"] | None = None
    limit: int | None = None
    limit_per: str | None = None
    share: bool = False
    running: bool = False
    per: Literal["day", "week", "month", "quarter", "year"] | None = None
    unread: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    listed: str | None = None
    ambiguities: tuple[Ambiguity, ...] = ()
    unavailable: tuple[str, ...] = ()
    ask: ToolAsk = ToolAsk()
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Understanding:
    """What code makes of a question before any model is asked."""

    language: Language
    text: str
    readings: tuple[Reading, ...]
    corrections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of a plan; ``args`` are the tool's typed arguments in JSON form.

    ``quiet``: a call of the turn before, run again for what it hands on; its facts have been told.
    """

    tool: ToolName
    args: Mapping[str, Any]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, fixed before any row is read.

    ``source`` says who planned: a verified question, the model, the operator's own SQL, or code alone (a clarifying
    question or a plain "not in this store" needs no model). ``choices`` counts the fields of the model's form that the
    question's words left open; with none, a local model has nothing to read or write.
    """

    status: Literal["run", "clarify", "out_of_scope"]
    calls: tuple[Call, ...] = ()
    message: Text | None = None
    options: tuple[Option, ...] = ()
    source: Literal["verified", "model", "operator", "code"] = "model"
    choices: int = 0
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that would change the world outside an answer; done only after the operator's yes on this payload.

    ``action`` is the tool that proposes it; ``payload`` is everything that will be done, and is kept until then.
    """

    id: str
    action: ToolName
    payload: Mapping[str, Any]
    summary: Text


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of every stage."""

    understand: float = 0.0
    plan: float = 0.0
    execute: float = 0.0
    compose: float = 0.0
    verify: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """How long one tool call took, in seconds; ``began`` on the clock of ``time.perf_counter``."""

    tool: ToolName
    began: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What an interface shows. ``queries`` is the semantic memory of the turn; ``proposals`` wait for a yes."""

    id: str
    question: str
    language: Language
    store: str
    as_of: date
    status: Status
    text: str
    plan: Plan | None = None
    evidence: tuple[Evidence, ...] = ()
    facts: tuple[Fact, ...] = ()
    suggestions: tuple[str, ...] = ()
    replaced_sentences: int = 0
    model: str | None = None
    tokens: Usage = field(default_factory=Usage)
    timings: Timings = Timings()
    error: str | None = None
    exit_status: int = 0
    corrections: tuple[tuple[str, str], ...] = ()
    queries: tuple[SemanticQuery, ...] = field(default=())
    proposals: tuple[Proposal, ...] = ()
    spans: tuple[Span, ...] = ()
