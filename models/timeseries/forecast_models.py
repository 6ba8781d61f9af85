"""The forecasting models: three from libraries on a daily series with its calendar, and the naive one to beat.

- ``calendar``: Poisson regression with a log link and an L2 penalty (scikit-learn), so that weekday, month and holiday
  effects multiply; recent days weigh more, and an exponentially weighted ratio corrects its level.
- ``ets``: exponential smoothing with damped trend and weekly season (statsmodels) of the series freed of its calendar.
- ``weekday_mean``: the mean of the same weekday over eight weeks, of the series freed of its calendar.
- ``naive``: the last seven days again.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import cast

import numpy as np
import numpy.typing as npt

from models.timeseries.backtest import Paths
from models.timeseries.forecast_calendar import YEAR_DAYS, Calendar, regressors, shut

Array = npt.NDArray[np.float64]
MODELS = ("calendar", "ets", "weekday_mean")
NAIVE = "naive"
PENALTY = 0.003  # L2 of the regression; a quarter to ten times that changes WAPE by less than .002 (demo store)
HALF_LIFE = 240.0  # days; 60 is worse by .003
LEVEL_RATE = 0.04  # a month of memory for the regression's level
MEAN_DAYS = 56
ODD_ZEROS = 0.1  # more empty days than this are how the series is, fewer are closed days or holes
LEAST_FACTOR = 0.05  # a calendar factor below this divides nothing


def point_paths(calendar: Calendar, start: date, values: Array, steps: int) -> Paths:
    """Every model's forecast of the days after a history.

    Args:
        start, values: first day and values of the history, days without a gap, none missing.

    Returns:
        model → array of ``steps`` values; not below zero where the history never is.
    """
    naive = np.resize(values[-7:], steps)
    if values.min() < 0:  # money that can flow back: effects do not multiply
        plain = {"ets": _smoothed(values, steps), "weekday_mean": _weekday_mean(values, steps)}
        return {**plain, "calendar": plain["weekday_mean"], NAIVE: naive}
    odd = _odd_zeros(values)
    fitted, ahead, past_factor, factor = _regression(calendar, start, values, steps, odd)
    freed = filled(np.where(odd, np.nan, values / np.maximum(past_factor, LEAST_FACTOR)))
    found = {
        "calendar": ahead * _level(values, fitted, odd),
        "ets": np.maximum(_smoothed(freed, steps), 0.0) * factor,
        "weekday_mean": _weekday_mean(freed, steps) * factor,
    }
    closed = shut(calendar, start, values, steps)
    return {**{name: np.where(closed, 0.0, path) for name, path in found.items()}, NAIVE: naive}


def _odd_zeros(values: Array) -> npt.NDArray[np.bool_]:
    """Days without trade in a series that trades nearly always on that weekday: closed, or a hole in the data."""
    zero = values <= 0
    position = np.arange(len(values)) % 7
    usual = np.array([zero[position == k].mean() > 0.5 if (position == k).any() else False for k in range(7)])
    odd = zero & ~usual[position]
    return odd if odd.mean() <= ODD_ZEROS else np.zeros(len(values), dtype=bool)


def _regression(
    calendar: Calendar, start: date, values: Array, steps: int, odd: npt.NDArray[np.bool_]
) -> tuple[Array, Array, Array, Array]:
    """Fitted and forecast values, and the calendar's factor apart from the weekday, of past and future days."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import PoissonRegressor

    count = len(values)
    found = regressors(calendar, start, count + steps, yearly=count >= YEAR_DAYS)
    seen = (found.matrix[:count] != 0).any(axis=0)  # a holiday that the history lacks has nothing of its own to say
    matrix, bends = found.matrix[:, seen], ~found.weekday[seen]
    scale = max(float(values.mean()), 1e-9)
    weight = 0.5 ** (np.arange(count)[::-1] / HALF_LIFE) * ~odd
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last digits do not matter here
        model = PoissonRegressor(alpha=PENALTY, max_iter=300, tol=1e-5)
        model.fit(matrix[:count], values / scale, sample_weight=weight)
    full = np.exp(matrix @ model.coef_ + model.intercept_) * scale
    factor = np.exp(matrix[:, bends] @ model.coef_[bends])
    return full[:count], full[count:], factor[:count], factor[count:]


def _level(values: Array, fitted: Array, odd: npt.NDArray[np.bool_]) -> float:
    weight = (1 - LEVEL_RATE) ** np.arange(len(values))[::-1] * ~odd
    return float((values * weight).sum() / max((fitted * weight).sum(), 1e-9))


def _smoothed(values: Array, steps: int) -> Array:
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        model = ExponentialSmoothing(
            values,
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=7,
            initialization_method="estimated",
        )
        ahead = cast("Array", np.asarray(model.fit(use_brute=False).forecast(steps), dtype=float))
    return ahead if np.isfinite(ahead).all() else _weekday_mean(values, steps)


def _weekday_mean(values: Array, steps: int) -> Array:
    recent = values[-MEAN_DAYS:]
    place = (np.arange(len(recent)) - len(recent)) % 7  # 0 is the weekday of the first day ahead
    return np.resize(np.array([recent[place == k].mean() for k in range(7)]), steps)


def filled(values: Array) -> Array:
    """Missing days filled with the mean of the same weekday around them, else of all days."""
    whole = values.copy()
    missing = np.isnan(values)
    for index in np.flatnonzero(missing):
        near = [values[i] for i in range(index - 28, index + 29, 7) if 0 <= i < len(values) and not missing[i]]
        whole[index] = np.mean(near) if near else 0.0 if missing.all() else np.nanmean(values)
    return whole
