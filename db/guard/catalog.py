"""What the guard is told (tables, columns, row filters) and what it hands back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from db.errors import SchemaError

Dialect = Literal["duckdb", "postgres", "sqlite"]
FilterValue = str | int | float


@dataclass(frozen=True, slots=True)
class TableAccess:
    """The columns of one table, spelled as the database spells them.

    ``personal``: the columns that this principal may not see; ``source``: the name in the database where it differs
    from the catalog's (``schema.table``).
    """

    columns: tuple[str, ...]
    personal: frozenset[str] = frozenset()
    source: str | None = None

    def spelled(self, column: str) -> str | None:
        """The column as the database spells it, None where there is none of that name; case does not count."""
        return next((name for name in self.columns if name.lower() == column.lower()), None)

    @property
    def visible(self) -> tuple[str, ...]:
        """The columns that this principal may see."""
        return tuple(column for column in self.columns if column not in self.personal)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables a principal may ask about, by name. Names are matched without regard to case.

    Raises:
        SchemaError: two names differ only in case, or a personal column is not one of the table's.
    """

    tables: Mapping[str, TableAccess]

    def __post_init__(self) -> None:
        _distinct(self.tables, "tables")
        for name, table in self.tables.items():
            _distinct(table.columns, f"columns of {name}")
            unknown = table.personal.difference(table.columns)
            if unknown:
                raise SchemaError(f"Table {name} has no column '{min(unknown)}' to be personal.")

    @classmethod
    def of(cls, tables: Mapping[str, Iterable[str]], personal: Iterable[str] = ()) -> Catalog:
        """A catalog from table -> columns, with personal columns written ``table.column``.

        >>> Catalog.of({"customers": ["id", "email"]}, personal=["customers.email"]).tables["customers"].visible
        ('id',)
        """
        hidden: dict[str, set[str]] = {}
        for column in personal:
            table, _, name = column.partition(".")
            if table not in tables:
                raise SchemaError(f"There is no table '{table}' to have a personal column.")
            hidden.setdefault(table, set()).add(name)
        return cls({name: TableAccess(tuple(own), frozenset(hidden.get(name, ()))) for name, own in tables.items()})

    def spelled(self, table: str) -> str | None:
        """The table as the catalog spells it, None where there is none of that name."""
        return next((name for name in self.tables if name.lower() == table.lower()), None)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Only rows of ``table`` whose ``column`` is one of ``values`` exist for this principal; NULL is never one.

    No values means no rows. The column may be one that the principal may not see.
    """

    table: str
    column: str
    values: tuple[FilterValue, ...]


@dataclass(frozen=True, slots=True)
class GuardedSQL:
    """A statement that may be run as it stands.

    Run ``sql`` with ``exec_driver_sql`` and no parameters: SQLAlchemy's ``text()`` would take ``:name`` inside a string
    for a parameter.

    Attributes:
        sql: written anew from the checked tree: one SELECT that returns at most ``limit + 1`` rows.
        tables: the catalog's tables that it reads, sorted.
        columns: the ``table.column`` that it reads, sorted.
        limit: the row cap; a row more than that means that the result is truncated.
        filtered: the tables that a row filter narrows; where there are any, do not show the engine's own error text,
            which may quote a value from a row that the filter hides.
    """

    sql: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    limit: int
    filtered: tuple[str, ...] = ()


def _distinct(names: Iterable[str], what: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            raise SchemaError(f"The {what} '{seen[name.lower()]}' and '{name}' differ only in case.")
        seen[name.lower()] = name
