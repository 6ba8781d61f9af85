"""What a semantic query gives back, with the values turned into Python's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from db.semantic import calendar
from db.semantic.checks import base_name
from db.semantic.query import SemanticQuery
from db.semantic.schema import StoreSchema, Text

Value = str | int | float | Decimal | bool | None
ColumnUnit = Literal["currency", "count", "ratio", "number", "date", "member", "text"]
MONEY_STEP = Decimal("0.000001")  # money that is a ratio (AOV) keeps six places; sums keep the store's own two

_EXTRA_LABELS = {
    "previous": Text(en="{} (before)", zh="{}（对比期）"),
    "change": Text(en="{} change", zh="{}变化"),
    "change_pct": Text(en="{} change %", zh="{}变化率"),
    "share": Text(en="{} share", zh="{}占比"),
    "running": Text(en="{} running total", zh="{}累计"),
}


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. ``of`` names the metric or dimension, ``kind`` says what the column holds of it."""

    name: str
    label: Text
    unit: ColumnUnit
    kind: str  # key, metric, previous, change, change_pct, share, running
    of: str
    grain: str | None = None


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows of a query. Money is Decimal, counts are int, ratios and shares float (fractions, 0.15 = 15 %).

    Time keys are text as in :func:`db.semantic.calendar.written`; weekday is 1 = Monday … 7; NULL members stay None.
    ``sql`` runs as it stands. ``truncated``: there were more rows than the cap.
    """

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Value, ...], ...]
    sql: str
    truncated: bool
    elapsed_ms: float


def result_columns(schema: StoreSchema, query: SemanticQuery, names: Iterable[str]) -> tuple[ResultColumn, ...]:
    """Describe the output columns of a compiled query."""
    return tuple(_column(schema, query, name) for name in names)


def _column(schema: StoreSchema, query: SemanticQuery, name: str) -> ResultColumn:
    if name in query.group_by:
        dimension = schema.dimension(name)
        dated = dimension.kind == "time" and dimension.grain not in calendar.CYCLIC
        return ResultColumn(name, dimension.label, "date" if dated else "member", "key", name, dimension.grain)
    of = base_name(name)
    metric = schema.metric(of)
    kind = name[len(of) + 2 :] or "metric"
    label = metric.label
    if kind != "metric":
        form = _EXTRA_LABELS[kind]
        label = Text(en=form.en.format(label.en), zh=form.zh.format(label.zh))
    unit: ColumnUnit = "ratio" if kind in ("share", "change_pct") else metric.unit
    averaged = query.per is not None and metric.unit == "count" and unit == "count"
    return ResultColumn(name, label, "number" if averaged else unit, kind, of)


def python_rows(columns: Sequence[ResultColumn], rows: Iterable[Sequence[Any]]) -> tuple[tuple[Value, ...], ...]:
    """Rows as a database gives them, as Python values by the columns' units."""
    return tuple(tuple(_value(c, v) for c, v in zip(columns, row, strict=True)) for row in rows)


def _value(column: ResultColumn, value: Any) -> Value:
    if value is None:
        return None
    if column.kind == "key":
        return _key(column, value)
    if column.unit == "currency":
        return value if isinstance(value, Decimal) else Decimal(repr(float(value))).quantize(MONEY_STEP).normalize() + 0
    return int(value) if column.unit == "count" else float(value)


def _key(column: ResultColumn, value: Any) -> Value:
    if column.unit != "date":
        return int(value) if isinstance(value, Decimal) else value
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    day = value.date() if isinstance(value, datetime) else value
    return calendar.written(day, column.grain or "day")


def plain(value: Any) -> Value:
    """A value of hand-written SQL: dates and times as ISO text, everything that is no number as text."""
    if value is None or isinstance(value, (str, bool, int, float, Decimal)):
        return value
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
