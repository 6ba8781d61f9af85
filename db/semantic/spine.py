"""The calendar side of a query: which days it covers, which periods must appear, and how many units there are."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from db.semantic.conditions import condition
from db.semantic.dialects import Expr
from db.semantic.facts import Scope, key_names
from db.semantic.query import Interval
from db.semantic.schema import Dimension


def overlap(period: Interval | None, data: Interval | None) -> Interval | None:
    """The days that both cover; None when neither is known or nothing is left."""
    known = [interval for interval in (period, data) if interval is not None]
    if not known:
        return None
    start, end = max(i.start for i in known), min(i.end for i in known)
    return Interval(start=start, end=end) if start < end else None


def time_keys(scope: Scope) -> list[tuple[str, Dimension]]:
    """The group keys that are time dimensions, with their column names."""
    pairs = zip(key_names(scope.keys), (scope.schema.dimension(name) for name in scope.keys), strict=True)
    return [(label, dimension) for label, dimension in pairs if dimension.kind == "time"]


def days(scope: Scope, period: Interval, name: str) -> sa.Subquery:
    """Every day of the period that the query's own day filters (weekday, date, month …) let through."""
    every = scope.dialect.days(period.start, period.end).subquery(f"{name}_every")
    where = []
    for filter_ in scope.filters:
        dimension = scope.schema.dimension(filter_.dimension)
        if dimension.kind == "time" and dimension.grain != "hour" and filter_.op not in ("top", "bottom"):
            expr = scope.dialect.bucket(every.c.day, dimension.grain or "day")
            where.append(condition(scope.dialect, dimension, expr, filter_, scope.members))
    return sa.select(every.c.day).where(*where).subquery(name)


def spine(scope: Scope, period: Interval, rows: list[sa.CTE]) -> sa.Select[Any] | None:
    """Every combination of keys that must appear although nothing happened; None where nothing is to be filled.

    Args:
        rows: the aggregated facts, from which the members of a dimension beside the time are taken.
    """
    keys = time_keys(scope)
    dimensions = [scope.schema.dimension(name) for name in scope.keys]
    if not keys or any(d.kind != "time" and not d.fill for d in dimensions):
        return None
    clause: sa.FromClause = days(scope, period, "days")
    day = clause.c.day
    columns: dict[str, Any] = {}
    for label, dimension in keys:
        if dimension.grain == "hour":
            hours = _hours(scope)
            clause = clause.join(hours, sa.true())
            columns[label] = hours.c.hour
        else:
            columns[label] = scope.dialect.bucket(day, dimension.grain or "day")
    for label, dimension in zip(key_names(scope.keys), dimensions, strict=True):
        if dimension.kind != "time":
            members = sa.union(*(sa.select(row.c[label]) for row in rows)).subquery(f"members_{label}")
            clause = clause.join(members, sa.true())
            columns[label] = members.c[label]
    return sa.select(*(columns[label].label(label) for label in key_names(scope.keys))).select_from(clause).distinct()


def _hours(scope: Scope) -> sa.Subquery:
    """The hours of a day that the query's hour filters let through."""
    any_day = Interval(start=date(2000, 1, 1), end=date(2000, 1, 25))  # 24 days, one an hour
    ticks = scope.dialect.days(any_day.start, any_day.end).subquery("ticks")
    hour: Expr = sa.func.row_number().over(order_by=ticks.c.day) - 1
    numbered = sa.select(hour.label("hour")).subquery("clock")
    where = []
    for filter_ in scope.filters:
        dimension = scope.schema.dimension(filter_.dimension)
        if dimension.grain == "hour" and filter_.op not in ("top", "bottom"):
            where.append(condition(scope.dialect, dimension, numbered.c.hour, filter_, scope.members))
    return sa.select(numbered.c.hour).where(*where).subquery("hours")


def units(scope: Scope, period: Interval, grain: str) -> sa.Select[Any]:
    """How many calendar units each group covers, column ``n``, by the query's time keys (hours aside).

    Weeks count as days / 7, so that a month has 4.3 of them; where the days are picked by weekday, the weeks that
    hold such a day are counted. Months, quarters and years are counted as soon as one day of them is covered.
    """
    table = days(scope, period, "unit_days")
    keys = [(label, dimension) for label, dimension in time_keys(scope) if dimension.grain != "hour"]
    picked = _picks_weekdays(scope)
    if grain == "day" or (grain == "week" and not picked):
        n: Expr = sa.func.count() / sa.literal_column("7.0" if grain == "week" else "1.0")
    else:
        n = sa.func.count(scope.dialect.bucket(table.c.day, grain).distinct())
    columns = [_shifted(scope, label, dimension, table.c.day) for label, dimension in keys]
    query = sa.select(*columns, n.label("n")).select_from(table)
    return query.group_by(*(column.element for column in columns)) if columns else query


def _shifted(scope: Scope, label: str, dimension: Dimension, day: Expr) -> sa.Label[Any]:
    steps = dict(zip(key_names(scope.keys), scope.shifts, strict=False)).get(label, 0)
    bucket = scope.dialect.bucket(day, dimension.grain or "day")
    return (scope.dialect.shift(bucket, dimension.grain or "day", steps) if steps else bucket).label(label)


def _picks_weekdays(scope: Scope) -> bool:
    names = (*scope.keys, *(filter_.dimension for filter_ in scope.filters))
    return any(scope.schema.dimension(name).grain in ("weekday", "day_type") for name in names)
