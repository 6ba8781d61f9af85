"""The second lock for SQLite, set on the connection: SQLite itself asks before each thing a statement would do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from db.guard.catalog import Catalog, RowFilter

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

FUNCTIONS = frozenset(
    """
    abs avg ceil ceiling coalesce concat concat_ws count cume_dist date datetime dense_rank exp first_value floor
    glob group_concat ifnull iif instr julianday lag last_value lead length like ln log log10 log2 lower ltrim max
    min mod nth_value ntile nullif percent_rank pow power rank replace round row_number rtrim sign sqrt strftime
    string_agg substr substring sum time total trim trunc unixepoch upper
""".split()
)


def sqlite_authorizer(catalog: Catalog, filters: Iterable[RowFilter] = ()) -> Authorizer:
    """What to give ``sqlite3.Connection.set_authorizer``: reading the catalog's columns is allowed, nothing else is.

    A file opened with ``mode=ro`` can still ATTACH another file and VACUUM INTO a new one; with this it can't. Columns
    that a row filter compares are readable too, though the guard never lets a statement show them.

    >>> connection = sqlite3.connect(":memory:")
    >>> connection.set_authorizer(sqlite_authorizer(Catalog.of({"orders": ["id"]})))
    >>> connection.execute("attach 'other.db' as other")
    Traceback (most recent call last):
    sqlite3.DatabaseError: not authorized
    """
    readable = {
        (_source(table.source or name), column.lower())
        for name, table in catalog.tables.items()
        for column in table.visible
    }
    tables = {table for table, _ in readable}
    for one in filters:
        name = catalog.spelled(one.table)
        if name is not None:
            readable.add((_source(catalog.tables[name].source or name), one.column.lower()))

    def authorize(
        action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None
    ) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_OK if (second or "").lower() in FUNCTIONS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ:
            table, column = (first or "").lower(), (second or "").lower()
            known = (table, column) in readable or (column == "" and table in tables)
            return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_DENY

    return authorize


def _source(name: str) -> str:
    return name.rpartition(".")[2].lower()
