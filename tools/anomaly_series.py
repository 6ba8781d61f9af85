"""A metric's history by day or week, for the whole or for the members of a dimension, through the semantic layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from db.errors import AnalysisError
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.result import Value
from db.semantic.schema import Metric, StoreSchema
from models.timeseries.anomaly_baseline import Series
from tools.registry import ToolContext

MEMBERS = 30  # of a dimension, the largest: 0.1 s each; of more, the small ones have too few rows a day anyhow
ROWS = 60_000  # thirty members over five years
SPARSE = 0.1  # share of empty days from which weeks are looked at
WEEKLY = 3.0  # and the number a day below which counts are
_HOME: Mapping[str, tuple[str, ...]] = {"USD": ("US",), "CNY": ("CN",)}


@dataclass(frozen=True, slots=True)
class History:
    """Series by member (None for the whole), and the SQL that read them."""

    series: Mapping[Value, Series]
    sql: str


def calendar_of(schema: StoreSchema) -> tuple[str, ...]:
    """Whose holidays a store keeps: by its currency; both countries' where that tells nothing."""
    return _HOME.get(schema.currency, ("US", "CN"))


def read_history(
    context: ToolContext, metric: str, filters: Sequence[Filter] = (), split: str | None = None
) -> History:
    """All days before the shop's clock, from the first with anything on.

    Raises:
        AnalysisError: the metric has no dates, or the store no days before the clock. QueryError, StoreError.
    """
    store, schema = context.store, context.store.schema
    declared = schema.metric(metric)
    start, known = store.data_start, min(context.today, store.data_end)
    day = next((name for name, d in schema.dimensions.items() if d.grain == "day"), None)
    if day is None or any(schema.time_of(part) is None for part in schema.parts(metric)):
        raise AnalysisError(f"{declared.label.en} has no dates, so no day of it can be off.")
    if known <= start:
        raise AnalysisError(f"The store has no data before {context.today}.")
    query = SemanticQuery(
        metrics=(metric, declared.denominator) if declared.denominator else (metric,),
        group_by=(day, split) if split else (day,),
        filters=(*filters, *([_largest(schema, declared, split)] if split else [])),
        time=Interval(start=start, end=known),
    )
    result = store.run(query, context.row_filters, context.query_seconds, ROWS)
    columns = [c.name for c in result.columns]
    parts = [columns.index(name) for name in query.metrics]
    length, empty = (known - start).days, 0.0 if declared.empty_is_zero else np.nan
    arrays: dict[Value, list[np.ndarray]] = {}
    for row in result.rows:
        member = row[1] if split else None
        if split and member is None:
            continue
        found = arrays.setdefault(member, [np.full(length, empty), np.zeros(length)])
        index = (date.fromisoformat(str(row[0])) - start).days
        for array, column in zip(found, parts, strict=False):
            value = row[column]
            if value is not None:
                array[index] = float(value)
    counts = _counted(schema, declared)
    made = {m: _series(start, found[0], found[1], declared, counts) for m, found in arrays.items()}
    return History({m: series for m, series in made.items() if len(series.days)}, result.sql)


def _largest(schema: StoreSchema, metric: Metric, split: str) -> Filter:
    by = metric.denominator or metric.name
    if not schema.can_split(by, split):
        by = metric.name
    return Filter(dimension=split, op="top", values=(MEMBERS,), by=by)


def _counted(schema: StoreSchema, metric: Metric) -> bool:
    """Whether the noise of counting bounds it from below: counts, and shares of counts in counts."""
    if not metric.is_ratio:
        return metric.unit == "count"
    parts = [schema.metric(p) for p in (metric.numerator, metric.denominator) if p]
    return metric.unit == "ratio" and all(part.unit == "count" for part in parts)


def _series(start: date, values: np.ndarray, weights: np.ndarray, metric: Metric, counts: bool) -> Series:
    some = np.flatnonzero(~np.isnan(values) & (values != 0))
    first = int(some[0]) if len(some) else len(values)
    values, weights, start = values[first:], weights[first:], start + timedelta(days=first)
    days = tuple(start + timedelta(days=i) for i in range(len(values)))
    averages = not metric.is_ratio and not metric.sums_over_time
    daily = Series(days, values, weights if metric.is_ratio else None, counts, averages)
    return _by_week(daily) if len(values) and not averages and _is_sparse(daily) else daily


def _is_sparse(series: Series) -> bool:
    base = series.values if series.weights is None else series.weights
    empty = np.mean(np.nan_to_num(base) <= 0)
    return bool(empty > SPARSE or (series.counts and series.weights is None and np.nanmean(base) < WEEKLY))


def _by_week(series: Series) -> Series:
    """Whole ISO weeks; a ratio's by its parts."""
    first = (7 - series.days[0].weekday()) % 7
    weeks = (len(series.days) - first) // 7
    whole = slice(first, first + 7 * weeks)
    days = series.days[whole][::7]
    values = np.nan_to_num(series.values[whole]).reshape(-1, 7)
    if series.weights is None:
        return Series(days, values.sum(axis=1), None, series.counts, series.averages, 7)
    weights = series.weights[whole].reshape(-1, 7)
    total = weights.sum(axis=1)
    ratio = np.divide((values * weights).sum(axis=1), total, out=np.full(weeks, np.nan), where=total > 0)
    return Series(days, ratio, total, series.counts, series.averages, 7)
