"""The rows behind a role as a table of the database or as a pandas frame, always under the asker's row filters.

>>> read(store, "sales", ("customer", "time", "amount"), time=Interval(...))       # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from db.engine import QUERY_TIMEOUT, Store
from db.errors import PermissionRefused, RoleMissing
from db.semantic.columns import column, joined
from db.semantic.conditions import condition
from db.semantic.dialects import dialect_of
from db.semantic.query import Filter, Interval
from db.semantic.render import render
from db.semantic.roles import ROLES
from db.semantic.schema import Role

if TYPE_CHECKING:
    import pandas as pd

FRAME_ROWS = 20_000_000  # the largest table of the demo store has 1.5 million; beyond this a sample is the honest way


def role_of(store: Store, name: str) -> Role:
    """The store's declaration of a role.

    Raises:
        RoleMissing: the store has no such table.
    """
    role = store.schema.roles.get(name)
    if role is None:
        raise RoleMissing(
            f"The store '{store.schema.name}' has no table of {name}.",
            f"Declare it in its YAML under roles.{name}, with {', '.join(ROLES[name].required)}.",
        )
    return role


def source(
    store: Store,
    role: str,
    fields: Sequence[str] = (),
    *,
    time: Interval | None = None,
    filters: Sequence[Filter] = (),
    name: str | None = None,
) -> sa.Subquery:
    """A role's rows as a subquery to select from; its columns are the role's fields.

    Args:
        fields: the fields that are needed; all declared ones without it.
        time: half-open days on the role's ``time`` field.
        filters: conditions on dimensions, the asker's row filters among them. A dimension that the table does not
            reach is refused: nobody sees by this way what the semantic layer would keep from them.
        name: of the subquery, where a statement uses a role twice.

    Raises:
        RoleMissing: no such role, or it lacks a field. PermissionRefused: a filter that cannot be applied.
    """
    declared = role_of(store, role)
    wanted = tuple(fields) or tuple(f for f in ROLES[role].fields if f in declared.columns)
    lacking = [field for field in wanted if field not in declared.columns]
    if lacking:
        raise RoleMissing(
            f"The {role} of store '{store.schema.name}' have no {lacking[0]}.",
            f"Name its column in the YAML under roles.{role}.columns.",
        )
    dialect, table = dialect_of(store.backend.dialect), declared.table
    columns = [column(f"{table}.{declared.columns[field]}").label(field) for field in wanted]
    read = [f"{table}.{declared.columns[field]}" for field in dict.fromkeys([*wanted, *(["time"] if time else [])])]
    clause, conditions = _filtered(store, declared, filters, read)
    if time is not None:
        moment = column(f"{table}.{declared.columns['time']}")
        conditions += [moment >= dialect.moment(time.start), moment < dialect.moment(time.end)]
    return sa.select(*columns).select_from(clause).where(*conditions).subquery(name or role)


def _filtered(
    store: Store, declared: Role, filters: Sequence[Filter], read: Sequence[str]
) -> tuple[sa.FromClause, list[Any]]:
    schema, dialect, table = store.schema, dialect_of(store.backend.dialect), declared.table
    conditions: list[Any] = []
    tables: list[str] = []
    dated = f"{table}.{declared.columns['time']}" if "time" in declared.columns else None
    for filter_ in filters:
        dimension = schema.dimension(filter_.dimension)
        found = schema.column_in(table, dated, dimension)
        if found is None or filter_.op in ("top", "bottom"):
            raise PermissionRefused(
                f"The data of {table} cannot be limited by {dimension.label.en}.", "Ask without that condition."
            )
        in_time = dimension.kind == "time"  # at weekends, after eight in the evening
        expr = dialect.bucket(column(found), dimension.grain or "day") if in_time else column(found)
        conditions.append(condition(dialect, dimension, expr, filter_, _no_members))
        tables.append(found)
    return joined(schema, dialect, table, [*read, *tables]), conditions


def _no_members(_filter: Filter) -> sa.Select[Any]:
    raise PermissionRefused("A ranking cannot limit these rows.", "Name the members.")


def frame(store: Store, select: sa.Select[Any], timeout: float = QUERY_TIMEOUT) -> pd.DataFrame:
    """A SELECT over :func:`source` as a frame; decimals become floats.

    Raises:
        StoreTimeout, StoreError: as every query.
    """
    statement = render(select, dialect_of(store.backend.dialect))
    return store.backend.frame(statement, timeout, FRAME_ROWS)


def read(
    store: Store,
    role: str,
    fields: Sequence[str] = (),
    *,
    time: Interval | None = None,
    filters: Sequence[Filter] = (),
    timeout: float = QUERY_TIMEOUT,
) -> pd.DataFrame:
    """A role's rows as a frame; see :func:`source`. Aggregate in SQL instead where the rows are many."""
    return frame(store, sa.select(source(store, role, fields, time=time, filters=filters)), timeout)
