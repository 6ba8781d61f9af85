"""The last steps of a statement: conditions on metrics, order, limits, and the columns that are shown."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from db.errors import QueryError
from db.semantic.dialects import Expr
from db.semantic.query import SemanticQuery
from db.semantic.schema import Dimension, StoreSchema


def finish(schema: StoreSchema, query: SemanticQuery, valued: sa.CTE, metrics: tuple[str, ...]) -> sa.Select[Any]:
    """Select the shown columns of ``valued`` in order, within the limits."""
    hidden = [name for name in metrics if name not in query.metrics]
    shown = [c for c in valued.c if not any(c.name == name or c.name.startswith(f"{name}__") for name in hidden)]
    order = _order(schema, query, valued)
    where = _having(query, valued) + _ranked_only(schema, query, valued)
    if query.limit is None or query.limit_per is None:
        return sa.select(*shown).where(*where).order_by(*order).limit(query.limit)
    within = valued.c[query.limit_per]
    rank = sa.func.row_number().over(partition_by=within, order_by=order).label("rank_within")
    ranked = sa.select(*valued.c, rank).where(*where).subquery("ranked")
    member = _ascending(schema.dimension(query.limit_per), ranked.c[query.limit_per])
    columns = [ranked.c[c.name] for c in shown]
    return sa.select(*columns).where(ranked.c.rank_within <= query.limit).order_by(*member, ranked.c.rank_within)


def _ranked_only(schema: StoreSchema, query: SemanticQuery, valued: sa.CTE) -> list[sa.ColumnElement[bool]]:
    """Rows of a missing member do not compete in a ranking: "which age group" is never "not recorded"."""
    if query.limit is None:
        return []
    return [valued.c[name].is_not(None) for name in query.group_by if schema.dimension(name).kind == "member"]


def _having(query: SemanticQuery, valued: sa.CTE) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if query.keep is not None:
        where.append(valued.c[query.keep.dimension].in_(list(query.keep.values)))
    for limit in query.having:
        value = _column(valued, limit.metric)
        if limit.low is not None:
            where.append(value > limit.low if limit.strict else value >= limit.low)
        if limit.high is not None:
            where.append(value < limit.high if limit.strict else value <= limit.high)
    return where


def _order(schema: StoreSchema, query: SemanticQuery, valued: sa.CTE) -> list[Expr]:
    """The asked order, or time ascending and then the first metric descending; ties by the keys, NULL last."""
    keys = {name: schema.dimension(name) for name in query.group_by}
    order: list[Expr] = []
    if query.order is None:
        for name, dimension in keys.items():
            if dimension.kind == "time":
                order += _ascending(dimension, valued.c[name])
        order.append(valued.c[query.metrics[0]].desc().nulls_last())
    elif query.order.by in keys:
        by = _natural(keys[query.order.by], valued.c[query.order.by])
        order.append((by.asc() if query.order.direction == "asc" else by.desc()).nulls_last())
    else:
        extra = query.order.by in ("change", "change_pct")
        value = _column(valued, f"{query.metrics[0]}__{query.order.by}" if extra else query.order.by)
        order.append((value.asc() if query.order.direction == "asc" else value.desc()).nulls_last())
    for name, dimension in keys.items():
        order += _ascending(dimension, valued.c[name])
    return order


def _column(valued: sa.CTE, name: str) -> Expr:
    if name not in valued.c:
        raise QueryError(f"The result has no column '{name}'.", f"It has: {', '.join(c.name for c in valued.c)}.")
    return valued.c[name]


def _ascending(dimension: Dimension, value: Expr) -> list[Expr]:
    return [_natural(dimension, value).asc().nulls_last()]


def _natural(dimension: Dimension, value: Expr) -> Expr:
    """The dimension's own order ("Under 15K" first) instead of the alphabet."""
    if not dimension.ordered:
        return value
    places: dict[Any, Any] = {member: sa.literal_column(str(i)) for i, member in enumerate(dimension.ordered)}
    return sa.case(places, value=value, else_=sa.literal_column(str(len(places))))
