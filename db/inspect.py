"""Look at a database: tables, keys, counts, and what the values of each column look like. Values do not leave here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.backends import Backend, Rows, SQLAlchemyBackend
from db.drafting.looks import declared_kind, kind_of, looks_of
from db.drafting.shapes import ColumnShape, ForeignKey, Kind, Look, ShopShape, TableShape
from db.errors import StoreError
from db.semantic.columns import quoted
from db.semantic.render import Rendered, literal

if TYPE_CHECKING:
    import sqlalchemy as sa

SAMPLE = 2_000  # rows whose values are looked at; the whole table is searched for e-mail addresses
SECONDS = 20.0  # for one statement; a table too large to count is drafted from its sample
TABLES = 200
COLUMNS = 500  # of one table; a wider one is read up to here
TOGETHER = 20  # columns counted in one statement
_EMPTY = ("store_metadata", "sqlite_sequence", "spatial_ref_sys", "alembic_version", "schema_migrations")

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class _Declared:
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...] = ()
    foreign: tuple[ForeignKey, ...] = ()


def inspect_shop(backend: Backend, schema: str | None = None, tell: Tell = lambda _what, _share: None) -> ShopShape:
    """What a database looks like.

    Args:
        schema: the one whose tables are read, where it is not the default.
        tell: told the table and how much is done, 0–1.

    Raises:
        StoreError: it cannot be read, or has no table.
    """
    declared = _declared(backend, schema)
    names = [name for name in declared if name.rpartition(".")[2].lower() not in _EMPTY]
    odd = [name for name in names if name.count(".") > (1 if schema else 0)]
    good = [name for name in names if name not in odd]
    if not good:
        where = f"schema '{schema}' of the database" if schema else "database"
        raise StoreError(f"The {where} has no table that could be read.", "Check the address, or name its --schema.")
    found = []
    for i, name in enumerate(good[:TABLES]):
        tell(name, i / len(good))
        shape = _table(backend, name, declared[name])
        if shape is None:
            odd.append(name)
        else:
            found.append(shape)
    return ShopShape(backend.dialect, tuple(found), (*odd, *good[TABLES:]))


def _table(backend: Backend, name: str, declared: _Declared) -> TableShape | None:
    """One table; None where it may not be read."""
    columns = declared.columns[:COLUMNS]
    rows = _count(backend, name)
    untyped = backend.dialect == "sqlite"
    readable = [c for c, kind in columns if declared_kind(kind) != "other" or (untyped and not kind)]
    sample = _run(backend, f"SELECT {_list(readable)} FROM {source(name)} LIMIT {SAMPLE}", SAMPLE) if readable else None
    if sample is None:
        return None
    values = {c: [row[i] for row in sample[1] if row[i] is not None] for i, c in enumerate(readable)}
    kinds: dict[str, Kind] = {c: _kind(backend, values.get(c, []), kind) for c, kind in columns}
    counts = dict(_counts(backend, name, [c for c in readable if kinds[c] != "other"], kinds))
    shapes = tuple(_shape(c, kinds[c], d.lower(), values.get(c, []), counts.get(c)) for c, d in columns)
    return TableShape(name, shapes, rows, declared.key, declared.foreign)


def _kind(backend: Backend, values: Sequence[Any], declared: str) -> Kind:
    return kind_of(values, declared.lower()) if backend.dialect == "sqlite" else declared_kind(declared)


def _shape(
    name: str, kind: Kind, declared: str, values: list[Any], counted: tuple[int, int, int] | None
) -> ColumnShape:
    looks: frozenset[Look] = looks_of(values, kind)
    if declared.startswith(("enum", "uuid", "user-defined", "citext", "money", "bool")):
        looks |= {"cast"}
    if counted is None:
        return ColumnShape(name, kind, len(values), len({str(v) for v in values}), looks, exact=False)
    filled, distinct, emails = counted
    return ColumnShape(name, kind, filled, distinct, looks | {"email"} if emails else looks)


def _counts(
    backend: Backend, table: str, columns: list[str], kinds: dict[str, Kind]
) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Values, different values and values with an ``@`` of each column; columns of a table too large are left out."""
    for first in range(0, len(columns), TOGETHER):
        some = columns[first : first + TOGETHER]
        wanted = []
        for name in some:
            text = kinds[name] == "text"
            mail = f"sum(CASE WHEN CAST({quoted(name)} AS VARCHAR) LIKE '%_@_%._%' THEN 1 ELSE 0 END)" if text else "0"
            wanted.append(f"count({quoted(name)}), count(DISTINCT {quoted(name)}), {mail}")
        found = _run(backend, f"SELECT {', '.join(wanted)} FROM {source(table)}", 1)
        if found is None:
            return
        row = [int(value or 0) for value in found[1][0]]
        yield from ((name, (row[3 * i], row[3 * i + 1], row[3 * i + 2])) for i, name in enumerate(some))


def _count(backend: Backend, table: str) -> int | None:
    found = _run(backend, f"SELECT count(*) FROM {source(table)}", 1)
    return int(found[1][0][0]) if found else None


def probe_level(backend: Backend, table: str, order: str, columns: Sequence[str]) -> frozenset[str]:
    """The columns that have one value, or none beside it, in each order: facts of the order, not of its lines."""
    found: set[str] = set()
    for first in range(0, len(columns), TOGETHER):
        some = list(columns[first : first + TOGETHER])
        texts = [f"CAST({quoted(column)} AS VARCHAR)" for column in some]  # a boolean has no least value everywhere
        inner = ", ".join(f"CASE WHEN min({t}) <> max({t}) THEN 1 ELSE 0 END AS c{i}" for i, t in enumerate(texts))
        outer = ", ".join(f"max(c{i})" for i in range(len(some)))
        text = f"SELECT {outer} FROM (SELECT {inner} FROM {source(table)} GROUP BY {quoted(order)}) AS levels"
        rows = _run(backend, text, 1)
        if rows is not None:
            found |= {c for c, many in zip(some, rows[1][0], strict=True) if not many}
    return frozenset(found)


