"""Forecast of a daily series: the models' weighted average, with intervals that its own backtest errors give.

Point: Σ w·path over the models of :mod:`models.timeseries.forecast_models`, w ∝ 1 ÷ WAPE⁴ in rolling-origin backtests
on the history. Interval of a day, week or the whole horizon: the relative errors that the same average made for spans
of that length, as empirical quantiles where there are many (split conformal), else as Student's t on their root mean
square. Errors of sums are taken from summed backtests, never from summed days, so that what days share is in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from db.errors import AnalysisError
from models.timeseries import backtest
from models.timeseries.backtest import Backtest, Paths
from models.timeseries.forecast_calendar import Calendar
from models.timeseries.forecast_models import MODELS, NAIVE, filled, point_paths

Array = npt.NDArray[np.float64]
Kind = Literal["sum", "mean", "ratio"]
LEAST_DAYS = 56  # eight weeks: a weekday needs more than a few of its kind
HISTORY_PER_DAY = 2  # days of history for each day ahead, so that a backtest of that length exists
LEVELS = (0.8, 0.95)
EMPIRICAL = 40  # independent errors from which quantiles are read off; below, their spread and Student's t
SHARED = 0.4  # of the errors' variance between weeks: a horizon's few past errors may by chance have been small
SHIFT = 7  # errors of spans up to a week nearer or farther count for a span
LEAST_SCALE = 0.25  # of the usual level: errors of a nearly empty day are not blown up


@dataclass(frozen=True, slots=True)
class Series:
    """A daily series without gaps.

    Attributes:
        parts: one array of days; for a ratio its numerator and denominator. NaN where a mean has no value.
        kind: how days make a longer span: their sum, their mean, or Σ numerator ÷ Σ denominator.
    """

    start: date
    parts: tuple[Array, ...]
    kind: Kind = "sum"

    @property
    def days(self) -> int:
        """Length of the history."""
        return len(self.parts[0])

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.start + timedelta(days=self.days)

    def span(self, parts: Sequence[Array], first: int, last: int) -> Array:
        """The value of steps ``first`` to ``last`` (half-open) of each row of the parts."""
        if self.kind == "mean":
            known = parts[0][..., first:last]
            count = np.maximum((~np.isnan(known)).sum(axis=-1), 1)
            return np.asarray(np.nansum(known, axis=-1) / count)
        sums = [part[..., first:last].sum(axis=-1) for part in parts]
        if self.kind == "sum":
            return np.asarray(sums[0])
        return np.asarray(sums[0] / np.where(sums[1] == 0, np.nan, sums[1]))


@dataclass(frozen=True, slots=True)
class Span:
    """Forecast of ``start <= day < end``: the point, and (low, high) by level of :data:`LEVELS`."""

    start: date
    end: date
    point: float
    intervals: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast and how its like did in the past.

    Attributes:
        spans: days, weeks or months in order. total: the whole horizon; its mean or ratio where days don't sum.
        wape, naive_wape: daily error in the backtests, of the forecast and of repeating the last week.
        backtests: their number. weights: model → its share in the average.
    """

    spans: tuple[Span, ...]
    total: Span
    wape: float
    naive_wape: float
    backtests: int
    weights: dict[str, float]


@dataclass
class Forecaster:
    """Forecasts one series; keeps its backtests, so that several days to forecast from share them.

    Args:
        most: backtests at the most. watch: told the fraction done; may raise to stop.
    """

    series: Series
    calendar: Calendar = field(default_factory=Calendar)
    most: int = backtest.ORIGINS
    watch: Callable[[float], None] = lambda _done: None
    _kept: dict[tuple[int, int, int], Paths] = field(default_factory=dict)

    def forecast(self, horizon: Sequence[tuple[date, date]], today: int | None = None) -> Forecast:
        """Forecast consecutive spans of days.

        Args:
            horizon: half-open spans in order, each beginning where the one before ends.
            today: index of the first day that is not known; the end of the series without it.

        Raises:
            AnalysisError: the history is too short, or the horizon too far.
        """
        known = self.series.days if today is None else today
        origin = self.series.start + timedelta(days=known)
        steps = (horizon[-1][1] - origin).days
        require_history(self.series.start, origin, horizon[-1][1])
        tests, weights = self._backtests(known, (horizon[0][0] - origin).days, steps)
        ahead = [_mixed(self._paths(part, known, steps), w) for part, w in enumerate(weights)]
        past = [test.combined(w) for test, w in zip(tests, weights, strict=True)]
        errors = _Errors(self.series, tests, past, float(self._usual(known)))
        spans = [((a - origin).days, (b - origin).days) for a, b in horizon]
        first = spans[0][0]
        made = [self._span(ahead, errors, origin, a, b, first) for a, b in spans]
        naive = [test.paths[NAIVE] for test in tests]
        return Forecast(
            tuple(made),
            self._span(ahead, errors, origin, first, steps, first),
            errors.wape(past, first),
            errors.wape(naive, first),
            len(tests[0].origins),
            weights[0],
        )

    def _backtests(self, known: int, first: int, steps: int) -> tuple[list[Backtest], list[dict[str, float]]]:
        at = backtest.origins(known, steps, self.most)
        total, done = len(at) * len(self.series.parts), 0
        tests = []
        for part, values in enumerate(self.series.parts):

            def paths(origin: int, part: int = part) -> Paths:
                nonlocal done
                done += 1
                self.watch(done / total)
                return self._paths(part, origin, steps)

            tests.append(backtest.run(values, steps, at, paths))
        return tests, [test.weights(MODELS, first) for test in tests]

    def _paths(self, part: int, origin: int, steps: int) -> Paths:
        key = (part, origin, steps)
        if key not in self._kept:
            history = filled(self.series.parts[part][:origin])
            self._kept[key] = point_paths(self.calendar, self.series.start, history, steps)
        return self._kept[key]

    def _usual(self, known: int) -> Array:
        recent = max(known - LEAST_DAYS, 0)
        value = self.series.span(self.series.parts, recent, known)
        return np.asarray(value / (known - recent) if self.series.kind == "sum" else value)

    def _span(self, ahead: list[Array], errors: _Errors, origin: date, a: int, b: int, first: int) -> Span:
        point = float(np.nan_to_num(self.series.span(ahead, a, b)))
        floor = 0.0 if min(float(np.nanmin(part)) for part in self.series.parts) >= 0 else -math.inf
        pairs = [(max(point + low, floor), max(point + high, floor)) for low, high in errors.around(point, a, b, first)]
        return Span(origin + timedelta(days=a), origin + timedelta(days=b), point, tuple(pairs))


