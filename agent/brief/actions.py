"""Recommended actions, derived from what was found: what to do, what it should bring, and the cells it rests on.

Each kind is one rule over the findings. The ones chosen are the weightiest: trouble outside the usual range first, then
cases of risk, then chances. What an action should bring is always a figure of the findings, never a guess of ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from agent.brief.contracts import Action, Claim, Kpi
from agent.brief.goods import Department
from agent.brief.ledger import at, cells, english, numeric
from agent.brief.moved import CAUSE, first_down
from agent.brief.outlook import Outlook
from agent.brief.parts import Desk
from db.semantic.query import Interval
from db.semantic.schema import Text
from models.segmentation.value import CHURN_DAYS
from tools import format as fmt
from tools.evidence import Cell, Evidence, Fact
from tools.grammar import is_plural

_CAUSE_EN, _CAUSE_ZH = re.compile(r"(.+?) \("), re.compile(r"主要来自(.+?)（")
FIRST_TO_KEEP = 10  # customers that a person can write to in a morning
PRICE_SHARE = 0.01  # of the week before's revenue: smaller price effects are no news
MATERIAL = 0.001  # of the week's main figure: cases of less money stand behind the chances
FEW = 0.05  # a forecast that is nearer to this week than this asks for no other stock


def recommend(
    desk: Desk, departments: Sequence[Department], table: Evidence | None, outlook: Outlook | None
) -> tuple[Action, ...]:
    """The weightiest actions, at most as many as the layout wants, and one of each kind."""
    found = [
        *(_figure(desk, kpi) for kpi in desk.kpis[1:] if kpi.bad),
        _department(desk, departments, table),
        _risk(desk),
        _prices(desk),
        _win_back(desk),
        _stock(desk, outlook),
        _mailing(desk),
    ]
    ordered = sorted((a for a in found if a is not None), key=lambda a: -a.weight)
    chosen: dict[str, Action] = {}
    for action in ordered:
        chosen.setdefault(action.kind, action)
    return tuple(list(chosen.values())[: desk.frame.layout.actions])


def _figure(desk: Desk, kpi: Kpi) -> Action | None:
    """A figure outside its usual range on the side that hurts: find the cause, and bring it back."""
    ledger = desk.ledger
    now, low, high, centre = (ledger.figure(v, kpi.unit) for v in (kpi.now, kpi.low, kpi.high, kpi.centre))
    cause = _cause(desk, kpi)
    side = ("above", "高于") if kpi.verdict == "high" else ("below", "低于")
    edge = high if kpi.verdict == "high" else low
    label = kpi.label.en.lower()
    title = Text(
        en=f"Find out why {label} {'are' if is_plural(label) else 'is'} {side[0]} the usual range"
        + (f"; begin with {first_down(cause.en)}" if cause else ""),
        zh=f"查明{kpi.label.zh}{side[1]}正常区间的原因" + (f"，先看{cause.zh}" if cause else ""),
    )
    effect = Text(
        en=f"Back at its usual level it would be {centre} instead of {now}; the usual range ends at {edge}.",
        zh=f"恢复正常水平后应为{centre}，而本周为{now}；正常区间的界限为{edge}。",
    )
    places = cells(desk.figures, kpi.row, "now", "low", "high", "centre")
    claim = _usual_claim(desk, kpi.metric, kpi)
    return _action(desk, "figure", title, effect, places, 3.0, claim, kpi.simulated, kpi.centre, kpi.unit)


def _cause(desk: Desk, kpi: Kpi) -> Text | None:
    """The members that explain_change names behind a figure's change, where it names any."""
    found = desk.found(f"why {kpi.metric}")
    fact = next((f for f in found.facts if f.weight == CAUSE and f.cells), None) if found else None
    if fact is None:
        return None
    en, zh = _CAUSE_EN.match(fact.text.en), _CAUSE_ZH.search(fact.text.zh)
    return Text(en=en[1], zh=zh[1]) if en and zh else None


def _department(desk: Desk, departments: Sequence[Department], table: Evidence | None) -> Action | None:
    """The department that lies furthest below its usual range."""
    low = [(d.limits.centre - d.now, d, d.limits) for d in departments if d.verdict == "low" and d.limits is not None]
    if not low or table is None:
        return None
    missing, worst, limits = max(low, key=lambda entry: entry[0])
    main, ledger = desk.kpis[0], desk.ledger
    gap = round(missing, 2)
    words = ledger.figure(gap, main.unit)
    now, usual = ledger.figure(round(worst.now, 2), main.unit), ledger.figure(round(limits.centre, 2), main.unit)
    title = Text(
        en=f"Look into {worst.name.en}: shelf, price and promotion against the weeks before",
        zh=f"排查{worst.name.zh}：对照前几周的陈列、价格与促销",
    )
    effect = Text(
        en=f"It made {now} where {usual} is usual; back there it brings {words} more a week.",
        zh=f"本周为{now}，正常约为{usual}；恢复后每周可多{words}。",
    )
    claim = Claim(
        "", "usual",
        Text(en=f"{worst.name.en} back in its usual range", zh=f"{worst.name.zh}回到正常区间"),
        main.metric, main.unit, desk.frame.after, round(limits.low, 2), round(limits.high, 2),
        round(limits.centre, 2), ({"dimension": desk.frame.department, "op": "in", "values": [worst.member]},),
    )  # fmt: skip
    places = [Cell(table.id, worst.row, c) for c in ("now", "low", "high")]
    return _action(desk, "department", title, effect, places, 2.6, claim, False, gap, main.unit)


