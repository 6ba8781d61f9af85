"""One fact table aggregated on its own: the piece that makes fan-out impossible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from db.errors import QueryError
from db.semantic.columns import column, joined
from db.semantic.conditions import Subquery, condition
from db.semantic.dialects import Expr, SQLDialect
from db.semantic.query import Filter, Interval
from db.semantic.schema import Dimension, Metric, StoreSchema, references


@dataclass(frozen=True, slots=True)
class Source:
    """Metrics that can share one scan: same table, same dating column, same row condition, same entity."""

    table: str
    time: str | None
    where: str | None
    entity: str | None
    having: str | None
    inner_grain: str | None = None  # count within each such bucket, then sum (daily customers, averaged)

    @classmethod
    def of(cls, schema: StoreSchema, metric: Metric, per: str | None) -> Source:
        """The source of a base metric; ``per`` matters only to metrics that do not sum over time."""
        inner = per if per and not metric.sums_over_time else None
        return cls(metric.table or "", schema.time_of(metric), metric.where, metric.entity, metric.entity_having, inner)


@dataclass(frozen=True, slots=True)
class Scope:
    """What every fact is limited to and split by."""

    schema: StoreSchema
    dialect: SQLDialect
    keys: tuple[str, ...]
    filters: tuple[Filter, ...]
    members: Subquery
    shifts: tuple[int, ...] = ()  # by key: how many buckets to move a baseline's time key


def key_names(keys: tuple[str, ...]) -> list[str]:
    """Column names of the group keys inside the statement."""
    return [f"k{i}" for i in range(len(keys))]


def fact_select(scope: Scope, source: Source, metrics: list[Metric], period: Interval | None) -> sa.Select[Any]:
    """The metrics of one source by the scope's keys: columns ``k0``, ``k1``, then one a metric.

    Raises:
        QueryError: a key or filter that the fact table cannot reach.
    """
    first = metrics[0]
    keys = [_key(scope, first, name) for name in scope.keys]
    where = _conditions(scope, source, first, period)
    inner = list(keys)
    if source.inner_grain and source.time:
        inner.append(scope.dialect.bucket(column(source.time), source.inner_grain))
    clause = _from(scope, source, metrics)
    if source.entity:
        return _by_entity(scope, source, metrics, inner, where, clause)
    columns: list[sa.Label[Any]] = [sa.literal_column(metric.expr or "").label(metric.name) for metric in metrics]
    query = sa.select(*_labelled(inner), *columns).select_from(clause)
    return _outer(source, _grouped(query.where(*where), inner), len(keys), [metric.name for metric in metrics])


def _by_entity(
    scope: Scope,
    source: Source,
    metrics: list[Metric],
    keys: list[Expr],
    where: list[sa.ColumnElement[bool]],
    clause: sa.FromClause,
) -> sa.Select[Any]:
    entity = column(source.entity or "")
    query = sa.select(*_labelled(keys), entity.label("entity"))
    query = query.select_from(clause).where(*where)
    query = query.group_by(*keys, entity)
    if source.having:
        query = query.having(sa.literal_column(source.having))
    kept = query.subquery("entities")
    labels = [kept.c[f"k{i}"] for i in range(len(keys))]
    counted = sa.select(*labels, *(sa.func.count().label(metric.name) for metric in metrics)).select_from(kept)
    return _outer(source, _grouped(counted, labels), len(scope.keys), [metric.name for metric in metrics])


def _outer(source: Source, query: sa.Select[Any], keys: int, names: list[str]) -> sa.Select[Any]:
    """Sum the inner buckets away."""
    if not source.inner_grain:
        return query
    inner = query.subquery("buckets")
    labels = [inner.c[f"k{i}"] for i in range(keys)]
    return _grouped(sa.select(*labels, *(sa.func.sum(inner.c[name]).label(name) for name in names)), labels)


def _grouped(query: sa.Select[Any], keys: list[Any]) -> sa.Select[Any]:
    return query.group_by(*keys) if keys else query


def _labelled(keys: list[Expr]) -> list[sa.Label[Any]]:
    return [key.label(f"k{i}") for i, key in enumerate(keys)]


def _key(scope: Scope, metric: Metric, name: str) -> Expr:
    dimension = scope.schema.dimension(name)
    expr = dimension_expr(scope, metric, dimension)
    steps = dict(zip(scope.keys, scope.shifts, strict=False)).get(name, 0)
    return scope.dialect.shift(expr, dimension.grain or "day", steps) if steps else expr


def dimension_expr(scope: Scope, metric: Metric, dimension: Dimension) -> Expr:
    """The dimension as seen from a metric's fact table. Raises QueryError where there is no path."""
    reference = scope.schema.column_of(metric, dimension)
    if reference is None:
        raise QueryError(
            f"{metric.label.en} cannot be split or filtered by {dimension.label.en}.",
            f"The data behind it ({metric.table}) does not record {dimension.label.en}.",
        )
    if dimension.kind == "time":
        return scope.dialect.bucket(column(reference), dimension.grain or "day")
    return column(reference)


def _conditions(scope: Scope, source: Source, metric: Metric, period: Interval | None) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if period is not None and source.time is None:
        raise QueryError(f"{metric.label.en} has no dates, so a period cannot be asked of it.")
    if period is not None and source.time is not None:
        time = column(source.time)
        found += [time >= scope.dialect.moment(period.start), time < scope.dialect.moment(period.end)]
    if source.where:
        found.append(sa.literal_column(f"({source.where})"))
    for filter_ in scope.filters:
        dimension = scope.schema.dimension(filter_.dimension)
        expr = dimension_expr(scope, metric, dimension)
        found.append(condition(scope.dialect, dimension, expr, filter_, scope.members))
    return found


def _from(scope: Scope, source: Source, metrics: list[Metric]) -> sa.FromClause:
    """The fact table with its many-to-one joins, and of each table the columns that the statement mentions."""
    texts = [source.time, source.where, source.entity, source.having, *(metric.expr for metric in metrics)]
    named = [f"{table}.{column}" for table, column in references(*texts) if table in scope.schema.tables]
    for name in (*scope.keys, *(filter_.dimension for filter_ in scope.filters)):
        reference = scope.schema.column_of(metrics[0], scope.schema.dimension(name))
        named += [reference] if reference else []
    return joined(scope.schema, scope.dialect, source.table, named)
