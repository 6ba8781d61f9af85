"""From a query object to one SELECT: facts apart, then merged on their keys, then ratios, shares, order and limit.

The statement is a chain of CTEs. Every source (see :mod:`db.semantic.facts`) is aggregated on its own and has one row a
key; the sources, the baseline's and the calendar's rows are laid under one another (UNION ALL) and grouped by the key.
NULL keys meet without special care that way, and no join can multiply rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from db.errors import QueryError
from db.semantic import calendar, spine
from db.semantic.checks import check_query, wanted_metrics
from db.semantic.dialects import Expr, SQLDialect, dialect_of
from db.semantic.facts import Scope, Source, fact_select, key_names
from db.semantic.ordering import finish
from db.semantic.query import Filter, Interval, Order, SemanticQuery
from db.semantic.schema import Dimension, Metric, StoreSchema

PREVIOUS, CHANGE, CHANGE_PCT, SHARE, RUNNING = "previous", "change", "change_pct", "share", "running"


@dataclass(frozen=True, slots=True)
class Plan:
    """A query with everything that its parts need to know."""

    schema: StoreSchema
    query: SemanticQuery
    dialect: SQLDialect
    scope: Scope
    data: Interval | None
    metrics: tuple[str, ...]  # the asked ones, then those that only order or having need
    parts: tuple[Metric, ...]
    fill: bool
    prefix: str = ""  # of every CTE's name: SQL lifts those of a subquery to the top, where names must differ

    def cte(self, select: sa.Select[Any], name: str, *, materialized: bool = False) -> sa.CTE:
        """A CTE of this statement; ``materialized``: computed once although it is read twice."""
        made = select.cte(self.prefix + name)
        return made.prefix_with("MATERIALIZED") if materialized else made


def compile_query(
    schema: StoreSchema,
    query: SemanticQuery,
    dialect: str,
    *,
    row_filters: tuple[Filter, ...] = (),
    data_range: Interval | None = None,
) -> sa.Select[Any]:
    """Compile a query object for one database.

    Args:
        dialect: ``duckdb``, ``postgresql`` or ``sqlite``.
        row_filters: conditions that always hold, whatever is asked (what the asker may see).
        data_range: the days that the store holds; bounds the empty periods that are shown and what ``per`` divides by.

    Returns:
        A SELECT whose columns are the group-bys, then for each metric its value and the extras asked for, named
        ``<metric>__previous``, ``__change``, ``__change_pct`` (a fraction), ``__share`` (0–1), ``__running``.

    Raises:
        QueryError: the query cannot be answered; the sentence says which metric and dimension are at odds.
    """
    return _compile(schema, query, dialect_of(dialect), row_filters, data_range)


def _compile(
    schema: StoreSchema,
    query: SemanticQuery,
    dialect: SQLDialect,
    row_filters: tuple[Filter, ...],
    data: Interval | None,
    prefix: str = "",
) -> sa.Select[Any]:
    """``compile_query``; with a prefix, the ranking behind a top or bottom filter, which fills no empty periods."""
    check_query(schema, query)
    plain = tuple(f for f in query.filters if f.op not in ("top", "bottom"))
    chosen: dict[Filter, sa.Select[Any]] = {}

    def members(filter_: Filter) -> sa.Select[Any]:
        if filter_ not in chosen:
            inner = _members_query(query, filter_, plain)
            name = f"{prefix}top{len(chosen) + 1}_"
            ranked = _compile(schema, inner, dialect, row_filters, data, name).cte(f"{name}members")
            chosen[filter_] = sa.select(ranked.c[filter_.dimension])
        return chosen[filter_]

    scope = Scope(schema, dialect, query.group_by, (*query.filters, *row_filters), members)
    metrics = wanted_metrics(schema, query)
    parts = tuple(dict.fromkeys(part for name in metrics for part in schema.parts(name)))
    return _statement(Plan(schema, query, dialect, scope, data, metrics, parts, fill=not prefix, prefix=prefix))


def _members_query(query: SemanticQuery, filter_: Filter, plain: tuple[Filter, ...]) -> SemanticQuery:
    by, count = filter_.by or query.metrics[0], filter_.values[0] if len(filter_.values) == 1 else None
    if not isinstance(count, int) or count < 1:
        raise QueryError("A top or bottom filter needs one whole number above zero.")
    present = Filter(dimension=filter_.dimension, op="not_in", values=(None,))
    direction = Order(by=by, direction="desc" if filter_.op == "top" else "asc")
    return SemanticQuery(
        metrics=(by,),
        group_by=(filter_.dimension,),
        filters=(*plain, present),
        time=query.time,
        order=direction,
        limit=min(count, 1000),
    )


def _statement(plan: Plan) -> sa.Select[Any]:
    query = plan.query
    current = _facts(plan, plan.scope, query.time, "")
    branches, rows = [_branch(plan, cte, "") for cte in current], list(current)
    if query.compare is not None:
        scope, baseline = _baseline(plan)
        previous = _facts(plan, scope, baseline, "_previous")
        branches += [_branch(plan, cte, "__previous") for cte in previous]
        rows += previous
    covered = spine.overlap(query.time, plan.data)
    if plan.fill and covered is not None:
        empty = spine.spine(plan.scope, covered, rows)
        if empty is not None:
            branches.append(_branch(plan, plan.cte(empty, "spine"), ""))
    merged = plan.cte(_merged(plan, branches), "merged")
    return finish(plan.schema, query, plan.cte(_valued(plan, merged), "valued"), plan.metrics)


def _facts(plan: Plan, scope: Scope, period: Interval | None, suffix: str) -> list[sa.CTE]:
    groups: dict[Source, list[Metric]] = {}
    for metric in plan.parts:
        groups.setdefault(Source.of(plan.schema, metric, plan.query.per), []).append(metric)
    return [
        plan.cte(fact_select(scope, source, metrics, period), f"{source.table}_{i}{suffix}", materialized=True)
        for i, (source, metrics) in enumerate(groups.items(), 1)
    ]


def _baseline(plan: Plan) -> tuple[Scope, Interval]:
    """The baseline's scope, its time keys moved onto the current period, and its days cut to the current length.

    A longer baseline (October's 31 days against November's 30) loses the buckets that have no counterpart.
    """
    now, then = plan.query.time, plan.query.compare
    if now is None or then is None:
        raise QueryError("A comparison needs a period to compare.", "Give the query a time.")
    steps, end = [], then.end
    for dimension in map(plan.schema.dimension, plan.query.group_by):
        if dimension.kind != "time" or dimension.grain in calendar.CYCLIC:
            steps.append(0)
            continue
        grain = dimension.grain or "day"
        steps.append(calendar.steps_between(then.start, now.start, grain))
        if now.days:
            last = calendar.bucket_start(calendar.shift(now.end, "day", -1), grain)
            end = min(end, calendar.shift(last, grain, 1 - steps[-1]))
    return replace(plan.scope, shifts=tuple(steps)), Interval(start=then.start, end=max(then.start, end))


def _branch(plan: Plan, cte: sa.CTE, suffix: str) -> sa.Select[Any]:
    """One source's rows with a column for every part of every source, NULL where it is not its own."""
    suffixes = ("", "__previous") if plan.query.compare else ("",)
    columns: list[Any] = [cte.c[name] for name in key_names(plan.query.group_by)]
    for other in suffixes:
        for part in plan.parts:
            own = other == suffix and part.name in cte.c
            value = cte.c[part.name] if own else plan.dialect.null(part.unit)
            columns.append(value.label(part.name + other))
    return sa.select(*columns)


