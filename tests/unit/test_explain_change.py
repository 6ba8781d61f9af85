"""Why a metric moved: parts that sum to the change, planted causes, what is usual, bad input, both languages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from db.engine import Store, open_store
from db.errors import AnalysisError, QueryError, UnknownDimension, UnknownMember, UnknownMetric
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval
from tests.flow import open_journey
from tools.evidence import Evidence, Fact, worded
from tools.explain_change import TOOL, ExplainArguments, run
from tools.explain_periods import earlier, resolve
from tools.registry import ToolContext, ToolResult

WEEK = Interval(start=date(2017, 12, 18), end=date(2017, 12, 25))
BEFORE = Interval(start=date(2017, 12, 11), end=date(2017, 12, 18))
DECEMBER = Interval(start=date(2017, 12, 1), end=date(2018, 1, 1))
DATA = Interval(start=date(2017, 1, 1), end=date(2018, 1, 1))
TODAY = date(2018, 1, 1)

SHOP = """
name: corner
label: {en: Corner, zh: 街角}
currency: USD
default_time: sales.day
tables:
  sales: {key: [], time: day}
metrics:
  revenue:
    label: {en: Revenue, zh: 销售额}
    description: {en: Sum of amounts., zh: 金额之和。}
    unit: currency
    table: sales
    expr: sum(sales.amount)
    additive: true
  orders:
    label: {en: Orders, zh: 订单数}
    description: {en: Different orders., zh: 不同订单数。}
    unit: count
    table: sales
    expr: count(distinct sales.order_id)
    additive_time: true
  aov:
    label: {en: Average order value, zh: 客单价}
    description: {en: Revenue by orders., zh: 销售额除以订单数。}
    unit: currency
    numerator: revenue
    denominator: orders
dimensions:
  date: {label: {en: Day, zh: 日}, kind: time, grain: day}
  region: {label: {en: Region, zh: 地区}, table: sales, column: region}
  brand: {label: {en: Brand, zh: 品牌}, table: sales, column: brand}
  buyer: {label: {en: Buyer, zh: 买家}, table: sales, column: buyer, pii: personal}
