"""Filters of a query as SQL conditions, for one fact table or for the calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from db.errors import QueryError, UnknownMember
from db.semantic import calendar
from db.semantic.dialects import Expr, SQLDialect
from db.semantic.query import Filter, Scalar
from db.semantic.schema import Dimension

Subquery = Callable[[Filter], "sa.Select[Any]"]


def condition(
    dialect: SQLDialect, dimension: Dimension, expr: Expr, filter_: Filter, members: Subquery
) -> sa.ColumnElement[bool]:
    """One filter over the dimension's expression.

    Args:
        members: compiles a top/bottom filter to the SELECT of its members.

    Raises:
        QueryError: values that do not fit the operator. UnknownMember: a value of the wrong type.
    """
    if filter_.op in ("top", "bottom"):
        return expr.in_(members(filter_))
    if filter_.op == "range":
        return _range(dialect, dimension, expr, filter_)
    values = [literal(dialect, dimension, value) for value in filter_.values if value is not None]
    has_null = None in filter_.values
    if filter_.op == "in":
        return sa.or_(expr.in_(values), expr.is_(None)) if has_null else expr.in_(values)
    kept = expr.not_in(values)
    return sa.and_(kept, expr.is_not(None)) if has_null else sa.or_(kept, expr.is_(None))


def _range(dialect: SQLDialect, dimension: Dimension, expr: Expr, filter_: Filter) -> sa.ColumnElement[bool]:
    if len(filter_.values) != 2:
        raise QueryError(f"A range over {dimension.label.en} needs two values, low and high.")
    low, high = filter_.values
    if dimension.ordered:
        return expr.in_(_between(dimension, low, high))
    sides = []
    if low is not None:
        sides.append(expr >= literal(dialect, dimension, low))
    if high is not None:
        sides.append(expr < literal(dialect, dimension, high))
    return sa.and_(sa.true(), *sides)


def _between(dimension: Dimension, low: Scalar | None, high: Scalar | None) -> list[str]:
    order = dimension.ordered
    for value in (low, high):
        if value is not None and str(value) not in order:
            raise UnknownMember(f"{dimension.label.en} has no member '{value}'.", f"It has: {', '.join(order)}.")
    first = 0 if low is None else order.index(str(low))
    return list(order[first : len(order) if high is None else order.index(str(high))])


def literal(dialect: SQLDialect, dimension: Dimension, value: Scalar) -> Any:
    """A member as the database holds it. Raises UnknownMember for a value of the wrong type."""
    if dimension.kind == "time" and dimension.grain not in calendar.CYCLIC:
        return dialect.day(calendar.read(value, dimension.grain or "day"))
    if dimension.kind == "time" or dimension.value == "int":
        try:
            return int(value)
        except ValueError as error:
            raise UnknownMember(f"'{value}' is not a number, as {dimension.label.en} needs.") from error
    return float(value) if dimension.kind == "number" else str(value)
