"""The grader: what counts as right, in both languages, and why the rest is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agent.evaluation.grade import grade, labels_of
from agent.evaluation.seen import Seen, Table, is_key, seen_json
from agent.evaluation.sets import expectation_of
from agent.evaluation.stated import numbers, states
from db.semantic.schema import StoreSchema

LABELS = {"produce": ("Produce", "果蔬"), "fluid milk products": ("Milk", "液态奶")}
NO_DATA = ["no data", "没有数据"]


def answer(text: str, *tables: Table, status: str = "answered", ungrounded: int = 0) -> Seen:
    return Seen(status, text, tables, ungrounded)


def figures(*row: Any, unit: str = "currency") -> Table:
    return Table((unit,) * len(row), (row,))


def ranking(*rows: tuple[Any, ...]) -> Table:
    return Table(("member", "currency"), rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Revenue was $4,594,146.32.", 4594146.32),
        ("Revenue was about $4.6 million.", 4594146.32),
        ("about 4.6M in all", 4594146.32),
        ("销售额为42.19万元", 421882.29),
        ("销售额约0.46亿", 46_000_000),
        ("销售额为 421,882.29", 421882.29),
        ("AOV was $32.23", 32.229357525),
        ("The share was 7.03%.", 0.070256748),
        ("占比7.0％", 0.070256748),
        ("a share of 7 percent", 0.070256748),
        ("a fraction of 0.0703", 0.070256748),
        ("orders fell 1.9%", -0.018865081),
        ("下降1.9个百分点", 0.019),
        ("down by 751 orders", -751),
        ("there were 6 stores", 6),
        ("revenue was 0 that day", 0),
        ("sales doubled, +100%", 1.0),
        ("2,028 customers", 2028),
        ("Produce led", "PRODUCE"),
        ("果蔬最高", "PRODUCE"),
        ("杂货食品（GROCERY）最高", "GROCERY"),
        ("Store 367 had the most orders", "367"),
        ("门店367的订单最多", "367"),
        ("It was on Sunday.", "星期日"),
        ("最高的是周日", "Sunday"),
        ("最高的是礼拜天", "Sunday"),
        ("best on 23 December 2017", "2017-12-23"),
        ("12月23日最高", "2017-12-23"),
        ("in December 2017", "2017-12"),
        ("十二月最高", "December"),
        ("COUPON/MISC  ITEMS led", "COUPON/MISC ITEMS"),
    ],
)
def test_a_text_states(text: str, said: str | float) -> None:
    labels = LABELS | {"sunday": ("Sunday", "礼拜天")}
    assert states(text, said, labels)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Revenue was $4.7 million.", 4594146.32),
        ("Revenue was about $5 million.", 4594146.32),
        ("销售额为43万元", 421882.29),
        ("The share was 7.2%.", 0.070256748),
        ("The share was 703%.", 0.070256748),
        ("In 2017 all was well.", 2020),
        ("best on 2017-12-23", 23),
        ("best on 23 December", 23),
        ("12月23日最高", 12),
        ("Packaged: MEAT-PCKGD led", "MEAT"),
        ("Store 3670 led", "367"),
        ("It made $367.50", "367"),
        ("It was on Monday.", "Sunday"),
        ("The shop was quiet.", 0),
        ("5% of all", 5),
    ],
)
def test_a_text_does_not_state(text: str, said: str | float) -> None:
    assert not states(text, said, LABELS)


def test_numbers_leave_dates_out() -> None:
    text = "From 2017-12-18 to 24 December 2017 (2017年第四季度, Q4 2017): $1.5 and 3"
    assert [number.value for number in numbers(text)] == [1.5, 3.0]


@pytest.mark.parametrize(
    ("cell", "key", "same"),
    [
        ("2017-12", "2017-12-01", True),
        ("2017-Q4", "2017-10-01", True),
        ("2017-W52", "2017-12-25", True),
        (date(2017, 12, 24), "2017-12-24", True),
        ("2017-11", "2017-12-01", False),
        ("Monday", 1, True),
        ("周日", 7, True),
        (7, 7, True),
        ("08:00", 8, True),
        ("8点", 8, True),
        ("367", 367, True),
        (Decimal(367), 367, True),
        (3670, 367, False),
        ("produce", "PRODUCE", True),
        ("PRODUCE", "MEAT", False),
        (None, "PRODUCE", False),
        (True, 1, False),
        ("2017-13", "2017-12-01", False),
    ],
)
def test_keys_are_found_as_products_write_them(cell: object, key: str | int, same: bool) -> None:
    assert is_key(cell, key) is same


ORDERS = {"values": [{"value": 2460}], "text_values": [2460]}
SHARE = {"values": [{"value": 0.070256748}], "text_values": [0.070256748]}
TOP = {
    "rows": [["PRODUCE", 30.0], ["MEAT", 20.0]],
    "columns": ["department", "revenue"],
    "order_matters": True,
    "exact_rows": True,
    "text_values": ["PRODUCE", 30.0],
}
SPLIT = {**TOP, "order_matters": False, "exact_rows": False}
TWO = {"rows": [[367, 30.0, 5]], "columns": ["store", "revenue", "orders"], "text_values": [[30.0, 5]]}
HOURS = {**ORDERS, "alternatives": [{"values": [{"value": 3000}], "text_values": [3000]}]}
PARTS = {"parts": [{**ORDERS}, {**TOP}], "text_values": [2460, "PRODUCE", 30.0]}
EMPTY = {"status": ["answered", "clarify", "failed"], "no_data": True, "text_values": [NO_DATA]}
HALF = {**EMPTY, "values": [{"value": 421.5}], "text_values": [421.5, NO_DATA]}
REFUSED = {"status": ["out_of_scope", "refused"]}
TABLE = ranking(("PRODUCE", 30), ("MEAT", 20))


@pytest.mark.parametrize(
    ("seen", "expect", "reason"),
    [
        (answer("2,460 orders", figures(2460, unit="count")), ORDERS, ""),
        (answer("上周有2,460单", figures(None, 2461, unit="count")), ORDERS, ""),
        (answer("2,460 orders", figures(2450, unit="count")), ORDERS, "value missing"),
        (answer("2,460 orders"), ORDERS, "value missing"),
        (answer("many orders", figures(2460)), ORDERS, "not stated"),
        (answer("2,460 orders", figures(2460), status="clarify"), ORDERS, "wrong status"),
        (answer("2,460 orders", figures(2460), ungrounded=1), ORDERS, "ungrounded"),
        (answer("7%", figures(Decimal("0.0702567"), unit="ratio")), SHARE, ""),
        (answer("7.03%", figures(7.0256748, unit="percent")), SHARE, ""),
        (answer("7.03%", figures(7.0256748, unit="ratio")), SHARE, "value missing"),
        (answer("果蔬最高，$30.00", TABLE), TOP, ""),
        (answer("Produce: $30.00", ranking((None, 99), ("PRODUCE", 30), ("MEAT", 20))), TOP, ""),
        (answer("Produce: $30.00", ranking(("MEAT", 20), ("PRODUCE", 30))), TOP, "value missing"),
        (answer("Produce: $30.00", ranking(("PRODUCE", 30), ("MEAT", 20), ("DELI", 9))), TOP, "value missing"),
        (answer("Produce: $30.00", ranking(("PRODUCE", 30))), TOP, "value missing"),
        (answer("Meat: $30.00", TABLE), TOP, "not stated"),
        (answer("Produce: $30.00", ranking(("MEAT", 20), ("DELI", 9), ("PRODUCE", 30))), SPLIT, ""),
        (answer("Produce: $30.00", ranking(("MEAT", 30), ("PRODUCE", 20))), SPLIT, "value missing"),
        (answer("30", ranking((367, 30)), ranking(("367", 5))), TWO, ""),
        (answer("30", ranking((367, 30)), ranking((406, 5))), TWO, "value missing"),
        (answer("3,000 orders", figures(3000)), HOURS, ""),
        (answer("2,460 orders", figures(3000)), HOURS, "not stated"),
        (answer("2,460 orders; Produce: $30.00", figures(2460), TABLE), PARTS, ""),
        (answer("2,460 orders; Produce", figures(2460), TABLE), PARTS, "not stated"),
        (answer("2,460 orders; Produce: $30.00", figures(2460)), PARTS, "value missing"),
        (answer("There is no data for March 2015.", figures(None)), EMPTY, ""),
        (answer("2015年3月没有数据：数据范围为2017-01-01至2018-01-01。", status="failed"), EMPTY, ""),
        (answer("Revenue was $0.", figures(0)), EMPTY, "not stated"),
        (answer("There is no data, but revenue was $12.50.", figures(12.5)), EMPTY, "invented"),
        (answer("$421.50 now; no data for 2016.", figures(Decimal("421.50"))), HALF, ""),
        (answer("$421.50 now, up 12%; no data for 2016.", figures(421.5)), HALF, "invented"),
        (answer("no data for 2016", status="clarify"), HALF, ""),
        (answer("Not in this store.", status="refused"), REFUSED, ""),
        (answer("Rain.", status="answered"), REFUSED, "wrong status"),
    ],
)  # fmt: skip
def test_right_and_wrong(seen: Seen, expect: dict[str, Any], reason: str) -> None:
    verdict = grade(seen, expectation_of(expect), LABELS)
    assert (verdict.reason, verdict.right) == (reason, reason == "")
    assert bool(verdict.detail) is not verdict.right


def test_an_answers_json_is_graded_alike() -> None:
    data = {
        "status": "answered",
        "text": "2,460 orders",
        "evidence": [{"columns": [{"name": "orders", "unit": "count"}], "rows": [[2460]]}],
    }
    assert grade(seen_json(data), expectation_of(ORDERS)).right


def test_labels_come_from_the_schema() -> None:
    schema = StoreSchema.model_validate(
        {
            "name": "s",
            "label": {"en": "S", "zh": "S"},
            "default_time": "t.d",
            "tables": {},
            "metrics": {},
            "dimensions": {
                "department": {
                    "label": {"en": "Department", "zh": "部门"},
                    "members": {"PRODUCE": {"label": {"en": "Produce", "zh": "果蔬"}}, "MEAT": {}},
                }
            },
        }
    )
    assert labels_of(schema) == {"produce": ("Produce", "果蔬")}
