"""Rolling-origin backtests: forecasts made from each of many past days, held against what then happened.

Error measure: WAPE = Σ|actual − forecast| ÷ Σ|actual|, over all days and origins at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Paths = Mapping[str, Array]
ORIGINS = 26  # half a year of weeks: more would reach back to a shop that was another one
SHARPNESS = 4  # 1 is nearly the plain mean, 10 nearly the best model alone; a plain mean suffers from one bad model
LEAST_HISTORY = 28  # days before the first origin


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of several models from the same origins.

    Attributes:
        origins: index of the first day that was forecast, ascending. actual: origins × steps.
        paths: model → origins × steps.
    """

    origins: tuple[int, ...]
    actual: Array
    paths: Paths

    def wape(self, path: Array, first: int = 0) -> float:
        """WAPE of a path over the steps from ``first`` on; days without a value are left out."""
        return wape(self.actual[:, first:], path[:, first:])

    def weights(self, models: Sequence[str], first: int = 0) -> dict[str, float]:
        """Shares of the models in their average, by the inverse of their error to the power of :data:`SHARPNESS`."""
        inverse = {name: 1.0 / max(self.wape(self.paths[name], first), 1e-6) ** SHARPNESS for name in models}
        total = sum(inverse.values())
        return {name: value / total for name, value in inverse.items()}

    def combined(self, weights: Mapping[str, float]) -> Array:
        """The weighted average of the paths."""
        return np.asarray(np.sum([self.paths[name] * share for name, share in weights.items()], axis=0))


def wape(actual: Array, forecast: Array) -> float:
    """Σ|actual − forecast| ÷ Σ|actual| over the days that have a value; infinite where all of them are zero.

    >>> wape(np.array([10.0, 30.0]), np.array([12.0, 24.0]))
    0.2
    """
    known = ~np.isnan(actual)
    total = float(np.abs(actual[known]).sum())
    return float(np.abs(actual[known] - forecast[known]).sum()) / total if total else float("inf")


def origins(length: int, steps: int, most: int = ORIGINS, least: int = LEAST_HISTORY) -> tuple[int, ...]:
    """Origins within a history of ``length`` days, a week apart back from the last that leaves ``steps`` days.

    Shorter horizons than a week step five days at a time, so that every weekday comes up.

    >>> origins(84, 28)
    (28, 35, 42, 49, 56)
    """
    spacing = 7 if steps >= 7 else 5
    return tuple(sorted(range(length - steps, least - 1, -spacing)[:most]))


def run(values: Array, steps: int, at: Sequence[int], paths: Callable[[int], Paths]) -> Backtest:
    """Forecast from each origin and gather what then happened.

    Args:
        paths: the models' forecasts of ``steps`` days from an origin, made from the days before it only.
    """
    made = [paths(origin) for origin in at]
    actual = np.stack([values[origin : origin + steps] for origin in at])
    return Backtest(tuple(at), actual, {name: np.stack([path[name] for path in made]) for name in made[0]})
