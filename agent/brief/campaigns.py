"""Section: what the campaigns brought: redemptions of the week, and each campaign's result so far."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from agent.brief.contracts import Grid, Line, Section
from agent.brief.ledger import at, cells, column, numeric
from agent.brief.parts import Desk
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Evidence, Fact

_CHANGE = Text(en="change", zh="变化")


def write(desk: Desk) -> Section:
    """The section: the campaigns with redemptions this week, each with its reach and rate, against the others' rate."""
    name, used = "campaigns", desk.found("redemptions")
    if used is None:
        return desk.missing(name, "redemptions")
    table, reached = used.table(0), desk.found("campaigns")
    if not any(numeric(at(table, i, "coupon_redemptions")) for i in range(len(table.rows))):
        quiet = Text(en="No campaign's coupons were redeemed this week.", zh="本周没有活动优惠券被核销。")
        return Section(name, desk.heading(name), (Line(desk.ledger.say(quiet)),))
    shown = desk.ledger.keep(_with_rates(desk, table, reached.table(0) if reached else None))
    facts = [_total(desk, shown)]
    if reached is not None:
        facts += _best(desk, shown, desk.ledger.keep(reached.table(0)))
    return Section(name, desk.heading(name), (*(Line(f) for f in facts), Grid(shown)), ())


def _with_rates(desk: Desk, table: Evidence, reached: Evidence | None) -> Evidence:
    """The week's redemptions with the reach and rate of each campaign beside them."""
    keep = [i for i, c in enumerate(table.columns) if not c.name.endswith(("__change_pct", "__previous"))]
    short = {"coupon_redemptions__change": _CHANGE, "redeeming_customers__change": _CHANGE}
    columns = tuple(replace(c, label=short.get(c.name, c.label)) for c in (table.columns[i] for i in keep))
    rows = [tuple(row[i] for i in keep) for row in table.rows if any(numeric(v) for v in row[1:])]
    if reached is None:
        return replace(table, columns=columns, rows=tuple(rows))
    key = desk.frame.campaign or ""
    place = column(reached, key)
    by_campaign = {str(row[place]): row for row in reached.rows}
    extra = [i for i, c in enumerate(reached.columns) if c.name in ("campaign_reach", "redemption_rate")]
    columns += tuple(reached.columns[i] for i in extra)
    rows = [
        (*row, *((by_campaign[str(row[0])][i] for i in extra) if str(row[0]) in by_campaign else (None for _ in extra)))
        for row in rows
    ]
    return replace(table, id=f"{table.id}n", columns=columns, rows=tuple(rows), method="joined by campaign")


def _total(desk: Desk, table: Evidence) -> Fact:
    place = column(table, "coupon_redemptions")
    now = sum(int(numeric(row[place]) or 0) for row in table.rows)
    names = {c.name for c in table.columns}
    change = "coupon_redemptions__change"
    moved = sum(int(numeric(row[column(table, change)]) or 0) for row in table.rows) if change in names else None
    en, zh = f"{now:,} coupons were redeemed this week", f"本周核销优惠券{now:,}张"
    if moved is not None:
        en += (
            f", {abs(moved):,} {'more' if moved > 0 else 'fewer'} than the week before"
            if moved
            else ", as many as the week before"
        )
        zh += f"，比上周{'多' if moved > 0 else '少'}{abs(moved):,}张" if moved else "，与上周持平"
    places = [
        c
        for i in range(len(table.rows))
        for c in cells(table, i, *(n for n in ("coupon_redemptions", change) if n in names))
    ]
    return desk.ledger.say(Text(en=f"{en}.", zh=f"{zh}。"), now, "count", places)


def _best(desk: Desk, shown: Evidence, reached: Evidence) -> list[Fact]:
    """The running campaign with the highest rate so far, against the median of all campaigns."""
    if not {"redemption_rate", "campaign_reach"} <= {c.name for c in shown.columns}:
        return []
    used = [i for i in range(len(shown.rows)) if numeric(at(shown, i, "coupon_redemptions"))]
    rates = [(numeric(at(shown, i, "redemption_rate")) or 0.0, i) for i in used]
    every = [v for i in range(len(reached.rows)) if (v := numeric(at(reached, i, "redemption_rate"))) is not None]
    if not rates or len(every) < 3:
        return []
    rate, row = max(rates)
    middle = median(every)
    campaign = at(shown, row, desk.frame.campaign or "")
    best, usual = fmt.number(rate, "ratio"), fmt.number(middle, "ratio")
    side = ("above", "高于") if rate > middle else ("below", "低于")
    text = Text(
        en=f"Of the campaigns in use, campaign {campaign} has the best redemption rate so far, {best} of those mailed, "
        f"{side[0]} the {usual} of the median campaign.",
        zh=f"本周有核销的活动中，活动{campaign}的核销率最高，目前为触达人数的{best}，{side[1]}各活动中位数{usual}。",
    )
    places = [
        *cells(shown, row, "redemption_rate"),
        *(c for i in range(len(reached.rows)) for c in cells(reached, i, "redemption_rate")),
    ]
    return [desk.ledger.say(text, rate, "ratio", places)]
