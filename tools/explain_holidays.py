"""The holidays that one of the two periods compared has and the other has not: context, never a cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from db.semantic.query import Interval
from db.semantic.schema import Text
from models.timeseries.calendars import Holiday, holiday_names
from tools.evidence import Fact
from tools.explain_periods import Periods
from tools.grammar import listed

LONGEST = 31  # days: of a quarter or a year nobody wonders whether a holiday lies in it
NAMED = 3


def holiday_fact(periods: Periods, countries: Sequence[str]) -> Fact | None:
    """What to know of the calendar; None where both periods have the same holidays, or either is a long one."""
    if max(periods.time.days, periods.compare.days) > LONGEST:
        return None
    now, then = (_holidays(period, countries) for period in (periods.time, periods.compare))
    names = {h.en for h in now.values()} & {h.en for h in then.values()}
    sides = [{day: h for day, h in held.items() if h.en not in names} for held in (now, then)]
    if not any(sides):
        return None
    said = [_side(days, period) for days, period in zip(sides, ("now", "then"), strict=True) if days]
    words = [word for part, days in said for word in (part.en, part.zh, *days)]
    en, zh = "; ".join(part.en for part, _ in said), "；".join(part.zh for part, _ in said)
    text = Text(
        en=f"For context, not as a cause: {en}.",
        zh=f"供参考，不代表原因：{zh}。",
    )
    return Fact("", None, "text", text, (), 0.89, tuple(words))


def _holidays(period: Interval, countries: Sequence[str]) -> dict[date, Holiday]:
    return {d: h for d, h in holiday_names(period.start, period.end, countries).items() if not h.minor}


def _side(days: dict[date, Holiday], which: str) -> tuple[Text, list[str]]:
    """Which holidays, and which of the periods has them; with their days."""
    shown, more = list(days.items())[:NAMED], len(days) > NAMED
    en = listed([f"{h.en.removeprefix('the ')} ({day})" for day, h in shown]) + (", among others," if more else "")
    zh = "、".join(f"{h.zh}（{day}）" for day, h in shown) + ("等" if more else "")
    fall = "falls" if len(shown) == 1 else "fall"
    if which == "now":
        text = Text(en=f"{en} {fall} into this period, not into the one before", zh=f"本期含{zh}，对比期没有")
    else:
        text = Text(en=f"{en} {fall} into the period compared with, not into this one", zh=f"对比期含{zh}，本期没有")
    return text, [str(day) for day, _ in shown]
