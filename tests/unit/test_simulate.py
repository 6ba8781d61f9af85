"""What is simulated over the demo store: the same from the same seed, true to the baskets, planted where it says."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from db.engine import Store, open_store
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval, SemanticQuery
from db.simulate import TABLES, Simulation, simulate, truth_path
from db.simulation.rings import PLANS

YAML = Path(str(files("db") / "stores" / "journey.yaml"))
AS_OF = date(2018, 1, 1)
SMALL = 180  # households: enough for every ring's members to be looked for, quick to simulate three times


@pytest.fixture(scope="module")
def file(journey_folder: Path) -> Path:
    return journey_folder / "stores" / "journey.duckdb"


@pytest.fixture(scope="module")
def store(file: Path) -> Iterator[Store]:
    opened = open_store(file, load_store_schema(YAML))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def connection(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    copy = tmp_path_factory.mktemp("rows") / "journey.duckdb"  # DuckDB opens a file once in a process
    shutil.copyfile(file, copy)
    with duckdb.connect(str(copy), read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def truth(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(truth_path(file).read_text(encoding="utf-8"))
    return found


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def simulated_small(file: Path, seed: int, as_of: date = AS_OF) -> tuple[Simulation, dict[str, str]]:
    """The simulation over a part of the households, and a hash of every table's rows."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{file}' AS whole (READ_ONLY)")
        connection.execute("CREATE TABLE products AS FROM whole.products")
        connection.execute(f"CREATE TABLE transactions AS FROM whole.transactions WHERE household_id <= {SMALL}")
        made = simulate(connection, as_of, seed)
        hashes = {
            table: hashlib.sha256(repr(connection.execute(f"FROM {table}").fetchall()).encode()).hexdigest()
            for table in TABLES
            if table != "sessions"
        }
        hashes["sessions"] = str(one(connection, "SELECT bit_xor(hash(sessions)), count(*) FROM sessions"))
        return made, hashes


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(file: Path) -> None:
    (made, first), (again, second), (_, other) = (simulated_small(file, seed) for seed in (7, 7, 8))
    assert first == second
    assert made == again
    assert all(first[table] != other[table] for table in TABLES)


