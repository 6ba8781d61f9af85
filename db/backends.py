"""How a store's database is spoken to: DuckDB by its own driver, everything else by SQLAlchemy. Reading only.

A backend answers many threads at once; each has a cursor or connection of its own. A query past its time is stopped.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from db.connections import read_only_engine
from db.errors import StoreDamaged, StoreError, StoreLocked, StoreMissing, StoreTimeout
from db.semantic.dialects import DialectName
from db.semantic.render import Rendered

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import sqlalchemy as sa

MEMORY_LIMIT = "1GB"  # measured: the widest question of the demo store (products by day) takes 0.4 GB
THREADS = 2  # of one DuckDB query; more only make eight questions at once wait for one another

COLUMNS_TIMEOUT, COLUMNS_LIMIT = 10.0, 100_000
_LISTED = """SELECT table_schema, table_name, column_name, table_schema = current_schema()
FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
ORDER BY table_schema, table_name, ordinal_position"""

Rows = tuple[list[str], list[Sequence[Any]]]  # column names, then at most cap + 1 rows


class Backend(Protocol):
    """What :class:`db.engine.Store` needs of a database."""

    dialect: DialectName

    def execute(self, statement: Rendered, timeout: float, cap: int) -> Rows:
        """Run one statement. Raises StoreTimeout after ``timeout`` seconds, StoreError where it cannot be run."""

    def frame(self, statement: Rendered, timeout: float, cap: int) -> pd.DataFrame:
        """Run one statement for a pandas frame of at most ``cap`` rows; decimals become floats. Raises as execute."""

    def columns(self) -> Mapping[str, Sequence[str]]:
        """Every table (``schema.table`` outside the default schema) with its columns."""

    def close(self) -> None:
        """Let go of the database."""


@contextmanager
def _deadline(seconds: float, interrupt: Callable[[], object]) -> Iterator[threading.Event]:
    """Call ``interrupt`` once the time is up; the event tells whether it was."""
    fired = threading.Event()
    gate = threading.Lock()
    over = False

    def stop() -> None:
        with gate:  # never interrupt the next query of this connection
            if not over:
                fired.set()
                interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield fired
    finally:
        with gate:
            over = True
        timer.cancel()


def _timed_out(seconds: float) -> StoreTimeout:
    return StoreTimeout(f"The query ran past {seconds:g} seconds and was stopped.", "Ask for a shorter period or less.")


class DuckDBBackend:
    """A DuckDB file, opened read-only, with no way to other files, the network, or its own settings."""

    dialect: DialectName = "duckdb"

    def __init__(self, path: Path, name: str) -> None:
        """Open the file. Raises StoreMissing, StoreLocked or StoreDamaged."""
        import duckdb

        if not path.is_file():
            raise StoreMissing(f"There is no store '{name}' yet.", f"Run: shopops load {name}")
        config: dict[str, Any] = {
            "threads": THREADS,
            "memory_limit": MEMORY_LIMIT,
            "enable_external_access": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "lock_configuration": True,
        }
        try:
            self._connection = duckdb.connect(str(path), read_only=True, config=config)
        except duckdb.Error as error:
            text = str(error).lower()
            if "lock" in text and "conflicting" in text:
                raise StoreLocked(
                    f"The store '{name}' is being written by another process.", "Try again soon."
                ) from error
            raise StoreDamaged(f"The store '{name}' cannot be opened.", f"Run: shopops load {name}") from error
        self._local = threading.local()
        self._error: type[duckdb.Error] = duckdb.Error
        self._damaged = (
            duckdb.IOException,
            duckdb.FatalException,
            duckdb.InternalException,
            duckdb.SerializationException,
        )

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._local, "cursor"):
            self._local.cursor = self._connection.cursor()
        cursor: duckdb.DuckDBPyConnection = self._local.cursor
        return cursor

    def execute(self, statement: Rendered, timeout: float, cap: int) -> Rows:
        """Run one statement on this thread's cursor."""
        with self._running(statement, timeout) as cursor:
            rows = cursor.fetchmany(cap + 1)
        return [column[0] for column in cursor.description or []], list(rows)

    def frame(self, statement: Rendered, timeout: float, cap: int) -> pd.DataFrame:
        """Run one statement for a frame."""
        with self._running(statement, timeout) as cursor:
            found: pd.DataFrame = cursor.df()
        return found.head(cap)

    @contextmanager
    def _running(self, statement: Rendered, timeout: float) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._cursor()
        with _deadline(timeout, cursor.interrupt) as fired:
            try:
                # Binding a parameter makes DuckDB import pandas: 0.6 s of a cold start. ``inlined`` doubles quotes.
                cursor.execute(statement.inlined)
                if fired.is_set():  # the interrupt came before the query began, and was lost
                    raise _timed_out(timeout)
                yield cursor
            except self._damaged as error:
                raise StoreDamaged("The store's file cannot be read.", "Load it again.") from error
            except self._error as error:
                if fired.is_set():
                    raise _timed_out(timeout) from error
                raise StoreError(f"The store refused the query: {first_line(error)}.") from error

    def columns(self) -> Mapping[str, Sequence[str]]:
        """Every table with its columns."""
        text = (
            "SELECT CASE WHEN schema_name = 'main' THEN '' ELSE schema_name || '.' END || table_name, column_name "
            "FROM duckdb_columns() WHERE NOT internal"
        )
        _, rows = self.execute(Rendered(text, (), text), 10, 100_000)
        found: dict[str, list[str]] = {}
        for table, column in rows:
            found.setdefault(table, []).append(column)
        return found

    def close(self) -> None:
        """Close the file; cursors of other threads end with it."""
        self._connection.close()


