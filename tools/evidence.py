"""What a tool hands back: Evidence (the table), and Facts (single things worth saying, each tied to its cells)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from db.semantic.schema import Origin, Text

Unit = Literal["currency", "count", "ratio", "number", "percent", "date", "member", "text"]
Value = str | int | float | Decimal | bool | Text | None
"""A cell. A :class:`Text` stands where the product itself names a thing in both languages: a segment, an event."""


def worded(value: Value, language: str) -> str | int | float | Decimal | bool | None:
    """A cell in one language."""
    return value.of(language) if isinstance(value, Text) else value


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an evidence table."""

    name: str
    label: Text
    unit: Unit


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a number came from: evidence id, zero-based row, column name."""

    evidence: str
    row: int
    column: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart specification over an evidence table; interfaces draw it.

    ``kind``: line (ordered x), bar (categories), number (a single value).
    """

    kind: Literal["line", "bar", "number"]
    evidence: str
    x: str | None
    y: tuple[str, ...]
    series: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A result table with the means to reproduce it.

    ``rows`` hold at most the tool's row cap; ``truncated`` says that there were more. ``sql`` has its values inlined,
    so that it can be run as it stands; ``method`` names a computation that is not SQL. ``quiet``: of a call of the turn
    before, run again for what it hands on: it was shown then, so what shows answers leaves it folded.
    """

    id: str
    tool: str
    args: Mapping[str, Any]
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sql: str | None = None
    method: str | None = None
    origin: Origin = "recorded"
    truncated: bool = False
    chart: Chart | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing worth saying, already worded by code in both languages.

    ``cells`` are all cells whose values the sentence states; ``weight`` orders facts within one answer, largest first.
    """

    id: str
    value: Value
    unit: Unit
    text: Text
    cells: tuple[Cell, ...]
    weight: float = 1.0
    words: tuple[str, ...] = field(default=())  # names and dates that the sentence states besides numbers
