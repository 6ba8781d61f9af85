"""Metrics over the simulated tables: their figures, their words in both languages, answers that say what they are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent.understand.lexicon import Lexicon
from agent.understand.understand import understand
from db.engine import Store, open_store
from db.errors import QueryError
from db.frames import read
from db.semantic.load import load_store_schema
from db.semantic.query import Interval, SemanticQuery
from db.simulate import FIRST_ID, TABLES
from tools.query_metrics import run
from tools.registry import ToolContext

YAML = Path(str(files("db") / "stores" / "journey.yaml"))


@pytest.fixture(scope="module")
def file(journey_folder: Path) -> Path:
    return journey_folder / "stores" / "journey.duckdb"


@pytest.fixture(scope="module")
def store(file: Path) -> Iterator[Store]:
    opened = open_store(file, load_store_schema(YAML))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lexicon(store: Store) -> Lexicon:
    return Lexicon(store.schema, store.members)


@pytest.fixture(scope="module")
def connection(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    copy = tmp_path_factory.mktemp("rows") / "journey.duckdb"  # DuckDB opens a file once in a process
    shutil.copyfile(file, copy)
    with duckdb.connect(str(copy), read_only=True) as opened:
        yield opened


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_roles_reach_the_simulated_rows(store: Store) -> None:
    for role, rows in (("payments", 100_000), ("refunds", 10_000), ("tickets", 5_000), ("sessions", 600_000)):
        assert len(read(store, role, ("time",))) > rows
    found = read(store, "payments", ("payment", "order", "customer", "device", "card", "charged_back", "store"))
    assert found["payment"].min() == FIRST_ID


def test_metrics_say_that_they_are_simulated(store: Store) -> None:
    for metric in store.schema.metrics.values():
        parts = {part.table for part in store.schema.parts(metric.name)}
        assert (metric.origin == "simulated") == bool(parts & set(TABLES)), metric.name


def test_figures_are_those_of_the_rows(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    november = Interval(start=date(2017, 11, 1), end=date(2017, 12, 1))
    asked = ("refund_rate", "conversion_rate", "first_response_time", "chargeback_rate", "return_rate")
    found = [float(str(value)) for value in store.run(SemanticQuery(metrics=asked, time=november)).rows[0]]
    inside = "BETWEEN TIMESTAMP '2017-11-01' AND TIMESTAMP '2017-11-30 23:59:59'"
    by_hand = [
        f"(SELECT sum(amount) FROM refunds WHERE refunded_at {inside})"
        f" / (SELECT sum(sales_value) FROM transactions WHERE transaction_timestamp {inside})",
        f"(SELECT avg(ordered::INT) FROM sessions WHERE started_at {inside})",
        "(SELECT avg(epoch(first_response_at) - epoch(opened_at)) / 3600 FROM support_tickets"
        f" WHERE opened_at {inside})",
        f"(SELECT count(*) FROM payments WHERE charged_back_at {inside})"
        f" / (SELECT count(*) FROM payments WHERE status <> 'failed' AND paid_at {inside})",
        f"(SELECT count(DISTINCT basket_id) FROM refunds WHERE refunded_at {inside})"
        f" / (SELECT count(DISTINCT basket_id) FROM transactions WHERE transaction_timestamp {inside})",
    ]
    assert found == pytest.approx([float(one(connection, f"SELECT {sql}")) for sql in by_hand], rel=1e-6)
    by_method = store.run(SemanticQuery(metrics=("paid_amount", "revenue"))).rows[0]
    assert by_method[0] == by_method[1]


def test_what_the_tables_do_not_record_is_refused(store: Store) -> None:
    for metric, dimension in (("revenue", "payment_method"), ("failed_payments", "department"), ("sessions", "store")):
        with pytest.raises(QueryError, match="cannot be split"):
            store.run(SemanticQuery(metrics=(metric,), group_by=(dimension,)))


@pytest.mark.parametrize(
    ("metrics", "en", "zh"),
    [
        (("refund_rate",), "These figures come from simulated data.", "以上数字来自模拟数据。"),
        (("revenue", "sessions"), "The figures of sessions come from simulated data.", "其中访问次数来自模拟数据。"),
        (("revenue",), "", ""),
    ],
)
def test_an_answer_says_what_is_simulated(store: Store, metrics: tuple[str, ...], en: str, zh: str) -> None:
    result = run(SemanticQuery(metrics=metrics), ToolContext(store, "e1"))
    last = result.facts[-1].text
    assert (last.en, last.zh) == (en, zh) if en else "simulated" not in last.en
    assert result.evidence.origin == ("simulated" if en else "recorded")


UNDERSTOOD = [
    ("refund rate last month", "refund_rate", ()),
    ("how many payments failed in May", "failed_payments", ()),
    ("how much did we refund for produce", "refund_amount", (("department", ("PRODUCE",)),)),
    ("tickets by email in November", "support_tickets", (("ticket_channel", ("email",)),)),
    ("amount paid with gift cards", "paid_amount", (("payment_method", ("gift_card",)),)),
    ("revenue of gift cards", "revenue", (("product_type", ("ELECTRONIC GIFT CARDS ACTIVATI",)),)),
    ("out of stock refunds in October", "refunds", (("refund_reason", ("unavailable",)),)),
    ("visits from the newsletter", "sessions", (("traffic_source", ("newsletter",)),)),
    ("上个月支付失败率", "payment_failure_rate", ()),
    ("10月退款了多少笔", "refunds", ()),
    ("上个月退款多少", "refund_amount", ()),
    ("12月的中文工单有多少", "support_tickets", (("ticket_language", ("zh",)),)),
    ("首响时长按周", "first_response_time", ()),
    ("付费搜索的转化率", "conversion_rate", (("traffic_source", ("paid_search",)),)),
]


@pytest.mark.parametrize(("question", "metric", "filters"), UNDERSTOOD)
def test_words_of_both_languages_are_understood(
    lexicon: Lexicon, store: Store, question: str, metric: str, filters: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    (reading,) = understand(question, lexicon, store.as_of, store.data_range).readings
    assert reading.metrics == (metric,)
    assert tuple((f.dimension, f.values) for f in reading.filters) == filters


def test_a_word_may_be_there_for_one_metric_only(lexicon: Lexicon, store: Store) -> None:
    for question in ("how many tickets by channel last month", "上个月按渠道看首次响应时间"):
        (reading,) = understand(question, lexicon, store.as_of, store.data_range).readings
        assert reading.group_by == ("ticket_channel",)
        assert not reading.unavailable


@pytest.mark.parametrize(
    "question", ["sales by channel", "how many customers paid with paypal", "客户满意度是多少", "ad clicks last week"]
)
def test_what_is_still_not_there_is_known(lexicon: Lexicon, store: Store, question: str) -> None:
    (reading,) = understand(question, lexicon, store.as_of, store.data_range).readings
    assert reading.unavailable


def test_codes_are_shown_by_their_labels(store: Store) -> None:
    query = SemanticQuery(metrics=("sessions",), group_by=("traffic_source",))
    facts = run(query, ToolContext(store, "e1")).facts
    said = " ".join(fact.text.en + fact.text.zh for fact in facts)
    assert "Paid search" in said
    assert "付费搜索" in said
    assert "paid_search" not in said
