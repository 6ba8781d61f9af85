"""The draft while it is made: tables, joins, metrics, dimensions, roles, and what is to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from db.drafting.names import safe
from db.drafting.shapes import ColumnShape
from db.drafting.sheets import Probes, Sheet
from db.semantic.dialects import DialectName
from db.semantic.schema import Text

OVERLAP = 0.5  # of a column's values that another table must hold for the two to be joined by their names
Content = dict[str, Any]


@dataclass
class Building:
    """What the steps of the drafting write into, one after the other."""

    dialect: DialectName
    probes: Probes
    sheets: tuple[Sheet, ...]
    tables: dict[str, Content] = field(default_factory=dict)
    joins: list[Content] = field(default_factory=list)
    metrics: dict[str, Content] = field(default_factory=dict)
    dimensions: dict[str, Content] = field(default_factory=dict)
    roles: dict[str, Content] = field(default_factory=dict)
    unavailable: dict[str, Content] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)  # refunds, payments → their table
    asks: list[Text] = field(default_factory=list)
    used: dict[str, set[str]] = field(default_factory=dict)  # table of the database → its columns that are read
    alias: dict[str, str] = field(default_factory=dict)  # table of the database → its name in the YAML
    concept: dict[str, str] = field(default_factory=dict)  # concept.table → column
    base: str = ""  # the table whose rows are sold products, or orders where there is nothing finer
    orders: str = ""  # the table with one row an order
    time: str = ""
    keyed: bool = False
    untranslated: list[str] = field(default_factory=list)  # dimensions that have no Chinese name
    condition: str = ""  # that leaves cancelled orders out
    default_split: str | None = None

    def ask(self, en: str, zh: str) -> None:
        """Something that the operator has to say."""
        self.asks.append(Text(en=en, zh=zh))

    def sheet(self, table: str) -> Sheet:
        """The sheet behind a table of the YAML."""
        source = self.tables[table]["source"]
        return next(s for s in self.sheets if s.shape.name == source)

    def of_kind(self, *kinds: str) -> list[Sheet]:
        """The sheets of some kinds, the largest first; empty ones last."""
        return sorted((s for s in self.sheets if s.kind in kinds), key=lambda s: -(s.shape.rows or 0))

    def add_table(self, sheet: Sheet, name: str = "", per: ColumnShape | None = None) -> str:
        """Declare a table of the database; returns its name in the YAML."""
        made = safe(name or sheet.shape.name.rpartition(".")[2], self.tables)
        self.tables[made] = {"source": sheet.shape.name, "columns": {}, **({"per": [per.name]} if per else {})}
        self.alias.setdefault(sheet.shape.name, made)
        self.used.setdefault(sheet.shape.name, set())
        return made

    def add_column(
        self,
        table: str,
        column: ColumnShape,
        name: str = "",
        *,
        as_text: bool = False,
        key: bool = False,
        pick: str = "",
        times: str = "",
        minus: str = "",
        off: str = "",
    ) -> str:
        """Declare a column of a table; returns its name in the YAML."""
        columns = self.tables[table]["columns"]
        read = "key" if key else reading(column, self.dialect, as_text=as_text)
        more = {"read": read if read != "plain" else "", "pick": pick, "times": times, "minus": minus, "off": off}
        extra = {k: v for k, v in more.items() if v}
        entry = {"of": column.name, **extra} if extra else column.name
        made = next((own for own, known in columns.items() if known == entry and name in ("", own)), None)
        if made is None:
            made = safe(name or column.name, columns)
            columns[made] = entry
        self.keyed = self.keyed or key
        self.used[self.tables[table]["source"]] |= {column.name, *(n for n in (times, minus, off) if n)}
        if name:
            self.concept.setdefault(f"{name}.{table}", made)
        return made

    def add_via(self, table: str, other: str, column: str) -> str:
        """Declare a column that a table takes from one that it is joined with."""
        columns = self.tables[table]["columns"]
        made = safe(column, columns)
        columns[made] = {"of": column, "via": other}
        self.concept.setdefault(f"{column}.{table}", made)
        return made

    def add_join(self, left: str, right: str) -> None:
        """Declare a many-to-one join of two ``table.column``."""
        self.joins.append({"left": left, "right": right})

    def column(self, table: str, concept: str) -> str | None:
        """The column of a table that holds a concept, as ``table.column``."""
        found = self.concept.get(f"{concept}.{table}")
        return f"{table}.{found}" if found else None

    def target(self, left: Sheet, column: ColumnShape, right: Sheet) -> ColumnShape | None:
        """The column of another table that a column points to: declared, or found by its name and its values."""
        for foreign in left.shape.foreign:
            if foreign.column == column.name and foreign.table == right.shape.name:
                return right.shape.column(foreign.target)
        concept = next((c for c, held in left.holds.items() if held.name == column.name), "")
        named = [right.holds[concept]] if concept in right.holds else []
        same = [c for c in right.shape.columns if c.name.lower() == column.name.lower()]
        keys = [right.shape.column(k) for k in right.shape.key if len(right.shape.key) == 1]
        best: tuple[float, ColumnShape] | None = None
        for candidate in dict.fromkeys([*named, *same, *keys]):
            if not right.shape.unique(candidate.name) or not _alike(candidate, column):
                continue
            share = self.probes.overlap((left.shape.name, column.name), (right.shape.name, candidate.name))
            if share >= OVERLAP and (best is None or share > best[0]):
                best = (share, candidate)
        return best[1] if best else None

    def left_out(self) -> tuple[str, ...]:
        """Tables of the database that the draft does not use."""
        return tuple(s.shape.name for s in self.sheets if s.shape.name not in self.alias)

    def content(self) -> Content:
        """The YAML's content below its head."""
        split = {"default_split": self.default_split} if self.default_split else {}
        return {
            **split,
            "tables": self.tables,
            "joins": self.joins,
            "roles": self.roles,
            "metrics": self.metrics,
            "dimensions": self.dimensions,
            "unavailable": self.unavailable,
        }


def reading(column: ColumnShape, dialect: DialectName, *, as_text: bool = False) -> str:
    """How a column is to be read (``Column.read``)."""
    if as_text or (column.kind == "text" and "cast" in column.looks):
        return "text" if column.kind == "bool" or "cast" in column.looks else "plain"
    if column.kind == "zoned":
        return "zoned"
    if column.kind == "text" and column.is_moment:
        return "plain" if dialect == "sqlite" and "plain_moment" in column.looks else "moment"
    if column.kind == "text" and "number" in column.looks and not column.is_moment:
        return "number"
    if column.kind == "number" and "cast" in column.looks:
        return "number"
    return "plain"


def _alike(one: ColumnShape, other: ColumnShape) -> bool:
    numbers = {"int", "number"}
    return (one.kind in numbers) == (other.kind in numbers) and ("cast" in one.looks) == ("cast" in other.looks)