def test_nothing_of_a_later_day_has_happened_yet(file: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{file}' AS whole (READ_ONLY)")
        connection.execute("CREATE TABLE products AS FROM whole.products")
        where = f"household_id <= {SMALL} AND transaction_timestamp < '2017-07-01'"
        connection.execute(f"CREATE TABLE transactions AS FROM whole.transactions WHERE {where}")
        simulate(connection, date(2017, 7, 1), 7)
        latest = one(
            connection,
            "SELECT greatest((SELECT max(refunded_at) FROM refunds), (SELECT max(charged_back_at) FROM payments),"
            " (SELECT max(closed_at) FROM support_tickets), (SELECT max(first_response_at) FROM support_tickets),"
            " (SELECT max(started_at) FROM sessions))",
        )
        assert latest < pd.Timestamp("2017-07-01")
        assert one(connection, "SELECT count(*) FROM support_tickets WHERE closed_at IS NULL") > 0


def test_payments_of_a_basket_sum_to_its_sales(connection: duckdb.DuckDBPyConnection) -> None:
    wrong = one(
        connection,
        "WITH paid AS (SELECT basket_id, sum(amount) AS amount FROM payments WHERE status <> 'failed' GROUP BY ALL),"
        " sold AS (SELECT basket_id, sum(sales_value) AS amount FROM transactions GROUP BY ALL)"
        " SELECT count(*) FROM sold FULL JOIN paid USING (basket_id)"
        " WHERE coalesce(sold.amount, 0) <> coalesce(paid.amount, 0)",
    )
    assert wrong == 0
    strangers = "SELECT count(*) FROM payments ANTI JOIN transactions USING (basket_id, household_id, store_id)"
    assert one(connection, strangers) == 0
    assert (
        one(connection, "SELECT count(*) FROM payments WHERE (status = 'failed') <> (failure_reason IS NOT NULL)") == 0
    )
    assert (
        one(connection, "SELECT count(*) FROM payments WHERE (status = 'chargeback') <> (charged_back_at > paid_at)")
        == 0
    )


def test_a_refund_is_at_most_what_was_paid_for_the_product(connection: duckdb.DuckDBPyConnection) -> None:
    wrong = one(
        connection,
        "WITH sold AS (SELECT basket_id, product_id, sum(sales_value) AS paid, min(transaction_timestamp) AS bought"
        " FROM transactions GROUP BY ALL)"
        " SELECT count(*) FROM refunds LEFT JOIN sold USING (basket_id, product_id)"
        " WHERE amount > paid OR amount <= 0 OR refunded_at <= bought OR paid IS NULL",
    )
    assert wrong == 0
    assert one(connection, "SELECT count(*) - count(DISTINCT (basket_id, product_id)) FROM refunds") == 0


def test_every_order_has_one_visit_and_most_visits_have_no_order(connection: duckdb.DuckDBPyConnection) -> None:
    visits, ordered, baskets = one(
        connection, "SELECT count(*), count(*) FILTER (ordered), count(DISTINCT basket_id) FROM sessions"
    )
    assert ordered == baskets == one(connection, "SELECT count(DISTINCT basket_id) FROM transactions")
    assert 0.17 < ordered / visits < 0.23
    assert one(connection, "SELECT count(*) FROM sessions WHERE ordered AND NOT added_to_cart") == 0
    late = (
        "SELECT count(*) FROM sessions JOIN payments USING (basket_id) WHERE status = 'paid' AND started_at > paid_at"
    )
    assert one(connection, late) == 0


RATES = [  # docs/simulation.md says where they come from
    ("SELECT avg((status = 'failed')::INT) FROM payments", 0.04, 0.08),
    ("SELECT sum((status = 'chargeback')::INT) / sum((status <> 'failed')::INT) FROM payments", 0.002, 0.009),
    ("SELECT (SELECT sum(amount) FROM refunds) / (SELECT sum(sales_value) FROM transactions)", 0.01, 0.03),
    ("SELECT (SELECT count(*) FROM support_tickets) / count(DISTINCT basket_id) FROM transactions", 0.04, 0.08),
    ("SELECT avg((language = 'zh')::INT) FROM support_tickets", 0.1, 0.3),
    ("SELECT avg((basket_id IS NULL)::INT) FROM support_tickets", 0.05, 0.3),
    ("SELECT sum(pages = 1) / count(*) FROM sessions", 0.25, 0.45),
]


@pytest.mark.parametrize(("sql", "low", "high"), RATES)
def test_rates_are_plausible(connection: duckdb.DuckDBPyConnection, sql: str, low: float, high: float) -> None:
    assert low < one(connection, sql) < high


def test_tickets_read_like_mail(connection: duckdb.DuckDBPyConnection) -> None:
    assert one(connection, "SELECT count(*) FROM support_tickets WHERE body LIKE '%{%' OR subject LIKE '%{%'") == 0
    assert one(connection, "SELECT count(*) FROM support_tickets WHERE length(body) < 6") < 60
    wrong_language = "SELECT count(*) FROM support_tickets WHERE (language = 'zh') <> regexp_matches(body, '[一-龥]')"
    assert one(connection, wrong_language) == 0
    rows, different = one(connection, "SELECT count(*), count(DISTINCT body) FROM support_tickets")
    assert different > 0.85 * rows
    for words in ("%gnore all previous instructions%", "%忽略之前的所有指令%", "%555-01%"):
        assert one(connection, f"SELECT count(*) FROM support_tickets WHERE body LIKE '{words}'") > 0
    foreign = "SELECT count(*) FROM support_tickets WHERE basket_id IS NOT NULL AND body LIKE '%' || basket_id || '%'"
    assert one(connection, foreign) > 0.4 * rows


def test_rings_share_what_the_truth_says(connection: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    rings = truth["fraud"]["rings"]
    assert [ring["name"] for ring in rings] == [plan.name for plan in PLANS]
    frame = connection.execute("FROM payments").df().set_index("payment_id")
    for plan, ring in zip(PLANS, rings, strict=True):
        rows = frame.loc[ring["payments"]]
        assert set(rows["basket_id"]) == set(ring["baskets"])
        assert set(rows["household_id"]) == set(ring["households"])
        assert len(ring["households"]) == plan.homes
        settled = rows[rows["status"] != "failed"]
        for column, shared in (("device_id", "devices"), ("card_token", "cards"), ("address_id", "addresses")):
            if ring[shared]:
                assert set(settled[column]) == set(ring[shared])
        assert settled["paid_at"].between(plan.start, pd.Timestamp(plan.start) + pd.Timedelta(days=plan.days)).all()


def test_fraud_is_mostly_charged_back_but_not_told_by_its_ids(
    connection: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    fraud = [p for ring in truth["fraud"]["rings"] for p in ring["payments"]] + truth["fraud"]["takeovers"]["payments"]
    frame = connection.execute("FROM payments WHERE status <> 'failed'").df().set_index("payment_id")
    known = frame[frame["paid_at"] < "2017-09-01"]
    charged = known["status"] == "chargeback"
    stolen = known.index.isin(fraud)
    assert 0.6 < charged[stolen].mean() < 0.8
    assert charged[~stolen].mean() < 0.003
    assert 0.3 < stolen[charged].mean() < 0.95  # honest disputes are there too
    number = known["device_id"].str[1:].astype(int)
    assert abs(number[stolen].mean() / number[~stolen].mean() - 1) < 0.15


def test_honest_people_share_too(connection: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    homes_a_device = connection.execute(
        "SELECT device_id, count(DISTINCT household_id) AS homes FROM payments GROUP BY ALL"
    ).df()
    terminals = homes_a_device[homes_a_device["device_id"].isin(truth["honest"]["terminals"])]
    assert (terminals["homes"] > 100).all()
    family = truth["honest"]["families"][0]
    shared = connection.execute(
        f"SELECT count(*) FROM (SELECT address_id FROM payments WHERE household_id IN ({', '.join(map(str, family))})"
        " GROUP BY address_id HAVING count(DISTINCT household_id) > 1)"
    ).fetchone()
    assert shared is not None
    assert shared[0] >= 1
    cards = one(
        connection,
        "SELECT min(n) FROM (SELECT count(DISTINCT card_token) AS n FROM payments WHERE status <> 'failed'"
        f" AND household_id IN ({', '.join(map(str, truth['honest']['businesses']))}) GROUP BY household_id)",
    )
    assert cards >= 6


def test_abusers_take_more_refunds_than_others(connection: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    homes = {home for abuse in truth["refund_abuse"] for home in abuse["households"]}
    assert {abuse["kind"] for abuse in truth["refund_abuse"]} >= {"serial", "never-arrived", "wardrobe"}
    taken = connection.execute(
        "SELECT s.household_id, coalesce(r.n, 0) / s.n AS share FROM (SELECT household_id, count(*) AS n"
        " FROM transactions GROUP BY ALL) s LEFT JOIN (SELECT household_id, count(*) AS n FROM refunds GROUP BY ALL) r"
        " USING (household_id)"
    ).df()
    share = taken.set_index("household_id")["share"]
    assert share[list(homes)].median() > 2 * share.median()
    ids = [number for abuse in truth["refund_abuse"] for number in abuse["refunds"]]
    of = connection.execute("SELECT refund_id, household_id FROM refunds").df().set_index("refund_id")["household_id"]
    assert set(of[ids]) <= homes
    assert len(ids) == len(set(ids))


def span(incident: dict[str, Any]) -> tuple[Interval, Interval]:
    """The incident's days, and as many days two weeks before."""
    start, end = (date.fromisoformat(incident[key][:10]) for key in ("start", "end"))
    end = max(end, date.fromordinal(start.toordinal() + 1))
    earlier = (date.fromordinal(day.toordinal() - 14) for day in (start, end))
    return Interval(start=start, end=end), Interval(start=next(earlier), end=next(earlier))


SHOWN = {  # which figure shows an incident, limited to what, and how many times its usual value it is
    "payment_outage": ("failed_payments", "payment_method", "method", 3.0, None),
    "stock_out": ("refunds", "category", "category", 3.0, None),
    "mispriced_item": ("refunds", "product", "product", 5.0, None),
    "traffic_drop": ("sessions", "traffic_source", "source", None, 0.5),
    "support_backlog": ("first_response_time", None, "", 2.0, None),
}


def test_incidents_show_in_the_figures_and_only_there(store: Store, truth: dict[str, Any]) -> None:
    assert {incident["kind"] for incident in truth["incidents"]} == set(SHOWN)
    for incident in truth["incidents"]:
        metric, dimension, field, more, less = SHOWN[incident["kind"]]
        where = (Filter(dimension=dimension, values=(incident[field],)),) if dimension else ()
        now, before = (
            float(str(store.run(SemanticQuery(metrics=(metric,), filters=where, time=days)).rows[0][0]))
            for days in span(incident)
        )
        assert more is None or now > more * max(before, 1), incident["kind"]
        assert less is None or now < less * before, incident["kind"]