class _Errors:
    """Errors of the combined backtests, by span."""

    def __init__(self, series: Series, tests: list[Backtest], past: list[Array], usual: float) -> None:
        self._series, self._tests, self._past, self._usual = series, tests, past, abs(usual)
        self._origins = tests[0].origins

    def wape(self, paths: list[Array], first: int) -> float:
        steps = range(first, paths[0].shape[1])
        actual = np.stack([self._series.span([t.actual for t in self._tests], s, s + 1) for s in steps], axis=1)
        made = np.stack([self._series.span(paths, s, s + 1) for s in steps], axis=1)
        return backtest.wape(actual, made)

    def around(self, point: float, a: int, b: int, first: int) -> list[tuple[float, float]]:
        """Distances from the point to both ends of its interval, for each level."""
        steps = self._past[0].shape[1]
        starts = [a + s for s in range(-SHIFT, SHIFT + 1) if a + s >= min(first, a) and b + s <= steps]
        errors = self._relative(starts, b - a)
        reach = self._origins[-1] - self._origins[0] + len(starts) - 1
        independent = min(len(errors), 1 + reach / (b - a))
        least = self._weekly(first, steps) * math.sqrt(SHARED + (1 - SHARED) * 7 / (b - a)) if b - a > 7 else 0.0
        scale = float(self._scale(np.array([point]), b - a)[0])
        return [_interval(errors, independent, level, scale, least) for level in LEVELS]

    def _relative(self, starts: Sequence[int], days: int) -> Array:
        """Relative errors of all spans of so many days that begin at these steps."""
        actual = [test.actual for test in self._tests]
        found = []
        for start in starts:
            made = self._series.span(self._past, start, start + days)
            error = self._series.span(actual, start, start + days) - made
            found.append(error / self._scale(made, days))
        errors = np.concatenate(found)
        return np.asarray(errors[~np.isnan(errors)])

    def _weekly(self, first: int, steps: int) -> float:
        errors = self._relative(range(first, steps - 6), 7)
        return math.sqrt(float(np.mean(errors**2))) if len(errors) else 0.0

    def _scale(self, made: Array, days: int) -> Array:
        usual = self._usual * days if self._series.kind == "sum" else self._usual
        return np.maximum(np.abs(made), max(LEAST_SCALE * usual, 1e-9))


def _interval(errors: Array, independent: float, level: float, scale: float, least: float) -> tuple[float, float]:
    from scipy import stats

    if not len(errors):
        return 0.0, 0.0
    if independent >= EMPIRICAL:
        rank = min(math.ceil((len(errors) + 1) * (1 + level) / 2) / len(errors), 1.0)
        return float(np.quantile(errors, 1 - rank)) * scale, float(np.quantile(errors, rank)) * scale
    spread = max(math.sqrt(float(np.mean(errors**2))), least) * math.sqrt(1 + 1 / independent)
    reach = float(stats.t.ppf((1 + level) / 2, max(independent - 1, 3))) * spread * scale
    return -reach, reach


def _mixed(paths: Paths, weights: dict[str, float]) -> Array:
    return np.asarray(np.sum([paths[name] * share for name, share in weights.items()], axis=0))


def farthest(start: date, today: date) -> date:
    """The end of the longest horizon that a history from ``start`` to ``today`` carries."""
    return today + timedelta(days=(today - start).days // HISTORY_PER_DAY)


def require_history(start: date, today: date, end: date) -> None:
    """Refuse a forecast that the history cannot carry.

    Raises:
        AnalysisError: saying how much is there, how much is needed, and how far a forecast can go.
    """
    days, ahead = (today - start).days, (end - today).days
    if days < LEAST_DAYS:
        raise AnalysisError(
            f"The history before {today} is too short to forecast: {max(days, 0)} days, and {LEAST_DAYS} are needed."
        )
    if days < HISTORY_PER_DAY * ahead:
        last = farthest(start, today) - timedelta(days=1)
        raise AnalysisError(
            f"That is too far ahead: {ahead} days need {HISTORY_PER_DAY * ahead} days of history; there are {days}.",
            f"A forecast can go up to {last}.",
        )