def _risk(desk: Desk) -> Action | None:
    """Cases that need action now: how many, of how many customers, and the money in them."""
    found = desk.found("risk")
    if found is None:
        return None
    table = found.table(0)
    line = numeric(at(found.table(1), 0, "alert_from")) or 0.0
    rows = [i for i in range(len(table.rows)) if (numeric(at(table, i, "score")) or 0.0) >= line]
    if not rows:
        return None
    money = sum(numeric(at(table, i, "amount")) or 0.0 for i in rows)
    people = len({at(table, i, "customer") for i in rows})
    refunds = all(english(at(table, i, "event")) == "refund" for i in rows)
    amount = desk.ledger.figure(round(money, 2), "currency")
    what = ("refunds", "退款") if refunds else ("payments and refunds", "支付与退款")
    title = Text(
        en=f"Let a person approve the {what[0]} of {people:,} {'customer' if people == 1 else 'customers'}",
        zh=f"将{people:,}位顾客的{what[1]}改为人工审核",
    )
    effect = Text(
        en=f"It takes {len(rows):,} cases of this week, {amount} in all, out of automatic approval.",
        zh=f"本周{len(rows):,}个案件、合计{amount}将不再自动通过。",
    )
    desk.ledger.keep(table)
    places = [Cell(table.id, i, c) for i in rows for c in ("customer", "amount")]
    week = numeric(desk.kpis[0].now) or 0.0
    weight = 2.3 if desk.kpis[0].unit != "currency" or money >= MATERIAL * week else 1.5
    return _action(
        desk, "risk", title, effect, places, weight, None, table.origin == "simulated", round(money, 2), "currency"
    )


def _prices(desk: Desk) -> Action | None:
    """Lower prices that took a part of the main figure."""
    found = desk.found(f"why {desk.kpis[0].metric}") if desk.kpis else None
    table = next((t for t in found.tables if any(english(r[0]) == "Prices" for r in t.rows)), None) if found else None
    if table is None or desk.kpis[0].unit != "currency":
        return None
    row = next(i for i, r in enumerate(table.rows) if english(r[0]) == "Prices")
    lost, before = -(numeric(at(table, row, "change")) or 0.0), numeric(desk.kpis[0].previous) or 0.0
    if lost <= PRICE_SHARE * before:
        return None
    words = desk.ledger.figure(round(lost, 2), "currency")
    title = Text(en="Check whether the week's lower prices were meant", zh="核对本周的降价是否符合计划")
    effect = Text(
        en=f"Paid prices below the week before's took {words} of revenue; that is the most there is to win back.",
        zh=f"成交价低于上周，影响销售额{words}；这也是可挽回的上限。",
    )
    desk.ledger.keep(table)
    return _action(
        desk, "prices", title, effect, cells(table, row, "change"), 1.9, None, False, round(lost, 2), "currency"
    )


def _win_back(desk: Desk) -> Action | None:
    """The customers about to leave who have most to lose."""
    found = desk.found("leaving")
    if found is None or not found.table(0).rows or not {"stake", "churn"} <= {c.name for c in found.table(0).columns}:
        return None
    table, sums = found.table(0), found.table(1)
    ranked = sorted(range(len(table.rows)), key=lambda i: -(numeric(at(table, i, "stake")) or 0.0))[:FIRST_TO_KEEP]
    stake = round(sum(numeric(at(table, i, "stake")) or 0.0 for i in ranked), 2)
    whole, count = numeric(at(sums, 0, "stake")) or 0.0, int(numeric(at(sums, 0, "customers")) or 0)
    if stake <= 0:
        return None
    ledger = desk.ledger
    few, money, total = len(ranked), ledger.figure(stake, "currency"), ledger.figure(whole, "currency")
    title = Text(
        en=f"Write personally to the {few:,} most valuable of {count:,} customers about to leave or at risk",
        zh=f"逐一联系{count:,}位流失风险客户中最有价值的{few:,}位",
    )
    effect = Text(
        en=f"Weighed by their chance of leaving, they hold {money} of the {total} a year at stake.",
        zh=f"按流失概率加权，他们占每年{total}风险金额中的{money}。",
    )
    ledger.keep(table)
    ledger.keep(sums)
    places = [*(c for i in ranked for c in cells(table, i, "stake")), *cells(sums, 0, "stake", "customers")]
    claim = _return_claim(desk, table)
    return _action(desk, "win_back", title, effect, places, 1.8, claim, False, stake, "currency")


