"""The sentences of facts, in both languages, on the real data: figures, grammar, and what is left unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from db.engine import Store
from db.semantic.query import Filter, Interval, MetricFilter, Order, SemanticQuery
from tests.flow import open_journey
from tools.evidence import Fact
from tools.grammar import is_plural, listed, plural, superlative
from tools.query_metrics import run
from tools.registry import ToolContext


def span(start: str, end: str) -> Interval:
    return Interval(start=date.fromisoformat(start), end=date.fromisoformat(end))


DECEMBER, NOVEMBER = span("2017-12-01", "2018-01-01"), span("2017-11-01", "2017-12-01")
YEAR, LAST_YEAR = span("2017-01-01", "2018-01-01"), span("2016-01-01", "2017-01-01")
CHRISTMAS, QUARTER = span("2017-12-25", "2017-12-26"), span("2017-10-01", "2018-01-01")
FUEL = Filter(dimension="department", values=("FUEL",))


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


def query(*metrics: str, **options: object) -> SemanticQuery:
    return SemanticQuery.model_validate({"metrics": metrics, **options})


def facts(store: Store, asked: SemanticQuery) -> tuple[Fact, ...]:
    return run(asked, ToolContext(store, "e1")).facts


SENTENCES = [
    (query("revenue", time=DECEMBER), "Revenue in December 2017 was $421,882.29.", "2017年12月的销售额为$421,882.29。"),
    (query("orders", time=CHRISTMAS), "Orders on Monday, 2017-12-25, were 0.", "2017-12-25（周一）的订单数为0。"),
    (
        query("revenue", time=DECEMBER, filters=(Filter(dimension="department", op="not_in", values=("FUEL", "GROCERY")),)),
        "Revenue in December 2017, without departments FUEL and GROCERY, was $181,971.40.",
        "2017年12月，不含部门燃油（FUEL）、杂货食品（GROCERY）的销售额为$181,971.40。",
    ),
    (
        query("customers", time=DECEMBER, filters=(Filter(dimension="age", values=("19-24",)), Filter(dimension="store", values=(367,)))),
        "Customers in December 2017, Age 19-24, store 367, were ",
        "2017年12月，年龄段19-24岁，门店367的顾客数为",
    ),
    (query("orders", time=NOVEMBER, per="day"), "Average orders per day in November 2017 were 423.87.", "2017年11月的日均订单数为423.87。"),
    (
        query("aov", time=CHRISTMAS),
        "Average order value on Monday, 2017-12-25, cannot be computed: orders were zero.",
        "2017-12-25（周一）的客单价无法计算：订单数为零。",
    ),
    (
        query("orders", group_by=("weekday",), time=YEAR, order=Order(by="orders", direction="asc"), limit=1),
        "Wednesday had the fewest orders in 2017: 20,431.",
        "2017年订单数最低的是周三：20,431。",
    ),
    (
        query("revenue", group_by=("store",), time=DECEMBER, order=Order(by="revenue"), limit=1),
        "Store 367 had the highest revenue in December 2017: $12,670.31.",
        "2017年12月销售额最高的是门店367：$12,670.31。",
    ),
    (
        query("units", group_by=("category",), time=DECEMBER, order=Order(by="units"), limit=2),
        "The top 2 categories by units sold in December 2017: SOFT DRINKS – 7,712; Milk (FLUID MILK PRODUCTS) – 6,096.",
        "2017年12月销量最高的2个品类：软饮料（SOFT DRINKS） – 7,712；牛奶（FLUID MILK PRODUCTS） – 6,096。",
    ),
    (
        query("revenue", group_by=("department",), time=DECEMBER, compare=NOVEMBER, order=Order(by="change", direction="asc"), limit=1),
        "FLORAL had the largest fall in revenue in December 2017: $1,724.38 (down $88.90, -4.90%, from $1,813.28).",
        "2017年12月销售额下降最多的是鲜花（FLORAL）：$1,724.38（较$1,813.28减少$88.90，-4.90%）。",
    ),
    (
        query("discount_rate", group_by=("department",), time=DECEMBER, compare=NOVEMBER, order=Order(by="change"), limit=2),
        "The 2 departments whose discount rate rose most in December 2017, against November 2017: "
        "CHEF SHOPPE – 23.6% (up 13.41 percentage points from 10.1%)",
        "2017年12月与2017年11月相比，折扣率增长最多的2个部门：厨师专柜（CHEF SHOPPE） – 23.6%（较10.1%增加13.41个百分点）",
    ),
    (
        query("orders", group_by=("month",), time=YEAR),
        "Orders by month in 2017 were highest in July 2017 (13,754) and lowest in February 2017 (11,787).",
        "2017年，按月看订单数最高的是2017年7月（13,754），最低的是",
    ),
    (
        query("orders", "aov", group_by=("month",), time=QUARTER),
        "Orders and average order value by month in Q4 2017: October 2017 – orders 13,252, average order value $29.23; ",
        "2017年第4季度各月的订单数和客单价：",
    ),
    (
        query("revenue", group_by=("month",), time=YEAR, running=True),
        "Cumulative revenue in 2017 reached $4,594,146.32 by December 2017.",
        "2017年，截至",
    ),
    (
        query("revenue", group_by=("department",), time=YEAR, having=(MetricFilter(metric="revenue", low=2e6, strict=True),)),
        "1 department had revenue above $2,000,000 in 2017: GROCERY $2,315,299.04.",
        "2017年销售额超过$2,000,000的部门共有1个：杂货食品（GROCERY）$2,315,299.04。",
    ),
    (
        query("revenue", group_by=("department",), time=YEAR, having=(MetricFilter(metric="revenue", low=1e9),)),
        "No department had revenue at least $1,000,000,000 in 2017.",
        "2017年没有销售额不低于$1,000,000,000的部门。",
    ),
    (
        query("revenue", group_by=("brand",), time=QUARTER, share=True, keep=Filter(dimension="brand", values=("Private",))),
        "Private label made up 27.4% of revenue in Q4 2017 ($327,248.94).",
        "自有品牌（Private）占2017年第4季度销售额的27.4%（$327,248.94）。",
    ),
    (
        query("revenue", group_by=("product",), time=YEAR),
        "Revenue by product in 2017, the first 5 of more than 500: product 6534178 $303,012.06; ",
        "2017年各商品的销售额（共500余项，前5项）：商品6534178 $303,012.06；",
    ),
    (
        query("revenue", group_by=("department", "product"), time=DECEMBER, order=Order(by="revenue"), limit=2, limit_per="department"),
        "The top 2 products of each department by revenue in December 2017 – AUTOMOTIVE: product 1133378 $24.70; ",
        "2017年12月每个部门销售额最高的2个商品——汽车用品（AUTOMOTIVE）：商品1133378 $24.70；",
    ),
    (
        query("revenue", time=DECEMBER, filters=(Filter(dimension="store", op="top", values=(3,), by="orders"),)),
        "Revenue in December 2017, the top 3 stores by orders, was $28,476.96.",
        "2017年12月，订单数前3的门店的销售额为$28,476.96。",
    ),
    (query("revenue"), "Revenue in all the data (2017-01-01 to 2018-01-01) was $4,596,039.58.", "全部数据（2017-01-01至2018-01-01）中的"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "en", "zh"), SENTENCES, ids=[s[1][:40] for s in SENTENCES])
def test_headlines(store: Store, asked: SemanticQuery, en: str, zh: str) -> None:
    first = facts(store, asked)[0]
    assert first.text.en.startswith(en)
    assert first.text.zh.startswith(zh)


@pytest.mark.parametrize(
    ("metric", "en", "zh"),
    [
        ("revenue", "That is up $36,330.04 (+9.42%) from $385,552.25 in November 2017.", "销售额较2017年11月的$385,552.25增加$36,330.04（+9.42%）。"),
        ("repeat_rate", "That is up 0.80 percentage points from 83.8% in November 2017.", "复购率较2017年11月的83.8%增加0.80个百分点。"),
        ("active_stores", "That is ", "门店数"),
    ],
)  # fmt: skip
def test_changes(store: Store, metric: str, en: str, zh: str) -> None:
    change = facts(store, query(metric, time=DECEMBER, compare=NOVEMBER))[1]
    assert change.text.en.startswith(en)
    assert change.text.zh.startswith(zh)


def test_nothing_is_compared_with_nothing(store: Store) -> None:
    result = run(query("revenue", time=YEAR, compare=LAST_YEAR), ToolContext(store, "e1"))
    assert [column.name for column in result.evidence.columns] == ["revenue"]
    assert result.facts[1].text.en == (
        "There is no data for 2016 to compare with: the store's data runs from 2017-01-01 to 2018-01-01."
    )
    assert "$0.00" not in " ".join(fact.text.en + fact.text.zh for fact in result.facts)
    by = query("revenue", group_by=("department",), time=YEAR, compare=LAST_YEAR, order=Order(by="change"), limit=3)
    assert any("2016年没有数据，无从比较" in fact.text.zh for fact in facts(store, by))


def test_a_period_that_reaches_out_of_the_data_says_so(store: Store) -> None:
    partly = facts(store, query("revenue", time=span("2016-07-01", "2017-07-01")))
    assert partly[-1].text.en.startswith("Only a part of 2016-07-01 to 2017-06-30 has data")
    (none,) = facts(store, query("revenue", group_by=("department",), time=span("2030-01-01", "2031-01-01")))
    assert none.text.en == "There is no data for 2030: the store's data runs from 2017-01-01 to 2018-01-01."
    assert none.value is None


def test_totals_are_of_metrics_that_sum(store: Store) -> None:
    both = facts(store, query("revenue", "customers", group_by=("department",), time=DECEMBER))
    assert both[-1].text.en == "In total, revenue was $421,882.29."
    assert len(both[-1].cells) == len({cell.row for cell in both[-1].cells}) > 12
    assert not any("total" in f.text.en for f in facts(store, query("customers", group_by=("month",), time=YEAR)))


def test_every_stated_figure_stands_in_its_cells(store: Store) -> None:
    result = run(query("revenue", "orders", group_by=("month",), time=YEAR), ToolContext(store, "e1"))
    columns = [column.name for column in result.evidence.columns]
    for fact in result.facts[:-1]:
        cells = {f"{result.evidence.rows[c.row][columns.index(c.column)]:,}" for c in fact.cells if c.column != "month"}
        stated = set(re.findall(r"\$?(\d[\d,]*(?:\.\d\d)?)(?=[);,.])(?! 2017)", fact.text.en)) - {"2017"}
        assert {s.lstrip("$") for s in stated} <= cells


def test_no_sentence_is_careless(store: Store) -> None:
    for asked, _, _ in SENTENCES:
        for fact in facts(store, asked):
            en, zh = fact.text.en, fact.text.zh
            assert not en[0].islower()
            assert en.endswith(".")
            assert zh.endswith("。")
            assert not re.search(r"\b(\w+) \1\b|  |,,|\.\.| ,|\bNone\b", en), en
            assert not re.search(r"  |，，|。。|的的|None|, ", zh), zh


@pytest.mark.parametrize(
    ("word", "many"),
    [("day", "days"), ("age", "ages"), ("category", "categories"), ("household size", "household sizes")],
)
def test_grammar(word: str, many: str) -> None:
    assert plural(word) == many
    assert is_plural("orders per customer")
    assert not is_plural("discount")
    assert superlative("campaign reach", "count", low=True) == "lowest"
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
