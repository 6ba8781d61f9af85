"""A store that can be asked: the schema of its YAML over its database.

>>> store = open_store("data/journey.duckdb", schema)                            # doctest: +SKIP
>>> store.run(SemanticQuery(metrics=("revenue",))).rows                          # doctest: +SKIP
((Decimal('4596039.58'),),)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from db.backends import Backend, DuckDBBackend, SQLAlchemyBackend
from db.errors import StoreError, UnknownMember
from db.members import MemberCache, read_members
from db.semantic.columns import column, table_clause
from db.semantic.compile import compile_query
from db.semantic.dialects import dialect_of
from db.semantic.nearest import suggestion
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.render import Rendered, render
from db.semantic.result import QueryResult, ResultColumn, plain, python_rows, result_columns
from db.semantic.schema import Dimension, StoreSchema, Text

QUERY_TIMEOUT = 20.0  # seconds; the demo store's slowest question takes 1.5 on two busy cores
LIVE_DAYS = 7  # a shop that sold nothing for a week is a copy, or asleep: "last week" is then the last one with sales
ROW_CAP = 20_000  # a year of days for 50 members; a longer table is read by nobody and fills the memory


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a store knows of itself. ``data_start <= day < data_end``; ``as_of`` is the shop's clock."""

    as_of: date
    data_start: date
    data_end: date
    fingerprint: str


class Store:
    """One store, open for reading. Safe to ask from many threads at once."""

    def __init__(self, schema: StoreSchema, backend: Backend, metadata: Metadata, cache: MemberCache) -> None:
        """Use :func:`open_store`."""
        self.schema = schema
        self.backend = backend
        self.metadata = metadata
        self._cache = cache

    @property
    def as_of(self) -> date:
        """The shop's clock: periods are reckoned from this day."""
        return self.metadata.as_of

    @property
    def data_start(self) -> date:
        """The first day with data."""
        return self.metadata.data_start

    @property
    def data_end(self) -> date:
        """The day after the last day with data."""
        return self.metadata.data_end

    @property
    def data_range(self) -> Interval:
        """The days with data, half-open."""
        return Interval(start=self.data_start, end=self.data_end)

    @property
    def fingerprint(self) -> str:
        """Changes whenever the data does."""
        return self.metadata.fingerprint

    def render(self, query: SemanticQuery, row_filters: tuple[Filter, ...] = ()) -> Rendered:
        """The SQL that :meth:`run` would run. Raises QueryError as ``compile_query`` does, and UnknownMember."""
        for filter_ in (*query.filters, *row_filters):
            self._check_members(filter_)
        name = self.backend.dialect
        select = compile_query(self.schema, query, name, row_filters=row_filters, data_range=self.data_range)
        return render(select, dialect_of(name))

    def run(
        self,
        query: SemanticQuery,
        row_filters: tuple[Filter, ...] = (),
        timeout: float = QUERY_TIMEOUT,
        row_cap: int = ROW_CAP,
    ) -> QueryResult:
        """Answer a query object.

        Args:
            row_filters: conditions that always hold, whatever is asked.
            timeout: seconds, after which the query is stopped.
            row_cap: rows beyond it are left off, and the result says so.

        Raises:
            QueryError: it cannot be answered. UnknownMember: a filter's value is none. StoreTimeout, StoreError.
        """
        start = perf_counter()
        statement = self.render(query, row_filters)
        names, rows = self.backend.execute(statement, timeout, row_cap)
        columns = result_columns(self.schema, query, names)
        values = python_rows(columns, rows[:row_cap])
        return QueryResult(columns, values, statement.inlined, len(rows) > row_cap, _since(start))

    def sql(self, text: str, timeout: float = QUERY_TIMEOUT, row_cap: int = ROW_CAP) -> QueryResult:
        """Run SQL as it is written, after the guard: here nothing holds but that the store is read-only."""
        start = perf_counter()
        names, rows = self.backend.execute(Rendered(text, (), text), timeout, row_cap)
        columns = tuple(ResultColumn(n, Text(en=n, zh=n), "text", "key", n) for n in names)
        values = tuple(tuple(plain(value) for value in row) for row in rows[:row_cap])
        return QueryResult(columns, values, text, len(rows) > row_cap, _since(start))

    def members(self, dimension: str) -> tuple[str | int, ...]:
        """Every value of a dimension: in its natural order, else by the first metric that it splits, largest first.

        Time dimensions give the buckets that the data covers. Read once, then kept (see ``open_store``'s cache).
        """
        entry = self.schema.dimension(dimension)
        return self._cache.get(dimension, lambda: read_members(self.schema, entry, self.backend, self.data_range))

    def validate(self, yaml: Path) -> None:
        """Check the YAML's tables and columns against the live database. Raises SchemaError, with the line."""
        from db.semantic.check_live import check_live

        check_live(yaml, self.schema, self.backend.columns())

    def close(self) -> None:
        """Let go of the database."""
        self.backend.close()

    def _check_members(self, filter_: Filter) -> None:
        dimension = self.schema.dimension(filter_.dimension)
        if filter_.op not in ("in", "not_in") or dimension.kind != "member":
            return
        known = self._cache.known(dimension.name, lambda: self.members(dimension.name))
        for value in filter_.values:
            if value is not None and _member(dimension, value) not in known:
                near = suggestion(value, known) if dimension.value == "text" else ""
                raise UnknownMember(f"{dimension.label.en} has no member '{value}'{near}.")