def _return_claim(desk: Desk, table: Evidence) -> Claim | None:
    """How many of those about to leave will buy in the next weeks if nothing is done, by their churn."""
    members = tuple(str(at(table, i, "customer")) for i in range(len(table.rows)))
    expected = sum(1 - (numeric(at(table, i, "churn")) or 0.0) for i in range(len(table.rows)))
    spread = 1.28 * sum((p := numeric(at(table, i, "churn")) or 0.0) * (1 - p) for i in range(len(table.rows))) ** 0.5
    end = desk.frame.week.end
    period = Interval(start=end, end=end + timedelta(days=CHURN_DAYS))
    text = Text(
        en=f"about {round(expected):,} of {len(members):,} customers about to leave or at risk to buy again by "
        f"{period.end - timedelta(days=1)}",
        zh=f"{len(members):,}位流失风险客户中约{round(expected):,}位在{period.end - timedelta(days=1)}前再次购买",
    )
    low, high = float(round(expected - spread)), float(round(expected + spread))
    return Claim("", "return", text, "orders", "count", period, low, high, float(round(expected)), (), members)


def _stock(desk: Desk, outlook: Outlook | None) -> Action | None:
    """Stock and staff for the week that is forecast."""
    if outlook is None or outlook.change is None:
        return None
    main, ledger = desk.kpis[0], desk.ledger
    total, high = ledger.figure(round(outlook.total, 2), main.unit), ledger.figure(round(outlook.high, 2), main.unit)
    if abs(outlook.change) < FEW:
        title = Text(en="Plan next week's stock and staff as this week's", zh="下周备货与排班维持本周水平")
    else:
        way = ("up", "增加") if outlook.change > 0 else ("down", "减少")
        size = fmt.number(abs(outlook.change), "ratio")
        title = Text(
            en=f"Plan next week's stock and staff {way[0]} {size} on this week",
            zh=f"下周备货与排班较本周{way[1]}{size}",
        )
    effect = Text(
        en=f"It covers the {total} that is expected; {high} would be a good week.",
        zh=f"可满足预计的{total}；{high}则属好的一周。",
    )
    places = cells(outlook.table, 0, "total", "high_80", "change_pct")
    weight = 1.6 if abs(outlook.change) >= FEW else 1.0
    return _action(
        desk, "stock", title, effect, places, weight, outlook.claim, False, round(outlook.total, 2), main.unit
    )


def _mailing(desk: Desk) -> Action | None:
    """A coupon mailing to those whom it pays to write to."""
    found = desk.found("audience")
    sums = found.table(1) if found and len(found.tables) > 1 else None
    if sums is None or not {"contacts", "profit", "responses", "days"} <= {c.name for c in sums.columns}:
        return None
    profit, contacts = numeric(at(sums, 0, "profit")) or 0.0, int(numeric(at(sums, 0, "contacts")) or 0)
    responses, days = int(numeric(at(sums, 0, "responses")) or 0), int(numeric(at(sums, 0, "days")) or 0)
    if profit <= 0 or not contacts:
        return None
    title = Text(
        en=f"Mail coupons to the {contacts:,} customers whom it pays to write to",
        zh=f"向{contacts:,}位值得触达的顾客发放优惠券",
    )
    words = desk.ledger.figure(round(profit, 2), "currency")
    effect = Text(
        en=f"About {responses:,} should redeem within {days} days, for up to {words} of profit after the cost.",
        zh=f"预计{days}天内约{responses:,}人核销，扣除成本后利润最多{words}。",
    )
    desk.ledger.keep(sums)
    places = cells(sums, 0, "contacts", "responses", "days", "profit")
    return _action(desk, "mailing", title, effect, places, 1.4, None, False, round(profit, 2), "currency")


def _usual_claim(desk: Desk, metric: str, kpi: Kpi) -> Claim:
    text = Text(en=f"{kpi.label.en} back in its usual range", zh=f"{kpi.label.zh}回到正常区间")
    low, high, centre = (numeric(v) for v in (kpi.low, kpi.high, kpi.centre))
    return Claim("", "usual", text, metric, kpi.unit, desk.frame.after, low, high, centre)


def _action(
    desk: Desk, kind: str, title: Text, effect: Text, places: Sequence[Cell], weight: float,
    claim: Claim | None, simulated: bool, value: object, unit: object,
) -> Action:  # fmt: skip
    tables = tuple(dict.fromkeys(cell.evidence for cell in places))
    said: Fact = desk.ledger.say(title, None, "text", places)
    does = desk.ledger.say(effect, value, unit, places)  # type: ignore[arg-type]
    return Action(kind, said, does, weight, tables, claim, simulated)
