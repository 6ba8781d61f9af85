"""A metric's history as a daily series, read through the semantic layer under the asker's row filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from db.errors import AnalysisError, Cancelled
from db.semantic.query import Filter, Interval, SemanticQuery
from models.timeseries.calendars import Country
from models.timeseries.forecast import Kind, Series
from models.timeseries.forecast_calendar import Calendar
from tools.registry import ToolContext

if TYPE_CHECKING:
    from db.semantic.result import Value
    from db.semantic.schema import Metric, StoreSchema

_COUNTRIES: Mapping[str, Country] = {"USD": "US", "CNY": "CN"}
DAILY_ROWS = 200_000  # ten members over fifty years


@dataclass(frozen=True, slots=True)
class History:
    """Daily series by member (None without a split), the day after the last known one, and the SQL that read them."""

    series: Mapping[Value, Series]
    known: date
    sql: str


def parts_of(schema: StoreSchema, name: str) -> tuple[Metric, ...]:
    """The metrics whose days are forecast: the metric itself, or numerator and denominator of a ratio.

    Raises:
        AnalysisError: it has no dates, or it is a ratio of counts that differ with the length of the period.
    """
    metric = schema.metric(name)
    parts = tuple(schema.metric(p) for p in (metric.numerator, metric.denominator) if p) or (metric,)
    if any(part.is_ratio or not part.sums_over_time for part in parts) and metric.is_ratio:
        raise AnalysisError(
            f"{metric.label.en} depends on the length of its period, so it cannot be built from daily forecasts.",
            "Ask for a metric whose days add up, such as its revenue or orders.",
        )
    if any(schema.time_of(part) is None for part in parts):
        raise AnalysisError(f"{metric.label.en} has no dates, so there is nothing to forecast.")
    return parts


def calendar_of(schema: StoreSchema, parts: Sequence[Metric]) -> Calendar:
    """Whose holidays bend the metric: by the store's currency; sales of a shop with stores stop on Christmas Day."""
    sales = schema.roles.get("sales")
    doors = sales is not None and "store" in sales.columns and all(part.table == sales.table for part in parts)
    return Calendar(_COUNTRIES.get(schema.currency), doors)


def read_history(
    context: ToolContext, metric: str, filters: Sequence[Filter] = (), split: str | None = None
) -> History:
    """All known days of a metric, before the shop's clock, from the first day with anything on.

    Raises:
        AnalysisError: as :func:`parts_of`, or no data at all. QueryError, StoreError: as every query.
    """
    store, schema = context.store, context.store.schema
    parts = parts_of(schema, metric)
    known = min(context.today, store.data_end)
    if known <= store.data_start:
        raise AnalysisError(f"The store has no data before {context.today} to forecast from.")
    day = next((n for n, d in schema.dimensions.items() if d.grain == "day"), None)
    if day is None:
        raise AnalysisError(f"The store '{schema.name}' declares no dimension of days, so nothing can be forecast.")
    query = SemanticQuery(
        metrics=tuple(dict.fromkeys(part.name for part in parts)),
        group_by=(day, split) if split else (day,),
        filters=tuple(filters),
        time=Interval(start=store.data_start, end=known),
    )
    result = store.run(query, context.row_filters, context.query_seconds, DAILY_ROWS)
    columns = [[c.name for c in result.columns].index(part.name) for part in parts]
    length, empty = (known - store.data_start).days, 0.0 if parts[0].empty_is_zero else np.nan
    arrays: dict[Value, list[np.ndarray]] = {}
    for row in result.rows:
        found = arrays.setdefault(row[1] if split else None, [np.full(length, empty) for _ in parts])
        index = (date.fromisoformat(str(row[0])) - store.data_start).days
        for array, column in zip(found, columns, strict=True):
            value = row[column]
            array[index] = empty if value is None else float(value)
    kind: Kind = "ratio" if len(parts) == 2 else "sum" if parts[0].sums_over_time else "mean"
    series = {m: _begun(Series(store.data_start, tuple(found), kind)) for m, found in arrays.items()}
    return History({m: s for m, s in series.items() if s.days}, known, result.sql)


def _begun(series: Series) -> Series:
    """The series from its first day with anything on."""
    last = series.parts[-1]
    some = np.flatnonzero(~np.isnan(last) & (last != 0))
    first = int(some[0]) if len(some) else series.days
    return Series(series.start + timedelta(days=first), tuple(p[first:] for p in series.parts), series.kind)


def spans(horizon: Interval, grain: str) -> list[tuple[date, date]]:
    """The horizon cut into days, ISO weeks or months; the first and last may be parts of one.

    >>> [str(b) for _, b in spans(Interval(start=date(2018, 1, 3), end=date(2018, 1, 17)), "week")]
    ['2018-01-08', '2018-01-15', '2018-01-17']
    """
    found, start = [], horizon.start
    while start < horizon.end:
        if grain == "day":
            end = start + timedelta(days=1)
        elif grain == "week":
            end = start + timedelta(days=7 - start.weekday())
        else:
            end = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((start, min(end, horizon.end)))
        start = end
    return found


def watched(context: ToolContext, done: float) -> None:
    """Report progress, and stop where the operator stopped it.

    Raises:
        Cancelled: the operator did.
    """
    if context.cancel is not None and context.cancel.is_set():
        raise Cancelled("Stopped.")
    context.progress("forecast", done)
