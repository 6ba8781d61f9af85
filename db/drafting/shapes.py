"""What is known of a database before its YAML is drafted: names, types, keys, counts, shapes of values; no value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from db.semantic.dialects import DialectName

Kind = Literal["int", "number", "text", "date", "moment", "zoned", "bool", "other"]
Look = Literal[
    "email",  # some value is or holds an e-mail address
    "emails",  # most are
    "phone",  # most are telephone numbers
    "people",  # most could be names of persons
    "identity",  # some are numbers of identity cards or bank cards
    "moment",  # texts that are moments in ISO 8601, but not as the database sorts and reads them
    "plain_moment",  # texts that are moments as the database wants them
    "clock",  # moments with a time of day
    "seconds",
    "milliseconds",
    "fraction",  # numbers between 0 and 1
    "number",  # texts that are numbers, with symbols and separators perhaps
    "hash_number",  # "#1001"
    "long",  # free text
    "cast",  # a type of the database's own (enumeration, UUID, money), to be read as text
]


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """One column. ``distinct`` and ``filled`` are counted over the whole table where ``exact``, else over a sample."""

    name: str
    kind: Kind
    filled: int = 0
    distinct: int = 0
    looks: frozenset[Look] = frozenset()
    exact: bool = True

    @property
    def is_moment(self) -> bool:
        """Whether it can date a row."""
        known = self.looks & {"moment", "plain_moment", "seconds", "milliseconds"}
        return self.kind in ("date", "moment", "zoned") or bool(known)

    @property
    def is_number(self) -> bool:
        """Whether it can be added up."""
        return self.kind in ("int", "number") or (self.kind == "text" and "number" in self.looks)

    @property
    def has_clock(self) -> bool:
        """Whether it carries the time of day."""
        return "clock" in self.looks


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A declared reference of one column to one other."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table, ``schema.table`` outside the default schema; ``rows`` is None where nobody could count them."""

    name: str
    columns: tuple[ColumnShape, ...]
    rows: int | None = 0
    key: tuple[str, ...] = ()
    foreign: tuple[ForeignKey, ...] = ()

    def column(self, name: str) -> ColumnShape:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def unique(self, name: str) -> bool:
        """Whether no two rows share a value of the column."""
        if self.key == (name,):
            return True
        column = self.column(name)
        return column.exact and bool(self.rows) and column.distinct == self.rows


@dataclass(frozen=True, slots=True)
class ShopShape:
    """A database, with the tables that were left out and why (a name that cannot be used, too many)."""

    dialect: DialectName
    tables: tuple[TableShape, ...]
    left_out: tuple[str, ...] = field(default=())
