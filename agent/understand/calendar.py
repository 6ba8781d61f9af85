"""Calendar arithmetic on half-open intervals; the shop's clock is ``as_of``. Weeks are ISO, Monday first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from db.errors import QuestionError
from db.semantic.query import Grain, Interval

PeriodGrain = Grain | Literal["half", "range"]

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """An interval with the grain that the words named; ``range`` when they named none."""

    interval: Interval
    grain: PeriodGrain = "range"

    @property
    def start(self) -> date:
        """First day."""
        return self.interval.start

    @property
    def end(self) -> date:
        """Day after the last."""
        return self.interval.end


def day(year: int, month: int, number: int) -> date:
    """A date, or a plain sentence when the calendar has no such day."""
    try:
        return date(year, month, number)
    except ValueError as error:
        raise QuestionError(
            f"The calendar has no day {number} of month {month}" + (f" in {year}." if year != 2000 else "."),
            "Check the date and ask again.",
        ) from error


def add_months(first: date, months: int) -> date:
    """The same day ``months`` later, clipped to the month's last day."""
    index = first.year * 12 + first.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9998:
        raise QuestionError("That date is outside the calendar.", "Ask about a period that the data covers.")
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(first.day, last))


def floor(moment: date, grain: PeriodGrain) -> date:
    """First day of the grain unit that holds ``moment``."""
    if grain == "week":
        return moment - timedelta(days=moment.weekday())
    if grain in _MONTHS:
        size = _MONTHS[grain]
        return date(moment.year, (moment.month - 1) // size * size + 1, 1)
    return moment


def shift(moment: date, grain: PeriodGrain, count: int) -> date:
    """``moment`` moved by ``count`` units."""
    if grain in _MONTHS:
        return add_months(moment, _MONTHS[grain] * count)
    return moment + timedelta(days=count * (7 if grain == "week" else 1))


def unit(moment: date, grain: PeriodGrain, offset: int = 0) -> Period:
    """The full unit that holds ``moment``, moved by ``offset`` units."""
    start = shift(floor(moment, grain), grain, offset)
    return Period(Interval(start=start, end=shift(start, grain, 1)), grain)


def span(start: date, end: date, grain: PeriodGrain = "range") -> Period:
    """A period from ``start`` up to, and not with, ``end``."""
    if end < start:
        raise QuestionError(f"The period ends ({end}) before it starts ({start}).", "Turn the two dates round.")
    return Period(Interval(start=start, end=end), grain)


def trailing(as_of: date, grain: PeriodGrain, count: int) -> Period:
    """The last ``count`` units before ``as_of``: days up to as_of; full weeks, months, quarters, years otherwise."""
    end = floor(as_of, grain)
    start = shift(end, grain, -count)
    return Period(Interval(start=start, end=end), grain if count == 1 else "range")


def whole_weeks(interval: Interval) -> Interval:
    """The full ISO weeks inside an interval; the interval itself where it holds none."""
    start = interval.start + timedelta(days=-interval.start.weekday() % 7)
    end = interval.end - timedelta(days=interval.end.weekday())
    return Interval(start=start, end=end) if start < end else interval


def previous(period: Period) -> Period:
    """The period before, of the same length; for calendar units the unit before."""
    interval, grain = period.interval, period.grain
    if grain in _MONTHS or grain == "week":
        months_long = unit(interval.start, grain)
        if months_long.interval == interval:
            return unit(interval.start, grain, -1)
    months = _whole_months(interval)
    if months:
        return Period(Interval(start=add_months(interval.start, -months), end=interval.start), grain)
    return Period(Interval(start=interval.start - timedelta(days=interval.days), end=interval.start), grain)


def year_earlier(period: Period) -> Period:
    """The same period a year earlier; ISO weeks move by 52 weeks so that weekdays match."""
    interval = period.interval
    if period.grain == "week":
        back = timedelta(weeks=52)
        return Period(Interval(start=interval.start - back, end=interval.end - back), "week")
    return Period(Interval(start=add_months(interval.start, -12), end=add_months(interval.end, -12)), period.grain)


def _whole_months(interval: Interval) -> int:
    if interval.start.day != 1 or interval.end.day != 1:
        return 0
    return (interval.end.year - interval.start.year) * 12 + interval.end.month - interval.start.month
