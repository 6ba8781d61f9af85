"""Open the state database: the engine, how SQLite is driven, migrations, and errors in plain words."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from db.errors import StoreDamaged, StoreError, StoreLocked
from db.state.tables import HEAD

BUSY_TIMEOUT = 5.0  # seconds that a writer waits for another; a turn is written in about a millisecond
MIGRATIONS = Path(__file__).with_name("migrations")


def open_engine(url: str | None, folder: Path) -> Engine:
    """An engine on the state database, migrated to this version of the code.

    Args:
        url: any SQLAlchemy URL; None is the SQLite file ``state.sqlite`` in the folder.
        folder: the data folder; made where it is missing.

    Raises:
        StoreError: it cannot be opened, or a newer ShopOps wrote it. StoreLocked: another process holds it.
        StoreDamaged: it is no database.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        where = make_url(url) if url else URL.create("sqlite", database=str(folder / "state.sqlite"))
        engine = _engine(where)
        with plain_errors():
            if _version(engine) != HEAD:
                with _one_at_a_time(folder / ".state.lock"):
                    _migrate(engine)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("The address of the state database cannot be read.", "Write sqlite:///file.") from error
    except ImportError as error:
        raise StoreError("The driver of the state database is not installed.", f"Install {error.name}.") from error
    except OSError as error:
        raise StoreError(f"The data folder {folder} cannot be written to.", "Check its permissions.") from error
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes. On SQLite it takes the write lock at its start, so what it reads stays true."""
    with plain_errors(), engine.connect().execution_options(write=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads."""
    with plain_errors(), engine.connect() as connection:
        yield connection


@contextmanager
def plain_errors() -> Iterator[None]:
    """Database errors as ours. IntegrityError passes: it says that another writer was first."""
    from sqlalchemy.exc import IntegrityError

    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        said = str(error.orig).casefold()
        if "locked" in said or "busy" in said:
            raise StoreLocked("Another process holds the state database.", "Try again in a moment.") from error
        if "malformed" in said or "not a database" in said:
            raise StoreDamaged("The state database is damaged.", "Move the file away; a new one is made.") from error
        if "full" in said:
            raise StoreError("There is no room left on the disk for the state database.", "Free some.") from error
        raise StoreError("The state database cannot be used.", "Check its address and its permissions.") from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    if url.database and url.database != ":memory:":
        # Made by us before SQLite makes it, for questions are nobody else's to read.
        os.close(os.open(url.database, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin late and commit before DDL; see _begin
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found is not None else None


def _migrate(engine: Engine) -> None:
    """Bring the database to ``HEAD`` in one transaction; another process may have done it while this one waited."""
    version = _version(engine)
    if version == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError("The state database was written by a newer ShopOps.", "Update ShopOps, or use another folder.")
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:  # readers beside one writer; the file remembers it
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA journal_mode=WAL")
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the operating system's lock on a file; it goes when the process dies."""
    deadline = time.monotonic() + 2 * BUSY_TIMEOUT
    with open(path, "w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise StoreLocked("Another process is setting up the state database.", "Try again.") from error
                time.sleep(0.02)
        yield