def probe_overlap(backend: Backend, left: tuple[str, str], right: tuple[str, str]) -> float:
    """The share of a column's values (of at most ``SAMPLE``) that another table's column holds; 0 where unknown."""
    (table, column), (other, target) = left, right
    text = (
        f"SELECT count(*), count(r.k) FROM (SELECT DISTINCT {quoted(column)} AS k FROM {source(table)} "
        f"WHERE {quoted(column)} IS NOT NULL LIMIT {SAMPLE}) AS l LEFT JOIN (SELECT DISTINCT {quoted(target)} AS k "
        f"FROM {source(other)}) AS r ON l.k = r.k"
    )
    found = _run(backend, text, 1)
    every, held = found[1][0] if found else (0, 0)
    return int(held) / int(every) if every else 0.0


def probe_values(backend: Backend, table: str, column: str, most: int = 60) -> tuple[str, ...]:
    """The values of a column that is known to hold states; nothing where there are more than ``most``."""
    text = (
        f"SELECT DISTINCT CAST({quoted(column)} AS VARCHAR) FROM {source(table)} "
        f"WHERE {quoted(column)} IS NOT NULL LIMIT {most + 1}"
    )
    found = _run(backend, text, most + 1)
    return tuple(str(row[0]) for row in found[1]) if found and len(found[1]) <= most else ()


def source(table: str) -> str:
    """A table of the database as SQL."""
    return ".".join(quoted(part) for part in table.split("."))


def _list(columns: Sequence[str]) -> str:
    return ", ".join(quoted(column) for column in columns)


def _run(backend: Backend, text: str, cap: int) -> Rows | None:
    """Run one statement; None where it took too long, or the database would not."""
    try:
        return backend.execute(Rendered(text, (), text), SECONDS, cap)
    except StoreError:
        return None


def _declared(backend: Backend, schema: str | None) -> dict[str, _Declared]:
    if isinstance(backend, SQLAlchemyBackend):
        return _reflected(backend, schema)
    text = (
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    )
    text = text.replace("ORDER BY ALL", "ORDER BY schema_name, table_name, column_index")
    found: dict[str, list[tuple[str, str]]] = {}
    for namespace, table, column, kind in backend.execute(Rendered(text, (), text), SECONDS, 100_000)[1]:
        if namespace == (schema or "main"):
            found.setdefault(f"{namespace}.{table}" if schema else table, []).append((column, kind))
    constraints = _constraints(backend, schema)
    return {name: _Declared(tuple(columns), *constraints.get(name, ((), ()))) for name, columns in found.items()}


def _constraints(backend: Backend, schema: str | None) -> dict[str, tuple[tuple[str, ...], tuple[ForeignKey, ...]]]:
    text = (
        "SELECT table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names "
        f"FROM duckdb_constraints() WHERE schema_name = {literal(schema or 'main')}"
    )
    keys: dict[str, tuple[str, ...]] = {}
    foreign: dict[str, list[ForeignKey]] = {}
    before = f"{schema}." if schema else ""
    for table, kind, columns, other, targets in backend.execute(Rendered(text, (), text), SECONDS, 10_000)[1]:
        if kind == "PRIMARY KEY":
            keys[before + table] = tuple(columns)
        elif kind == "FOREIGN KEY" and len(columns) == 1:
            foreign.setdefault(before + table, []).append(ForeignKey(columns[0], before + other, targets[0]))
    return {name: (keys.get(name, ()), tuple(foreign.get(name, ()))) for name in {*keys, *foreign}}


def _reflected(backend: SQLAlchemyBackend, schema: str | None) -> dict[str, _Declared]:
    import sqlalchemy as sa

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sa.exc.SAWarning)  # types that SQLAlchemy does not know: left out
            return _listed(backend.inspector(), schema)
    except sa.exc.SQLAlchemyError:
        raise StoreError("The database's tables cannot be listed.", "Check the user's rights, and --schema.") from None


def _listed(inspector: sa.Inspector, schema: str | None) -> dict[str, _Declared]:
    before = f"{schema}." if schema else ""
    found = {}
    for name in [*inspector.get_table_names(schema), *inspector.get_view_names(schema)][: TABLES + 1]:
        columns = tuple((c["name"], _written(c["type"])) for c in inspector.get_columns(name, schema))
        key = tuple(inspector.get_pk_constraint(name, schema).get("constrained_columns") or ())
        foreign = tuple(
            ForeignKey(one["constrained_columns"][0], before + one["referred_table"], one["referred_columns"][0])
            for one in inspector.get_foreign_keys(name, schema)
            if len(one["constrained_columns"]) == 1 and one["referred_schema"] == schema and one["referred_columns"]
        )
        found[before + name] = _Declared(columns, key, foreign)
    return found


def _written(kind: Any) -> str:
    """A reflected type as text, with what SQLAlchemy leaves out of its name."""
    if getattr(kind, "enums", None):
        return "enum"
    if type(kind).__name__ == "NullType":  # one that it does not know, or that SQLite was not told
        return ""
    return f"{kind} with time zone" if getattr(kind, "timezone", False) else str(kind)
