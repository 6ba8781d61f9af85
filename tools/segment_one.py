"""One customer's portrait: segment, habits, chance of leaving, and what to expect."""

from __future__ import annotations

import numpy as np

from db.errors import AnalysisError
from db.semantic.schema import Text
from models.segmentation.lifetimes import history
from models.segmentation.rfm import NAMES
from models.segmentation.value import CHURN_DAYS, expected_spend, fit_value
from tools import format as fmt
from tools.evidence import Chart, Column, Fact, Value
from tools.registry import ToolResult
from tools.segment_groups import method
from tools.segment_list import known
from tools.segment_reading import Reading, Sheet, day, ids, last_day
from tools.segment_traits import Portraits

AHEAD_DAYS = 90
COLUMNS = (
    Column("customer", Text(en="Customer", zh="客户"), "member"),
    Column("segment", Text(en="Segment", zh="客群"), "text"),
    Column("recency", Text(en="R", zh="R"), "count"),
    Column("frequency", Text(en="F", zh="F"), "count"),
    Column("money", Text(en="M", zh="M"), "count"),
    Column("first_purchase", Text(en="First purchase", zh="首次购买"), "date"),
    Column("last_purchase", Text(en="Last purchase", zh="上次购买"), "date"),
    Column("silent", Text(en="Days since last purchase", zh="距上次购买天数"), "count"),
    Column("gap", Text(en="Usual days between purchases", zh="通常购买间隔天数"), "number"),
    Column("visits", Text(en="Purchase days, last 365 days", zh="近365天购买天数"), "count"),
    Column("orders", Text(en="Orders, last 365 days", zh="近365天订单数"), "count"),
    Column("revenue", Text(en="Revenue, last 365 days", zh="近365天销售额"), "currency"),
    Column("churn", Text(en="Churn probability", zh="流失概率"), "ratio"),
    Column("typical", Text(en="Purchase days, median, next 90 days", zh="未来90天购买天数（中位数）"), "count"),
    Column("expected", Text(en="Purchase days, mean, next 90 days", zh="未来90天购买天数（均值）"), "number"),
    Column("expected_revenue", Text(en="Expected revenue, next 90 days", zh="未来90天预期销售额"), "currency"),
)


def one_customer(reading: Reading) -> ToolResult:
    """The portrait of the one customer asked about."""
    table = reading.chosen.table
    name = reading.context.people.name(table.index[0])
    title = Text(en=f"Customer {name} as of {reading.as_of}", zh=f"截至{reading.as_of}的客户{name}")
    sheet = reading.sheet(0, title, COLUMNS)
    sheet.rows.append(_row(reading, name))
    portraits = Portraits(reading)
    facts = [_headline(sheet, name, str(table["segment"].iloc[0])), _habits(sheet), *_ahead(sheet)]
    fact = portraits.add(Text(en=name, zh=name), table.index, 0.9)
    facts += [fact] if fact else []
    chart = Chart("number", sheet.id, None, ("revenue",))
    return ToolResult(sheet.close(method(reading), chart), tuple(facts), {"customer": ids(table)}, portraits.close())


def _row(reading: Reading, name: str) -> tuple[Value, ...]:
    row = reading.chosen.table.iloc[0]
    ahead = _expected(reading)
    scores = tuple(int(row[score]) for score in ("R", "F", "M"))
    counts = (int(row["silent"]), round(float(row["gap"]), 2), int(row["visits"]), int(row["orders"]))
    days = (day(row["first"]), day(row["last"]))
    money = round(float(row["revenue"]), 2)
    return (name, NAMES[str(row["segment"])], *scores, *days, *counts, money, known(row["churn"]), *ahead)


def _expected(reading: Reading) -> tuple[Value, Value, Value]:
    """Purchase days in the next 90, median and mean, and what the mean is worth; None where the past is too short."""
    customers, chosen = reading.customers, reading.chosen.table.index
    try:
        model = fit_value(customers.days, last_day(reading.as_of))
    except AnalysisError:
        return None, None, None
    index, past = history(customers.days, last_day(reading.as_of))
    place = int(index.get_indexer(chosen)[0])
    alone = past.part(slice(place, place + 1))
    typical, bought = model.typical(alone, AHEAD_DAYS / 7), model.expected(alone, AHEAD_DAYS / 7)
    table = customers.table
    visits = table["visits"].to_numpy(float)
    mean = np.divide(table["revenue"].to_numpy(float), visits, out=np.zeros(len(table)), where=visits > 0)
    worth = expected_spend(visits, mean)[int(table.index.get_indexer(chosen)[0])]
    return int(typical[0]), round(float(bought[0]), 2), round(float(bought[0] * worth), 2)


def _headline(sheet: Sheet, name: str, segment: str) -> Fact:
    row, label = sheet.rows[0], NAMES[segment]
    en = (
        f"{name} belongs to the segment '{label.en}': recency {row[2]}, frequency {row[3]} and money {row[4]} "
        "on a scale of 1 to 5."
    )
    zh = f"{name}属于“{label.zh}”：近度{row[2]}分、频度{row[3]}分、金额{row[4]}分（1至5分）。"
    cells = sheet.cells(0, "segment", "recency", "frequency", "money")
    return Fact("", label.en, "text", Text(en=en, zh=zh), cells, 1.2, (name, label.en, label.zh, "1", "5"))


def _habits(sheet: Sheet) -> Fact:
    _, _, _, _, _, first, last, silent, gap, visits, orders, revenue, *_ = sheet.rows[0]
    money = fmt.number(revenue, "currency", sheet.reading.currency)
    usual = fmt.number(gap, "number")
    placed = "order" if orders == 1 else "orders"
    on = "day" if visits == 1 else "days"
    en = (
        f"In the last 365 days: {orders:,} {placed} on {visits:,} {on} for {money}; the last purchase was on {last}, "
        f"{silent:,} days ago, against a usual gap of {usual} days."
    )
    zh = (
        f"近365天共{orders:,}单（{visits:,}个购买日），消费{money}；上次购买在{last}，距今{silent:,}天，"
        f"通常间隔{usual}天。"
    )
    cells = sheet.cells(0, "orders", "visits", "revenue", "last_purchase", "silent", "gap")
    return Fact("", orders, "count", Text(en=en, zh=zh), cells, 1.1, (str(first), str(last)))


def _ahead(sheet: Sheet) -> list[Fact]:
    churn, typical, expected, revenue = sheet.rows[0][12:]
    if churn is None:
        return []
    chance = fmt.number(churn, "ratio")
    en = f"The chance of buying nothing in the next {CHURN_DAYS} days is {chance}"
    zh = f"未来{CHURN_DAYS}天内不再购买的概率为{chance}"
    if expected is not None:
        days, mean = fmt.number(typical, "count"), fmt.number(expected, "number")
        money = fmt.number(revenue, "currency", sheet.reading.currency)
        en += f"; in the next {AHEAD_DAYS} days a median of {days} purchase days, {mean} on average, worth {money}"
        zh += f"；未来{AHEAD_DAYS}天购买天数中位数为{days}天，均值{mean}天，价值{money}"
    cells = sheet.cells(0, "churn", "typical", "expected", "expected_revenue")
    return [Fact("", churn, "ratio", Text(en=f"{en}.", zh=f"{zh}。"), cells, 1.0)]
