"""The sentences of facts, in both languages, on the real data: figures, grammar, and what is left unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from db.engine import Store
from db.semantic.query import Interval, Order, SemanticQuery
from tests.flow import open_journey
from tools.evidence import Fact
from tools.grammar import is_plural, listed, plural, superlative
from tools.query_metrics import run
from tools.registry import ToolContext


def span(start: str, end: str) -> Interval:
    return Interval(start=date.fromisoformat(start), end=date.fromisoformat(end))


DECEMBER, NOVEMBER = span("2017-12-01", "2018-01-01"), span("2017-11-01", "2017-12-01")
YEAR, LAST_YEAR = span("2017-01-01", "2018-01-01"), span("2016-01-01", "2017-01-01")


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
    (SemanticQuery.model_validate(row["query"]), row["en"], row["zh"])
    for row in yaml.safe_load(Path(__file__).with_name("facts.yaml").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("asked", "en", "zh"), SENTENCES, ids=[s[1][:40] for s in SENTENCES])
def test_headlines(store: Store, asked: SemanticQuery, en: str, zh: str) -> None:
    first = facts(store, asked)[0]
    assert first.text.en.startswith(en)
    assert first.text.zh.startswith(zh)


@pytest.mark.parametrize(
    ("metric", "en", "zh"),
    [
        ("revenue", "That is up $36,330.04 (+9.42%) from $385,552.25 in November 2017.",
         "销售额较2017年11月的$385,552.25增加$36,330.04（+9.42%）。"),
        ("repeat_rate", "That is up 0.80 percentage points from 83.8% in November 2017.",
         "复购率较2017年11月的83.8%增加0.80个百分点。"),
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
