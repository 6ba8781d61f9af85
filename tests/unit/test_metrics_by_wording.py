"""Metrics that no word names: what a clause means by its wording, and where words hold against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from agent.ask import Analyst
from agent.evaluation.routing import framed, read_metrics, source_of
from agent.form import QUERY
from agent.stores import store_yaml
from agent.understand import metrics as wording
from agent.understand.dates import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.metrics import NONE, kind_of, metric_marks, without_names
from agent.understand.reading import ClauseReader, Scope
from db.semantic.load import load_store_schema
from db.semantic.query import Interval
from models.routing import RoutingModel
from tests.flow import analyst, open_journey, question

SCHEMA = load_store_schema(store_yaml("journey"))
LEXICON = Lexicon(SCHEMA, lambda dimension: ("MEAT",) if dimension == "department" else ())
CLOCK = Clock(date(2018, 1, 1), date(2017, 1, 1))


@contextmanager
def weights(name: str) -> Iterator[RoutingModel]:
    with as_file(files("prompts") / name) as path:
        yield RoutingModel.load(path)


def test_the_shipped_weights_belong_to_the_questions() -> None:
    known = {name: m for name, m in SCHEMA.metrics.items() if not m.hidden}
    with weights(wording.WEIGHTS) as metrics, weights(wording.KINDS) as kinds:
        assert {metrics.source, kinds.source} == {source_of()}, "run: python -m agent.evaluation.routing"
        assert set(metrics.names) == {*known, NONE}
        assert set(kinds.names) == {*(kind_of(m) for m in known.values()), NONE}


def test_every_metric_has_questions_in_both_languages() -> None:
    known = {name for name, m in SCHEMA.metrics.items() if not m.hidden}
    asked = [(metric, question) for tool, metric, question in read_metrics() if tool == QUERY]
    assert {metric for metric, _ in asked} == known
    for name in known:
        own = [question.isascii() for metric, question in asked if metric == name]
        assert sum(own) >= 10 <= len(own) - sum(own), name


def test_a_name_is_put_into_sentences_of_its_language() -> None:
    found = framed({"aov": SCHEMA.metrics["aov"]})
    assert {name for _, name in found} == {"aov"}
    assert any("Average order value" in q for q, _ in found)
    assert any("客单价" in q for q, _ in found)
    assert not any("客单价" in q and q.replace("客单价", "").strip().isascii() for q, _ in found)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("how much meat went out in november", "how much went out in"),
        ("11月MEAT退了多少钱", "退了多少钱"),
        ("november", "november"),  # nothing would be left
    ],
)
def test_periods_and_members_say_nothing_of_the_figure(text: str, left: str) -> None:
    assert without_names(text.lower(), LEXICON, CLOCK) == left


def test_marks_tell_names_from_labels_and_hints() -> None:
    assert metric_marks("average order value", LEXICON) == ("metric:aov", "label:aov")
    by_store = metric_marks("basket value by store", LEXICON)
    assert {"metric:aov", "split:store"} <= {*by_store}
    assert "label:aov" not in by_store


class Chances:
    """A router that gives fixed chances."""

    lexicon = LEXICON

    def __init__(self, tools: Mapping[str, float], metrics: Mapping[str, float], kinds: Mapping[str, float]) -> None:
        self.every, self.of = tools, {wording.WEIGHTS: metrics, wording.KINDS: kinds}

    @property
    def tools(self) -> Any:
        from agent.understand.asking import ToolWords
        from tools.registry import planned_tools

        return ToolWords(planned_tools())

    def chances(self, text: str) -> Mapping[str, float]:
        return self.every

    def classified(self, name: str, text: str, marked: object) -> Mapping[str, float]:
        return self.of[name]


def test_the_kind_of_figure_weighs_in() -> None:
    router: Any = Chances({"query_metrics": 0.9}, {"orders": 0.5, "aov": 0.5}, {"count": 0.1, "currency of each": 0.9})
    chances = wording.meant_metrics(router, "what a trolley comes to", CLOCK)
    assert list(chances) == ["aov", "orders"]
    assert 0.8 < chances["aov"] < 0.9


def test_a_metric_of_another_store_keeps_its_share() -> None:
    router: Any = Chances({"query_metrics": 0.9}, {"margin": 0.9, "aov": 0.1}, {"currency of each": 1.0})
    assert wording.meant_metrics(router, "what is left after costs", CLOCK) == {"aov": pytest.approx(0.1)}


@pytest.mark.parametrize("tool", ["search_knowledge", "draft_reply", "out_of_scope"])
def test_no_figure_where_none_is_asked_for(tool: str) -> None:
    router: Any = Chances({tool: 0.9, "query_metrics": 0.1}, {"aov": 1.0}, {"currency of each": 1.0})
    assert wording.meant_metrics(router, "what is your returns policy", CLOCK) == {}


def test_the_likeliest_are_offered_first_where_none_is_sure() -> None:
    unsure = {"abandoned_carts": 0.45, "cart_sessions": 0.4, "orders": 0.01}
    router: Any = Chances({"query_metrics": 0.6, "clarify": 0.4}, unsure, {"count": 1.0})
    scope = Scope(LEXICON, CLOCK, Interval(start=date(2017, 1, 1), end=date(2018, 1, 1)), router=router)
    reading = ClauseReader("what about the ones that went nowhere", scope).read(inherit=False)
    assert reading.metrics == ()
    assert reading.metric_options[:3] == ("abandoned_carts", "cart_sessions", "revenue")


@pytest.fixture(scope="module")
def asked(journey_folder: Path) -> Analyst:
    return analyst(open_journey(journey_folder))


def metrics(asked: Analyst, text: str) -> list[tuple[str, ...]]:
    read = asked._understand(question(text), asked.store.as_of, None, ())
    return [reading.metrics for reading in read.readings]


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("how heavy is the till roll per trip in dollars, october", "aov"),
        ("how many payments made it through in november", "settled_payments"),
        ("money that came back to customers, by reason, december", "refund_amount"),
        ("what part of sales is our own brand, by month", "private_label_share"),
        ("how many different things did we sell in august", "products_sold"),
        ("who opened our site but looked at one page only, share per week", "bounce_rate"),
        ("12月一单平均几件", "units_per_order"),
        ("去年只来过一次的家庭有多少", "one_time_customers"),
        ("11月退给顾客的钱按原因分", "refund_amount"),
        ("加了购物车又走掉的，哪个渠道最多", "abandoned_carts"),
    ],
)
def test_a_circumscribed_figure_is_understood(asked: Analyst, text: str, metric: str) -> None:
    assert metrics(asked, text) == [(metric,)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("revenue and orders by store", [("revenue", "orders")]),
        ("total discount last quarter, plus the discount rate", [("discount", "discount_rate")]),
        ("sales of cheese in may", [("revenue",)]),
        ("各店客单价", [("aov",)]),
        ("每家店的销售额", [("revenue",)]),
        ("explain november's drop in orders and forecast them for january", [("orders",), ("orders",)]),
    ],
)
def test_words_that_name_a_figure_hold(asked: Analyst, text: str, named: list[tuple[str, ...]]) -> None:
    assert metrics(asked, text) == named


def test_a_share_that_counts_one_brand_is_not_limited_to_it(asked: Analyst) -> None:
    read = asked._understand(question("what part of sales is our own brand, by month"), asked.store.as_of, None, ())
    assert read.readings[0].filters == ()


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("money that came back to customers, by reason, december", ("refund_reason",)),
        ("failed payments by reason", ("failure_reason",)),
        ("各原因的支付失败次数", ("failure_reason",)),
        ("the reason for the drop in revenue in november", ()),
        ("销售额下降的原因", ()),
    ],
)
def test_a_reason_is_that_of_the_figure_or_a_cause(asked: Analyst, text: str, split: tuple[str, ...]) -> None:
    read = asked._understand(question(text), asked.store.as_of, None, ())
    assert read.readings[0].group_by == split


@pytest.mark.parametrize("text", ["what was the rate last month?", "上个月的率是多少？", "环比多少"])
def test_no_figure_in_particular_is_asked_back(asked: Analyst, text: str) -> None:
    assert metrics(asked, text) == [()]
