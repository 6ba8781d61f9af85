"""The SQL guard: turns a SELECT that somebody (often a language model) wrote into one that is safe to run, or refuses.

Pure: it reads and writes text, never a database. What it promises, and what it leaves to the engine's own limits, is in
SECURITY.md. Importing this package is cheap; sqlglot is loaded by the first call of :func:`guard`.
"""

from __future__ import annotations

from collections.abc import Sequence

from db.guard.catalog import Catalog, Dialect, GuardedSQL, RowFilter, TableAccess
from db.guard.sqlite import sqlite_authorizer

__all__ = ["Catalog", "Dialect", "GuardedSQL", "RowFilter", "TableAccess", "guard", "sqlite_authorizer"]


def guard(sql: str, catalog: Catalog, dialect: Dialect, row_cap: int, filters: Sequence[RowFilter] = ()) -> GuardedSQL:
    """The checked form of one query, ready to run; the original text is never run.

    Args:
        sql: one SELECT (WITH, UNION and subqueries included) in the dialect, as an operator or a model wrote it.
        catalog: the tables and columns that exist for this principal, and which of them are personal.
        dialect: "duckdb", "postgres" or "sqlite".
        row_cap: the most rows to show, at least 1; the statement fetches one more, so that truncation is seen.
        filters: for a restricted principal, which rows of a table there are. Filters on one table must all hold.

    Raises:
        SQLMistake: it cannot be read, or names a table or column that does not exist; worth one repair.
        SQLRefused: it does something that is not allowed.
        SchemaError: a filter names a table or column that the catalog lacks (a fault of the settings; fails closed).
        ValueError: ``row_cap`` is below 1, or the dialect is not one of the three.

    >>> shop = Catalog.of({"orders": ("id", "total")})
    >>> guard("select sum(total) as total from orders", shop, "duckdb", 100).tables
    ('orders',)
    """
    from db.guard.statement import guarded

    return guarded(sql, catalog, dialect, row_cap, tuple(filters))
