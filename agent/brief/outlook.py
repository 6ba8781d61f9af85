"""Section: next week's forecast of the main figure, with its interval and how often such forecasts were right."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brief.contracts import Block, Claim, Line, Picture, Section
from agent.brief.jobs import Found
from agent.brief.ledger import at, cells, numeric, weekly
from agent.brief.parts import Desk
from agent.brief.week import week_name
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Evidence, Fact
from tools.grammar import was


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast's numbers, for the actions and the claims."""

    total: float
    low: float
    high: float
    change: float | None
    table: Evidence
    fact: Fact
    claim: Claim


def write(desk: Desk) -> tuple[Section, Outlook | None]:
    """The section; its lead is the forecast with its interval."""
    name, found = "outlook", desk.found("forecast")
    wanted = desk.frame.layout.wants(name)
    if found is None:
        return (desk.missing(name, "forecast") if wanted else Section(name, Text(en="", zh=""))), None
    outlook = _forecast(desk, found)
    facts = [outlook.fact, *_others(desk, found)]
    title = Text(en=f"{desk.kpis[0].label.en} by day, and the forecast", zh=f"每日{desk.kpis[0].label.zh}与预测")
    blocks: list[Block] = [Picture("forecast", desk.ledger.keep(found.table(0)), title), *(Line(f) for f in facts)]
    if not wanted:
        return Section(name, Text(en="", zh="")), outlook
    return Section(name, desk.heading(name), tuple(blocks), (outlook.fact,)), outlook


def _forecast(desk: Desk, found: Found) -> Outlook:
    ledger, main = desk.ledger, desk.kpis[0]
    table = ledger.keep(found.table(1))
    total, low, high = (at(table, 0, name) for name in ("total", "low_80", "high_80"))
    words = [ledger.figure(value, main.unit) for value in (total, low, high)]
    change = numeric(at(table, 0, "change_pct"))
    en = f"Next week's {main.label.en.lower()} {was(main.label.en)} forecast at {words[0]}"
    en = en.replace(" was forecast", " is forecast").replace(" were forecast", " are forecast")
    en += f", with 80% probability between {words[1]} and {words[2]}"
    zh = f"预计下周{main.label.zh}为{words[0]}，有80%的把握在{words[1]}至{words[2]}之间"
    if change is not None:
        size = fmt.number(abs(change), "ratio")
        en += f"; that is {size} {'above' if change > 0 else 'below'} this week"
        zh += f"，比本周{'高' if change > 0 else '低'}{size}"
    places = cells(table, 0, "total", "low_80", "high_80", "level_80", "change_pct")
    fact = ledger.say(Text(en=f"{en}.", zh=f"{zh}。"), total, main.unit, places)
    ahead, bottom, top = (numeric(value) or 0.0 for value in (total, low, high))
    week = week_name(desk.frame.after.start)
    text = Text(en=f"{main.label.en.lower()} of {words[0]} in {week}", zh=f"{week}{main.label.zh}为{words[0]}")
    claim = Claim("", "forecast", text, main.metric, main.unit, desk.frame.after, bottom, top, ahead)
    return Outlook(ahead, bottom, top, change, table, fact, claim)


def _others(desk: Desk, found: Found) -> list[Fact]:
    """How good such forecasts were, the highest and lowest day, and the holidays that are allowed for."""
    told = []
    for fact in found.facts:
        columns = {cell.column for cell in fact.cells}
        if "error" in columns:
            told.append(_error(desk, found.table(1)))
        elif "forecast" in columns:
            told.append(desk.ledger.adopt(fact, weekly(fact.text, desk.frame.week)))
        elif not fact.cells and fact.text.en.startswith("It allows for"):
            en = f"The forecast {fact.text.en.removeprefix('It ')}"
            told.append(desk.ledger.adopt(fact, Text(en=en, zh=f"预测{fact.text.zh}")))
    return told


def _error(desk: Desk, table: Evidence) -> Fact:
    own, naive = (fmt.number(at(table, 0, name), "ratio") for name in ("error", "naive_error"))
    tests = fmt.number(at(table, 0, "backtests"), "count")
    text = Text(
        en=f"In {tests} tests on past weeks such forecasts were off by {own} a day; "
        f"repeating the week before, by {naive}.",
        zh=f"在{tests}次历史回测中，该预测平均每日误差为{own}；照搬上一周则为{naive}。",
    )
    return desk.ledger.say(text, at(table, 0, "error"), "ratio", cells(table, 0, "error", "naive_error", "backtests"))
