"""A store's tables and columns as SQL: the database's own, or what the YAML makes of them under names of its own.

A table with ``columns`` becomes a subselect that renames, reads and joins; every database folds it into the query.
Names of the database are quoted there and nowhere else, so that a column may be called anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from db.errors import QueryError
from db.semantic.dialects import Expr, SQLDialect
from db.semantic.schema import Column, StoreSchema

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_HERE = "here"  # the database's table inside its subselect


def column(reference: str) -> Expr:
    """``table.column`` as SQL; names that are not plain lower case are quoted."""
    return sa.literal_column(".".join(_quoted(name) for name in reference.split(".")))


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quoted(name)


def quoted(name: str) -> str:
    """A name of the database as an identifier, whatever is in it.

    >>> quoted('a"; DROP TABLE x; --')
    '"a""; DROP TABLE x; --"'
    """
    return '"' + name.replace('"', '""') + '"'


def table_clause(
    schema: StoreSchema, name: str, dialect: SQLDialect, needed: Collection[str] | None = None
) -> sa.FromClause:
    """The table under the name that the YAML gives it.

    Args:
        needed: of a table with ``columns``, those that will be read; all without it.
    """
    table = schema.tables[name]
    if table.columns:
        return _made(schema, name, dialect, needed)
    if table.source is None:
        return sa.table(name)
    return _source(table.source).alias(name)


def joined(schema: StoreSchema, dialect: SQLDialect, fact: str, named: Iterable[str]) -> sa.FromClause:
    """A table with its many-to-one joins to others, outer so that no row is lost.

    Args:
        named: every ``table.column`` that will be read, beside those that the joins compare.

    Raises:
        QueryError: there is no path to one of the tables.
    """
    pairs = [reference.split(".", 1) for reference in named]
    others = [table for table in dict.fromkeys(table for table, _ in pairs) if table != fact]
    joins = schema.joins_for(fact, others)
    pairs += [side.split(".", 1) for join in joins for side in (join.left, join.right)]
    needed: dict[str, set[str]] = {}
    for table, own in pairs:
        needed.setdefault(table, set()).add(own)
    clause = table_clause(schema, fact, dialect, needed.get(fact, ()))
    for join in joins:
        other = join.right.split(".")[0]
        right = table_clause(schema, other, dialect, needed[other])
        clause = clause.outerjoin(right, column(join.left) == column(join.right))
    return clause


def _made(schema: StoreSchema, name: str, dialect: SQLDialect, needed: Collection[str] | None) -> sa.FromClause:
    """The subselect behind a table with ``columns``: its own, then those of the tables that it reads through."""
    table = schema.tables[name]
    columns = {own: c for own, c in table.columns.items() if needed is None or own in needed}
    columns = columns or dict(list(table.columns.items())[:1])  # count(*) names none
    clause: sa.FromClause = _source(table.source or name).alias(_HERE)
    for other in dict.fromkeys(c.via for c in columns.values() if c.via):
        join = next((j for j in schema.joins if j.left.split(".")[0] == name and j.right.split(".")[0] == other), None)
        if join is None:
            raise QueryError(f"There is no join from table {name} to table {other}.")
        through = {c.of for c in columns.values() if c.via == other} | {join.right.split(".")[1]}
        left = _own(table.columns[join.left.split(".")[1]], dialect, schema)
        clause = clause.outerjoin(table_clause(schema, other, dialect, through), left == column(join.right))
    values = [
        (column(f"{entry.via}.{entry.of}") if entry.via else _own(entry, dialect, schema)).label(own)
        for own, entry in columns.items()
    ]
    made = sa.select(*values).select_from(clause)
    if table.per:
        # by the value as it is read: two spellings of one address are one key
        keys = [c for c in table.columns.values() if c.of in table.per and not c.pick]
        made = made.group_by(*(_own(c, dialect, schema) for c in keys))
    return made.subquery(name)


def _own(entry: Column, dialect: SQLDialect, schema: StoreSchema) -> Expr:
    value = dialect.read(_here(entry.of), entry.read, schema.time_zone, schema.salt)
    if entry.times:
        value = value * _here(entry.times)
    if entry.minus:
        value = value - sa.func.coalesce(_here(entry.minus), sa.literal_column("0"))
    if entry.off:
        value = value * (sa.literal_column("1") - sa.func.coalesce(_here(entry.off), sa.literal_column("0")))
    if entry.pick:
        return sa.func.min(value) if entry.pick == "min" else sa.func.max(value)
    return value


def _here(name: str) -> Expr:
    return sa.literal_column(f"{_HERE}.{quoted(name)}")


def _source(name: str) -> sa.TableClause:
    namespace, _, real = name.rpartition(".")
    return sa.table(
        sa.quoted_name(real, quote=True), schema=sa.quoted_name(namespace, quote=True) if namespace else None
    )
