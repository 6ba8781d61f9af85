"""From days that are off to things worth telling: runs of days merged, level shifts, days without trade, holidays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from models.timeseries.anomaly_baseline import LIMIT, Baseline, Series, holiday_of
from models.timeseries.calendars import CLOSED, Holiday

Kind = Literal["spike", "dip", "high_run", "low_run", "missing", "shift"]
SLIGHT = 1.0  # standard deviations: neighbours that lean the same way belong to one event
TOGETHER = 5.5  # of a run whose days are each within their range: sum of z over the root of their number
RUN = 3  # days from which they may count together
LARGE_STEP = 0.1  # a level shift of less than a tenth is not told


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is off.

    Attributes:
        first, last: days, both inclusive (of a shift: the first day or week of the new level).
        actual, expected: of a sum, over all its days; of others, on average. Of a shift: the level after and before.
        low, high: the usual range of a single row; None of several. rows: how many rows it spans.
        severity: standard deviations, the largest single one or all together.
        holiday: one that it falls on or beside, and the days from it (negative before it; 0 for one within the event).
        excused: the holiday explains it.
    """

    kind: Kind
    first: date
    last: date
    rows: int
    actual: float
    expected: float
    low: float | None
    high: float | None
    severity: float
    holiday: tuple[Holiday, int] | None = None
    excused: bool = False

    @property
    def off(self) -> float:
        """By what part of what was expected the value differs."""
        return self.actual / self.expected - 1 if abs(self.expected) > 1e-12 else math.inf

    @property
    def above(self) -> bool:
        """Whether it lies above what was expected."""
        return self.actual > self.expected


def events(
    series: Series, base: Baseline, start: date, end: date, countries: Sequence[str], failures: bool = False
) -> tuple[Event, ...]:
    """What is off in ``start <= day < end``: unexplained first, the gravest first.

    Args:
        countries: whose holidays are told. failures: of what should be low on any day, which only a closed day excuses;
            neither does a holiday excuse a whole week.
    """
    inside = [row for row, day in enumerate(series.days) if day + timedelta(days=series.step) > start and day < end]
    steps = [_shift(series, step.row) for step in base.steps if step.row in inside]
    shifts = [event for event in steps if event is not None]
    taken = {row for row in inside if _is_absent(series, base, row)}
    absent = [_absent(series, base, row, countries) for row in sorted(taken)]
    runs = [
        _event(series, base, run, countries)
        for run in _runs(base, [row for row in inside if row not in taken and not np.isnan(series.values[row])])
    ]
    told = [replace(e, excused=_excused(e, failures or series.step > 1)) for e in (*shifts, *absent, *runs)]
    return tuple(sorted(told, key=lambda e: (e.excused, -e.severity, e.first)))


def _excused(event: Event, only_closed: bool) -> bool:
    if event.holiday is None:
        return False
    holiday, offset = event.holiday
    return not only_closed or (holiday.en in CLOSED and offset == 0)


def _is_absent(series: Series, base: Baseline, row: int) -> bool:
    """Nothing at all where something always is: a closed day, or rows that were not delivered."""
    if series.weights is not None:
        return False
    value = series.values[row]
    return bool(np.isnan(value) or (value == 0 and base.low[row] > 0 and abs(base.z[row]) >= LIMIT))


def _absent(series: Series, base: Baseline, row: int, countries: Sequence[str]) -> Event:
    day = series.days[row]
    holiday = holiday_of(day, series.step, countries, 1)
    return Event(
        "missing",
        day,
        day + timedelta(days=series.step - 1),
        1,
        0.0,
        float(base.expected[row]),
        float(base.low[row]),
        float(base.high[row]),
        max(abs(float(base.z[row])), LIMIT),
        holiday,
    )


def _runs(base: Baseline, rows: Sequence[int]) -> list[list[int]]:
    """Stretches of neighbouring rows that lean the same way and are off, one by one or together."""
    stretches: list[list[int]] = []
    for row in rows:
        z = base.z[row]
        if abs(z) < SLIGHT:
            continue
        last = stretches[-1] if stretches else None
        if last and last[-1] == row - 1 and base.z[last[-1]] * z > 0:
            last.append(row)
        else:
            stretches.append([row])
    return [trimmed for stretch in stretches if (trimmed := _trimmed(base, stretch))]


def _trimmed(base: Baseline, stretch: list[int]) -> list[int]:
    z = np.abs(base.z[stretch])
    if len(stretch) >= RUN and _together(z) >= TOGETHER:
        return stretch
    beyond = np.flatnonzero(z >= LIMIT)
    return stretch[int(beyond[0]) : int(beyond[-1]) + 1] if len(beyond) else []


def _together(z: np.ndarray) -> float:
    return float(z.sum() / np.sqrt(len(z)))


def _event(series: Series, base: Baseline, run: list[int], countries: Sequence[str]) -> Event:
    values, expected = series.values[run], base.expected[run]
    if series.weights is not None:
        weights = np.maximum(series.weights[run], 1e-12)
        actual, usual = np.average(values, weights=weights), np.average(expected, weights=weights)
    elif series.averages:
        actual, usual = values.mean(), expected.mean()
    else:
        actual, usual = values.sum(), expected.sum()
    z = np.abs(base.z[run])
    peak, single = run[int(np.argmax(z))], len(run) == 1
    up = base.z[peak] > 0
    kind: Kind = ("spike" if up else "dip") if single else ("high_run" if up else "low_run")
    return Event(
        kind,
        series.days[run[0]],
        series.days[run[-1]] + timedelta(days=series.step - 1),
        len(run),
        float(actual),
        float(usual),
        float(base.low[peak]) if single else None,
        float(base.high[peak]) if single else None,
        max(float(z.max()), _together(z) if len(run) >= RUN else 0.0),
        _holiday(series, run, peak, countries),
    )


def _holiday(series: Series, run: list[int], peak: int, countries: Sequence[str]) -> tuple[Holiday, int] | None:
    """A holiday within the event, else the one nearest its worst day."""
    ordered = sorted(run, key=lambda row: abs(row - peak))
    within = (holiday_of(series.days[row], series.step, countries, 0) for row in ordered)
    return next((found for found in within if found), None) or holiday_of(series.days[peak], series.step, countries)


def _shift(series: Series, row: int) -> Event | None:
    """A step of the level as an event: the four weeks after against the four before."""
    span = 28 // series.step
    before = _level(series, max(row - span, 0), row)
    after = _level(series, row, min(row + span, len(series.values)))
    if math.isnan(before) or math.isnan(after) or abs(after - before) < LARGE_STEP * abs(before):
        return None
    day = series.days[row]
    return Event("shift", day, day + timedelta(days=series.step - 1), 1, after, before, None, None, 2 * LIMIT)


def _level(series: Series, first: int, last: int) -> float:
    values = series.values[first:last]
    known = ~np.isnan(values)
    if not known.any():
        return math.nan
    if series.weights is None:
        return float(values[known].mean())
    return float(np.average(values[known], weights=np.maximum(series.weights[first:last][known], 1e-12)))
