"""The full days, weeks and months that a rule is held against."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from db.semantic.query import Interval
from tools.alert_rule import Per


def floor(day: date, per: Per) -> date:
    """The start of the day, week (Monday first) or month that a day lies in."""
    if per == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per == "month" else day


def following(start: date, per: Per) -> date:
    """The start of the period behind the one that begins at ``start``."""
    if per == "month":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=7 if per == "week" else 1)


def preceding(start: date, per: Per) -> date:
    """The start of the period before the one that begins at ``start``."""
    return floor(start - timedelta(days=1), per)


def begins_at(today: date, per: Per) -> date:
    """The start of the last full period before ``today``: where a new rule begins to look."""
    return preceding(floor(today, per), per)


def full_periods(start: date, today: date, per: Per) -> Iterator[Interval]:
    """The periods from ``start`` on that have ended before ``today``.

    >>> [str(p.start) for p in full_periods(date(2017, 12, 11), date(2018, 1, 1), "week")]
    ['2017-12-11', '2017-12-18', '2017-12-25']
    """
    begin = floor(start, per)
    while (end := following(begin, per)) <= today:
        yield Interval(start=begin, end=end)
        begin = end


def a_year_before(period: Interval, per: Per) -> Interval:
    """The same period a year earlier: 52 weeks, so that weekdays agree, or twelve months."""
    if per == "month":
        start = period.start.replace(year=period.start.year - 1)
        return Interval(start=start, end=following(start, per))
    return Interval(start=period.start - timedelta(days=364), end=period.end - timedelta(days=364))
