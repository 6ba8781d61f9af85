"""What a change of ours would do: asked for, it is declined; forecasts, audiences and rules only sound like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ask import Analyst
from agent.understand.supposing import supposes
from agent.understand.text import normalise
from tests.flow import analyst, open_journey
from tests.write_desk import planned


@pytest.fixture(scope="module")
def asked(journey_folder: Path) -> Analyst:
    return analyst(open_journey(journey_folder))


@pytest.mark.parametrize(
    "text",
    [
        "What would a 10% price cut do to sales?",
        "What would happen to our sales if we put all prices up by 5%?",
        "If we stopped sending out coupons, how many customers would we lose?",
        "how would raising delivery fees affect orders",
        "what if we doubled the coupon budget",
        "Would closing the deli hurt grocery sales?",
        "If prices were 5% higher, what would revenue be?",
        "如果我们全场涨价5%，销售额会变成什么样？",
        "要是以后不发优惠券了，会流失多少客人？",
        "把406号店关掉的话，营收会受多大影响？",
        "取消会员折扣的话会少赚多少",
        "涨价会不会影响客流",
    ],
)
def test_what_a_change_would_do_is_declined(asked: Analyst, text: str) -> None:
    plan = planned(asked, text)
    assert (plan.status, plan.calls) == ("out_of_scope", ())
    assert plan.message
    assert "experiment" in plan.message.en
    assert "实验" in plan.message.zh


@pytest.mark.parametrize(
    "text",
    [
        "if this keeps up what will march bring",
        "if we have 500 dollars who should get coupons",
        "if we could only write to 300 people about campaign 26 who should they be",
        "what should we do if a customer wants to cancel",
        "how did the price cut affect sales in may",
        "what would you recommend 718",
        "if nothing had been marked down, at full price, what would december sales have come to",
        "如果顾客要取消订单，我们怎么处理",
        "如果预算500，发给谁",
        "照这样下去下个月会卖多少",
        "5月涨价后销量下降了多少",
        "四季度要是不打折，按原价算销售额是多少",
    ],
)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert not supposes(normalise(text))


def test_a_message_to_be_answered_may_suppose_what_it_likes(asked: Analyst) -> None:
    plan = planned(asked, 'Draft a reply: "What would happen to my points if we cancelled the order?"')
    assert [call.tool for call in plan.calls] == ["draft_reply"]
