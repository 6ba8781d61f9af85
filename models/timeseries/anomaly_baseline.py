"""What each day (or week) of a series should have been: level, weekday and holidays, robustly, with a usual range.

Method: steps of the level are found first and taken out; the rest is split by STL with robust weights (Cleveland et al.
1990, of statsmodels) into a trend of eight weeks and a weekly season, holidays and days without trade left out. Sums
are treated as logarithms, or as square roots where they are small counts; ratios as they are, each day weighted by its
denominator, since a rate of few sessions is noisier:

    z_t = (y_t − ŷ_t) / s_t,   s_t² = max(MAD² of the residuals around t, counting noise at ŷ_t)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from db.errors import AnalysisError
from models.timeseries.anomaly_steps import Step, find_steps
from models.timeseries.calendars import Holiday, holiday_names

Floats = NDArray[np.float64]
Scale = Literal["log", "root", "plain"]
LIMIT = 3.5  # robust standard deviations; about one day in a thousand of the demo store's calm months lies beyond
FARTHEST = 20.0  # standard deviations that a day without any trade counts for at most
FEWEST_DAYS = 42
FEWEST_WEEKS = 12
EMPTY = 0.2  # share of rows without anything, beyond which an amount has no usual range
TREND = 57  # rows; resists an event of three weeks
NEAR = 2  # days around a holiday that it bends
_LOCAL = 45  # rows on either side that tell how noisy a row is
_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Series:
    """A metric by day or by week.

    Attributes:
        days: first day of each row, without gaps. values: NaN where unknown.
        weights: the denominator of a ratio, else None. counts: values count things (or, of a ratio, both parts do).
        averages: several rows have a mean, not a sum (different customers a day).
        step: days a row spans, 1 or 7.
    """

    days: tuple[date, ...]
    values: Floats
    weights: Floats | None = None
    counts: bool = False
    averages: bool = False
    step: int = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """Per row: what was expected, the usual range at ``LIMIT``, and how many standard deviations off the value is."""

    expected: Floats
    low: Floats
    high: Floats
    z: Floats
    steps: tuple[Step, ...] = field(default=())


def baseline(series: Series, countries: Sequence[str]) -> Baseline:
    """Fit a series.

    Raises:
        AnalysisError: fewer than 42 days or 12 weeks with values, or hardly any that is not zero.
    """
    known = ~np.isnan(series.values)
    fewest, unit = (FEWEST_DAYS, "days") if series.step == 1 else (FEWEST_WEEKS, "weeks")
    if known.sum() < fewest:
        raise AnalysisError(
            f"There are only {int(known.sum())} {unit} of history; what is usual takes at least {fewest}.",
            "Ask about a metric or a member with a longer history.",
        )
    if series.weights is None and not series.counts and np.mean(series.values[known] == 0) > EMPTY:
        raise AnalysisError("On most days there is nothing at all, so no day can be called unusual.")
    scale = _scale(series)
    y = _to(series.values, scale)
    calendar = _calendar(series, countries)
    calm = known & ~np.array([bool(c) for c in calendar])
    if scale == "log":
        calm &= series.values > 0
    if calm.sum() < fewest:
        calm = known & ((series.values > 0) | (scale != "log"))
    steps = find_steps(y, calm, 7 if series.step == 1 else 1)
    moved = sum((step.size * (np.arange(len(y)) >= step.row) for step in steps), np.zeros(len(y)))
    fitted = _smooth(y - moved, calm, series.step) + moved
    fitted = fitted + _last_years(y - fitted, calendar, known)
    spread = _spread(y - fitted, calm, series, fitted, scale)
    z = np.where(known, (y - fitted) / spread, 0.0)
    if scale == "log":  # a day without any trade has no logarithm; of its root a part s of the value is s/2
        z = np.where(known & (series.values <= 0), np.maximum(-2 / spread, -FARTHEST), z)
    return Baseline(
        _back(fitted, scale),
        np.maximum(_back(fitted - LIMIT * spread, scale), 0.0 if np.nanmin(series.values) >= 0 else -np.inf),
        _back(fitted + LIMIT * spread, scale),
        z,
        steps,
    )


def holiday_of(day: date, step: int, countries: Sequence[str], near: int = NEAR) -> tuple[Holiday, int] | None:
    """The holiday that bends a row and the days from it, negative before it; minor ones bend nothing."""
    margin = timedelta(days=near if step == 1 else 0)
    known = holiday_names(day - margin, day + timedelta(days=step) + margin, countries)
    found = [(abs((day - d).days), d, h) for d, h in known.items() if not h.minor]
    if not found:
        return None
    _, when, holiday = min(found, key=lambda item: item[0])
    return holiday, (day - when).days if step == 1 else 0


def _scale(series: Series) -> Scale:
    values = series.values[~np.isnan(series.values)]
    if series.weights is not None or values.min() < 0:
        return "plain"
    return "log" if np.mean(values > 0) > 0.95 and (not series.counts or np.median(values) >= 30) else "root"


def _to(values: Floats, scale: Scale) -> Floats:
    if scale == "log":
        positive = np.where(values > 0, values, np.nan)
        return np.asarray(np.log(np.where(np.isnan(positive), np.nanmedian(positive), positive)))
    return np.sqrt(values) if scale == "root" else values


def _back(y: Floats, scale: Scale) -> Floats:
    if scale == "log":
        return np.asarray(np.exp(y))
    return np.asarray(np.maximum(y, 0.0) ** 2) if scale == "root" else y


def _calendar(series: Series, countries: Sequence[str]) -> list[str]:
    """The name of what bends each row ("Christmas Day-1"), empty where nothing does."""
    if series.step != 1:
        return ["" for _ in series.days]
    names: list[str] = []
    for day in series.days:
        found = holiday_of(day, 1, countries)
        names.append(f"{found[0].en}{found[1]:+d}" if found else "")
    return names


def _smooth(y: Floats, calm: NDArray[np.bool_], step: int) -> Floats:
    """Trend and weekly season of the calm rows, carried over the others."""
    rows = np.arange(len(y))
    if step != 1:
        from statsmodels.nonparametric.smoothers_lowess import lowess

        share = min(1.0, 17 / calm.sum())
        smooth = lowess(y[calm], rows[calm], frac=share, it=3, return_sorted=False)
        return np.asarray(np.interp(rows, rows[calm], smooth))
    from statsmodels.tsa.seasonal import STL

    weekday = rows % 7
    season = np.array([_median(np.where(calm & (weekday == d), y, np.nan), np.nan, 1) for d in range(7)])
    season = np.where(np.isnan(season), np.nanmean(season), season)
    season -= season.mean()
    bare = np.interp(rows, rows[calm], (y - season[weekday])[calm])
    filled = np.where(calm, y, bare + season[weekday])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trend = min(TREND, len(y) // 2 * 2 + 1)
        # every sixth row of the trend is fitted, the others lie between: a third of the time, the same to 0.1 %
        found = STL(filled, period=7, seasonal=35, trend=trend, robust=True, trend_jump=6, low_pass_jump=2).fit(
            outer_iter=8
        )
    return np.asarray(found.trend + found.seasonal)


def _last_years(residual: Floats, calendar: Sequence[str], known: NDArray[np.bool_]) -> Floats:
    """What the same day around the same holiday did in earlier years, on average."""
    seen: dict[str, list[float]] = {}
    effect = np.zeros(len(residual))
    for row, name in enumerate(calendar):
        if not name:
            continue
        before = seen.setdefault(name, [])
        if before:
            effect[row] = float(np.mean(before))
        if known[row]:
            before.append(float(residual[row]))
    return effect


def _spread(residual: Floats, calm: NDArray[np.bool_], series: Series, fitted: Floats, scale: Scale) -> Floats:
    size = np.ones(len(residual))
    if series.weights is not None:
        weights = np.where(series.weights > 0, series.weights, np.nan)
        size = np.sqrt(np.where(np.isnan(weights), 1.0, weights) / max(float(np.nanmedian(weights)), 1e-12))
    even = np.where(calm, np.abs(residual * size), np.nan)
    whole = _MAD * float(np.nanmedian(even))
    rows = np.arange(len(residual))
    anchors = np.arange(0, len(even) + 6, 7)  # weekly; between them it changes little
    around = [_MAD * _median(even[max(a - _LOCAL, 0) : a + _LOCAL + 1], whole / _MAD) for a in anchors]
    local = np.interp(rows, anchors, around)
    spread = np.maximum(local, 0.6 * whole) / size
    return np.maximum(spread, _counting(series, fitted, scale)) + 1e-12 * (1 + np.abs(fitted))


def _median(values: Floats, otherwise: float, fewest: int = 10) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) >= fewest else otherwise


def _counting(series: Series, fitted: Floats, scale: Scale) -> Floats:
    """The noise that counting alone gives: binomial of a rate, Poisson of a count."""
    if not series.counts:
        return np.zeros(len(fitted))
    if series.weights is not None:
        rate = np.clip(fitted, 1e-4, 1 - 1e-4)
        return np.asarray(np.sqrt(rate * (1 - rate) / np.maximum(series.weights, 1.0)))
    return np.exp(-0.5 * fitted) if scale == "log" else np.full(len(fitted), 0.5)