def open_store(
    source: str | Path,
    schema: StoreSchema,
    cache: Path | None = None,
    today: date | None = None,
    now: date | None = None,
) -> Store:
    """Open a store for reading.

    Args:
        source: a DuckDB file, or an SQLAlchemy URL (``postgresql+psycopg://…``, ``sqlite:///…``).
        cache: a folder in which the members of dimensions are kept between runs, for stores that have a fingerprint.
        today: the clock of a store, whatever its data; a store with a record of its own (the demo) uses that.
        now: the day on which it is opened: the clock of a store whose last data is at most ``LIVE_DAYS`` old. Of one
            that has stood still for longer (an export, a copy) it is the day after its last data.

    Raises:
        StoreMissing, StoreLocked, StoreDamaged, StoreError: it cannot be opened, and what to do.
    """
    backend = open_backend(source, schema.name)
    try:
        recorded = _recorded(backend) if "://" not in str(source) else None
        metadata = recorded or _measured(schema, backend, today, now)
    except BaseException:
        backend.close()
        raise
    return Store(schema, backend, metadata, MemberCache(cache, schema.name, metadata.fingerprint))


def open_backend(source: str | Path, name: str) -> Backend:
    """The database of a store called ``name``, read-only. Raises as :func:`open_store` does."""
    url = str(source)
    if url.startswith("duckdb:///"):
        return DuckDBBackend(Path(url.removeprefix("duckdb:///")), name)
    return SQLAlchemyBackend(url, name) if "://" in url else DuckDBBackend(Path(source), name)


def _recorded(backend: Backend) -> Metadata | None:
    """The store's own record, where it has one."""
    if "store_metadata" not in backend.columns():
        return None
    row = _row(backend, "SELECT as_of, data_start, data_end, fingerprint FROM store_metadata")
    return Metadata(*row) if row else None


def _measured(schema: StoreSchema, backend: Backend, today: date | None, now: date | None) -> Metadata:
    """From the data itself; an empty fingerprint says that it may change at any moment."""
    dialect, time = dialect_of(backend.dialect), column(schema.default_time)
    name, own = schema.default_time.split(".", 1)
    table = table_clause(schema, name, dialect, (own,))
    statement = render(sa.select(sa.func.min(time), sa.func.max(time)).select_from(table), dialect)
    _, rows = backend.execute(statement, QUERY_TIMEOUT, 1)
    low, high = rows[0] if rows else (None, None)
    if low is None or high is None:
        raise StoreError(f"The store '{schema.name}' holds no data.", "Load it, or check the database.")
    start, last = (date.fromisoformat(str(value)[:10]) for value in (low, high))
    live = now if now is not None and now - last <= timedelta(days=LIVE_DAYS) else None
    return Metadata(today or live or last + timedelta(days=1), start, last + timedelta(days=1), "")


def _row(backend: Backend, text: str) -> tuple[Any, ...] | None:
    _, rows = backend.execute(Rendered(text, (), text), QUERY_TIMEOUT, 1)
    return tuple(rows[0]) if rows else None


def _member(dimension: Dimension, value: object) -> str | int:
    text = str(value)
    if dimension.value != "int":
        return text
    return int(text) if text.lstrip("-").isdigit() else text


def _since(start: float) -> float:
    return (perf_counter() - start) * 1000
