"""Sentences about a figure of the strip: the headline, its verdict, and days without trade."""

from __future__ import annotations

from datetime import date, timedelta

from agent.brief.contracts import Kpi, Verdict
from agent.brief.ledger import cells, marked, numeric
from agent.brief.parts import Desk
from agent.brief.week import WEEK
from db.semantic.query import Interval
from db.semantic.schema import Text
from models.timeseries.calendars import holiday_names
from tools import format as fmt
from tools.evidence import Cell, Evidence, Fact
from tools.grammar import first_up, listed, was

STEADY = 0.01  # a change below one in a hundred is none
_RANGE: dict[Verdict, Text] = {
    "low": Text(en="below its usual range", zh="低于正常区间"),
    "high": Text(en="above its usual range", zh="高于正常区间"),
    "usual": Text(en="within its usual range", zh="处于正常区间"),
}
_COUNTED = {1: Text(en="one day", zh="一天"), 2: Text(en="two days", zh="两天"), 3: Text(en="three days", zh="三天")}


def change_text(kpi: Kpi) -> Text | None:
    """How large the change is, without its direction: a percentage, or points for a rate; None: no week before."""
    if kpi.change is None:
        return None
    if kpi.unit in ("ratio", "percent"):
        points = f"{abs(kpi.change) * 100:.2f}"
        return Text(en=f"{points} percentage points", zh=f"{points}个百分点")
    words = fmt.number(abs(kpi.change), "ratio")
    return Text(en=words, zh=words)


def steady(kpi: Kpi) -> bool:
    """Whether the change is too small to speak of."""
    if kpi.change is None:
        return True
    if kpi.unit in ("ratio", "percent"):
        return abs(kpi.change) < STEADY * abs(numeric(kpi.previous) or 1)
    return abs(kpi.change) < STEADY


def headline(desk: Desk, kpi: Kpi) -> Fact:
    """The main figure in one line without a full stop."""
    now, size = desk.ledger.figure(kpi.now, kpi.unit), change_text(kpi)
    label = first_up(kpi.label.en)
    if size is None or kpi.change is None:
        en, zh = f"{label} {was(kpi.label.en)} {now}", f"{kpi.label.zh}{now}"
    elif steady(kpi):
        en, zh = f"{label} held at {now}", f"{kpi.label.zh}{now}，与上周基本持平"
    else:
        up = kpi.change > 0
        en = f"{label} {'rose' if up else 'fell'} {size.en} to {now}"
        zh = f"{kpi.label.zh}环比{'上升' if up else '下降'}{size.zh}至{now}"
    tail = _tail(kpi)
    en, zh = f"{en}, {tail.en}" if tail.en else en, f"{zh}，{tail.zh}" if tail.zh else zh
    worst = next((other for other in desk.kpis if other is not kpi and other.bad), None)
    if worst is not None:  # news that the main figure hides
        side = _RANGE[worst.verdict].en
        side = side.replace("its usual range", "its own") if tail.en else side
        en = f"{en}; {worst.label.en.lower()} {was(worst.label.en)} {side}"
        zh = f"{zh}；{worst.label.zh}{_RANGE[worst.verdict].zh}"
    return _said(desk, kpi, Text(en=en, zh=zh))


def verdict(desk: Desk, kpi: Kpi) -> Fact:
    """A figure, its change, and whether that is usual, in one sentence with the range."""
    now, size = desk.ledger.figure(kpi.now, kpi.unit), change_text(kpi)
    en, zh = f"{first_up(kpi.label.en)} {was(kpi.label.en)} {now}", f"{kpi.label.zh}为{now}"
    if size is not None and kpi.change is not None:
        if steady(kpi):
            en, zh = f"{en}, much as the week before", f"{zh}，与上周基本持平"
        else:
            way, way_zh = ("up", "上升") if kpi.change > 0 else ("down", "下降")
            en, zh = f"{en}, {way} {size.en} on the week before", f"{zh}，环比{way_zh}{size.zh}"
    if kpi.verdict == "unknown":
        text = Text(en=f"{en}.", zh=f"{zh}。")
    else:
        low, high = (desk.ledger.figure(value, kpi.unit) for value in (kpi.low, kpi.high))
        tail = _tail(kpi)
        text = Text(en=f"{en}, {tail.en} of {low} to {high}.", zh=f"{zh}，{tail.zh}（{low}至{high}）。")
    return _said(desk, kpi, marked(text, kpi.simulated))


def _tail(kpi: Kpi) -> Text:
    if kpi.verdict == "unknown":
        return Text(en="", zh="")
    words = _RANGE[kpi.verdict]
    if not kpi.shut:
        return words
    days = _COUNTED.get(kpi.shut, Text(en="several days", zh="数天"))
    return Text(en=f"{words.en} for a week with {days.en} closed", zh=f"按停业{days.zh}折算后{words.zh}")


def _said(desk: Desk, kpi: Kpi, text: Text) -> Fact:
    columns = ("now", "previous", "change", "low", "high")
    return desk.ledger.say(text, kpi.now, kpi.unit, cells(desk.figures, kpi.row, *columns))


def closed_days(desk: Desk) -> Fact | None:
    """The days of the week without any trade, what they are, and how the others compare with the same days before."""
    found, shut = desk.found("days"), desk.days.shut(desk.frame)
    if not shut or found is None:
        return None
    table, main = desk.ledger.keep(found.table(0)), desk.kpis[0]
    every = [desk.frame.week.start + timedelta(days=i) for i in range(7)]
    open_days = [day for day in every if day not in shut]
    own = desk.days.values[main.metric]
    now, before = (sum(own.get(day - shift, 0.0) for day in open_days) for shift in (timedelta(0), WEEK))
    names = [_day(day) for day in shut]
    ledger = desk.ledger
    en = f"There was no trade on {listed([n.en for n in names])}"
    zh = f"{'、'.join(n.zh for n in names)}没有成交"
    if before and open_days:
        rise = now / before - 1
        size, way = fmt.number(abs(rise), "ratio"), ("up", "上升") if rise > 0 else ("down", "下降")
        a, b = ledger.figure(now, main.unit), ledger.figure(before, main.unit)
        en += f"; on the other days {main.label.en.lower()} {was(main.label.en)} {a}, {way[0]} {size} from {b} "
        en += "on the same days of the week before"
        zh += f"；其余各天{main.label.zh}为{a}，较上周同日的{b}{way[1]}{size}"
    places = _rows(table, [*every, *(day - WEEK for day in open_days)], main.metric)
    return ledger.say(Text(en=f"{en}.", zh=f"{zh}。"), now, main.unit, places)


def _day(day: date) -> Text:
    words = fmt.period(Interval(start=day, end=day + timedelta(days=1)))
    holiday = holiday_names(day, day + timedelta(days=1)).get(day)
    if holiday is None:
        return words
    return Text(en=f"{words.en} ({holiday.en})", zh=f"{words.zh}{holiday.zh}")


def _rows(table: Evidence, days: list[date], metric: str) -> list[Cell]:
    wanted = {str(day) for day in days}
    return [cell for i, row in enumerate(table.rows) if str(row[0]) in wanted for cell in cells(table, i, metric)]
