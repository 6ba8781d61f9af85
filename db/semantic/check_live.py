"""A store's YAML against its live database: every table and column that it names must be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from db.semantic.load import Path_, Source
from db.semantic.nearest import suggestion
from db.semantic.schema import StoreSchema, references


def check_live(path: Path, schema: StoreSchema, tables: Mapping[str, Sequence[str]]) -> None:
    """Compare the YAML with the tables and columns of a database.

    Raises:
        SchemaError: "journey.yaml line 40: table transactions has no column 'sale_value'; did you mean 'sales_value'?"
    """
    source = Source(path)
    for at, table, column in _mentions(schema):
        real = schema.tables[table].source or table
        if real not in tables:
            raise source.error(at, f"the database has no table '{real}'{suggestion(real, tables)}.")
        known = schema.tables[table].columns or tables[real]
        if column and column not in known:
            raise source.error(at, f"table {real} has no column '{column}'{suggestion(column, known)}.")
    for at, table, column in _behind(schema):
        real = schema.tables[table].source or table
        if column not in tables[real]:
            raise source.error(at, f"table {real} has no column '{column}'{suggestion(column, tables[real])}.")


def _behind(schema: StoreSchema) -> list[tuple[Path_, str, str]]:
    """The database's own columns that tables with columns of the store's are made of."""
    found: list[tuple[Path_, str, str]] = []
    for name, table in schema.tables.items():
        found += [(("tables", name, "per"), name, real) for real in table.per]
        for own, entry in table.columns.items():
            reals = () if entry.via else (entry.of, entry.times, entry.minus, entry.off)
            found += [(("tables", name, "columns", own), name, real) for real in reals if real]
    return found


def _mentions(schema: StoreSchema) -> list[tuple[Path_, str, str]]:
    """Every place of the YAML that names a table or a column of it."""
    found: list[tuple[Path_, str, str]] = []
    for name, table in schema.tables.items():
        found.append((("tables", name), name, ""))
        found += [(("tables", name, "key"), name, column) for column in table.key]
        found += [(("tables", name, "columns", own), c.via, c.of) for own, c in table.columns.items() if c.via]
        if table.time:
            found += [(("tables", name, "time"), *_split(name, table.time))]
    for i, join in enumerate(schema.joins):
        found += [(("joins", i), *_split("", reference)) for reference in (join.left, join.right)]
    for name, metric in schema.metrics.items():
        for key in ("expr", "where", "time", "entity", "entity_having"):
            pairs = references(getattr(metric, key))
            found += [(("metrics", name, key), table, column) for table, column in pairs]
    for name, dimension in schema.dimensions.items():
        found += [(("dimensions", name, "column"), *_split("", reference)) for reference in dimension.columns]
    for name, role in schema.roles.items():
        found += [(("roles", name, "columns", field), role.table, column) for field, column in role.columns.items()]
    return found


def _split(table: str, reference: str) -> tuple[str, str]:
    before, dot, column = reference.rpartition(".")
    return (before, column) if dot else (table, reference)
