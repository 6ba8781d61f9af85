"""What a risk check has to say, in both languages: the verdict first, then why, who is linked, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from db.semantic.schema import Text
from models.risk.events import Payment
from models.risk.rules import ALERT, BY_CODE, REVIEW
from tools import format as fmt
from tools.evidence import Cell, Evidence, Fact
from tools.risk_evidence import Case, Found, origin_in

WORST = 3  # cases that a scan tells of; the table has the rest
REASONS_SAID = 3


def facts_of(found: Found, rows: Sequence[Case], cases: Sequence[Case], tables: Sequence[Evidence]) -> tuple[Fact, ...]:
    """The facts of a check.

    Args:
        rows: the cases of the first table. cases: all. tables: cases, sums, reasons, and linked orders where any.
    """
    main, sums, reasons = tables[0].id, tables[1], tables[2]
    facts: list[Fact] = []
    if not found.named:
        facts.append(_headline(found, sums))
        facts += [_case(found, case, place, main, 0.95 - 0.05 * place) for place, case in enumerate(rows[:WORST])]
        if found.scan.groups:
            facts.append(_group(sums))
        facts += _common(reasons)
    else:
        first = 1.2
        for place, case in enumerate(rows[:WORST]):
            facts.append(_case(found, case, place, main, first - 0.05 * place))
        if not rows:
            facts.append(_nothing(found))
        if rows and rows[0].linked:
            facts.append(_links(found, rows[0], main))
        if rows and rows[0].worst.score > rows[0].worst.at_time:
            facts.append(_later(rows[0], main))
    facts += _notes(found)
    if origin_in(found) == "simulated":
        said = Text(en="Payments and refunds of this store are simulated data.", zh="本店的支付与退款为模拟数据。")
        facts.append(Fact("", None, "text", said, (), 1.0))
    return tuple(facts)


def _headline(found: Found, sums: Evidence) -> Fact:
    period = fmt.period(found.scan.period)
    scanned, _, alerts, _, reviews, *_ = sums.rows[0]
    kinds = {"payments": ("payments", "笔支付"), "refunds": ("refunds", "笔退款")}
    noun = kinds.get(found.arguments.kind, ("payments and refunds", "笔支付和退款"))
    names = ("scanned", "alert_from", "alerts", "review_from", "reviews")
    cells = tuple(Cell(sums.id, 0, name) for name in names)
    if not alerts:
        text = Text(
            en=f"Nothing reaches the alert score of {ALERT}: {scanned:,} {noun[0]} were checked for {period.en}, and "
            f"{_cases(reviews)} {'scores' if reviews == 1 else 'score'} {REVIEW} or more and may be worth a look.",
            zh=f"{period.zh}检查了{scanned:,}{noun[1]}，没有达到警报分{ALERT}的；另有{reviews:,}个案件达到{REVIEW}分，可以看一眼。",
        )
        return Fact("", 0, "count", text, cells, 1.2, (period.en, period.zh))
    text = Text(
        en=f"{_cases(alerts)} {'needs' if alerts == 1 else 'need'} action now (score {ALERT} or more) among "
        f"{scanned:,} {noun[0]} of {period.en}; "
        f"{reviews:,} more {'scores' if reviews == 1 else 'score'} {REVIEW} or more.",
        zh=f"{period.zh}的{scanned:,}{noun[1]}中，有{alerts:,}个案件需要立即处理（风险分不低于{ALERT}），另有{reviews:,}个不低于{REVIEW}分。",
    )
    return Fact("", alerts, "count", text, cells, 1.2, (period.en, period.zh))


def _cases(count: object) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _why(case: Case) -> tuple[Text, tuple[str, ...]]:
    """The reasons in words, the strongest first, with their codes."""
    said = [(BY_CODE[r.code], r) for r in case.worst.reasons[:REASONS_SAID]]
    en = "; ".join(f"{rule.says.en} ({rule.code})" for rule, _ in said)
    zh = "；".join(f"{rule.says.zh}（{rule.code}）" for rule, _ in said)
    return Text(en=en, zh=zh), tuple(rule.code for rule, _ in said)


def _case(found: Found, case: Case, place: int, table: str, weight: float) -> Fact:
    one, event = case.worst, case.worst.event
    name = found.context.people.name(event.customer)
    paid = isinstance(event, Payment)
    what = Text(en=f"Order {event.order}", zh=f"订单{event.order}")
    if not paid:
        what = Text(en=f"A refund for order {event.order}", zh=f"订单{event.order}的退款")
    who = Text(en=f"{what.en}, customer {name},", zh=f"{what.zh}（顾客{name}）")
    cells = (Cell(table, place, "score"), Cell(table, place, "order"), Cell(table, place, "customer"))
    if not one.reasons:
        text = Text(
            en=f"{who.en} scores {one.score}: no sign of risk was found.",
            zh=f"{who.zh}风险分为{one.score}：没有发现风险迹象。",
        )
        return Fact("", one.score, "count", text, cells, weight, (event.order, name))
    why, codes = _why(case)
    verdict = Text(en="high risk", zh="高风险") if one.score >= ALERT else Text(en="worth a look", zh="值得复核")
    if one.score < REVIEW:
        verdict = Text(en="low risk", zh="低风险")
    advice = BY_CODE[codes[0]].advice if one.score >= REVIEW else Text(en="no action is needed", zh="无需处理")
    text = Text(
        en=f"{who.en} scores {one.score} ({verdict.en}): {why.en}. What to do: {advice.en}.",
        zh=f"{who.zh}风险分为{one.score}（{verdict.zh}）：{why.zh}。建议：{advice.zh}。",
    )
    return Fact(
        "", one.score, "count", text, (*cells, Cell(table, place, "reasons")), weight, (event.order, name, *codes)
    )


def _group(sums: Evidence) -> Fact:
    _, _, _, _, _, groups, customers, orders = sums.rows[0]
    one = groups == 1
    text = Text(
        en=f"{groups:,} {'group' if one else 'groups'} of customers {'shares' if one else 'share'} devices or cards; "
        f"{'it' if one else 'the largest'} has {customers:,} customers and {orders:,} orders.",
        zh=f"发现{groups:,}个共用设备或卡的顾客团伙，{'该' if one else '最大的'}团伙有{customers:,}名顾客、"
        f"{orders:,}个订单。",
    )
    cells = tuple(Cell(sums.id, 0, name) for name in ("groups", "group_customers", "group_orders"))
    return Fact("", groups, "count", text, cells, 0.78)


def _common(reasons: Evidence) -> list[Fact]:
    """The reason met most often."""
    if not reasons.rows:
        return []
    place = max(range(len(reasons.rows)), key=lambda i: int(str(reasons.rows[i][4])))
    code, count = str(reasons.rows[place][0]), int(str(reasons.rows[place][4]))
    rule = BY_CODE[code]
    text = Text(
        en=f"The most common reason is {rule.says.en} ({code}), in {_cases(count)}.",
        zh=f"最常见的原因是{rule.says.zh}（{code}），涉及{count:,}个案件。",
    )
    return [
        Fact(
            "", count, "count", text, (Cell(reasons.id, place, "cases"), Cell(reasons.id, place, "code")), 0.7, (code,)
        )
    ]


def _links(found: Found, case: Case, table: str) -> Fact:
    count = len(case.linked)
    text = Text(
        en=f"{count:,} {'order' if count == 1 else 'orders'} of other customers {'shares' if count == 1 else 'share'} "
        "its device or card; the table lists them.",
        zh=f"另有{count:,}个其他顾客的订单与其共用设备或卡，见表。",
    )
    return Fact("", count, "count", text, (Cell(table, 0, "linked"),), 0.9)


def _later(case: Case, table: str) -> Fact:
    then = case.worst.at_time
    text = Text(
        en=f"When it was placed it scored {then}; the rest came to light later.",
        zh=f"下单当时风险分为{then}，其余是之后才暴露的。",
    )
    return Fact("", then, "count", text, (Cell(table, 0, "at_time"),), 0.8)


def _nothing(found: Found) -> Fact:
    period = fmt.period(found.scan.period)
    text = Text(
        en=f"There is no payment or refund to check in {period.en} for what was named.",
        zh=f"{period.zh}内没有可检查的相关支付或退款。",
    )
    return Fact("", None, "text", text, (), 1.2, (period.en, period.zh))


def _notes(found: Found) -> list[Fact]:
    """What the check could not use."""
    notes = []
    lacking = list(dict.fromkeys(need for rule in found.scan.left_out for need in rule.needs))
    if lacking:
        codes = tuple(rule.code for rule in found.scan.left_out)
        text = Text(
            en=f"Left out, for the store has no {', '.join(lacking)}: {', '.join(codes)}.",
            zh=f"本店没有{'、'.join(lacking)}，未使用的规则：{'、'.join(codes)}。",
        )
        notes.append(Fact("", None, "text", text, (), 0.6, codes))
    if found.model_note in ("untrained", "stale"):
        old = found.model_note == "stale"
        text = Text(
            en=f"The trained risk model is {'of other days or data' if old else 'not there yet'}, so rules alone "
            "decided (shopops train risk).",
            zh=f"风险模型{'与当前数据或日期不符' if old else '尚未训练'}，本次仅依据规则判断（shopops train risk）。",
        )
        notes.append(Fact("", None, "text", text, (), 0.3))
    return notes
