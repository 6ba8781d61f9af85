"""The two periods of an explanation, and how they are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from db.errors import AnalysisError
from db.semantic import calendar
from db.semantic.query import Interval
from db.semantic.schema import Text
from tools import format as fmt

_BEFORE = {
    "day": Text(en="the day before", zh="前一天"),
    "week": Text(en="the week before", zh="前一周"),
    "month": Text(en="the month before", zh="上个月"),
    "quarter": Text(en="the quarter before", zh="上一季度"),
    "year": Text(en="the year before", zh="上一年"),
}


@dataclass(frozen=True, slots=True)
class Periods:
    """The period explained and its baseline, both within the data.

    ``cut``: the period as it was asked for, where only a part of it has data.
    """

    time: Interval
    compare: Interval
    cut: Interval | None = None

    @property
    def adjacent(self) -> bool:
        """Whether the baseline is the period of the same kind just before."""
        return self.compare == earlier(self.time)

    @property
    def baseline(self) -> Text:
        """The baseline in words: "the week before", or its own name."""
        grain = grain_of(self.time)
        if self.adjacent and grain in ("day", "week"):
            return _BEFORE[grain]
        return fmt.period(self.compare)


def resolve(time: Interval | None, compare: Interval | None, data: Interval, today: date) -> Periods:
    """The periods that are meant, cut to the days that have data.

    Args:
        time: without it, the last full week before ``today``. compare: without it, the period of the same kind before.
        data: the days that the store holds.

    Raises:
        AnalysisError: there is no data for one of the two, or they are the same.
    """
    end = min(data.end, today)
    monday = calendar.bucket_start(today, "week")
    asked = time or Interval(start=monday - timedelta(days=7), end=monday)
    before = compare or earlier(asked)
    known = Interval(start=data.start, end=max(end, data.start))
    now = _within(asked, known)
    if now != asked and now.start == asked.start and before.days == asked.days:
        before = Interval(start=before.start, end=before.start + timedelta(days=now.days))  # like with like
    for period in (asked, before):
        if not _within(period, known).days:
            last = known.end - timedelta(days=1)
            raise AnalysisError(
                f"There is no data for {fmt.period(period).en}: the store's data runs from {known.start} to {last}.",
                "Ask about a period inside it.",
            )
    before = _within(before, known)
    if now == before:
        raise AnalysisError("The two periods are the same, so nothing changed between them.", "Name two periods.")
    return Periods(now, before, asked if now != asked else None)


def grain_of(period: Interval) -> str | None:
    """day, week, month, quarter or year where the period is exactly one; None for any other length."""
    for grain in ("day", "week", "month", "quarter", "year"):
        start = calendar.bucket_start(period.start, grain)
        if start == period.start and calendar.shift(start, grain, 1) == period.end:
            return grain
    return None


def earlier(period: Interval, steps: int = 1) -> Interval:
    """The period of the same kind so many steps before.

    >>> earlier(Interval(start=date(2017, 3, 1), end=date(2017, 4, 1))).start
    datetime.date(2017, 2, 1)
    """
    grain = grain_of(period)
    if grain is not None:
        start = calendar.shift(period.start, grain, -steps)
        return Interval(start=start, end=calendar.shift(start, grain, 1))
    back = timedelta(days=period.days * steps)
    return Interval(start=period.start - back, end=period.end - back)


def past_pairs(periods: Periods, first: date, most: int) -> list[tuple[Interval, Interval]]:
    """Earlier (period, baseline) pairs like this one, latest first, as far as the data reaches back.

    Single days step by a week, so that a Saturday is held against Fridays.
    """
    found = []
    day = grain_of(periods.time) == "day"
    for step in range(1, most + 1):
        pair = tuple(_back(p, 7 * step) if day else earlier(p, step) for p in (periods.time, periods.compare))
        if pair[1].start < first:
            break
        found.append((pair[0], pair[1]))
    return found


def _back(period: Interval, days: int) -> Interval:
    return Interval(start=period.start - timedelta(days=days), end=period.end - timedelta(days=days))


def _within(period: Interval, known: Interval) -> Interval:
    start = min(max(period.start, known.start), known.end)
    return Interval(start=start, end=max(start, min(period.end, known.end)))
