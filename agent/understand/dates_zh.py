"""Chinese date expressions: each rule is a pattern and what it means on the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from agent.understand.calendar import Period, PeriodGrain, add_months, day, floor, shift, span, trailing, unit
from agent.understand.dates_en import Clock, Rule, coming, iso_week, nth_weekday, rest_of, trailing_hours, year_ahead
from agent.understand.text import ZH_NUMBER, parse_number

_N = ZH_NUMBER
_YEAR = r"(?:(?P<y>\d{4}年?(?![号户])|去年|今年|前年)的?)?"
_MONTH = r"(?P<m>\d{1,2}|十[一二]?|[一二三四五六七八九])月份?"
_GRAINS: dict[str, PeriodGrain] = {
    "天": "day",
    "日": "day",
    "周": "week",
    "星期": "week",
    "礼拜": "week",
    "月": "month",
    "季": "quarter",
    "季度": "quarter",
    "年": "year",
}
_WEEKDAYS = "一二三四五六日天"


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _number(words: str) -> int:
    return parse_number(words) or 0


def _month(m: re.Match[str], clock: Clock) -> Period:
    number = _number(m["m"])
    day(2000, number, 1)  # 十三月 is refused in words
    return unit(date(clock.year_of(m["y"], clock.latest_month(number)), number, 1), "month")


def _date(m: re.Match[str], clock: Clock) -> Period:
    month, number = _number(m["m"]), _number(m["d"])
    moment = day(clock.year_of(m["y"], clock.latest_day(month, number)), month, number)
    return unit(moment, "week" if m["w"] else "day")


def _days_of_month(m: re.Match[str], clock: Clock) -> Period:
    month, first, last = _number(m["m"]), _number(m["d"]), _number(m["d2"])
    year = clock.year_of(m["y"], clock.latest_day(month, first))
    return span(day(year, month, first), day(year, month, last) + timedelta(days=1))


def _month_range(m: re.Match[str], clock: Clock) -> Period:
    first, last = _number(m["m"]), _number(m["m2"])
    year = clock.year_of(m["y"], clock.latest_month(last))
    start = day(year if first <= last else year - 1, first, 1)
    return span(start, add_months(day(year, last, 1), 1))


def _ten_days(m: re.Match[str], clock: Clock) -> Period:
    """上旬、中旬、下旬: the ten-day thirds of a month."""
    month = _month(m, clock)
    first = {"上": 0, "中": 10, "下": 20}[m["t"]]
    start = month.start + timedelta(days=first)
    return span(start, month.end if m["t"] == "下" else start + timedelta(days=10))


def _quarter(m: re.Match[str], clock: Clock) -> Period:
    number = _number(m["q"])
    first = number * 3 - 2
    day(2000, first, 1)
    return unit(date(clock.year_of(m["y"], clock.latest_month(first)), first, 1), "quarter")


def _half(m: re.Match[str], clock: Clock) -> Period:
    first = 1 if m["h"] == "上" else 7
    return unit(date(clock.year_of(m["y"], clock.latest_month(first)), first, 1), "half")


def _week(m: re.Match[str], clock: Clock) -> Period:
    week, year = _number(m["w"]), clock.year_of(m["y"], 0)
    if not year:
        this = clock.as_of.isocalendar()
        year = this.year if week < this.week else this.year - 1
    return unit(iso_week(year, week), "week")


def _back(m: re.Match[str], clock: Clock) -> Period:
    """上周、上上个月、去年…"""
    return unit(clock.as_of, _GRAINS[m["g"]], -len(m["u"]))


def _just_over(m: re.Match[str], clock: Clock) -> Period:
    """刚过去的这个季度."""
    return unit(clock.as_of, _GRAINS[m["g"]], -1)


def _this(m: re.Match[str], clock: Clock) -> Period:
    grain = _GRAINS[m["g"]]
    return unit(clock.as_of, grain) if clock.ahead else span(floor(clock.as_of, grain), clock.as_of, grain)


def _trailing(m: re.Match[str], clock: Clock) -> Period:
    if m["half"]:
        return span(add_months(clock.as_of, -6), clock.as_of)
    grain, count = _GRAINS[m["g"]], _number(m["n"])
    if grain in {"month", "quarter", "year"} and count == 1:  # 最近一个月: the month up to today
        return span(shift(clock.as_of, grain, -1), clock.as_of)
    if grain == "week" and count == 1:
        return trailing(clock.as_of, "day", 7)
    return trailing(clock.as_of, grain, count)


def _ago(m: re.Match[str], clock: Clock) -> Period:
    return unit(clock.as_of, _GRAINS[m["g"] or m["g2"]], -_number(m["n"]))


def _weekend(m: re.Match[str], clock: Clock) -> Period:
    week = unit(clock.as_of, "week", -len(m["u"]))
    return span(week.start + timedelta(days=5), week.end)


_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12}


def _half_month(m: re.Match[str], clock: Clock) -> Period:
    """The first half of a month is its first fifteen days."""
    month = _month(m, clock)
    middle = month.start + timedelta(days=15)
    return span(month.start, middle) if m["h"] == "上" else span(middle, month.end)


def _season(m: re.Match[str], clock: Clock) -> Period:
    month = _SEASONS[m["s"]]
    start = date(clock.year_of(m["y"], clock.latest_month(month)), month, 1)
    return span(start, add_months(start, 3))


_HOLIDAYS: dict[str, Callable[[int], date]] = {
    "圣诞节": lambda y: date(y, 12, 25),
    "圣诞(?![树老糖帽礼装主季卡])": lambda y: date(y, 12, 25),
    "跨年夜": lambda y: date(y, 12, 31),
    "平安夜": lambda y: date(y, 12, 24),
    "元旦": lambda y: date(y, 1, 1),
    "情人节当天": lambda y: date(y, 2, 14),
    "万圣节当天": lambda y: date(y, 10, 31),
    "独立日": lambda y: date(y, 7, 4),
    "感恩节": lambda y: nth_weekday(y, 11, 3, 4),
    "双十一": lambda y: date(y, 11, 11),
    "双11": lambda y: date(y, 11, 11),
    "黑色星期五": lambda y: nth_weekday(y, 11, 3, 4) + timedelta(days=1),
    "黑五": lambda y: nth_weekday(y, 11, 3, 4) + timedelta(days=1),
}


def _holiday(m: re.Match[str], clock: Clock) -> Period:
    rule, year = next(rule for name, rule in _HOLIDAYS.items() if name.startswith(m["h"])), clock.year_of(m["y"], 0)
    moment = rule(year or clock.as_of.year)
    if not year and moment >= clock.as_of and not clock.ahead:
        moment = rule(clock.as_of.year - 1)
    if not year and moment < clock.as_of and clock.ahead:
        moment = rule(clock.as_of.year + 1)
    return unit(moment, "week" if m["w"] else "day")


_FEASTS = {  # by the names of the library of public holidays, which knows the Chinese calendar
    "春节": "Spring Festival",
    "清明": "Tomb-Sweeping",
    "五一": "Labor Day",
    "端午": "Dragon Boat",
    "中秋": "Mid-Autumn",
}


def _feast(m: re.Match[str], clock: Clock) -> Period | None:
    """中秋节, 春节期间: the day, the days that it lasts, or its week; the last one without a year, or the next."""
    said = clock.year_of(m["y"], 0)
    for year in (said,) if said else (clock.as_of.year, clock.as_of.year - 1, clock.as_of.year + 1):
        days = _feast_days(m["h"], year)
        if days and (said or (days[0] >= clock.as_of) == bool(clock.ahead)):
            whole = span(days[0], days[-1] + timedelta(days=1))
            return whole if m["all"] else unit(days[0], "week" if m["w"] else "day")
    return None


@cache
def _feast_days(name: str, year: int) -> tuple[date, ...]:
    from holidays import country_holidays

    known = country_holidays("CN", years=year, language="en_US")
    return tuple(sorted(day for day, words in known.items() if _FEASTS[name] in words))


def _national_week(m: re.Match[str], clock: Clock) -> Period:
    start = date(clock.year_of(m["y"], clock.latest_day(10, 1)), 10, 1)
    return span(start, start + timedelta(days=7))


def _nth_week_of_month(m: re.Match[str], clock: Clock) -> Period:
    month, words = _month(m, clock), m["o"]
    if words.startswith("最后"):
        return span(month.end - timedelta(days=7), month.end)
    start = month.start + timedelta(days=7 * (_number(words.lstrip("第")) - 1))
    return span(start, min(start + timedelta(days=7), month.end))


def _two_days(m: re.Match[str], clock: Clock) -> Period | None:
    """7月3号4号: two days that follow one another."""
    return _days_of_month(m, clock) if _number(m["d2"]) == _number(m["d"]) + 1 else None


def _end_days_of_month(m: re.Match[str], clock: Clock) -> Period:
    month, count = _month(m, clock), timedelta(days=_number(m["n"]))
    return span(month.start, month.start + count) if m["o"] in "前头" else span(month.end - count, month.end)


def _first_quarters(m: re.Match[str], clock: Clock) -> Period:
    """前三季度: from the start of the year."""
    start = date(clock.year_of(m["y"], clock.latest_month(_number(m["n"]) * 3)), 1, 1)
    return span(start, add_months(start, 3 * _number(m["n"])))


def _end_of_year(m: re.Match[str], clock: Clock) -> Period:
    """2017年最后一个季度, 去年头两周: so many units at either end of a year."""
    start = date(clock.year_of(m["y"], clock.as_of.year), 1, 1)
    count, grain, after = _number(m["n"]), _GRAINS[m["g"]], add_months(start, 12)
    return span(start, shift(start, grain, count)) if m["o"] in "头前" else span(shift(after, grain, -count), after)


def _first_months(m: re.Match[str], clock: Clock) -> Period:
    year = year_ahead(m["y"], clock) if "新" in m["y"] else clock.year_of(m["y"], clock.as_of.year)
    return span(date(year, 1, 1), add_months(date(year, 1, 1), _number(m["n"])))


def _quarter_either(m: re.Match[str], clock: Clock) -> Period:
    first = _number(m["q"] or m["q2"]) * 3 - 2
    return unit(date(clock.year_of(m["y"], clock.latest_month(first)), first, 1), "quarter")


def _weekday_of(m: re.Match[str], clock: Clock) -> Period:
    index = min(_WEEKDAYS.index(m["wd"]), 6)
    back = len(m["u"]) if m["u"].startswith("上") else 0
    week = unit(clock.as_of, "week", -back)
    return unit(week.start + timedelta(days=index), "day")


def _next_weekday(m: re.Match[str], clock: Clock) -> Period:
    week = unit(clock.as_of, "week", 1)
    return unit(week.start + timedelta(days=min(_WEEKDAYS.index(m["wd"]), 6)), "day")


def _coming_weekend(m: re.Match[str], clock: Clock) -> Period | None:
    """下周末; a bare 周末 names a kind of day unless the question looks ahead."""
    if not m["u"] and not clock.ahead:
        return None
    week = unit(clock.as_of, "week", len(m["u"]))
    return span(week.start + timedelta(days=5), week.end)


def _days_of_named_month(m: re.Match[str], clock: Clock) -> Period | None:
    """12月上旬……1号到15号: days of the one month that stands elsewhere in the text."""
    named = {_number(found["m"]) for found in re.finditer(_MONTH, m.string)}
    if len(named) != 1:
        return None
    (month,), first, last = named, _number(m["d"]), _number(m["d2"])
    year = clock.latest_day(month, first)
    return span(day(year, month, first), day(year, month, last) + timedelta(days=1))


def _day_of_named_month(m: re.Match[str], clock: Clock) -> Period | None:
    """11月24号跟17号那天比: a day of the one month that stands elsewhere in the text."""
    named = {_number(found["m"]) for found in re.finditer(_MONTH, m.string)}
    if len(named) != 1 or not 1 <= _number(m["d"]) <= 31:
        return None
    (month,), number = named, _number(m["d"])
    return unit(day(clock.latest_day(month, number), month, number), "day")


RANGES = (_month_range, _days_of_month)

RULES: tuple[Rule, ...] = (
    (
        _rx(rf"(?:未来|接下来|今后|往后|之后|后面?)的?(?P<n>{_N})个?(?P<g>天|日|周|星期|礼拜|月|季度|季|年)"),
        lambda m, c: coming(c, _number(m["n"]), _GRAINS[m["g"]]),
    ),
    (
        _rx(
            r"(?:本|这个?|今)?(?P<g>周|星期|月|季度|年)(?:底|末)?(?:剩余|剩下)的?(?:时间|日子|天数)?|(?<![\d一二三四五六七八九十])到?(?:本|这个|今)?(?P<g2>月|季|年)(?:底|末)(?:前|之前)?"
        ),
        lambda m, c: rest_of(c, _GRAINS[m["g"] or m["g2"]]),
    ),
    (_rx(rf"(?:最近|过去|近)(?P<n>{_N})个?小时"), trailing_hours),
    (_rx(_YEAR + _MONTH + rf"[^\d(]{{0,8}}\((?P<d>{_N})[日号]?(?:到|至|-|~)(?P<d2>{_N})[日号]\)"), _days_of_month),
    (
        _rx(_YEAR + _MONTH + r"的?(?P<o>第[一二三四]|最后一?)个?(?:周|星期)(?![一二三四五六日天末])"),
        _nth_week_of_month,
    ),
    (_rx(_YEAR + _MONTH + rf"的?(?P<o>[前头]|最后)(?P<n>{_N})天"), _end_days_of_month),
    (_rx(_YEAR + _MONTH + rf"(?P<d>{_N})(?:[日号][、和跟]?|[、和跟])(?P<d2>{_N})[日号](?:这?两天)?"), _two_days),
    (_rx(_YEAR + _MONTH + rf"(?P<d>{_N})[日号]?(?:到|至|-|~)(?P<d2>{_N})[日号]"), _days_of_month),
    (_rx(rf"(?<!月)(?<!\d)(?P<d>{_N})[日号](?:到|至|-|~)(?P<d2>{_N})[日号]"), _days_of_named_month),
    (
        _rx(
            rf"(?<=[跟和与比到])(?P<d>{_N})[日号](?:(?:那个?)?(?:周|星期)[一二三四五六日天]|(?=那一?[天个]|当天|这一?天|比|相比|的|,))"
        ),
        _day_of_named_month,
    ),
    (_rx(_YEAR + r"(?P<m>\d{1,2})[、和](?P<m2>\d{1,2})(?:两个)?月份?"), _month_range),
    (
        _rx(
            _YEAR
            + _MONTH
            + rf"(?!\d{{3}})(?P<d>{_N})[日号](?!门?店|商店|家|厂|制造商|供应商|顾客|客户|会员|用户|商品|单品)(?P<w>(?:那|这|当|所在的?)一?个?(?:周|星期))?"
        ),
        _date,
    ),
    (_rx(_YEAR + _MONTH + rf"(?P<d>{_N})[日号](?:那天)?的?(?:美国)?(?P<w>)(?:国庆|独立)[节日]?(?:当天|那天)?"), _date),
    (_rx(_YEAR + _MONTH + r"(?P<t>[上中下])旬"), _ten_days),
    (_rx(_YEAR + _MONTH + r"的?(?P<h>[上下])半月"), _half_month),
    (_rx(_YEAR + r"[前头](?P<n>[一二两三123])个?季度"), _first_quarters),
    (
        _rx(rf"(?P<y>\d{{4}}年?|去年|今年|前年)的?(?P<o>最后|[头前])(?P<n>{_N})个?(?P<g>天|周|星期|礼拜|月|季度)"),
        _end_of_year,
    ),
    (
        _rx(
            r"(?P<y>\d{4}年?|去年|今年|前年|新年|新的一年)的?[前头](?P<n>\d{1,2}|十[一二]?|[一二两三四五六七八九])个月"
        ),
        _first_months,
    ),
    (
        _rx(
            _YEAR
            + r"(?P<m>\d{1,2}|十[一二]?|[一二三四五六七八九])月?份?(?:到|至|-|~)(?P<m2>\d{1,2}|十[一二]?|[一二三四五六七八九])月份?(?!\d|[一二三四五六七八九十](?![共起直样律般并概整]))[底末]?"
        ),
        _month_range,
    ),
    (_rx(_YEAR + _MONTH), _month),
    (_rx(_YEAR + r"(?:第(?P<q>[一二三四1-4])个?季度?|q(?P<q2>[1-4])(?!\d))"), _quarter_either),
    (_rx(_YEAR + r"(?<!同)(?P<q>[一二三四1-4])季度"), _quarter),
    (_rx(_YEAR + r"(?P<h>[上下])半年"), _half),
    (_rx(_YEAR + r"第(?P<w>\d{1,2}|[一二三四五六七八九十]{2,3})(?:周|个?星期)"), _week),
    (_rx(r"(?P<y>\d{4})年第?(?P<w>\d{1,2})周"), _week),
    (_rx(r"(?P<u>上+)(?:一?个)?周末"), _weekend),
    (_rx(r"(?P<u>上+|这|本)个?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])(?![共气])"), _weekday_of),
    (_rx(r"(?P<u>上+)(?:一?个|一)?(?P<g>周|星期|礼拜|月|季度|季)(?!末)份?(?!同期)"), _back),
    (_rx(r"刚刚?(?:过去|结束|过完|走完)的?(?:这|那)?(?:一?个)?(?P<g>周|星期|礼拜|月|季度|季)"), _just_over),
    (_rx(r"(?:这|本|当)(?:一?个)?(?P<g>周|星期|礼拜|月|季度|季|年)(?!末)(?:以来|至今)?"), _this),
    (
        _rx(
            rf"(?:最近|过去|近|(?<![节诞日夜天旦五周月号年])前|之前|往前)(?:的|这)?(?:(?P<n>{_N})个?(?P<g>天|日|周|星期|礼拜|月|季度|季|年)(?!龄)|(?P<half>半年))(?!以?前的)"
        ),
        _trailing,
    ),
    (
        _rx(rf"(?P<n>{_N})(?:个(?P<g>月|季度|星期|礼拜)|(?P<g2>天|日|周|年))(?:之前|以前|前)(?!的?(?:{_N})?[名个大])"),
        _ago,
    ),
    (_rx(r"大前天"), lambda m, c: unit(c.as_of, "day", -3)),
    (_rx(r"前天"), lambda m, c: unit(c.as_of, "day", -2)),
    (_rx(r"昨[天日]"), lambda m, c: unit(c.as_of, "day", -1)),
    (_rx(r"今[天日]"), lambda m, c: unit(c.as_of, "day")),
    (_rx(r"明天"), lambda m, c: unit(c.as_of, "day", 1)),
    (_rx(r"后天"), lambda m, c: unit(c.as_of, "day", 2)),
    (_rx(r"下(?:一?个)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])(?![共气])"), _next_weekday),
    # 一月的周末 are all of them, and no coming one
    (_rx(r"(?<![月年季]的)(?<![月年季每])(?P<u>下*)(?:一?个)?(?:这个?|本)?周末"), _coming_weekend),
    (_rx(r"下(?:一?个)?(?P<g>周|星期|礼拜|月|季度|季)(?!末)"), lambda m, c: unit(c.as_of, _GRAINS[m["g"]], 1)),
    (_rx(r"明年"), lambda m, c: unit(c.as_of, "year", 1)),
    (_rx(r"(?<=[到至])年[底末]"), lambda m, c: unit(date((c.as_of - timedelta(days=1)).year, 12, 31), "day")),
    (_rx(r"年初(?=到|至)(?!到现在|至今)"), lambda m, c: unit(floor(c.as_of, "year"), "day")),
    (_rx(r"年初至今|年初到现在|今年以来|今年至今"), lambda m, c: span(floor(c.as_of, "year"), c.as_of, "year")),
    (_rx(_YEAR + r"(?P<s>[春夏秋冬])[天季]"), _season),
    (
        _rx(
            _YEAR
            + f"(?P<h>{'|'.join(_FEASTS)})节?(?:(?P<all>期间|假期|小长假|长假|黄金周)|(?:当天|那天|当日)?(?P<w>那?一?周)?)(?!路)"
        ),
        _feast,
    ),
    (_rx(_YEAR + "国庆(?:节|假期|黄金周|期间|长假)*"), _national_week),
    (_rx(_YEAR + "(?P<h>" + "|".join(_HOLIDAYS) + r")(?:当天|那天)?(?P<w>那?一?周)?"), _holiday),
    (_rx(r"上一?年(?!同期)|去年(?!同期|同月|同季)(?:全年|一整年)?"), lambda m, c: unit(c.as_of, "year", -1)),
    (_rx(r"(?<![年度去今前])(?:全年|整年|一整年)"), lambda m, c: unit(c.as_of - timedelta(days=1), "year")),
    (_rx(r"前年"), lambda m, c: unit(c.as_of, "year", -2)),
    (_rx(r"今年"), lambda m, c: span(floor(c.as_of, "year"), c.as_of, "year")),
    (_rx(r"(?<!\d)(?P<y>(?:19|20)\d\d)年(?:度|全年)?"), lambda m, c: unit(date(int(m["y"]), 1, 1), "year")),
)
