"""A tiny random shop in the demo store's tables, in DuckDB and in SQLite, for tests of the semantic layer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st

from db.semantic.compile import compile_query
from db.semantic.dialects import dialect_of
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.render import render
from db.semantic.result import Value, python_rows, result_columns
from db.semantic.schema import StoreSchema

START, DAYS = date(2017, 1, 29), 40  # over the ends of two months and six weeks
DATA = Interval(start=START, end=START + timedelta(days=DAYS))
DEPARTMENTS = ("GROCERY", "FUEL", "DELI", None)
AGES = ("19-24", "25-34", "65+", None)

TABLES = {
    "transactions": "household_id BIGINT, store_id BIGINT, basket_id BIGINT, product_id BIGINT, quantity BIGINT,"
    " sales_value DECIMAL(12,2), retail_disc DECIMAL(12,2), coupon_disc DECIMAL(12,2),"
    " coupon_match_disc DECIMAL(12,2), transaction_timestamp TIMESTAMP",
    "products": "product_id BIGINT, department VARCHAR, brand VARCHAR, product_category VARCHAR,"
    " product_type VARCHAR, package_size VARCHAR, manufacturer_id BIGINT",
    "demographics": "household_id BIGINT, age VARCHAR",
    "campaigns": "campaign_id BIGINT, household_id BIGINT",
    "campaign_descriptions": "campaign_id BIGINT, campaign_type VARCHAR, start_date DATE",
    "coupon_redemptions": "household_id BIGINT, campaign_id BIGINT, redemption_date DATE",
    "first_purchases": "household_id BIGINT, first_timestamp TIMESTAMP",
}


@dataclass(frozen=True)
class Line:
    """One line of a receipt with everything that is known of it; ``cents`` and discounts in hundredths."""

    household: int
    store: int
    basket: int
    product: int
    quantity: int
    cents: int
    retail: int
    coupon: int
    at: datetime


@dataclass(frozen=True)
class Shop:
    """Products 0–5 have attributes, product 6 is unknown; households 0–3 have an age, 4 and 5 are unknown."""

    lines: tuple[Line, ...]
    departments: tuple[str | None, ...]
    brands: tuple[str, ...]
    ages: tuple[str | None, ...]
    mailed: tuple[tuple[int, int], ...]  # campaign, household
    starts: tuple[date, ...]  # of campaigns 0, 1, 2
    redeemed: tuple[tuple[int, int, date], ...]  # household, campaign, day

    def first(self) -> dict[int, datetime]:
        """When each household bought first."""
        found: dict[int, datetime] = {}
        for line in self.lines:
            found[line.household] = min(line.at, found.get(line.household, line.at))
        return found


_day = st.integers(0, DAYS - 1).map(lambda n: START + timedelta(days=n))


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """Up to 30 receipt lines; a basket belongs to one household, store and moment."""
    baskets = draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(1, 3), _day, st.sampled_from([0, 9, 17, 23])),
            min_size=1,
            max_size=10,
        )
    )
    line = st.tuples(
        st.integers(0, len(baskets) - 1),
        st.integers(0, 6),
        st.integers(0, 5),
        st.integers(0, 2000),
        st.integers(0, 300),
        st.integers(0, 100),
    )
    lines = []
    for basket, product, quantity, cents, retail, coupon in draw(st.lists(line, min_size=1, max_size=30)):
        household, store, day, hour = baskets[basket]
        at = datetime(day.year, day.month, day.day, hour, 5, basket)
        lines.append(Line(household, store, 100 + basket, product, quantity, cents, retail, coupon, at))
    campaign_household = st.tuples(st.integers(0, 2), st.integers(0, 5))
    return Shop(
        tuple(lines),
        tuple(draw(st.lists(st.sampled_from(DEPARTMENTS), min_size=6, max_size=6))),
        tuple(draw(st.lists(st.sampled_from(["Private", "National"]), min_size=6, max_size=6))),
        tuple(draw(st.lists(st.sampled_from(AGES), min_size=4, max_size=4))),
        tuple(draw(st.lists(campaign_household, unique=True, max_size=8))),
        tuple(draw(st.lists(_day, min_size=3, max_size=3))),
        tuple(draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), _day), max_size=8))),
    )


def table_rows(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    def money(cents: int) -> str:
        return str(Decimal(cents) / 100)

    return {
        "transactions": [
            (
                ln.household,
                ln.store,
                ln.basket,
                ln.product,
                ln.quantity,
                money(ln.cents),
                money(ln.retail),
                money(ln.coupon),
                "0",
                ln.at.isoformat(" "),
            )
            for ln in shop.lines
        ],
        "products": [
            (i, department, brand, f"C{i % 2}", f"T{i}", None, i)
            for i, (department, brand) in enumerate(zip(shop.departments, shop.brands, strict=True))
        ],
        "demographics": list(enumerate(shop.ages)),
        "campaigns": list(shop.mailed),
        "campaign_descriptions": [(i, f"Type {'ABA'[i]}", d.isoformat()) for i, d in enumerate(shop.starts)],
        "coupon_redemptions": [(h, c, d.isoformat()) for h, c, d in shop.redeemed],
        "first_purchases": [(household, at.isoformat(" ")) for household, at in shop.first().items()],
    }


@cache
def journey() -> StoreSchema:
    """The demo store's own schema."""
    return load_store_schema(Path(str(files("db") / "stores" / "journey.yaml")))


class Databases:
    """The shop in both databases at once."""

    def __init__(self, shop: Shop) -> None:
        """Fill both with the same rows."""
        self.shop = shop
        self.duckdb = duckdb.connect(config={"threads": 1})
        self.sqlite = sqlite3.connect(":memory:")
        for table, rows in table_rows(shop).items():
            for database in (self.duckdb, self.sqlite):
                database.execute(f"CREATE TABLE {table} ({TABLES[table]})")
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def run(self, query: SemanticQuery, dialect: str, *, inlined: bool = False, limits: Sequence[Filter] = ()) -> Any:
        """Column names and rows of a query in one of the databases."""
        target = dialect_of(dialect)
        select = compile_query(journey(), query, dialect, row_filters=tuple(limits), data_range=DATA)
        statement = render(select, target)
        connection: Any = self.duckdb if dialect == "duckdb" else self.sqlite
        text, params = (statement.inlined, ()) if inlined else (statement.text, statement.params)
        cursor = connection.execute(text, params)
        names = [column[0] for column in cursor.description]
        return names, python_rows(result_columns(journey(), query, names), cursor.fetchall())

    def close(self) -> None:
        """Close both."""
        self.duckdb.close()
        self.sqlite.close()


def close(left: Value, right: Value) -> bool:
    """Whether two cells hold the same, figures to six places."""
    if isinstance(left, str) or isinstance(right, str) or left is None or right is None:
        return left == right
    return abs(float(left) - float(right)) < 2e-6 * max(1.0, abs(float(right)))


def same(left: Sequence[Sequence[Value]], right: Sequence[Sequence[Value]]) -> bool:
    """Whether two tables hold the same, in the same order."""
    return len(left) == len(right) and all(
        len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
        for a, b in zip(left, right, strict=True)
    )
