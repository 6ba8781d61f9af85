"""Questions of several parts: where they are parted, and what a part takes over from the part before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.ask import Analyst
from tests.flow import analyst, open_journey
from tests.write_desk import calls


@pytest.fixture(scope="module")
def asked(journey_folder: Path) -> Analyst:
    return analyst(open_journey(journey_folder))


def month(number: int, year: int = 2017) -> dict[str, str]:
    after = f"{year + 1}-01-01" if number == 12 else f"{year}-{number + 1:02}-01"
    return {"start": f"{year}-{number:02}-01", "end": after}


def limited(dimension: str, *values: Any) -> list[dict[str, Any]]:
    return [{"dimension": dimension, "values": list(values)}]


Q1, Q2 = {"start": "2017-01-01", "end": "2017-04-01"}, {"start": "2017-04-01", "end": "2017-07-01"}
Q4 = {"start": "2017-10-01", "end": "2018-01-01"}
AT_406 = limited("store", 406)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # figures over one scope make one table, however they are asked for
        (
            "Store 406 in May: how many shoppers came in and what was the average basket worth?",
            [{"metrics": ["customers", "aov"], "filters": AT_406, "time": month(5)}],
        ),
        ("二季度拒付了多少笔，涉及多少金额？", [{"metrics": ["chargebacks", "chargeback_amount"], "time": Q2}]),
        (
            "8月只看了一页就走的访问有多少次？另外平均一次访问翻几页？",
            [{"metrics": ["bounced_sessions", "pages_per_session"], "time": month(8)}],
        ),
        # a part with a scope of its own is a question of its own
        (
            "2017 revenue from renters, and number of orders from married households?",
            [
                {"metrics": ["revenue"], "filters": limited("home_ownership", "Renter")},
                {"metrics": ["orders"], "filters": limited("marital_status", "Married")},
            ],
        ),
        (
            "What did yogurt take in May, and cheese in August?",
            [
                {"metrics": ["revenue"], "filters": limited("category", "YOGURT"), "time": month(5)},
                {"metrics": ["revenue"], "filters": limited("category", "CHEESE"), "time": month(8)},
            ],
        ),
        (
            "5月支付失败多少笔，其中因为余额不足的有多少？",
            [
                {"metrics": ["failed_payments"], "time": month(5)},
                {"metrics": ["failed_payments"], "filters": limited("failure_reason", "insufficient_funds")},
            ],
        ),
        # the whole behind a ranking or a part
        (
            "一季度卖得最好的3个部门是哪些？整个季度总销售额又是多少？",
            [{"group_by": ["department"], "limit": 3, "time": Q1}, {"metrics": ["revenue"], "time": Q1}],
        ),
        (
            "Beer revenue in Q4 from renters, and from everyone?",
            [
                {"filters": [*limited("category", "BEERS/ALES"), *limited("home_ownership", "Renter")]},
                {"metrics": ["revenue"], "filters": limited("category", "BEERS/ALES"), "time": Q4},
            ],
        ),
        (
            "一季度熟食部卖了多少钱？在一季度总销售额里占几成？",
            [{"metrics": ["revenue"]}, {"metrics": ["revenue"], "group_by": ["department"], "share": True}],
        ),
        # the figure of the part before, in another way
        (
            "What was the total amount paid in May, and how does it split by payment method?",
            [{"metrics": ["paid_amount"]}, {"metrics": ["paid_amount"], "group_by": ["payment_method"]}],
        ),
        (
            "How much did we refund in May, how does that split by reason, and why did it change from April?",
            [
                {"metrics": ["refund_amount"], "time": month(5)},
                {"metrics": ["refund_amount"], "group_by": ["refund_reason"], "time": month(5)},
                {"tool": "explain_change", "metric": "refund_amount", "compare": month(4)},
            ],
        ),
        (
            "下周预计有多少访问？上周是多少？",
            [
                {"tool": "forecast", "metric": "sessions"},
                {"metrics": ["sessions"], "time": {"start": "2017-12-25", "end": "2018-01-01"}},
            ],
        ),
        (
            "How many payments failed with a network error in May? Tell me if it happens more than 20 times in a day.",
            [
                {"metrics": ["failed_payments"]},
                {"tool": "set_alert", "metric": "failed_payments", "number": 20.0, "per": "day"},
            ],
        ),
        # two tools
        (
            "Any suspicious payments in May? And what was the chargeback amount for the month?",
            [{"tool": "check_risk", "kind": "payments"}, {"metrics": ["chargeback_amount"], "time": month(5)}],
        ),
        (
            "最可能买奶酪的100位顾客是谁？上季度奶酪销售额多少？",
            [{"tool": "find_audience", "limit": 100}, {"metrics": ["revenue"], "time": Q4}],
        ),
        # whom or what the part before names
        (
            "What goes well with product 1082185, and how many units of it did we sell in May?",
            [
                {"tool": "recommend_products", "goal": "with_product", "products": ["1082185"]},
                {"metrics": ["units"], "filters": limited("product", 1082185)},
            ],
        ),
        (
            "Give me a profile of customer 718, then tell me what to recommend to them.",
            [
                {"tool": "segment_customers", "customers": ["718"]},
                {"tool": "recommend_products", "customers": ["718"]},
            ],
        ),
        (
            "22号顾客是个什么样的顾客？二季度下了几单？",
            [
                {"tool": "segment_customers", "customers": ["22"]},
                {"metrics": ["orders"], "filters": limited("customer", 22), "time": Q2},
            ],
        ),
    ],
)
def test_each_part_is_answered(asked: Analyst, text: str, wanted: list[dict[str, Any]]) -> None:
    found = calls(asked, text)

    assert len(found) == len(wanted), found
    for call, some in zip(found, wanted, strict=True):
        expected = {"tool": "query_metrics", **some}
        assert {name: call.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "text",
    [
        "三季度按件数看，卖得最多的五个品类是哪些",  # by what the rest is measured
        "年收入10万以上的几档，人均消费分别是多少",  # of whom
        "不同收入段的顾客，用券订单占比分别多少",
        "三季度的退款里，哪些像是有人钻空子薅羊毛的？",  # out of what
        "When it comes to milk, which products does customer 900 need to restock?",  # about what
        "Go through the gift card payments in May and tell me which ones deserve a second look.",  # of what is named
        "visits from affiliates in October, anything funny going on there",
        "Christmas Eve, hour by hour: how many orders went through? I mean receipts, not shoppers.",  # says it again
        "果蔬部门退款都是因为啥？每种原因几笔？",  # of each
        "2017年自有牌子在总销售里占多大比重，一个月一个月地给我捋一遍。",
    ],
)
def test_what_only_looks_like_two_questions_is_one(asked: Analyst, text: str) -> None:
    assert len(calls(asked, text)) == 1


@pytest.mark.parametrize(
    ("text", "split", "limit"),
    [
        ("The 3 reasons with the largest refund amount in May", "refund_reason", 3),
        ("数字钱包付不成功的，二季度都是什么原因，各多少笔", "failure_reason", None),
        ("Which five products sold the most units in June?", "product", 5),
        ("二季度销售额垫底的是哪仨部门？", "department", 3),
    ],
)
def test_what_is_ranked_or_counted_apart_is_split_by(asked: Analyst, text: str, split: str, limit: int | None) -> None:
    (call,) = calls(asked, text)

    assert (call["tool"], call["group_by"], call.get("limit")) == ("query_metrics", [split], limit)


@pytest.mark.parametrize("text", ["7月可口可乐卖了多少件？", "How much did our Chicago stores turn over in Q4?"])
def test_an_unknown_name_beside_a_verb_or_a_noun_is_refused(asked: Analyst, text: str) -> None:
    assert calls(asked, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "把上个季度花钱最多的20位顾客的姓名和电话给我",
        "Give me the names and phone numbers of the 20 households that spent the most last quarter.",
        "How much did we earn on pastry in October after paying for the goods?",
    ],
)
def test_what_the_data_lacks_is_not_passed_over(asked: Analyst, text: str) -> None:
    assert calls(asked, text) == []


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("Show me sales of dairy and how many customers bought it in Q3", "category"),
        ("What share of visits came from social, and how well did they convert?", "traffic_source"),
    ],
)
def test_what_is_pointed_back_to_limits_the_later_part_too(asked: Analyst, text: str, limits: str) -> None:
    later = calls(asked, text)[-1]

    assert [limit["dimension"] for limit in later["filters"]] == [limits]


def test_a_customers_number_is_no_year(asked: Analyst) -> None:
    portrait, _ = calls(asked, "客户2070上次什么时候来的？该给他推荐什么？")

    assert portrait == {"tool": "segment_customers", "customers": ["2070"]}
