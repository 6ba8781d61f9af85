"""Holidays of the United States and China, named in English and Chinese, with the shopping days that no law knows.

The days come from the ``holidays`` package; the Chinese names of American holidays and the days that only shops keep
(Black Friday, Singles' Day) are ours. Observed and substituted days off are told apart from the holiday itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import holidays

from db.errors import AnalysisError

Country = Literal["US", "CN"]
COUNTRIES: tuple[Country, ...] = ("US", "CN")
NEAR = 3  # days before and after a holiday within which trade bends to it: the run-up to Christmas, the day after

_US_ZH = {
    "New Year's Day": "元旦",
    "Martin Luther King Jr. Day": "马丁·路德·金纪念日",
    "Groundhog Day": "土拨鼠日",
    "Valentine's Day": "情人节",
    "Washington's Birthday": "总统日",
    "Saint Patrick's Day": "圣帕特里克节",
    "Good Friday": "耶稣受难日",
    "Easter Sunday": "复活节",
    "Mother's Day": "母亲节",
    "Memorial Day": "阵亡将士纪念日",
    "Father's Day": "父亲节",
    "Juneteenth National Independence Day": "六月节",
    "Independence Day": "美国独立日",
    "Labor Day": "美国劳动节",
    "Columbus Day": "哥伦布日",
    "Halloween": "万圣节",
    "Veterans Day": "退伍军人节",
    "Thanksgiving Day": "感恩节",
    "Christmas Eve": "平安夜",
    "Christmas Day": "圣诞节",
    "New Year's Eve": "跨年夜",
}
_OBSERVED = " (observed)"
CLOSED = ("Christmas Day",)  # shops with doors are shut, so that no figure of the day is like another's


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday's name in both languages; ``minor`` ones are kept by calendars rather than by closed shops."""

    en: str
    zh: str
    country: Country
    minor: bool = False


_MINOR = {"Groundhog Day", "Saint Patrick's Day", "Columbus Day", "Veterans Day", "Washington's Birthday"}


@lru_cache(maxsize=64)
def _year(year: int, country: Country) -> Mapping[date, Holiday]:
    if country == "US":
        return {**_american(year), **_black_friday(year)}
    return {**_chinese(year), **_shopping(year)}


def _american(year: int) -> dict[date, Holiday]:
    days = holidays.country_holidays("US", years=year, language="en_US", categories=("public", "unofficial"))
    found: dict[date, Holiday] = {}
    for day, joined in days.items():
        if day.year != year:
            continue
        names = sorted(joined.split("; "), key=lambda n: (_OBSERVED in n, n in _MINOR))
        base = names[0].removesuffix(_OBSERVED)
        zh = _US_ZH.get(base, base)
        off = names[0] != base
        minor = off or base in _MINOR
        found[day] = Holiday(names[0], f"{zh}（补休）" if off else zh, "US", minor)
    return found


def _black_friday(year: int) -> dict[date, Holiday]:
    first = date(year, 11, 1)
    thanksgiving = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return {
        thanksgiving + timedelta(days=1): Holiday("Black Friday", "黑色星期五", "US"),
        thanksgiving + timedelta(days=4): Holiday("Cyber Monday", "网络星期一", "US"),
    }


def _chinese(year: int) -> dict[date, Holiday]:
    english = holidays.country_holidays("CN", years=year, language="en_US")
    chinese = holidays.country_holidays("CN", years=year, language="zh_CN")
    found: dict[date, Holiday] = {}
    for day, en in english.items():
        if day.year != year:
            continue
        off = "Day off" in en
        zh = "调休" if off else chinese.get(day, en)
        found[day] = Holiday("a Chinese day off" if off else en, zh, "CN", off or _OBSERVED in en)
    return found


def _shopping(year: int) -> dict[date, Holiday]:
    return {
        date(year, 6, 18): Holiday("the 618 shopping festival", "618购物节", "CN"),
        date(year, 11, 11): Holiday("Singles' Day", "双十一", "CN"),
        date(year, 12, 12): Holiday("Double Twelve", "双十二", "CN"),
    }


def holiday_names(start: date, end: date, countries: Sequence[str] = COUNTRIES) -> dict[date, Holiday]:
    """The holidays of ``start <= day < end``; of two on one day the country named first counts, a minor one last.

    Raises:
        AnalysisError: a country whose calendar is not known.

    >>> holiday_names(date(2017, 11, 20), date(2017, 11, 26))[date(2017, 11, 23)].zh
    '感恩节'
    """
    found: dict[date, Holiday] = {}
    for country in countries:
        if country not in COUNTRIES:
            raise AnalysisError(f"The holidays of '{country}' are not known.", f"Known are {', '.join(COUNTRIES)}.")
        for year in range(start.year, end.year + 1):
            for day, holiday in _year(year, country).items():
                if start <= day < end and (day not in found or (found[day].minor and not holiday.minor)):
                    found[day] = holiday
    return dict(sorted(found.items()))


def nearest(day: date, countries: Sequence[str] = COUNTRIES, within: int = NEAR) -> tuple[Holiday, int] | None:
    """The holiday closest to a day and the days from it (negative before it); None where none is near.

    >>> nearest(date(2017, 12, 23), ("US",))[1]
    -1
    """
    around = holiday_names(day - timedelta(days=within), day + timedelta(days=within + 1), countries)
    if not around:
        return None
    best = min(around, key=lambda d: (around[d].minor, abs((d - day).days)))
    return around[best], (day - best).days


def features(days: Iterable[date], countries: Sequence[str] = ("US",), near: int = 2) -> dict[str, list[float]]:
    """Calendar regressors of a daily model, one list a feature, aligned with ``days``.

    Each holiday that falls into the years of the days has a column ``holiday:NAME`` that is 1 on its day, and one for
    each of the ``near`` days before and after it (``holiday:NAME-1``). Names are those of :func:`holiday_names` without
    the observed ones, so that last year's Christmas and this year's share a column.
    """
    listed = list(days)
    if not listed:
        return {}
    margin = timedelta(days=near)
    known = holiday_names(min(listed) - margin, max(listed) + margin + timedelta(days=1), countries)
    columns: dict[str, list[float]] = {}
    position = {day: index for index, day in enumerate(listed)}
    for day, holiday in known.items():
        if holiday.minor:
            continue
        for offset in range(-near, near + 1):
            index = position.get(day + timedelta(days=offset))
            if index is not None:
                name = f"holiday:{holiday.en}{f'{offset:+d}' if offset else ''}"
                columns.setdefault(name, [0.0] * len(listed))[index] = 1.0
    return columns
