"""Splits that no word names: what a clause's wording says its figure is split by, and what it does not."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from agent.ask import Analyst
from agent.evaluation.dimensions import read_questions, source_of
from agent.stores import store_yaml
from agent.understand.dimensions import NONE, WEIGHTS, meant_split, without_periods
from db.semantic.load import load_store_schema
from models.routing import RoutingModel
from tests.flow import analyst, open_journey
from tests.write_desk import calls

SCHEMA = load_store_schema(store_yaml("journey"))


@pytest.fixture(scope="module")
def asked(journey_folder: Path) -> Analyst:
    return analyst(open_journey(journey_folder))


def test_the_shipped_weights_belong_to_the_questions() -> None:
    with as_file(files("prompts") / WEIGHTS) as path:
        model = RoutingModel.load(path)
    assert model.source == source_of(), "run: python -m agent.evaluation.dimensions"
    assert set(model.names) == set(read_questions())


def test_questions_are_of_dimensions_that_the_store_has_and_in_both_languages() -> None:
    for name, own in read_questions().items():
        assert name == NONE or name in SCHEMA.dimensions
        english = sum(q.isascii() for q in own)
        assert min(english, len(own) - english) >= 50, name


@pytest.mark.parametrize(
    ("chances", "text", "split"),
    [
        ({"age": 0.85, NONE: 0.1}, "revenue from the young and the old", "age"),
        ({NONE: 0.99}, "revenue by age", None),
        ({"age": 0.6, "income": 0.3, NONE: 0.1}, "what does each of them spend", "age"),  # behind a word that parts
        ({"age": 0.6, "income": 0.3, NONE: 0.1}, "the young and the old", None),
        ({"age": 0.6, NONE: 0.4}, "what does each of them spend", None),
        ({"age": 0.95}, "the young and the old, altogether", None),
        ({}, "anything", None),
    ],
)
def test_a_split_is_meant_from_a_chance_on(chances: dict[str, float], text: str, split: str | None) -> None:
    assert meant_split(chances, text) == split


def test_a_period_is_no_step_of_time() -> None:
    assert without_periods("visits in may by source", [(10, 12 + 1)]) == "visits in by source"
    assert without_periods("may", [(0, 3)]) == "?"


@pytest.mark.parametrize(
    ("text", "metric", "split"),
    [
        ("Where do our website visits come from?", "sessions", "traffic_source"),
        ("Break September's payment attempts down by how they ended", "payments", "payment_status"),
        ("How does spend per customer vary with how much they earn?", "revenue_per_customer", "income"),
        ("Sales by how many people live in the home, Q1", "revenue", "household_size"),
        ("What types of cheese bring in the most money?", "revenue", "product_type"),
        ("How did Saturdays and Sundays stack up against the rest of the week for orders?", "orders", "day_type"),
        ("一天里什么时候卖得最好", "revenue", "hour"),
        ("2017年顾客都是为什么退款的？每种情况退了多少钱", "refund_amount", "refund_reason"),
        ("上个月客户找客服主要都是什么事？列前10", "support_tickets", "ticket_intent"),
        ("周末单子多还是平时单子多？", "orders", "day_type"),
    ],
)
def test_a_split_is_told_by_its_wording(asked: Analyst, text: str, metric: str, split: str) -> None:
    (call,) = calls(asked, text)
    assert (call["tool"], call["metrics"], call["group_by"]) == ("query_metrics", [metric], [split])
    assert not any(limit["dimension"] == split for limit in call.get("filters", []))


@pytest.mark.parametrize(
    "text",
    [
        "How many of our stores sold fuel in May?",  # one count
        "What did each household spend on average in 2017?",
        "Revenue in the meat department, October",  # a member is a condition
        "电子钱包12月付款失败的比例，和11月对比一下",  # two periods are set against each other, and no members
        "四季度零售折扣和优惠券优惠各是多少，折扣率多少",  # how much of each figure
    ],
)
def test_what_splits_nothing_is_not_split(asked: Analyst, text: str) -> None:
    assert not any(call.get("group_by") for call in calls(asked, text))


def test_what_tickets_are_about_only_tells_why_one_asks_unless_it_says_of_whom(asked: Analyst) -> None:
    told = calls(asked, "There was a damage report this morning. What could we recommend alongside beer?")[-1]
    assert not any(limit["dimension"] == "ticket_intent" for limit in told.get("filters", []))
    whom = calls(asked, "Which products should we recommend to customers who wrote about late delivery?")[-1]
    assert any(limit["dimension"] == "ticket_intent" for limit in whom["filters"])


def test_words_for_a_split_come_before_its_wording(asked: Analyst) -> None:
    (call,) = calls(asked, "how do people find us: visits by month in 2017")
    assert call["group_by"] == ["month"]


def limit_of(asked: Analyst, text: str) -> Any:
    return calls(asked, text)[0].get("limit")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("Who should get campaign 18? A list of 300, please", 300),
        ("a 250-person list for campaign 13: who belongs in it", 250),
        ("2k households for the beef coupon", 2000),
        ("I run store 367. Which 100 of my shoppers should I give a coupon to?", 100),
        ("Who is about to leave? Just the first 20", 20),
        ("Who are the best customers of store 343? 5 will do", 5),
        ("What should I suggest to customer 718? 5 items", 5),
        ("People most likely to buy product 1029743 - I want 50", 50),
        ("Which refunds look suspicious? Give me fifteen to review with the team.", 15),
        ("store 381 best selling products in august, by units, a dozen", 12),
        ("half a dozen categories that earn most", 6),
        ("What are the three main ticket topics?", 3),
        ("18号活动寄给哪300家", 300),
        ("牛肉券要发两千份，发给谁", 2000),
        ("995242这个货进多了，哪150户人家会买？", 150),
        ("有潜力的顾客，来十五个", 15),
        ("哪5次活动的券核销率最高？", 5),
        ("退款最多的商品列15个出来", 15),
        ("哪三天订单最多", 3),
    ],
)
def test_how_many_are_wanted_is_read_wherever_it_stands(asked: Analyst, text: str, limit: int) -> None:
    assert limit_of(asked, text) == limit


def test_numbers_behind_a_store_are_stores_unless_they_count(asked: Analyst) -> None:
    call, _whole = calls(asked, "orders of stores 367, 406 in May")
    assert call["filters"] == [{"dimension": "store", "values": [367, 406]}]


def test_a_year_is_no_count(asked: Analyst) -> None:
    assert limit_of(asked, "best stores by revenue in december, 2017") == 5


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("top trio of departments by revenue", 3),
        ("which pair of stores sold the most", 2),
        ("销售额三甲的部门", 3),
        ("销售额十强门店", 10),
        ("卖得最好的那两天", 2),
    ],
)
def test_so_many_may_be_a_group(asked: Analyst, text: str, limit: int) -> None:
    assert limit_of(asked, text) == limit


@pytest.mark.parametrize(
    "text",
    [
        "who would respond to the eighteenth campaign",
        "promo 18, who gets it",
        "for mailing no. 18 whom would you pick",
        "第十八期活动该寄给哪些人",
        "18号那波促销寄给谁",
    ],
)
def test_a_campaign_may_be_called_otherwise(asked: Analyst, text: str) -> None:
    assert calls(asked, text)[0]["campaign"] == "18"
