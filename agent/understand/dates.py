"""Periods in a question: every date expression, resolved to half-open intervals by code."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from agent.understand import dates_en, dates_zh
from agent.understand.calendar import Period, add_months, shift, span
from agent.understand.dates_en import Clock
from agent.understand.patterns import DOWNWARD, UPWARD
from agent.understand.text import EN_NUMBER, ZH_NUMBER, parse_number
from db.semantic.query import Grain, Interval

__all__ = ["Clock", "PeriodMention", "find_periods"]


@dataclass(frozen=True, slots=True)
class PeriodMention:
    """A period and where the question names it (character offsets of the normal form)."""

    start: int
    end: int
    period: Period


REMEMBERED = 512  # parts of questions: seams are looked for in the parts of one question again and again
_RANGE = re.compile(
    r" ?(?:to|(?:right |all the way )?(?:through(?: to)?|up to)|thru|till|until|up until|-|到|至|~)(?: and including)? ?(?:the )?(?:end of )?"
)
_BETWEEN = re.compile(r" ?(?:and|和|与) ?(?:the )?(?:(?:very )?end of )?")
_OPEN_BEFORE = re.compile(r"(?:between|from|从|自)\s?(?:the )?$")
_CHANGE = re.compile(
    r"\b(?:grow|grew|grown|growth|change[ds]?|rise|rose|risen|drop(?:ped)?|fall|fell|increase[ds]?|decrease[ds]?|gap|"
    r"went from|"
    r"decline[ds]?|los[te]|gain(?:ed)?|swing|swung|moved?|climb(?:ed)?|slid|slump(?:ed)?|dip(?:ped)?|shr[au]nk|going|improve[ds]?|compare[ds]?|difference|shift(?:ed)?|jump(?:ed)?|"
    + UPWARD
    + "|"
    + DOWNWARD
    + r")\b|增长|下降|变化|增加|减少|上升|涨|跌|提升|对比|相比|掉了|掉得|少了|多了|变多|变少",
    re.ASCII,
)
_ALONG = re.compile(
    r"\b(?:by|per|each|every) (?:day|week|month|quarter)"
    r"|\b(?:daily|weekly|monthly|quarterly|trend)\b|每|按|逐|走势|趋势",
    re.ASCII,
)
_SINCE = re.compile(r"\b(?:ever )?since(?: the (?:start|beginning) of)? $", re.ASCII)
_STARTING = re.compile(r"\b(?:from|starting(?: from| in)?|beginning) $", re.ASCII)
_AFTER = re.compile(r"\bafter (?:the end of )?$", re.ASCII)
_BEFORE = re.compile(r"\b(?:before|prior to|earlier than) (?:the start of )?$", re.ASCII)
_UNTIL = re.compile(
    r"\b(?:until|(?<!the )(?<!our )(?<!a )till|up to|through|up until|by the end of)(?: (?:the )?end of)? $|(?:截至|截止到?|直到|从(?:现在|今天|今日)(?:起|开始)?到)$",
    re.ASCII,
)
_BROWSED = re.compile(  # "go through December", "slipped through yesterday", "week by week through December"
    r"\b(?:comb|go(?:es|ing)?|went|gone|look(?:ing)?|sift|run|ran|walk|trawl|read|browse|dig|wade|work|scan|slip(?:ped|s)?|sneak(?:ed|s)?|snuck"
    r"|got|get(?:s|ting)?|come|came|pass(?:ed)?|fell|fall|pushed|squeezed)(?: (?:me|us|back|right))? through $"
    r"|\b(?:day (?:by|after) day|week (?:by|after) week|each (?:day|week)|per (?:day|week)|every (?:day|week)|daily|weekly)\b[^,;.?!]* through $",
    re.ASCII,
)
_STEP_AFTER = re.compile(r" by (?:day|week|month)\b", re.ASCII)  # "cumulative revenue through q4 by month"
_ZH_SINCE = re.compile(r"(?:以来|至今|到现在|到今天|起)")
_EN_ON = re.compile(
    r" (?:onwards?|up to now|up to today|up until now|until now|till now|to date|to now|until today|on(?=[ ,?.]|$))",
    re.ASCII,
)
_ZH_AFTER = re.compile(r"(?:以后|之后)")
_ZH_BEFORE = re.compile(r"(?:以前|之前)")


_SPAN_BESIDE = re.compile(
    rf"\b(?:the )?(?:(?P<n>{EN_NUMBER}) )?(?P<g>day|week|month)s? (?P<side>before|after) (?:the )?$", re.ASCII
)
_ZH_SPAN_BESIDE = re.compile(rf"(?P<side>[前后])的?那?(?P<n>{ZH_NUMBER})(?P<g>天|周|个月)", re.ASCII)


_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY_BESIDE = re.compile(
    rf"\b(?:on )?(?:the )?(?P<wd>{'|'.join(_WEEKDAYS)}) (?P<side>before|after) (?:the )?$", re.ASCII
)
_FROM_ZH = re.compile(r"[从由自]$")
_MOVES_ZH = re.compile(
    r"(?:这?期?间)?的?(?:[\u3400-\u9fff]{0,6})?(?:变化|变动|增长|增幅|涨|跌|下降|降|上升|升|差|多了|少了)"
)


def find_periods(text: str, clock: Clock, apart: bool = False) -> list[PeriodMention]:
    """All periods of a normalised question, in the order of the text.

    ``from A to B`` and ``between A and B`` become one period, unless the question speaks of a change: then they stay
    two, and the later is the one asked about. ``since``, ``after``, ``before``, ``until`` open one side up to today or
    down to the first day of the data.

    Args:
        apart: the question is about a change, whatever its words: "from A to B" stays two.

    Raises:
        QuestionError: a date that the calendar does not have.
    """
    return list(_found(text, clock, apart))


@lru_cache(maxsize=REMEMBERED)
def _found(text: str, clock: Clock, apart: bool) -> tuple[PeriodMention, ...]:
    apart = apart or (bool(_CHANGE.search(text)) and not _ALONG.search(text))
    mentions = _joined(_atoms(text, clock, apart), text, apart)
    ends = {mention.end for mention in mentions}
    return tuple(_opened(mention, text, clock, ends) for mention in mentions)


def _atoms(text: str, clock: Clock, changes: bool) -> list[PeriodMention]:
    taken = bytearray(len(text))
    found: list[PeriodMention] = []
    matches = [
        (match, build, order)
        for order, (pattern, build) in enumerate((*dates_zh.RULES, *dates_en.RULES))
        for match in pattern.finditer(text)
        if not (changes and build in dates_zh.RANGES and _compared(match))
    ]
    matches.sort(key=lambda item: (-(item[0].end() - item[0].start()), item[2]))
    for match, build, _ in matches:
        if any(taken[match.start() : match.end()]):
            continue
        period = build(match, clock)
        if period is not None:
            found.append(PeriodMention(match.start(), match.end(), period))
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    return sorted(found, key=lambda mention: mention.start)


def _compared(match: re.Match[str]) -> bool:
    """从11月到12月的变化 compares the two; 8月16到31号, 对比8月1到15号 are two ranges."""
    return bool(_FROM_ZH.search(match.string[: match.start()]) or _MOVES_ZH.match(match.string[match.end() :]))


def _joined(atoms: list[PeriodMention], text: str, changes: bool) -> list[PeriodMention]:
    result: list[PeriodMention] = []
    for atom in atoms:
        if result:
            last = result[-1]
            between = text[last.end : atom.start]
            opened = _OPEN_BEFORE.search(text[: last.start])
            ranged = _RANGE.fullmatch(between) and not (changes and between.strip() in {"to", "到", "至"})
            if ranged or (opened and opened[0].startswith("between") and _BETWEEN.fullmatch(between) and not changes):
                start = opened.start() if opened else last.start
                result[-1] = PeriodMention(start, atom.end, _range(last.period, atom.period))
                continue
        result.append(atom)
    return result


def _range(first: Period, last: Period) -> Period:
    start = first.start
    if start > last.start:
        start = add_months(start, -12)
    return span(start, last.end)


def _beside(mention: PeriodMention, before: str, after: str) -> PeriodMention | None:
    """ "the week before Christmas", 圣诞节前一周: a span that ends or begins at the period."""
    first, last = mention.period.start, mention.period.end
    if match := _SPAN_BESIDE.search(before):
        unit_, later, start = match["g"], match["side"] == "after", match.start()
        count, end = parse_number(match["n"] or "one") or 1, mention.end
    elif match := _ZH_SPAN_BESIDE.match(after):
        unit_, later, start = (
            {"天": "day", "周": "week", "个月": "month"}[match["g"]],
            match["side"] == "后",
            mention.start,
        )
        count, end = parse_number(match["n"]) or 1, mention.end + match.end()
    else:
        return None
    grain: Grain = unit_  # type: ignore[assignment]
    there = shift(last, grain, count) if later else shift(first, grain, -count)
    return PeriodMention(start, end, span(last, there) if later else span(there, first))


def _weekday_beside(mention: PeriodMention, before: str) -> PeriodMention | None:
    """ "The Saturday before Christmas": the nearest such day before or after the period."""
    match = _WEEKDAY_BESIDE.search(before)
    if match is None:
        return None
    wanted, first, last = _WEEKDAYS.index(match["wd"]), mention.period.start, mention.period.end
    if match["side"] == "after":
        start = last + timedelta(days=(wanted - last.weekday()) % 7)
    else:
        start = first - timedelta(days=(first.weekday() - wanted - 1) % 7 + 1)
    return PeriodMention(match.start(), mention.end, span(start, start + timedelta(days=1)))


def _opened(mention: PeriodMention, text: str, clock: Clock, ends: Container[int]) -> PeriodMention:
    """The period with the side open that words open; "q3 after q2" names two.

    Args:
        ends: where the periods of the text end.
    """
    before, after, period = text[: mention.start], text[mention.end :], mention.period
    interval = period.interval
    if beside := _weekday_beside(mention, before) or _beside(mention, before, after):
        return beside
    today = max(clock.as_of, interval.start)
    for pattern, start, end in (
        (_SINCE, interval.start, today),
        (_AFTER, interval.end, max(clock.as_of, interval.end)),
        (_BEFORE, min(clock.data_start, interval.start), interval.start),
        (_UNTIL, min(clock.data_start, interval.start), interval.end),
    ):
        browsed = pattern is _UNTIL and (_BROWSED.search(before) or _STEP_AFTER.match(after))
        if (match := pattern.search(before)) and not browsed:
            if pattern is _AFTER and len(before[: match.start()].rstrip()) in ends:
                break
            return PeriodMention(match.start(), mention.end, Period(Interval(start=start, end=end)))
    for pattern, start, end in (
        (_ZH_SINCE, interval.start, today),
        (_EN_ON, interval.start, today),
        (_ZH_AFTER, interval.end, max(clock.as_of, interval.end)),
        (_ZH_BEFORE, min(clock.data_start, interval.start), interval.start),
    ):
        if match := pattern.match(after):
            if pattern is _EN_ON and not _STARTING.search(before) and match[0] == " on":
                continue
            return PeriodMention(mention.start, mention.end + match.end(), Period(Interval(start=start, end=end)))
    return mention