"""


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Ten weeks in SQLite: each week alike, but in the last one north sells nothing of brand x."""
    folder = tmp_path_factory.mktemp("corner")
    (folder / "corner.yaml").write_text(SHOP, encoding="utf-8")
    rows = []
    for day in range(70):
        for i, (region, brand) in enumerate([("north", "x"), ("north", "y"), ("south", "x"), ("south", "y")]):
            if day < 63 or (region, brand) != ("north", "x"):
                when = date(2017, 1, 2) + timedelta(days=day)
                rows.append((when.isoformat(), region, brand, f"b{i}", day * 10 + i, 100.1 + day % 3))
    with sqlite3.connect(folder / "corner.db") as database:
        database.execute(
            "CREATE TABLE sales (day TEXT, region TEXT, brand TEXT, buyer TEXT, order_id INT, amount REAL)"
        )
        database.executemany("INSERT INTO sales VALUES (?,?,?,?,?,?)", rows)
    database.close()
    opened = open_store(f"sqlite:///{folder / 'corner.db'}", load_store_schema(folder / "corner.yaml"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def week(store: Store) -> ToolResult:
    """Revenue of the week before Christmas, by everything."""
    return explain(store)


def explain(store: Store, *filters: Filter, **given: object) -> ToolResult:
    arguments = ExplainArguments.model_validate({"metric": "revenue", "time": WEEK, **given, "filters": filters})
    return run(arguments, ToolContext(store, "e1"))


def table(result: ToolResult, title: str) -> Evidence:
    return next(e for e in (result.evidence, *result.more) if title in e.title.en)


def column(evidence: Evidence, name: str) -> list[Any]:
    index = [c.name for c in evidence.columns].index(name)
    return [worded(row[index], "en") for row in evidence.rows]


def said(result: ToolResult, word: str) -> Fact:
    return next(fact for fact in result.facts if word in fact.text.en)


def blocks(evidence: Evidence) -> dict[object, Decimal]:
    sums: dict[object, Decimal] = {}
    for name, change in zip(column(evidence, "dimension"), column(evidence, "change"), strict=True):
        sums[name] = sums.get(name, Decimal(0)) + Decimal(str(change))
    return sums


def test_every_split_sums_to_the_change_to_the_cent(store: Store, week: ToolResult) -> None:
    result = week
    change = column(table(result, "the change"), "change")[0]
    lines = (
        "SELECT sum(sales_value) FROM transactions WHERE transaction_timestamp >= '{}' AND transaction_timestamp < '{}'"
    )
    now, before = (store.sql(lines.format(p.start, p.end)).rows[0][0] for p in (WEEK, BEFORE))
    assert change == now - before  # type: ignore[operator]
    sums = blocks(table(result, "every split"))
    assert {"Department", "Category", "Store", "Age", "Weekday"} <= set(sums)
    assert set(sums.values()) == {change}
    for part in ("factors", "price, volume"):
        assert sum(column(table(result, part), "change"), Decimal(0)) == change


@pytest.mark.parametrize("metric", ["aov", "discount_rate", "orders", "customers"])
def test_splits_of_other_metrics_sum_too(store: Store, metric: str) -> None:
    result = explain(store, metric=metric, dimensions=("department", "store", "age", "income"))
    change = Decimal(str(column(table(result, "the change"), "change")[0]))
    sums = blocks(table(result, "every split"))
    assert sums
    assert all(abs(total - change) <= Decimal("0.000001") for total in sums.values())


def test_the_headline_says_what_against_what(week: ToolResult) -> None:
    fact = week.facts[0]
    assert fact.text.en == (
        "Revenue rose $27,662.67 (+31.6%) in the week of 2017-12-18 to 2017-12-24 against the week before, "
        "from $87,470.18 to $115,132.85."
    )
    assert fact.text.zh == (
        "2017-12-18至2017-12-24这一周的销售额较前一周上升$27,662.67（+31.6%），由$87,470.18变为$115,132.85。"
    )


def test_every_fact_is_within_its_cells(week: ToolResult) -> None:
    result = week
    tables = {e.id: e for e in (result.evidence, *result.more)}
    assert 3 <= len(result.facts) <= 8
    for fact in result.facts:
        for cell in fact.cells:
            assert cell.row < len(tables[cell.evidence].rows)
            assert cell.column in [c.name for c in tables[cell.evidence].columns]


def test_without_periods_it_is_last_week_against_the_one_before(store: Store) -> None:
    assert (
        "in the week of 2017-12-25 to 2017-12-31 against the week before"
        in explain(store, time=None, dimensions=("brand",)).facts[0].text.en
    )


def test_a_planted_pair_is_named_on_sqlite(corner: Store) -> None:
    week = Interval(start=date(2017, 3, 6), end=date(2017, 3, 13))
    result = explain(corner, time=week)
    fact = said(result, "explains")
    assert fact.text.en == "North / x (-$708.70, 99.2%) explains most of the fall; confidence is high."
    assert fact.text.zh == "下降主要来自north × x（-$708.70，99.2%）；置信度高。"
    assert "so this one is more than usual" in said(result, "The median").text.en
    assert set(blocks(table(result, "every split")).values()) == {Decimal("-714.70")}
    assert "buyer" not in str([e.columns for e in (result.evidence, *result.more)]).lower()


def test_a_ratio_is_split_into_rate_and_mix(corner: Store) -> None:
    week = Interval(start=date(2017, 3, 6), end=date(2017, 3, 13))
    result = explain(corner, metric="aov", time=week, dimensions=("region",))
    rates = table(result, "rate and mix")
    total = table(result, "the change")
    assert sum(column(rates, "change"), Decimal(0)) == column(total, "change")[0]
    assert "the members' own figures made" in said(result, "shift between them").text.en


def test_members_that_overlap_are_not_summed(store: Store) -> None:
    result = explain(store, metric="orders", dimensions=("department",))
    assert "these overlap, so they do not sum to the change" in said(result, "By department").text.en
    assert sum(column(result.evidence, "change"), 0) == column(table(result, "the change"), "change")[0]


def test_only_the_asked_dimensions_are_read(store: Store) -> None:
    result = explain(store, dimensions=("store", "department"), limit=3)
    assert set(blocks(table(result, "every split"))) == {"Store", "Department"}
    assert result.evidence.title.en == "Revenue: contributions by store"
    assert column(result.evidence, "member")[-1] == "All others"
    assert len(result.evidence.rows) == 4


def test_the_calendar_is_told_where_months_differ(store: Store, week: ToolResult) -> None:
    assert said(explain(store, time=DECEMBER, dimensions=("brand",)), "The calendar").text.en == (
        "The calendar alone (31 days against 30) would have made +$18,117.96."
    )
    assert not [f for f in week.facts if "calendar" in f.text.en]


def test_row_filters_and_conditions_hold(store: Store, week: ToolResult) -> None:
    limited = ToolContext(store, "e1", row_filters=(Filter(dimension="store", values=(367,)),))
    seen = run(ExplainArguments(metric="revenue", time=WEEK, dimensions=("department",)), limited)
    asked = explain(store, Filter(dimension="store", values=(367,)))
    assert seen.facts[0].value == asked.facts[0].value != week.facts[0].value
    assert "Store" not in blocks(table(asked, "every split"))


def test_nothing_after_the_clock_is_read(store: Store) -> None:
    context = ToolContext(store, "e1", as_of=date(2017, 12, 21))
    result = run(ExplainArguments(metric="revenue", time=WEEK, dimensions=("brand",)), context)
    assert "2017-12-18 to 2017-12-20" in result.facts[0].text.en
    assert any(
        "has data; 2017-12-18 to 2017-12-20 is held against 2017-12-11 to 2017-12-13" in f.text.en for f in result.facts
    )


def test_no_change_has_no_causes(corner: Store) -> None:
    result = explain(corner, time=Interval(start=date(2017, 2, 6), end=date(2017, 2, 27)))
    assert "did not change" in result.facts[0].text.en
    assert len(result.facts) == 1


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"metric": "profit"}, UnknownMetric, "no metric 'profit'"),
        ({"dimensions": ("planet",)}, UnknownDimension, "no dimension 'planet'"),
        ({"dimensions": ("campaign",)}, QueryError, "cannot be explained by campaign"),
        ({"dimensions": ("customer",)}, QueryError, "cannot be explained by customer"),
        ({"time": Interval(start=date(2019, 1, 1), end=date(2019, 2, 1))}, AnalysisError, "no data for January 2019"),
        ({"time": Interval(start=date(2017, 1, 1), end=date(2017, 2, 1))}, AnalysisError, "no data for December 2016"),
        ({"compare": WEEK}, AnalysisError, "two periods are the same"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    store: Store, given: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        explain(store, **given)


def test_a_member_that_does_not_exist_is_named(store: Store) -> None:
    with pytest.raises(UnknownMember, match="'NOWHERE'"):
        explain(store, Filter(dimension="department", values=("NOWHERE",)))


def test_periods_keep_their_grain() -> None:
    assert earlier(DECEMBER) == Interval(start=date(2017, 11, 1), end=date(2017, 12, 1))
    assert earlier(WEEK) == BEFORE
    odd = Interval(start=date(2017, 5, 3), end=date(2017, 5, 8))
    assert earlier(odd) == Interval(start=date(2017, 4, 28), end=date(2017, 5, 3))
    year = Interval(start=date(2016, 12, 19), end=date(2016, 12, 26))
    with pytest.raises(AnalysisError, match="no data for the week of 2016-12-19"):
        resolve(WEEK, year, DATA, TODAY)


def test_it_asks_for_why_in_both_languages() -> None:
    assert {"why", "root cause", "what caused"} <= set(TOOL.asks.en)
    assert {"为什么", "根因", "咋回事"} <= set(TOOL.asks.zh)
    assert not {"reason", "原因"} & {*TOOL.asks.en, *TOOL.asks.zh}  # refunds have reasons too


def test_a_holiday_of_one_period_is_said_as_context(store: Store, week: ToolResult) -> None:
    thanksgiving = Interval(start=date(2017, 11, 20), end=date(2017, 11, 27))
    (fact,) = [f for f in explain(store, time=thanksgiving).facts if "For context" in f.text.en]
    assert "Thanksgiving Day (2017-11-23) and Black Friday (2017-11-24) fall into this period" in fact.text.en
    assert "not as a cause" in fact.text.en
    assert "本期含感恩节（2017-11-23）、黑色星期五（2017-11-24），对比期没有" in fact.text.zh
    after = Interval(start=date(2017, 12, 4), end=date(2017, 12, 11))
    assert not [f for f in explain(store, time=after, compare=BEFORE).facts if "For context" in f.text.en]
    assert any("Christmas Eve (2017-12-24) falls into this period" in f.text.en for f in week.facts)
    quarter = {"time": Interval(start=date(2017, 10, 1), end=date(2018, 1, 1))}
    assert not [f for f in explain(store, **quarter).facts if "For context" in f.text.en]
