"""Which period is asked about and what it is compared with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal

from agent.understand import calendar
from agent.understand.calendar import Period
from agent.understand.dates import PeriodMention
from agent.understand.dates_en import Clock
from agent.understand.patterns import PERIOD, Baseline, TimeGrain
from db.semantic.query import Interval

_BASELINE_BEFORE = re.compile(
    r"(?:\bvs\.?|\bversus|\bcompared? (?:to|with|against)|\bcomparing (?:to|with)|\bagainst|\brelative to|\bthan(?: in| on)?|\bup from|\bdown from|\bdifferent (?:from|to|than)|\bsame as(?: in)?|\bwhat (?:it|they) (?:was|were)(?: back)?(?: in| on| at| for)?|\bdifference (?:from|to|with)|(?<![环占同对])比|较|对比|相比|相较于?) ?(?:the )?$",
    re.ASCII,
)
_CHANGED_FROM = re.compile(r"\b(?:over|from) ?(?:the )?$", re.ASCII)  # of a change; "orders over September" lie in it
_UP_TO = re.compile(r"\b(?:run-?up|ahead|leading up|up|before|until)(?: to| of)? (?:the )?$", re.ASCII)
_BASELINE_AFTER = re.compile(r" ?(?:相比|比较|对比|比起来|比(?!例))", re.ASCII)


BESIDE = 2  # characters between what is said twice
_DIFFERS = re.compile(
    rf"[跟和与]{PERIOD} ?的?(?:有点?|很|大|完全)?(?:不一样|不同|差[了不很好得挺]|有差|差别|差距|差异|区别)"
)  # 跟11月不一样
_AND = re.compile(r" ?(?:and|&|as well as|和|与|及|以及|、) ?(?:for |in |the )*", re.ASCII)
_AS_ONE = re.compile(
    r"\b(?:combined|(?:taken |put )?together|altogether|as one|in one)\b|合计|一共|总共|加起来|加一起|合起来|合在一起|一起算",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class AskedPeriods:
    """The period asked about, the baseline, and the time split that several periods in a row stand for."""

    asked: Period | None = None
    baseline: Interval | None = None
    split: TimeGrain | None = None
    also: tuple[Interval, ...] = ()


def settle_periods(
    text: str,
    mentions: Sequence[PeriodMention],
    compare: Baseline | None,
    changes: bool,
    clock: Clock,
    context: Period | None,
) -> AskedPeriods:
    """Settle the periods of a clause; of two, the later is the one asked about.

    Args:
        compare: the baseline that words named ("the month before", "a year earlier").
        changes: the clause speaks of growth or decline, which needs a baseline.
        context: the period of the conversation's last query, for "compared with March".
    """
    mentions = _without_spelled_twice(text, mentions)
    spelled = [m for m in mentions if text[m.start - 1 : m.start] == "(" and m.start]
    mentions = spelled[-1:] or _without_containers(
        _without_eves(text, mentions)
    )  # "the last 10 days before christmas (15-24 dec)"
    if len(mentions) >= 3:
        return _several([m.period for m in mentions])
    if len(mentions) == 2:
        first, second = sorted((m.period for m in mentions), key=lambda p: (p.start, p.end))
        if (_holds(first, second) or _holds(second, first)) and _AND.fullmatch(
            text[mentions[0].end : mentions[1].start]
        ):
            return AskedPeriods(mentions[0].period, None, None, (mentions[1].period.interval,))
        beside = _AND.fullmatch(text[mentions[0].end : mentions[1].start])
        if first.end == second.start and beside and _AS_ONE.search(text) and not (compare or changes):
            return AskedPeriods(calendar.span(first.start, second.end))
        if _holds(first, second) or _holds(second, first):
            narrow = second if _holds(first, second) else first
            return _with_baseline(narrow, compare, changes)
        return AskedPeriods(second, first.interval)
    if len(mentions) == 1:
        period = mentions[0].period
        if _is_baseline(text, mentions[0], changes):
            return _against(period, clock, context)
        return _with_baseline(period, compare, changes)
    if context is not None and (compare or changes):
        return _with_baseline(context, compare, changes)
    if compare or changes:
        grain: Literal["year", "month"] = "year" if compare == "year" else "month"
        return _with_baseline(calendar.trailing(clock.as_of, grain, 1), compare, changes)
    return AskedPeriods()


def _without_spelled_twice(text: str, mentions: Sequence[PeriodMention]) -> Sequence[PeriodMention]:
    """ "下半年(7到12月)比上半年(1到6月)", 黑五11月24号: what only says again what stands before it."""
    twice = {
        b.start
        for a, b in pairwise(mentions)
        if a.period.interval == b.period.interval and (text[b.start - 1] == "(" or b.start - a.end <= BESIDE)
    }
    return [m for m in mentions if m.start not in twice]


def _without_eves(text: str, mentions: Sequence[PeriodMention]) -> Sequence[PeriodMention]:
    """ "In the run-up to Christmas, 1 to 24 December": a day up to which another period runs is none of its own."""
    ends = {m.period.end for m in mentions}
    return [
        m
        for m in mentions
        if not (m.period.start in ends and (_UP_TO.search(text[: m.start]) or text[m.end : m.end + 1] == "前"))
    ]


def _without_containers(mentions: Sequence[PeriodMention]) -> Sequence[PeriodMention]:
    """A year that holds two other periods only says which year they are of."""
    kept = [m for m in mentions if sum(_holds(m.period, o.period) for o in mentions if o is not m) < 2]
    return kept or mentions


def _holds(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _is_baseline(text: str, mention: PeriodMention, changes: bool) -> bool:
    return bool(
        _DIFFERS.search(f"{text[: mention.start]}{PERIOD}{text[mention.end :]}")
        or _BASELINE_BEFORE.search(text[: mention.start])
        or (changes and _CHANGED_FROM.search(text[: mention.start]))
        or _BASELINE_AFTER.match(text[mention.end :])
    )


def _with_baseline(period: Period, compare: Baseline | None, changes: bool) -> AskedPeriods:
    if compare == "year":
        return AskedPeriods(period, calendar.year_earlier(period).interval)
    if compare == "week":
        week = timedelta(days=7)
        return AskedPeriods(period, Interval(start=period.start - week, end=period.end - week))
    if compare == "previous" or changes:
        return AskedPeriods(period, calendar.previous(period).interval)
    return AskedPeriods(period)


def _against(baseline: Period, clock: Clock, context: Period | None) -> AskedPeriods:
    """ "Compared with March": the conversation's period, else the one under way; where that is empty, the last full one."""
    if context is not None and context.interval != baseline.interval:
        return AskedPeriods(context, baseline.interval)
    after = calendar.shift(baseline.start, baseline.grain, 1) if baseline.grain != "range" else baseline.end
    end = min(clock.as_of, calendar.shift(after, baseline.grain, 1) if baseline.grain != "range" else clock.as_of)
    if after < end:
        return AskedPeriods(calendar.span(after, end, baseline.grain), baseline.interval)
    return AskedPeriods(baseline, calendar.previous(baseline).interval)


def _several(periods: Sequence[Period]) -> AskedPeriods:
    """Three and more: one range from the first to the last, split by their grain."""
    ordered = sorted(periods, key=lambda p: p.start)
    grain = ordered[0].grain
    split: TimeGrain = grain if grain in {"day", "week", "month", "quarter", "year"} else "month"
    return AskedPeriods(calendar.span(ordered[0].start, max(p.end for p in ordered)), None, split)


def trend_grain(period: Interval | None, data: Interval) -> TimeGrain:
    """The time split of a trend: days up to six weeks, weeks up to a quarter and a bit, else months."""
    days = (period or data).days
    return "day" if days <= 45 else "week" if days <= 100 else "month"