class SQLAlchemyBackend:
    """PostgreSQL or SQLite by URL. Every query runs in a read-only transaction that is rolled back."""

    def __init__(self, url: str, name: str) -> None:
        """Connect once. Raises StoreError for a URL that cannot be used; the message holds no password."""
        import sqlalchemy as sa

        try:
            self._engine = read_only_engine(url)
            with self._engine.connect():
                pass
        except (sa.exc.SQLAlchemyError, ImportError, ValueError):
            hint = "Check the address, the user and that the database runs."
            # without its cause: a driver's message may quote the address, and a log must not hold the password
            raise StoreError(f"The database of store '{name}' cannot be reached.", hint) from None
        known: dict[str, DialectName] = {"postgresql": "postgresql", "sqlite": "sqlite", "duckdb": "duckdb"}
        if self._engine.dialect.name not in known:
            raise StoreError(
                f"A {self._engine.dialect.name} database cannot be asked yet.", "Use PostgreSQL or SQLite."
            )
        self.dialect = known[self._engine.dialect.name]

    def execute(self, statement: Rendered, timeout: float, cap: int) -> Rows:
        """Run one statement on a connection of the pool."""
        import sqlalchemy as sa

        with self._engine.connect() as connection:
            self._guard(connection, timeout)
            with _deadline(timeout + 0.5, _canceller(connection)) as fired:
                try:
                    result = connection.exec_driver_sql(_driver_text(self.dialect, statement), statement.params)
                    return list(result.keys()), list(result.fetchmany(cap + 1))
                except sa.exc.ResourceClosedError as error:
                    raise StoreError("The statement gave no rows: only queries are run.") from error
                except sa.exc.DBAPIError as error:
                    cancelled = fired.is_set() or "statement timeout" in str(error)
                    if cancelled:
                        raise _timed_out(timeout) from error
                    raise StoreError(f"The store refused the query: {first_line(error.orig)}.") from error

    def frame(self, statement: Rendered, timeout: float, cap: int) -> pd.DataFrame:
        """Run one statement for a frame."""
        from decimal import Decimal

        import pandas as pd

        names, rows = self.execute(statement, timeout, cap)
        found = pd.DataFrame(rows[:cap], columns=names)
        for name in names:
            first = found[name].dropna().head(1)
            if len(first) and isinstance(first.iloc[0], Decimal):
                found[name] = found[name].astype(float)
        return found

    def _guard(self, connection: sa.Connection, timeout: float) -> None:
        if self.dialect == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(timeout * 1000)}")

    def columns(self) -> Mapping[str, Sequence[str]]:
        """Every table and view with its columns."""
        if self.dialect == "postgresql":
            return self._listed()
        inspector = self.inspector()
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        return {name: [column["name"] for column in inspector.get_columns(name)] for name in names}

    def _listed(self) -> Mapping[str, Sequence[str]]:
        """PostgreSQL's tables of every schema in one query: asked one by one, 200 tables take seconds."""
        _, rows = self.execute(Rendered(_LISTED, (), _LISTED), COLUMNS_TIMEOUT, COLUMNS_LIMIT)
        found: dict[str, list[str]] = {}
        for namespace, table, column, here in rows:
            found.setdefault(table if here else f"{namespace}.{table}", []).append(column)
        return found

    def inspector(self) -> sa.Inspector:
        """SQLAlchemy's reflection of the database."""
        import sqlalchemy as sa

        return sa.inspect(self._engine)

    def close(self) -> None:
        """Close every connection of the pool."""
        self._engine.dispose()


def _canceller(connection: sa.Connection) -> Callable[[], object]:
    raw: Any = connection.connection.dbapi_connection
    cancel: Callable[[], object] = getattr(raw, "interrupt", None) or raw.cancel
    return cancel


def _driver_text(dialect: DialectName, statement: Rendered) -> str:
    """PostgreSQL's driver wants ``%s``, and percent signs doubled, though there be no values at all."""
    if dialect != "postgresql":
        return statement.text
    doubled = statement.text.replace("%", "%%")
    if not statement.params:  # hand-written SQL: its question marks are operators
        return doubled
    return re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|\?", lambda match: "%s" if match[0] == "?" else match[0], doubled)


def first_line(error: object) -> str:
    """The first line of a driver's message, without its trailing dot."""
    return (str(error).strip().splitlines() or ["unknown"])[0].rstrip(".")
