"""SQLAlchemy engines that read and nothing else, held to it by the database itself."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

CONNECT_SECONDS = 10  # until a database behind an address answers
_READING = frozenset([sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_TRANSACTION])
_PRAGMAS = frozenset(  # of SQLAlchemy's reflection
    "table_info table_xinfo table_list foreign_key_list index_list index_info index_xinfo read_uncommitted".split()
)
_DENIED = frozenset(["load_extension", "writefile", "readfile", "edit", "fts3_tokenizer"])


def read_only_engine(url: str) -> sa.Engine:
    """An engine for an address. Raises ValueError for an SQLite file that is not there."""
    return _sqlite(url) if url.startswith("sqlite") else _server(url)


def _server(url: str) -> sa.Engine:
    """A database behind an address; PostgreSQL is told at the start of each session that nothing will be written."""
    import sqlalchemy as sa

    engine = sa.create_engine(url, pool_size=8, pool_pre_ping=True, connect_args=_patience(url))

    @sa.event.listens_for(engine, "connect")
    def _read_only(connection: Any, _record: object) -> None:
        if engine.dialect.name == "postgresql":
            connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.execute("SET idle_in_transaction_session_timeout = '60s'")
            connection.commit()

    return engine


def _patience(url: str) -> dict[str, int]:
    return {"connect_timeout": CONNECT_SECONDS} if url.startswith("postgresql") else {}


def _sqlite(url: str) -> sa.Engine:
    """An SQLite file opened for reading: by its mode, by a pragma, and by what SQLite asks before each step."""
    import sqlalchemy as sa

    path = sa.make_url(url).database
    if path and path != ":memory:" and not Path(path).is_file():
        raise ValueError("no such file")
    engine = sa.create_engine(url if not path or path == ":memory:" else _read_only_url(path))

    @sa.event.listens_for(engine, "connect")
    def _read_only(connection: Any, _record: object) -> None:
        connection.create_function("md5", 1, _md5, deterministic=True)
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_only_reading)

    return engine


def _read_only_url(path: str) -> str:
    from urllib.parse import quote

    return f"sqlite:///file:{quote(str(Path(path).absolute()))}?mode=ro&uri=true"


def _md5(value: str | None) -> str | None:
    return None if value is None else hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


def _only_reading(action: int, first: str | None, second: str | None, _database: object, _trigger: object) -> int:
    """SQLite's question before each step: no other file, no new file, no extension, nothing written."""
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if (first or "").lower() in _PRAGMAS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _DENIED else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