def _merged(plan: Plan, branches: list[sa.Select[Any]]) -> sa.Select[Any]:
    if len(branches) == 1:
        return branches[0]
    union = sa.union_all(*branches).subquery("laid")
    keys = [union.c[name] for name in key_names(plan.query.group_by)]
    values = [sa.func.max(c).label(c.name) for c in union.c if c.name not in key_names(plan.query.group_by)]
    query = sa.select(*keys, *values)
    return query.group_by(*keys) if keys else query


def _valued(plan: Plan, merged: sa.CTE) -> sa.Select[Any]:
    """Every metric and extra from its parts."""
    query, schema = plan.query, plan.schema
    clause: sa.FromClause = merged
    divisors: dict[str, Expr] = {}
    if query.per is not None:
        clause, divisors = _with_units(plan, merged)
    totals = _totals(plan)
    if totals is not None:
        clause = clause.join(totals, sa.true())
    columns: list[Any] = [
        merged.c[key].label(name) for key, name in zip(key_names(query.group_by), query.group_by, strict=True)
    ]
    for name in plan.metrics:
        value = _value(schema, merged, schema.metric(name), "", divisors)
        columns.append(value.label(name))
        if query.compare is not None:
            columns += _compared(name, value, _value(schema, merged, schema.metric(name), "__previous", divisors))
        if query.share and name in query.metrics:
            total = totals.c[name] if totals is not None and name in totals.c else sa.func.sum(value).over()
            columns.append(_divide(value, total).label(f"{name}__{SHARE}"))
        if query.running and name in query.metrics:
            columns.append(_running(plan, merged, value).label(f"{name}__{RUNNING}"))
    return sa.select(*columns).select_from(clause)


