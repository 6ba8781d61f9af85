"""The types of a weekly brief: what the analysis found, free of language, and the brief in one language. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from agent.contracts import Language
from db.semantic.query import Interval
from db.semantic.schema import Text
from tools.evidence import Evidence, Fact, Unit, Value

Verdict = Literal["usual", "high", "low", "unknown"]
Good = Literal["up", "down", "neutral"]
Format = Literal["md", "html", "pdf"]
FORMATS: tuple[Format, ...] = ("md", "html", "pdf")


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure of the strip: the week, the week before, the same a year ago, and what is usual.

    ``change``: a fraction of the week before; of a rate, the difference. ``low``, ``high``: control limits from the
    store's own weeks; None with too few of them. ``shut``: days of the week without trade, which the limits leave
    out of the other weeks too. ``row``: its row in the table of key figures.
    """

    metric: str
    label: Text
    unit: Unit
    good: Good
    now: Value
    previous: Value
    change: float | None
    last_year: Value
    low: Value
    high: Value
    centre: Value
    verdict: Verdict
    simulated: bool
    row: int
    points: tuple[tuple[date, float], ...] = ()
    shut: int = 0

    @property
    def bad(self) -> bool:
        """Outside what is usual, on the side that hurts."""
        return (self.verdict, self.good) in (("low", "up"), ("high", "down"))


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence: a fact's own words."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Note:
    """Words of ours without a figure."""

    text: Text


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of the section: the rows and columns of an evidence that are shown."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart over an evidence: ``forecast`` (days with a band), ``weeks`` (weeks with limits), ``bars`` (changes)."""

    kind: Literal["forecast", "weeks", "bars"]
    evidence: Evidence
    title: Text


Block = Line | Note | Grid | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the brief. ``leads``: its facts that may open the brief; ``missing``: why it is empty."""

    name: str
    title: Text
    blocks: tuple[Block, ...] = ()
    leads: tuple[Fact, ...] = ()
    missing: Text | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What a brief says of the future, in a form that code can hold against the data when it falls due.

    ``metric`` of ``period`` should lie between ``low`` and ``high`` (None: open); with ``members`` it is the number of
    those customers (pseudonyms) who bought in the period instead.
    """

    id: str
    kind: Literal["forecast", "usual", "return"]
    text: Text
    metric: str
    unit: Unit
    period: Interval
    low: float | None
    high: float | None
    expected: float | None = None
    filters: tuple[Mapping[str, Any], ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """A recommendation: what to do, what it should bring, and the facts it rests on."""

    kind: str
    title: Fact
    effect: Fact
    weight: float
    evidence: tuple[str, ...] = ()
    claim: Claim | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that code found for one week of one store; both languages are in its texts."""

    store: str
    label: Text
    currency: str
    week: Interval
    data: Interval
    headline: Fact
    kpis: tuple[Kpi, ...]
    figures: Evidence
    sections: tuple[Section, ...]
    actions: tuple[Action, ...]
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    facts: tuple[Fact, ...]
    notes: tuple[Text, ...] = ()

    @property
    def leads(self) -> tuple[Fact, ...]:
        """The facts that the opening may be made of, in the order of the sections."""
        return tuple(fact for section in self.sections for fact in section.leads)


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief in one language.

    ``summary``, ``mail``: what a message shows at once, and its page for e-mail. ``files``: format → where it was
    written; ``unwritten``: format → why it was not. ``replaced``: sentences of a model that were refused. ``number``:
    under which the state keeps it.
    """

    analysis: Analysis
    language: Language
    through_line: str
    model: str | None = None
    replaced: int = 0
    seconds: float = 0.0
    title: str = ""
    summary: str = ""
    mail: str = ""
    files: Mapping[Format, Path] = field(default_factory=dict)
    unwritten: Mapping[Format, str] = field(default_factory=dict)
    number: int = 0
