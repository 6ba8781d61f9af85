"""The figures that a rule is held against: one a full day, week or month, with what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from db.errors import AnalysisError
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.schema import StoreSchema
from tools.alert_periods import a_year_before, full_periods, preceding
from tools.alert_rule import HYSTERESIS, AlertRule

if TYPE_CHECKING:
    from db.engine import Store

LEARNS = 60  # days that the detector of an anomaly only learns from: two months show the week


@dataclass(frozen=True, slots=True)
class Point:
    """One full period of a rule.

    Attributes:
        value: the figure; None where nothing is known (a ratio of nothing). before: what it is compared with.
        measure: what is held against the limit: the figure, its relative change, or the surprise of an anomaly.
        holds: the rule's condition holds. clear: it is safely not so, so that a red rule turns green.
    """

    period: Interval
    value: float | None
    before: float | None
    measure: float | None
    holds: bool
    clear: bool


def ended(store: Store, today: date | None = None) -> date:
    """The day before which days are known to be whole: the one of the newest row, or the clock where it is earlier.

    A day counts as ended when there is a row of a later one, and not by the wall clock: a load that is late must not
    look like a day without trade.
    """
    return min(today or store.as_of, store.data_end - timedelta(days=1))


def points(rule: AlertRule, store: Store, start: date, today: date, row_filters: Sequence[Filter] = ()) -> list[Point]:
    """Every full period from ``start`` on that has ended before ``today``, oldest first.

    Raises:
        QueryError: the store cannot measure this. AnalysisError: it has no days, weeks or months.
        StoreError: it cannot be read.
    """
    periods = [p for p in full_periods(start, today, rule.per) if p.start >= store.data_start]
    if not periods:
        return []
    if rule.kind == "anomaly":
        return _anomalies(rule, store, periods, tuple(row_filters))
    values = _values(rule, store, _earliest(periods[0], rule), periods[-1].end, tuple(row_filters))
    return [_point(rule, period, values) for period in periods]


def _point(rule: AlertRule, period: Interval, values: dict[date, float | None]) -> Point:
    value, before = values.get(period.start), None
    measure = value
    if rule.change != "none":
        before = values.get(_before(period, rule).start)
        measure = None if value is None or not before else (value - before) / abs(before)
    if measure is None or rule.bound is None:
        return Point(period, value, before, None, False, False)
    limit = rule.bound if rule.change == "none" or rule.above else -rule.bound
    back = limit - abs(limit) * HYSTERESIS if rule.above else limit + abs(limit) * HYSTERESIS
    holds = measure > limit if rule.above else measure < limit
    clear = measure <= back if rule.above else measure >= back
    return Point(period, value, before, measure, holds, clear)


def _before(period: Interval, rule: AlertRule) -> Interval:
    if rule.change == "year":
        return a_year_before(period, rule.per)
    if rule.change == "week":
        return Interval(start=period.start - timedelta(days=7), end=period.end - timedelta(days=7))
    return Interval(start=preceding(period.start, rule.per), end=period.start)


def _earliest(first: Interval, rule: AlertRule) -> date:
    return first.start if rule.change == "none" else _before(first, rule).start


def _values(
    rule: AlertRule, store: Store, start: date, end: date, row_filters: tuple[Filter, ...]
) -> dict[date, float | None]:
    """The figure of each period, by its first day."""
    if end <= store.data_start:
        return {}
    split = time_split(store.schema, rule.per)
    query = SemanticQuery(
        metrics=(str(rule.metric),),
        group_by=(split,),
        filters=rule.filters,
        time=Interval(start=max(start, store.data_start), end=end),
    )
    rows = store.run(query, row_filters, row_cap=20_000).rows
    found = {_first_day(str(row[0])): None if row[1] is None else float(row[1]) for row in rows}
    return {day: value for day, value in found.items() if day >= store.data_start}  # a first week may be half a one


def _first_day(key: str) -> date:
    """A key of a time split: a day, a week by its Monday, or a month."""
    return date.fromisoformat(key[:10] if len(key) >= 10 else f"{key[:7]}-01")


def time_split(schema: StoreSchema, per: str) -> str:
    """The dimension of days, weeks or months.

    Raises:
        AnalysisError: the store has none.
    """
    found = next((d.name for d in schema.dimensions.values() if d.grain == per), None)
    if found is None:
        raise AnalysisError(f"This store has no {per}s to look at.", "Declare a time dimension in its YAML.")
    return found


def _anomalies(
    rule: AlertRule, store: Store, periods: Sequence[Interval], row_filters: tuple[Filter, ...]
) -> list[Point]:
    """Days against their own season; the detector starts at the store's first day: a restart changes nothing."""
    from models.timeseries.detectors import OnlineDetector

    if rule.per != "day":
        raise AnalysisError("What is unusual is told by the day.", "Leave out the week or month.")
    values = _values(rule, store, store.data_start, periods[-1].end, row_filters)
    detector, wanted, found = OnlineDetector(LEARNS), {p.start: p for p in periods}, []
    for day in sorted(values):
        score = detector.update(datetime(day.year, day.month, day.day), values[day])
        if day in wanted:
            alarm = score.alarm
            found.append(Point(wanted[day], values[day], round(score.expected, 4), score.value, alarm, not alarm))
    return found
