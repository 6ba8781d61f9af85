"""What a question's words settle: figures, splits, conditions and bounds, of one clause or of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.ask import Analyst
from agent.calls import calls_of
from agent.contracts import Reading
from models.llm.scripted import scripted
from tests.flow import analyst, form, open_journey, question
from tools.registry import planned_tools

RICH = ("income", "in", ("100-124K", "125-149K", "150-174K", "175-199K", "200-249K", "250K+"))
PARENTS = ("kids", "in", ("1", "2", "3+"))


@pytest.fixture(scope="module")
def asked(journey_folder: Path) -> Analyst:
    return analyst(open_journey(journey_folder))


def read(asked: Analyst, text: str) -> tuple[Reading, ...]:
    return asked._understand(question(text), asked.store.as_of, None, ()).readings


def limits(reading: Reading) -> list[tuple[str, str, tuple[Any, ...]]]:
    return [(f.dimension, f.op, f.values) for f in reading.filters]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("chargebacks: how many and how much, last quarter", [("chargebacks", "chargeback_amount")]),
        ("上季度拒付多少笔、多少钱", [("chargebacks", "chargeback_amount")]),
        ("refunds in november, number and amount", [("refunds", "refund_amount")]),
        ("revenue as well as units by department in q4", [("revenue", "units")]),
        ("活动13寄了多少户，其中多少户核销了", [("campaign_reach", "redeeming_customers")]),
        ("2017年分季度销售额，顺便把订单最多的三个小时也列一下", [("revenue",), ("orders",)]),
        ("revenue by store and also orders", [("revenue", "orders")]),
        ("how many customers ordered more than 10 times in december", [("orders",)]),
        ("12月下单超过10次的顾客有多少", [("orders",)]),
        ("有多少门店12月销售额超过1万", [("revenue",)]),
        ("三季度按件数看，卖得最多的五个品类是哪些", [("units",)]),
        ("2017年逐月列一下，退出去的钱占销售额百分之几", [("refund_rate",)]),
        ("discount as a share of sales before discounts by month", [("discount_rate",)]),
        ("what share of revenue came from meat in december", [("revenue",)]),
        ("熟食部二季度真正卖动的商品有多少种", [("products_sold",)]),
        ("how many of our stores sold beer in may", [("active_stores",)]),
        ("how many people bought ice cream in july and how much did they spend", [("customers", "revenue")]),
        (
            "campaign 8 went out to how many households, and how many redeemed?",
            [("campaign_reach", "redeeming_customers")],
        ),
        ("12月有多少笔拒付，金额一共多少", [("chargebacks", "chargeback_amount")]),
        ("store 406 in may: how many orders, and how big", [("orders", "aov")]),
        ("how many refunds in may, and how many visits", [("refunds", "sessions")]),
        ("sales before any discounts in may", [("gross_sales",)]),
        ("自有品牌2017年5月销售额", [("private_label_revenue",)]),
        ("what we gave back in refunds in may", [("refund_amount",)]),
        ("out of every hundred orders in may, how many were returned", [("return_rate",)]),
        ("Q2销售额排前十的顾客，单数也带上", [("revenue", "orders")]),
        ("how many different yogurts sold in may", [("products_sold",)]),
        ("5月奶酪卖动的有几种", [("products_sold",)]),
        ("chargeback rate by month in q2 with the number of chargebacks", [("chargeback_rate", "chargebacks")]),
        ("which products did store 406 sell most in may", [("units",)]),
        ("bought at least twice in may, what share of customers", [("repeat_rate",)]),
        ("how many chargebacks in may, and how much did they add up to", [("chargebacks", "chargeback_amount")]),
        (
            "of the tickets opened in may give me the total, and how many of them are closed",
            [("support_tickets", "closed_tickets")],
        ),
        ("in how many baskets did a voucher take something off the bill in may", [("coupon_orders",)]),
        ("refund money in may", [("refund_amount",)]),
        ("406店5月 销售额 单数 客单价", [("revenue", "orders", "aov")]),
        ("how full are the baskets in may, items per order", [("units_per_order",)]),
        ("上个月从简报来的流量，转化率和跳出率", [("conversion_rate", "bounce_rate")]),
        ("5月退款率、退货率各是多少", [("refund_rate", "return_rate")]),
        ("sales by brand for may", [("revenue",)]),
        ("2017年果蔬部门占总销售额的比例", [("revenue",)]),
        ("put coupon discount next to loyalty card discount for may", [("coupon_discount", "retail_discount")]),
        (
            "rev in may for produce, and how many quality complaint tickets came in that month",
            [("revenue",), ("support_tickets",)],
        ),
        ("which households redeemed more than 3 coupons in 2017", [("coupon_redemptions",)]),
        ("5月哪怕只开过一单的门店，一共有几家", [("active_stores",)]),
        ("we lost a lot more in refunds in q4 than in q3, where did that money go", [("refund_amount",)]),
        ("top three reasons we handed cash back last month, by dollars", [("refund_amount",)]),
        ("果蔬部二季度卖得好好的，三季度销售额就往下走，给我捋捋怎么回事", [("revenue",)]),
    ],
)
def test_figures_of_each_clause(asked: Analyst, text: str, figures: list[tuple[str, ...]]) -> None:
    assert [reading.metrics for reading in read(asked, text)] == figures


@pytest.mark.parametrize(
    ("text", "splits", "limited"),
    [
        ("aov for families with kids in march", (), [PARENTS]),
        ("有孩子的家庭客单价是多少", (), [PARENTS]),
        ("没有孩子的家庭12月花了多少钱", (), [("kids", "in", ("0",))]),
        ("average basket of families with children vs without", ("kids",), [("kids", "in", ("1", "2", "3+", "0"))]),
        ("revenue excluding households with kids", (), [("kids", "not_in", ("1", "2", "3+"))]),
        ("under 35s: revenue in november", (), [("age", "in", ("19-24", "25-34"))]),
        ("收入10万以上的家庭的销售额", (), [RICH]),
        ("orders by number of kids", ("kids",), []),
        ("12月各付款方式到账的钱各多少", ("payment_method",), []),
        ("去年酸奶平均一件卖多少钱，一个季度一个季度看", ("quarter",), [("category", "in", ("YOGURT",))]),
        ("检查2017年12月订单数的异常", (), []),
        ("average basket per visit to the shop", (), []),
        ("number of refunds in q4 because we packed the wrong thing", (), [("refund_reason", "in", ("wrong_item",))]),
        ("11月到手是坏的退了多少钱", (), [("refund_reason", "in", ("damaged",))]),
        ("12月蔬果部门销量前十的商品", ("product",), [("department", "in", ("PRODUCE",))]),
        ("2017年销售额前三的厂家", ("manufacturer",), []),
        ("上个月退钱退得最多的三个原因", ("refund_reason",), []),
        ("failed payments in november for every failure cause", ("failure_reason",), []),
        ("2017年不同收入的家庭平均一户花多少", ("income",), []),
        ("12月家里三个娃以上的，一单平均买几件", (), [("kids", "in", ("3+",))]),
        ("我要排班，一天里每个钟头各有多少单", ("hour",), []),
        ("tickets of people who emailed us in december", (), [("ticket_channel", "in", ("email",))]),
        ("flag the days in 2017 when the number of tickets was out of whack", (), []),
        ("spot any department whose sales went off the rails in q3", ("department",), []),
        ("december revenue for produce and deli together", (), [("department", "in", ("PRODUCE", "DELI"))]),
        (
            "of the campaigns of type b, which had the best redemption rate",
            ("campaign",),
            [("campaign_type", "in", ("Type B",))],
        ),
        ("租房的年轻人12月都买了啥", ("category",), [("home_ownership", "in", ("Renter",)), ("age", "in", ("19-24",))]),
        ("what times of day do people shop most at store 367", ("hour",), [("store", "in", (367,))]),
        ("客单价最高的十户人家", ("customer",), []),
        ("aov by income band in may, 100k and up", ("income",), [RICH]),
        ("年收入10万以上的几档，人均消费分别是多少", ("income",), [RICH]),
        ("orders of families with two or more children in may", (), [("kids", "in", ("2", "3+"))]),
        ("average basket per week in q2", ("week",), []),
        ("11月工单，渠道和语言交叉看", ("ticket_channel", "ticket_language"), []),
        ("rank customers by revenue in may", ("customer",), []),
        ("the three products most often returned in may", ("product",), []),
        ("the five cheeses that sold most in may", ("product",), [("category", "in", ("CHEESE",))]),
        ("5月卖得最多的三款酸奶", ("product",), [("category", "in", ("YOGURT",))]),
        ("5月哪几家店退款最多，列五家", ("store",), []),
        ("所有门店加起来5月卖了多少", (), []),
        ("failed payments of may by what went wrong", ("failure_reason",), []),
        ("5月退款笔数按理由拆", ("refund_reason",), []),
        ("revenue of couples with kids against couples without in may", ("household_composition",), None),
        ("flag stores with strange revenue in may", ("store",), []),
        ("tickets rose from may to june, why", (), []),
        ("put stores 367 and 406 side by side, may revenue", ("store",), [("store", "in", (367, 406))]),
        ("stores 367 n 406: revenue last wk", ("store",), [("store", "in", (367, 406))]),
        ("what did petrol make against deli in may", ("department",), [("department", "in", ("FUEL", "DELI"))]),
        ("any shop acting up in may, takings-wise", ("store",), []),
        ("refunds in may, sorted by the excuse given", ("refund_reason",), []),
        ("5月没付成的都卡在什么原因上", ("failure_reason",), []),
        ("which of last year's campaigns had the best redemption rate", ("campaign",), []),
        ("which three days in may had the fewest orders", ("date",), []),
        ("what percent of customers are renters", ("home_ownership",), []),
        ("refunds by reason among customers aged 65+", ("refund_reason",), [("age", "in", ("65+",))]),
        ("line up the campaigns of 2017 by redemption rate", ("campaign",), []),
        ("5月周末和平时的客单价", ("day_type",), [("day_type", "in", (2, 1))]),
        ("orders before noon last friday", (), [("hour", "range", (0, 12))]),
    ],
)  # fmt: skip
def test_splits_and_conditions(
    asked: Analyst, text: str, splits: tuple[str, ...], limited: list[tuple[str, str, tuple[Any, ...]]] | None
) -> None:
    (reading,) = read(asked, text)
    assert reading.group_by == splits
    assert limited is None or limits(reading) == limited


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("iphone sales in may", True),
        ("苏州5月的销售额", True),
        ("sales at zellers in may", True),
        ("for the quarter-end file, refunds of may by reason", False),
        ("5月进线工单量", False),
        ("botched payments in may", False),
    ],
)
def test_an_unknown_name_is_told_from_words_that_people_use(asked: Analyst, text: str, strange: bool) -> None:
    (reading,) = read(asked, text)
    assert bool(reading.strangers) == strange


@pytest.mark.parametrize("text", ["orders from people taller than 180", "aov of people heavier than 80 in may"])
def test_a_bound_that_nobody_reads_is_unknown(asked: Analyst, text: str) -> None:
    (reading,) = read(asked, text)
    assert reading.strangers


def test_times_bound_the_orders_of_each_customer(asked: Analyst) -> None:
    (reading,) = read(asked, "11月来了5次以上的家庭有几户")
    assert (reading.metrics, reading.group_by) == (("orders",), ("customer",))
    assert [(bound.metric, bound.low) for bound in reading.having] == [("orders", 5.0)]


def test_a_ratio_has_no_shares_of_its_own(asked: Analyst) -> None:
    text = "share of digital wallet payments that didn't go through in december versus november"
    (reading,) = read(asked, text)
    assert reading.metrics == ("payment_failure_rate",)
    assert limits(reading) == [("payment_method", "in", ("digital_wallet",))]
    assert (reading.share, reading.keep) == (False, None)


def test_a_rate_is_not_limited_to_what_its_upper_part_alone_has(asked: Analyst) -> None:
    (reading,) = read(asked, "payment failure rate because of insufficient funds, december by week")
    assert reading.metrics == ("failed_payments",)
    assert limits(reading) == [("failure_reason", "in", ("insufficient_funds",))]


def test_a_rate_of_one_reason_is_its_share_of_all_reasons(asked: Analyst) -> None:
    (reading,) = read(asked, "what share of failed payments in december was due to expired cards")
    assert (reading.metrics, reading.share) == (("failed_payments",), True)
    assert reading.keep is not None
    assert reading.keep.values == ("expired_card",)


@pytest.mark.parametrize(
    ("text", "start", "end", "before"),
    [
        ("how many newbies did we reel in over september", "2017-09-01", "2017-10-01", None),
        ("sales in the week of thanksgiving", "2017-11-20", "2017-11-27", None),
        ("how much did revenue grow over september", "2017-10-01", "2017-11-01", "2017-09-01"),
        ("comb through september's coupon discount for odd days", "2017-09-01", "2017-10-01", None),
        ("revenue through september", "2017-01-01", "2017-10-01", None),
        ("revenue by store in the run-up to Christmas, 1 to 24 December", "2017-12-01", "2017-12-25", None),
        ("12月1号到24号圣诞前这段的销售额", "2017-12-01", "2017-12-25", None),
        ("chargebacks in dollars in Q4, next to Q3", "2017-10-01", "2018-01-01", "2017-07-01"),
        ("how much went through the till on christmas eve", "2017-12-24", "2017-12-25", None),
        ("orders in the week of 4 july", "2017-07-03", "2017-07-10", None),
        ("7月4日当周的订单数", "2017-07-03", "2017-07-10", None),
        ("store 429's takings last wk vs wk before", "2017-12-25", "2018-01-01", "2017-12-18"),
        ("explain revenue between q3 and q4", "2017-10-01", "2018-01-01", "2017-07-01"),
        ("beer sales on the fourth of july", "2017-07-04", "2017-07-05", None),
        ("7月4号国庆那天的销售额", "2017-07-04", "2017-07-05", None),
        ("revenue between march and the end of may", "2017-03-01", "2017-06-01", None),
        ("3月到5月底的销售额", "2017-03-01", "2017-06-01", None),
        ("orders from 3 may up to and including 9 june", "2017-05-03", "2017-06-10", None),
        ("aov sank in q3 after q2, why", "2017-07-01", "2017-10-01", "2017-04-01"),
        (
            "why were fourth-quarter refunds higher than those of the third quarter",
            "2017-10-01",
            "2018-01-01",
            "2017-07-01",
        ),
        ("fewer new customers in the fourth quarter than in the third, why", "2017-10-01", "2018-01-01", "2017-07-01"),
        ("下半年（7到12月）订单数比上半年（1到6月）怎么样", "2017-07-01", "2018-01-01", "2017-01-01"),
        (
            "how did orders in october to december stack up against july to september",
            "2017-10-01",
            "2018-01-01",
            "2017-07-01",
        ),
        ("what did we ring up in may", "2017-05-01", "2017-06-01", None),
        ("revenue in april and may taken together", "2017-04-01", "2017-06-01", None),
        ("black friday visitors (nov 24) up against friday the 17th", "2017-11-24", "2017-11-25", "2017-11-17"),
        ("黑五11月24号来了多少访客，跟17号那个周五比一下", "2017-11-24", "2017-11-25", "2017-11-17"),
        ("orders, the last seven days of 2017 up against the first seven", "2017-12-25", "2018-01-01", "2017-01-01"),
        ("beer sales on the fourth of july compared with the third", "2017-07-04", "2017-07-05", "2017-07-03"),
        ("why revenue moved from the second to the third quarter", "2017-07-01", "2017-10-01", "2017-04-01"),
        ("牛肉销量 12.18到24 跟再前7天比", "2017-12-18", "2017-12-25", "2017-12-11"),
        ("销售额8月16到31号，对比8月1到15号", "2017-08-16", "2017-09-01", "2017-08-01"),
        ("number of orders coming in, may to june, any odd day?", "2017-05-01", "2017-07-01", None),
        ("四季度销售额跟三季度比，快，我马上要进会议室", "2017-10-01", "2018-01-01", "2017-07-01"),
    ],
)
def test_periods(asked: Analyst, text: str, start: str, end: str, before: str | None) -> None:
    (reading,) = read(asked, text)
    assert reading.time is not None
    assert (str(reading.time.start), str(reading.time.end)) == (start, end)
    assert (str(reading.compare.start) if reading.compare else None) == before


@pytest.mark.parametrize(
    ("text", "customers", "limit"),
    [
        ("three fruit and veg picks for number 58's next flyer", ("58",), 3),
        ("1823家常买的东西哪些快用完了", ("1823",), None),
        ("I have 250 coupons printed, which households should get them?", (), 250),
        ("印了250张优惠券，发给哪些家庭合适", (), 250),
    ],
)
def test_ids_and_counts(asked: Analyst, text: str, customers: tuple[str, ...], limit: int | None) -> None:
    (reading,) = read(asked, text)
    ids = tuple(bare.id for bare in reading.ask.bare if "customers" in bare.kinds)
    assert (reading.ask.customers or ids, reading.ask.limit) == (customers, limit)


@pytest.mark.parametrize(
    ("text", "figures", "split"),
    [
        ("2017年奶酪品类自有品牌的销售占比是多少", ("private_label_share",), ()),
        ("what share of sales is private label versus national brand", ("revenue",), ("brand",)),
    ],
)
def test_whose_share_is_a_ratio(asked: Analyst, text: str, figures: tuple[str, ...], split: tuple[str, ...]) -> None:
    (reading,) = read(asked, text)
    assert (reading.metrics, reading.group_by) == (figures, split)


def test_a_bound_in_money_is_of_money(asked: Analyst) -> None:
    (reading,) = read(asked, "alert me when daily refunds go above 500 dollars")
    assert reading.metrics == ("refund_amount",)


def test_a_share_that_the_store_knows_as_a_ratio(asked: Analyst) -> None:
    (reading,) = read(asked, "what slice of each department's sales in 2017 was our own label")
    assert (reading.metrics, reading.group_by, reading.filters) == (("private_label_share",), ("department",), ())


def test_members_that_are_compared_have_no_sum_beside_them(asked: Analyst) -> None:
    (compared,) = read(asked, "海鲜和肉类的销量比一下")
    (listed,) = read(asked, "海鲜和肉类的销量")
    assert (compared.listed, listed.listed) == (None, "department")


@pytest.mark.parametrize(
    ("text", "limit", "direction"),
    [
        ("conversion rate by traffic source, worst first", None, "asc"),
        ("bottom 3 departments by revenue", 3, "asc"),
        ("四季度卖得最多钱的十个品类是哪些", 10, "desc"),
        ("which channel was slowest to answer", 1, "desc"),
        ("哪个渠道回得最快", 1, "asc"),
        ("slowest weekday by orders", 1, "asc"),
        ("biggest refund reasons last quarter by count", 5, "desc"),
    ],
)
def test_an_order_is_no_limit(asked: Analyst, text: str, limit: int | None, direction: str) -> None:
    (reading,) = read(asked, text)
    assert (reading.limit, reading.direction) == (limit, direction)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("forecast orders for february and march", "2018-02-01", "2018-04-01"),
        ("2、3月加起来大概能卖多少", "2018-02-01", "2018-04-01"),
        ("what takings can we expect for the first three months of the new year", "2018-01-01", "2018-04-01"),
        ("新年头三个月能卖多少", "2018-01-01", "2018-04-01"),
        ("今年头三个月预计能卖多少", "2018-01-01", "2018-04-01"),
    ],
)
def test_months_to_come(asked: Analyst, text: str, start: str, end: str) -> None:
    (reading,) = read(asked, text)
    assert reading.ask.horizon is not None
    assert (str(reading.ask.horizon.start), str(reading.ask.horizon.end)) == (start, end)


@pytest.mark.parametrize(
    ("text", "tool", "values"),
    [
        ("payments, refunds, people, the lot: anything fishy in may", "check_risk", ()),
        ("5月退款比4月差得离谱，怎么回事", "explain_change", ()),
        ("ticket 104512 is still waiting, write them something kind", "draft_reply", ()),
        ("5月退款金额，按退款原因拆开", "query_metrics", ()),
    ],
)
def test_which_tool(asked: Analyst, text: str, tool: str, values: tuple[str, ...]) -> None:
    (reading,) = read(asked, text)
    assert reading.ask.open == (tool,)
    assert tuple(value for name, _, chosen in reading.ask.choices if name == tool for value in chosen) == values


def test_a_running_total_goes_month_by_month(asked: Analyst) -> None:
    (reading,) = read(asked, "how many new customers per month in q4, as a running total")
    assert (reading.group_by, reading.running, reading.per) == (("month",), True, None)


def test_weekends_of_a_month_to_come(asked: Analyst) -> None:
    (reading,) = read(asked, "预测一月的周末销售额")
    assert (str(reading.ask.horizon and reading.ask.horizon.end), limits(reading)) == (
        "2018-02-01", [("day_type", "in", (2,))]
    )  # fmt: skip


def test_how_something_is_names_nothing_unknown(asked: Analyst) -> None:
    (reading,) = read(asked, "现在还挂着没关的工单，每个主题各有多少")
    assert (reading.metrics, reading.group_by, reading.strangers) == (("open_tickets",), ("ticket_intent",), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("revenue of families with kids in may", "One kid (1) to Three or more kids (3+)"),
        ("revenue of people under 35 in may", "Age 19-24 and Age 25-34"),
    ],
)
def test_neighbouring_bands_are_named_by_their_ends(journey_folder: Path, text: str, said: str) -> None:
    model, _ = scripted(form(("revenue", "none")))
    assert said in analyst(open_journey(journey_folder), model).ask(question(text)).text


@pytest.mark.parametrize(
    ("text", "lacking", "figures"),
    [
        ("how many online carts were left stranded in december", (), ("abandoned_carts",)),
        ("online sales in december", ("online",), ()),  # no figure is given for what is refused
        ("what did coupons cost us in december", (), ("coupon_discount",)),
        ("what are our costs by store", ("costs",), ()),
        ("客服人员不够，1月会来多少工单", (), ("support_tickets",)),
        ("we're short on staff in january, how many orders should we expect", (), ("orders",)),
        ("for women, what was aov in december", ("gender",), ()),
        ("how many households cash in a coupon in may", (), ("redeeming_customers",)),
        ("how many customers bought both beer and cheese", ("intersections",), ()),
        ("how many tickets should i staff the desk for in may", (), ("support_tickets",)),
        ("cash payments in december", ("wallet_brands",), ()),
    ],
)
def test_words_for_what_is_lacking_may_mean_nothing_of_the_kind(
    asked: Analyst, text: str, lacking: tuple[str, ...], figures: tuple[str, ...]
) -> None:
    (reading,) = read(asked, text)
    assert reading.unavailable == lacking
    assert lacking or reading.metrics == figures


def test_what_one_customer_spends_is_no_average(asked: Analyst) -> None:
    (reading,) = read(asked, "2127这户2017年在我们这儿花了多少钱")
    part = {"tool": "query_metrics", "metric": "revenue_per_customer", "split": "none"}
    (call,) = calls_of(reading, part, asked.store.schema, {tool.name: tool for tool in planned_tools()}, ())
    assert (call.args["metrics"], call.args["filters"]) == (["revenue"], [{"dimension": "customer", "values": [2127]}])


def test_a_bound_on_a_change_is_said_as_one(journey_folder: Path) -> None:
    model, _ = scripted(form(("aov", "store")))
    said = analyst(open_journey(journey_folder), model).ask(
        question("stores where aov fell more than 10% from november to december")
    )
    assert "average order value down by more than 10%" in said.text


@pytest.mark.parametrize(
    "text", ["what did beer make in may", "put beer next to cheese, may sales", "egg sales in may"]
)
def test_goods_are_no_verbs(asked: Analyst, text: str) -> None:
    assert any(f.dimension == "category" for reading in read(asked, text) for f in reading.filters)


@pytest.mark.parametrize(
    ("text", "asked_for"),
    [
        (
            "I meet the produce buyer tomorrow and he claims that he carries the shop, "
            "so could you tell me what part of our 2017 revenue came from produce?",
            "could you tell me what part of our 2017 revenue came from produce?",
        ),
        (
            "The manager of store 367 doubled her cheese counter in the autumn, "
            "so what were units sold for cheese at her store in November?",
            "what were units sold for cheese at store 367 in november?",
        ),
        ("11月底我们在拣货区换了新标签，现在想看看12月因为发错商品的退款有几笔", "想看看12月因为发错商品的退款有几笔"),
        ("Week by week, what portion of carts got left behind from October to December?", None),  # no scene
        ("Orders fell by a lot in June against May, our team lead says, so what is behind it?", None),  # points back
        ("We have 1000 dollars to coax people back in with coupons, so which households should get them?", None),
        ("The refund rate in October, the return rate in October and how many tickets came in?", None),  # a list
    ],
)
def test_a_scene_before_the_request_limits_nothing(asked: Analyst, text: str, asked_for: str | None) -> None:
    understood = asked._understand(question(text), asked.store.as_of, None, ())
    assert understood.text == (asked_for or text.lower())


def test_a_second_question_takes_over_no_condition_that_its_figure_is_not_recorded_by(asked: Analyst) -> None:
    one, two = read(asked, "四季度PRODUCE退了多少钱，同期质量投诉的工单又有几张")
    assert limits(one) == [("department", "in", ("PRODUCE",))]
    assert limits(two) == [("ticket_intent", "in", ("quality_complaint",))]


def test_how_many_heads_is_no_number_of_people_wanted(asked: Analyst) -> None:
    (reading,) = read(asked, "big families, five heads and up: which of them should get a voucher")
    assert limits(reading) == [("household_size", "in", ("5+",))]
    assert reading.ask.limit is None


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("the phone keeps ringing about late parcels, how many orders in may", []),
        ("18号活动的邮件塞进了多少户的信箱", [("campaign", "in", (18,))]),
        ("tickets by phone in may", [("ticket_channel", "in", ("phone",))]),
        ("sales by email in may", [("ticket_channel", "in", ("email",))]),  # a condition, and refused as one
        ("revenue in may, newsletter only", [("traffic_source", "in", ("newsletter",))]),
        ("newsletter: revenue in may", [("traffic_source", "in", ("newsletter",))]),
    ],
)
def test_words_for_tickets_limit_no_other_figure_where_they_only_tell(
    asked: Analyst, text: str, limited: list[tuple[str, str, tuple[Any, ...]]]
) -> None:
    (reading,) = read(asked, text)
    assert limits(reading) == limited