def _value(schema: StoreSchema, merged: sa.CTE, metric: Metric, suffix: str, divisors: dict[str, Expr]) -> Expr:
    if metric.is_ratio:
        over = _value(schema, merged, schema.metric(metric.numerator or ""), suffix, {})
        under = _value(schema, merged, schema.metric(metric.denominator or ""), suffix, {})
        return _divide(over, under)
    value: Expr = merged.c[metric.name + suffix]
    value = sa.func.coalesce(value, sa.literal_column("0")) if metric.empty_is_zero else value
    return _divide(value, divisors[suffix]) if suffix in divisors else value


def _divide(over: Expr, under: Expr) -> Expr:
    whole = sa.func.nullif(sa.cast(under, sa.Double), sa.literal_column("0"))
    return sa.cast(over, sa.Double).op("/", return_type=sa.Double())(whole)


def _compared(name: str, value: Expr, before: Expr) -> list[sa.Label[Any]]:
    change = value - before
    return [
        before.label(f"{name}__{PREVIOUS}"),
        change.label(f"{name}__{CHANGE}"),
        _divide(change, before).label(f"{name}__{CHANGE_PCT}"),
    ]


def _running(plan: Plan, merged: sa.CTE, value: Expr) -> Expr:
    keys = dict(zip(key_names(plan.query.group_by), map(plan.schema.dimension, plan.query.group_by), strict=True))
    times = [merged.c[key] for key, dimension in keys.items() if _runs(dimension)]
    others = [merged.c[key] for key, dimension in keys.items() if not _runs(dimension)]
    return sa.func.sum(value).over(partition_by=others or None, order_by=times, rows=(None, 0))


def _runs(dimension: Dimension) -> bool:
    return dimension.kind == "time"


def _totals(plan: Plan) -> sa.CTE | None:
    """The totals of metrics whose groups overlap (a basket in two departments), for their shares."""
    names = [name for name in plan.query.metrics if not plan.schema.metric(name).additive]
    if not plan.query.share or not names or not plan.query.group_by:
        return None
    whole = plan.query.model_copy(update={"group_by": (), "metrics": tuple(names)})
    whole = SemanticQuery(metrics=whole.metrics, filters=whole.filters, time=whole.time, per=None)
    scope = replace(plan.scope, keys=())
    parts = tuple(plan.schema.metric(name) for name in names)
    inner = replace(plan, query=whole, scope=scope, metrics=tuple(names), parts=parts)
    facts = _facts(inner, scope, whole.time, "_whole")
    merged = _merged(inner, [_branch(inner, cte, "") for cte in facts])
    return plan.cte(_valued(inner, plan.cte(merged, "merged_whole")), "whole")


def _with_units(plan: Plan, merged: sa.CTE) -> tuple[sa.FromClause, dict[str, Expr]]:
    clause: sa.FromClause = merged
    divisors: dict[str, Expr] = {}
    periods = [("", plan.scope, plan.query.time)]
    if plan.query.compare is not None:
        periods.append(("__previous", *_baseline(plan)))
    for suffix, scope, period in periods:
        covered = spine.overlap(period, plan.data)
        if covered is None:
            raise QueryError("An average per calendar unit needs a period that the data covers.")
        table = plan.cte(spine.units(scope, covered, plan.query.per or "day"), f"units{suffix}")
        on = sa.and_(sa.true(), *(merged.c[c.name] == c for c in table.c if c.name != "n"))
        clause = clause.outerjoin(table, on)
        divisors[suffix] = table.c.n
    return clause, divisors
