"""English date expressions: each rule is a pattern and what it means on the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from agent.understand.calendar import Period, PeriodGrain, add_months, day, floor, shift, span, trailing, unit
from agent.understand.text import EN_NUMBER, parse_number
from db.errors import QuestionError
from db.semantic.query import Grain


@dataclass(frozen=True, slots=True)
class Clock:
    """What relative dates hang on: the shop's today and the first day of its data.

    ``ahead``: the question looks forward, so a month or a day without a year is the next one, not the last.
    """

    as_of: date
    data_start: date
    ahead: bool = False

    def year_of(self, words: str | None, fallback: int) -> int:
        """A year in words ("2016", "last year", 去年); ``fallback`` when none was said."""
        if not words:
            return fallback
        if digits := re.search(r"\d{4}", words):
            return int(digits[0])
        back = {"去年": 1, "前年": 2, "last year": 1, "previous year": 1}
        return self.as_of.year - back.get(words.strip(), 0)

    def latest_month(self, month: int) -> int:
        """The year in which that month last began before today; looking ahead, in which it next ends after today."""
        if self.ahead:
            return (
                self.as_of.year if add_months(date(self.as_of.year, month, 1), 1) > self.as_of else self.as_of.year + 1
            )
        return self.as_of.year if date(self.as_of.year, month, 1) < self.as_of else self.as_of.year - 1

    def latest_day(self, month: int, number: int) -> int:
        """The year in which that day last lay before today."""
        year = self.as_of.year
        day(2000, month, number)
        if self.ahead:
            return year if (month, number) >= (self.as_of.month, self.as_of.day) else year + 1
        if month == 2 and number == 29:
            return year - 1
        return year if day(year, month, number) < self.as_of else year - 1


Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Clock], Period | None]]

MONTHS = {name: i + 1 for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?![\d:]|\s*(?:%|am\b|pm\b))"
_YEAR = r"(?:(?:,| of| in)? ?(?P<y>(?:19|20)\d\d|last year|this year|previous year)\b)?"
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
_ORDINALS |= {"opening": 1, "front": 1, "final": -1, "closing": -1, "back": -1, "latter": -1}
_DAY_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_ORDINAL = r"(?P<o>first|opening|second|third|fourth|last|final|closing|1st|2nd|3rd|4th)"
_GRAIN = r"(?P<g>day|week|month|quarter|year)"
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ID_BEFORE = (
    r"(?<!store )(?<!product )(?<!customer )(?<!household )(?<!manufacturer )(?<!than )(?<!above )(?<![$#.,\d])"
)


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _month_number(name: str) -> int:
    return MONTHS[name[:3]]


def _month(m: re.Match[str], clock: Clock) -> Period | None:
    number = _month_number(m["m"])
    if m["m"].startswith("may") and not m["y"] and not _may_is_a_month(m):
        return None
    return unit(date(clock.year_of(m["y"], clock.latest_month(number)), number, 1), "month")


def _may_is_a_month(m: re.Match[str]) -> bool:
    """ "may" is a verb unless a preposition, a possessive or another month stands beside it."""
    before, after = m.string[: m.start()], m.string[m.end() :]
    near = r"(?:\b(?:in|of|for|since|until|till|during|by|through|to|from|vs\.?|versus|and|between|last|this|with|than|over|before|after|on)|,|-|/) ?$"
    return bool(re.search(near, before, re.ASCII)) or bool(
        re.match(
            r"(?:'s|:| (?:revenue|sales|orders|aov|to|vs|versus|and|through|units|customers|gmv)\b| ?-|$|\?)", after
        )
    )


def _date(m: re.Match[str], clock: Clock) -> Period:
    month, number = _month_number(m["m"]), int(m["d"])
    return unit(day(clock.year_of(m["y"], clock.latest_day(month, number)), month, number), "day")


def _worded_day(m: re.Match[str], clock: Clock) -> Period:
    """ "The fourth of July"."""
    month, number = _month_number(m["m"]), _DAY_WORDS.index(m["o"]) + 1
    return unit(day(clock.year_of(m["y"], clock.latest_day(month, number)), month, number), "day")


def _days_of_month(m: re.Match[str], clock: Clock) -> Period:
    month, first, last = _month_number(m["m"]), int(m["d"]), int(m["d2"])
    year = clock.year_of(m["y"], clock.latest_day(month, first))
    return span(day(year, month, first), day(year, month, last) + timedelta(days=1))


def _days_of_named_month(m: re.Match[str], clock: Clock) -> Period | None:
    """ "early December … the 1st to the 15th": days of the one month that stands elsewhere in the text."""
    named = {_month_number(found[0]) for found in re.finditer(rf"\b{MONTH}", m.string, re.ASCII)}
    if len(named) != 1:
        return None
    (month,), first, last = named, int(m["d"]), int(m["d2"])
    year = clock.latest_day(month, first)
    return span(day(year, month, first), day(year, month, last) + timedelta(days=1))


def _two_days(m: re.Match[str], clock: Clock) -> Period | None:
    """ "July 3rd and 4th": two days that follow one another."""
    return _days_of_month(m, clock) if int(m["d2"]) == int(m["d"]) + 1 else None


def _whole_year(clock: Clock) -> Period:
    """ "The full year", 全年: the year that ended last, or is about to."""
    return unit(clock.as_of - timedelta(days=1), "year")


def _months_to(m: re.Match[str], clock: Clock) -> Period | None:
    """ "The three months to the end of September": that one and those before it."""
    last, count = _month(m, clock), parse_number(m["n"])
    return span(add_months(last.start, 1 - count), last.end) if last and count else None


def _first_months(m: re.Match[str], clock: Clock) -> Period:
    """ "The first nine months": of the year that ended last, or is about to."""
    start = _whole_year(clock).start
    return span(start, add_months(start, min(parse_number(m["n"]) or 1, 12)))


def _day_of_named_month(m: re.Match[str], clock: Clock) -> Period | None:
    """ "November 24 against Friday the 17th": a day of the one month that stands elsewhere in the text."""
    named = {_month_number(found[0]) for found in re.finditer(rf"\b{MONTH}", m.string, re.ASCII)}
    if len(named) != 1 or int(m["d"]) > 31:
        return None
    (month,), number = named, int(m["d"])
    return unit(day(clock.latest_day(month, number), month, number), "day")


def _numeric(m: re.Match[str], clock: Clock) -> Period:
    return unit(day(int(m["y"]), int(m["m"]), int(m["d"])), "day")


def _us_numeric(m: re.Match[str], clock: Clock) -> Period:
    year = int(m["y"]) + (2000 if len(m["y"]) == 2 else 0)
    return unit(day(year, int(m["m"]), int(m["d"])), "day")


def _quarter(m: re.Match[str], clock: Clock) -> Period:
    words = m["q"]
    number = int(words) if words.isdigit() else _ORDINALS[words]
    number = 4 if number == -1 else number
    first_month = number * 3 - 2
    return unit(date(clock.year_of(m["y"], clock.latest_month(first_month)), first_month, 1), "quarter")


def _half(m: re.Match[str], clock: Clock) -> Period:
    number = int(m["h"]) if m["h"].isdigit() else _ORDINALS[m["h"]]
    first_month = 1 if number == 1 else 7
    return unit(date(clock.year_of(m["y"], clock.latest_month(first_month)), first_month, 1), "half")


def _week_number(m: re.Match[str], clock: Clock) -> Period:
    year, week = clock.year_of(m["y"], 0), int(m["w"])
    if not year:
        this = clock.as_of.isocalendar()
        year = this.year if week < this.week else this.year - 1
    return unit(iso_week(year, week), "week")


def iso_week(year: int, week: int) -> date:
    """The Monday of an ISO week, or a plain sentence when the year has no such week."""
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return day(year, 13, 1) if week > 53 else shift(date.fromisocalendar(year, 1, 1), "week", week - 1)


def year_ahead(words: str, clock: Clock) -> int:
    """ "2017", "this year", "the new year": the one that has just begun, or the next one."""
    if words.isdigit():
        return int(words)
    if "last" in words or words in ("the year", "the old year"):  # that is over, or nearly so
        return (clock.as_of - timedelta(days=1)).year if words != "last year" else clock.as_of.year - 1
    begun = "this" in words or (clock.as_of.month <= 2 and ("new" in words or "新" in words))  # it is young
    return clock.as_of.year + (0 if begun else 1)


def _part_of(m: re.Match[str], clock: Clock) -> Period:
    """ "first week of March", "last 10 days of 2017"."""
    whole = _month(m, clock) if m["m"] else unit(date(year_ahead(m["yy"], clock), 1, 1), "year")
    if whole is None:  # "of may" is always a month
        whole = unit(clock.as_of, "month")
    grain: Grain = m["g"]  # type: ignore[assignment]
    index = _ORDINALS[m["o"]]
    count = (parse_number(m["n"]) or 1) if m["n"] else 1
    if index < 0:
        return span(shift(whole.end, grain, -count), whole.end)
    start = shift(whole.start, grain, (index - 1) * count)
    return span(start, min(shift(start, grain, count), whole.end))


def _relative(m: re.Match[str], clock: Clock) -> Period:
    grain: Grain = m["g"]  # type: ignore[assignment]
    word = m["r"]
    if word in {"this", "current", "the current"}:
        start = floor(clock.as_of, grain)
        return unit(start, grain) if clock.ahead else span(start, clock.as_of, grain)
    if word in {"next", "coming", "upcoming"}:
        return unit(clock.as_of, grain, 1)
    return trailing(clock.as_of, grain, 1)


def _trailing(m: re.Match[str], clock: Clock) -> Period:
    return trailing(clock.as_of, m["g"], parse_number(m["n"]) or 1)  # type: ignore[arg-type]


def trailing_hours(m: re.Match[str], clock: Clock) -> Period:
    """The shop's clock counts days: 24 and 48 hours are days, other spans of hours are refused in words."""
    count = parse_number(m["n"]) or 0
    if count % 24:
        raise QuestionError("The shop's clock counts whole days.", "Ask for days, or for hours of the day.")
    return trailing(clock.as_of, "day", count // 24)


def _ago(m: re.Match[str], clock: Clock) -> Period:
    return unit(clock.as_of, m["g"], -(1 if m["n"] in {"a", "an"} else parse_number(m["n"]) or 1))  # type: ignore[arg-type]


def _to_date(m: re.Match[str], clock: Clock) -> Period:
    grain: Grain = {"y": "year", "q": "quarter", "m": "month", "w": "week"}[m["g"][0]]  # type: ignore[assignment]
    return span(floor(clock.as_of, grain), clock.as_of, grain)


def _so_far(word: str, clock: Clock) -> Period:
    grain: Grain = word  # type: ignore[assignment]
    return span(floor(clock.as_of, grain), clock.as_of, grain)


def _weekday_ago(m: re.Match[str], clock: Clock) -> Period:
    back = (clock.as_of.weekday() - _WEEKDAYS.index(m["wd"]) - 1) % 7 + 1
    return unit(clock.as_of - timedelta(days=back), "day")


def _last_weekend(m: re.Match[str], clock: Clock) -> Period:
    week = trailing(clock.as_of, "week", 1)
    return span(week.start + timedelta(days=5), week.end)


def _week_of(m: re.Match[str], clock: Clock) -> Period:
    year = clock.year_of(m["y"], clock.latest_day(_month_number(m["m"]), int(m["d"])))
    moment = day(year, _month_number(m["m"]), int(m["d"]))
    return unit(moment, "week")


def _week_of_day(m: re.Match[str], clock: Clock) -> Period:
    return unit(_date(m, clock).start, "week")


def _week_of_numeric(m: re.Match[str], clock: Clock) -> Period:
    return unit(day(int(m["y"]), int(m["m"]), int(m["d"])), "week")


_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


def _half_month(m: re.Match[str], clock: Clock) -> Period:
    """The first half of a month is its first fifteen days."""
    month = unit(
        date(clock.year_of(m["y"], clock.latest_month(_month_number(m["m"]))), _month_number(m["m"]), 1), "month"
    )
    middle = month.start + timedelta(days=15)
    return span(month.start, middle) if m["h"] in {"first", "front", "1st"} else span(middle, month.end)


def _third_of_month(m: re.Match[str], clock: Clock) -> Period:
    """Early, mid and late: the first ten days, the second ten, the rest (上旬, 中旬, 下旬)."""
    number = _month_number(m["m"])
    month = unit(date(clock.year_of(m["y"], clock.latest_month(number)), number, 1), "month")
    cut = [month.start, month.start + timedelta(days=10), month.start + timedelta(days=20), month.end]
    place = ("early", "mid", "late").index(m["h"])
    return span(cut[place], cut[place + 1])


def _season(m: re.Match[str], clock: Clock) -> Period:
    month = _SEASONS[m["s"]]
    start = date(clock.year_of(m["y"], clock.latest_month(month)), month, 1)
    return span(start, add_months(start, 3))


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month (Monday = 0)."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _easter(year: int) -> date:
    from pandas import Timestamp
    from pandas.tseries.offsets import Easter

    sunday: date = (Timestamp(year, 1, 1) + Easter()).date()
    return sunday


_HOLIDAYS: dict[str, Callable[[int], date]] = {
    "christmas eve": lambda y: date(y, 12, 24),
    "christmas": lambda y: date(y, 12, 25),
    "new year's eve": lambda y: date(y, 12, 31),
    "new year's": lambda y: date(y, 1, 1),
    "valentine's": lambda y: date(y, 2, 14),
    "valentines": lambda y: date(y, 2, 14),
    "new years": lambda y: date(y, 1, 1),
    "st patrick's": lambda y: date(y, 3, 17),
    "st patricks": lambda y: date(y, 3, 17),
    "boxing": lambda y: date(y, 12, 26),
    "easter": _easter,
    "good friday": lambda y: _easter(y) - timedelta(days=2),
    "easter monday": lambda y: _easter(y) + timedelta(days=1),
    "mother's": lambda y: nth_weekday(y, 5, 6, 2),
    "mothers": lambda y: nth_weekday(y, 5, 6, 2),
    "father's": lambda y: nth_weekday(y, 6, 6, 3),
    "fathers": lambda y: nth_weekday(y, 6, 6, 3),
    "halloween": lambda y: date(y, 10, 31),
    "independence": lambda y: date(y, 7, 4),
    "thanksgiving": lambda y: nth_weekday(y, 11, 3, 4),
    "black friday": lambda y: nth_weekday(y, 11, 3, 4) + timedelta(days=1),
    "cyber monday": lambda y: nth_weekday(y, 11, 3, 4) + timedelta(days=4),
    "labor": lambda y: nth_weekday(y, 9, 0, 1),
    "memorial": lambda y: date(y, 5, 31) - timedelta(days=date(y, 5, 31).weekday()),
}


def _holiday(m: re.Match[str], clock: Clock) -> Period:
    rule = _HOLIDAYS[re.sub(r" (?:sun)?day$", "", m["h"])]
    year = clock.year_of(m["y"], 0)
    moment = rule(year or clock.as_of.year)
    if not year and moment >= clock.as_of and not clock.ahead:
        moment = rule(clock.as_of.year - 1)
    if not year and moment < clock.as_of and clock.ahead:
        moment = rule(clock.as_of.year + 1)
    return unit(moment, "week" if "week" in m[0].split() else "day")


def _grain(word: str) -> PeriodGrain:
    return word  # type: ignore[return-value]  # the pattern lets only grains through


def coming(clock: Clock, count: int, grain: PeriodGrain) -> Period | None:
    """So many units from today on; read only where the question looks ahead."""
    return span(clock.as_of, shift(clock.as_of, grain, count)) if clock.ahead else None


def rest_of(clock: Clock, grain: PeriodGrain) -> Period | None:
    """From today to the end of the unit under way; read only where the question looks ahead."""
    return span(clock.as_of, unit(clock.as_of, grain).end) if clock.ahead else None


def _next_weekday(m: re.Match[str], clock: Clock) -> Period:
    ahead = (_WEEKDAYS.index(m["wd"]) - clock.as_of.weekday() - 1) % 7 + 1
    return unit(clock.as_of + timedelta(days=ahead), "day")


def _next_weekend(m: re.Match[str], clock: Clock) -> Period:
    week = unit(clock.as_of, "week", 1 if m[0].startswith("next") else 0)
    return span(week.start + timedelta(days=5), week.end)


_LAST = r"(?P<r>last|past|previous|prior|preceding|this|current|next|coming|upcoming|latest|most recent)"
RULES: tuple[Rule, ...] = (
    (
        _rx(
            r"\b(?:over |in |for |during |within )?(?:the )?(?:next|coming|upcoming|following) (?P<n>"
            + EN_NUMBER
            + r") (?:full |calendar )?"
            + _GRAIN
            + r"s?\b"
        ),
        lambda m, c: coming(c, parse_number(m["n"]) or 1, _grain(m["g"])),
    ),
    (
        _rx(r"\b(?:the )?(?:rest|remainder|end) of (?:the |this )?(?:current )?" + _GRAIN + r"\b"),
        lambda m, c: rest_of(c, _grain(m["g"])),
    ),
    (
        _rx(
            r"\b(?:the )?(?P<n>"
            + EN_NUMBER
            + r") months (?:to|through|ending(?: in)?|up to)(?: and including)? (?:the )?(?:end of )?(?P<m>"
            + MONTH
            + r")\b(?! \d)"
            + _YEAR
        ),
        _months_to,
    ),
    (_rx(r"\b(?:the )?(?:rest|remainder) of (?P<m>" + MONTH + ")" + _YEAR), _month),
    (_rx(r"\b(?:in )?(?P<h>early|mid|late)[ -](?P<m>" + MONTH + ")" + _YEAR), _third_of_month),
    (_rx(r"\bnext (?P<wd>" + "|".join(_WEEKDAYS) + r")\b"), _next_weekday),
    (_rx(r"\b(?:next|this coming|the coming) weekend\b"), _next_weekend),
    (_rx(r"\b(?:last|past|previous) (?P<n>" + EN_NUMBER + r") (?:hours?|hrs?)\b"), trailing_hours),
    (
        _rx(r"\b(?:the )?(?P<h>first|second|front|back|latter|1st|2nd) half of (?P<m>" + MONTH + ")" + _YEAR),
        _half_month,
    ),
    (
        _rx(
            r"\b(?:week|wk) (?:of|starting|beginning|ending) (?:on )?(?:the )?"
            + _DAY
            + r" (?:of )?(?P<m>"
            + MONTH
            + ")"
            + _YEAR
        ),
        _week_of_day,
    ),
    (
        _rx(
            r"\b(?:week|wk) (?:of|starting|beginning|commencing|ending|with) (?:on )?(?:the )?(?:\w+day,? )?(?P<m>"
            + MONTH
            + r") "
            + _DAY
            + _YEAR
        ),
        _week_of,
    ),
    (
        _rx(
            r"\bweek (?:of|starting|beginning|commencing|ending) (?:on )?(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
        ),
        _week_of_numeric,
    ),
    (_rx(r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"), _numeric),
    (_rx(r"(?<![\d/])(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d\d)(?![\d/])"), _us_numeric),
    (
        _rx(r"(?<!\d)(?P<y>(?:19|20)\d\d)-(?P<m>0[1-9]|1[0-2])(?![-\d])"),
        lambda m, c: unit(date(int(m["y"]), int(m["m"]), 1), "month"),
    ),
    (_rx(r"\b(?P<y>\d{4})-?w(?P<w>\d{1,2})\b"), _week_number),
    (_rx(r"\b(?:week|wk)(?: number| no\.?| #)? ?(?P<w>\d{1,2})\b" + _YEAR), _week_number),
    (
        _rx(
            r"\b(?:from )?(?P<m>"
            + MONTH
            + r") "
            + _DAY.replace("(?!", "(?!st", 0)
            + r" ?(?:-|to|through|thru|until|till) ?(?:the )?(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?![\d:/])(?! ?"
            + MONTH
            + ")"
            + _YEAR
        ),
        _days_of_month,
    ),
    (
        _rx(
            r"(?<=between )(?P<m>"
            + MONTH
            + r") "
            + _DAY
            + r" and (?:the )?(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
            + _YEAR
        ),
        _days_of_month,
    ),
    (
        _rx(
            r"\b(?:from )?(?:the )?(?P<d>\d{1,2})(?:st|nd|rd|th)? ?(?:-|to|through|thru|until|till) ?(?:the )?(?P<d2>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<m>"
            + MONTH
            + ")"
            + _YEAR
        ),
        _days_of_month,
    ),
    (
        _rx(
            r"\b(?:from )?(?:the )?(?P<d>\d{1,2})(?:st|nd|rd|th) ?(?:-|to|through|until|till) ?(?:the )?(?P<d2>\d{1,2})(?:st|nd|rd|th)\b(?! (?:of )?"
            + MONTH
            + ")"
        ),
        _days_of_named_month,
    ),
    (
        _rx(
            r"(?<=between )(?:the )?(?P<d>\d{1,2})(?:st|nd|rd|th)? and (?:the )?(?P<d2>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<m>"
            + MONTH
            + ")"
            + _YEAR
        ),
        _days_of_month,
    ),
    (
        _rx(
            r"\b(?P<m>"
            + MONTH
            + r") "
            + _DAY
            + r" ?(?:and|&|\+) ?(?:the )?(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?![\d:/])"
            + _YEAR
        ),
        _two_days,
    ),
    (_rx(r"\b(?P<m>" + MONTH + r") (?:the )?" + _DAY + _YEAR), _date),
    (
        _rx(
            r"\b(?:(?:" + "|".join(_WEEKDAYS) + r"),? )?the (?P<d>\d{1,2})(?:st|nd|rd|th)\b"
            r"(?= ?(?:$|[,.;:?!)]|(?:and|or|vs|versus|against|with|to|was|were|is|did|had|has|by|compared)\b))"
        ),
        _day_of_named_month,
    ),
    (_rx(r"(?<![\d.,$])(?P<d>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<m>" + MONTH + ")" + _YEAR), _date),
    (
        _rx(
            r"\b(?:the )?"
            + _ORDINAL
            + r" (?:(?P<n>"
            + EN_NUMBER
            + r") )?(?P<g>day|week|month|quarter)s? (?:of|in) (?:(?P<m>"
            + MONTH
            + ")"
            + _YEAR
            + r"|(?P<yy>20\d\d|(?:the )?(?:new|coming|next|this|last) year|the (?:old )?year))\b"
        ),
        _part_of,
    ),
    (_rx(r"\b(?:the )?(?P<o>" + "|".join(_DAY_WORDS) + ") of (?P<m>" + MONTH + ")" + _YEAR), _worded_day),
    (_rx(r"\bq(?P<q>[1-4])\b" + _YEAR), _quarter),
    (_rx(r"\b(?P<y>20\d\d)[ -]?q(?P<q>[1-4])\b"), _quarter),
    (
        _rx(
            r"\b(?:the )?(?P<q>first|opening|second|third|fourth|1st|2nd|3rd|4th|last|final|closing) quarter of (?:the year|(?P<y>20\d\d|last year|this year))"
        ),
        _quarter,
    ),
    (_rx(r"\b(?:the )?(?P<q>first|second|third|fourth|1st|2nd|3rd|4th)[ -]quarter\b" + _YEAR), _quarter),
    (_rx(r"\bquarter (?P<q>[1-4])\b" + _YEAR), _quarter),
    (_rx(r"\bh(?P<h>[12])\b" + _YEAR), _half),
    (_rx(r"\b(?P<y>20\d\d) ?h(?P<h>[12])\b"), _half),
    (
        _rx(
            r"\b(?:the )?(?P<h>first|second|1st|2nd|front|back|opening|closing|latter) half(?: of the year\b|"
            + _YEAR
            + ")"
        ),
        _half,
    ),
    (
        _rx(
            r"\b(?:in |during |for |over |of |from |since |the |last |this )(?P<s>spring|summer|autumn|fall|winter)\b(?! ?(?:seasonal|/)| (?:in|of) (?!20))"
            + _YEAR
        ),
        _season,
    ),
    (
        _rx(
            r"(?:\b(?:in|on|at|during|around|over|for|from|of|vs|and) (?:the )?(?:week of )?|(?<= to )|(?<=since )|(?<=before )|(?<=after )|(?<=through )|(?<=until )|(?<=till )|(?<=and ))(?P<h>"
            + "|".join(sorted(_HOLIDAYS, key=len, reverse=True))
            + r")(?: (?:sun)?day)?(?: week)?\b(?! seasonal)"
            + _YEAR
        ),
        _holiday,
    ),
    (
        _rx(
            r"\b(?P<h>black friday|thanksgiving|cyber monday|christmas eve|christmas day|new year's eve|new year's day"
            + r"|(?:boxing|valentine's|mother's|father's|independence|labor|memorial) day|easter sunday|easter monday|good friday|halloween)(?: week)?\b"
            + _YEAR
        ),
        _holiday,
    ),
    (
        _rx(
            r"(?:(?<= to )|(?<=till )|(?<=until )|(?<=through ))(?:the )?(?:year[- ]?end|end of (?:the )?year)\b(?! of)"
        ),
        lambda m, c: unit(date((c.as_of - timedelta(days=1)).year, 12, 31), "day"),
    ),
    (_rx(r"\b(?:the )?day before yesterday\b"), lambda m, c: unit(c.as_of, "day", -2)),
    (_rx(r"\byesterday\b"), lambda m, c: unit(c.as_of, "day", -1)),
    (_rx(r"\btoday\b"), lambda m, c: unit(c.as_of, "day")),
    (_rx(r"\btomorrow\b"), lambda m, c: unit(c.as_of, "day", 1)),
    (
        _rx(
            r"\b(?:the )?(?P<g>week|month|quarter|year) (?:(?:that(?:'s| has| is)? )?just (?:gone|past|ended|closed|finished|over)|(?:that )?(?:ended|ending) yesterday)\b"
        ),
        lambda m, c: unit(c.as_of, m["g"], -1),  # type: ignore[arg-type]
    ),
    (_rx(r"\b(?:the )?(?P<g>week|month|quarter|year) before last\b"), lambda m, c: unit(c.as_of, m["g"], -2)),  # type: ignore[arg-type]
    (
        _rx(
            r"\b(?:over |in |during )?(?:the )?(?:last|past|previous|prior|trailing|most recent|preceding|recent|final) (?P<n>"
            + EN_NUMBER
            + r") (?:full |calendar |complete )?"
            + _GRAIN
            + r"s?\b"
        ),
        _trailing,
    ),
    (_rx(r"\b(?:over |in |during |for )?the first (?P<n>" + EN_NUMBER + r") months\b(?! (?:of|in)\b)"), _first_months),
    (_rx(r"\b(?P<n>" + EN_NUMBER + r"|an?) " + _GRAIN + r"s? (?:ago|back)\b"), _ago),
    (_rx(r"\b(?P<g>y|q|m|w)td\b"), _to_date),
    (_rx(r"\b(?P<g>year|quarter|month|week)[ -]to[ -]date\b"), _to_date),
    (
        _rx(r"\bso far (?:this )?(?P<g>year|quarter|month|week)\b|\bthis (?P<g2>year|quarter|month|week) so far\b"),
        lambda m, c: _so_far(m["g"] or m["g2"], c),
    ),
    (
        _rx(r"\b(?:over |in |for |across )?(?:the )?(?:full|whole|entire) (?:calendar )?year\b(?! of)"),
        lambda m, c: _whole_year(c),
    ),
    (_rx(r"\b(?:last|past|previous) weekend\b"), _last_weekend),
    (_rx(r"\b(?:last|this past) (?P<wd>" + "|".join(_WEEKDAYS) + r")\b"), _weekday_ago),
    (_rx(r"\b(?:the )?" + _LAST + r" (?:full |calendar |complete )?" + _GRAIN + r"\b(?!s| over| on)"), _relative),
    (_rx(r"\b(?:last|this) (?P<m>" + MONTH + r")(?P<y>)"), _month),
    (_rx(r"\b(?P<m>" + MONTH + ")" + _YEAR), _month),
    (
        _rx(
            _ID_BEFORE
            + r"\b(?:the )?(?:year |full year |fy ?)?(?<![户客员店品动号])(?<!customer )(?<!household )(?<!shopper )(?<!client )(?!(?<=over )(?:19|200|20[3-9]))(?P<y>(?:19|20)\d\d)\b(?![号户]|[-/.]\d|,\d|%| ?(?:dollars|usd|units|orders|customers|households|\$))"
        ),
        lambda m, c: unit(date(int(m["y"]), 1, 1), "year"),
    ),
)
