"""How unusual a payment or refund is taken as a whole: an isolation forest over what was known of it.

Liu, Ting and Zhou, "Isolation Forest", ICDM 2008: a row that few random cuts set apart is unlike the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.risk.features import Features
from models.risk.rules import UNUSUAL, Reason

Floats = NDArray[np.float64]
SAMPLE = 4_096  # rows that it learns from; more change nothing, for each tree sees 256
TOP = 0.005  # the share of usual rows that count as unusual
STRENGTH = 0.25  # it tells that something differs, not what: alone it never reaches a review


class Unusual:
    """A forest over a sample of earlier rows. The same sample and seed give the same forest."""

    def __init__(self, sample: Floats, seed: int = 0) -> None:
        """Grow it. ``sample``: features of at least a hundred earlier rows."""
        from sklearn.ensemble import IsolationForest

        self.sample = sample
        self._forest: Any = IsolationForest(n_estimators=100, random_state=seed, n_jobs=1).fit(_eased(sample))
        self._limit = float(np.quantile(self._forest.score_samples(_eased(sample)), TOP))

    def reasons(self, rows: Floats) -> tuple[Reason | None, ...]:
        """For each row, the reason that it is unusual, or None."""
        if not len(rows):
            return ()
        found = self._forest.score_samples(_eased(rows))
        return tuple(Reason(UNUSUAL.code, STRENGTH, float(rows[i][0])) if s < self._limit else None
                     for i, s in enumerate(found))  # fmt: skip


def matrix(features: Sequence[Features]) -> Floats:
    """Features as rows of numbers."""
    return np.asarray(features, dtype=float).reshape(len(features), len(Features._fields))


def thinned(rows: Sequence[Features], size: int = SAMPLE, seed: int = 0) -> Floats:
    """A sample of rows, in their order."""
    if len(rows) <= size:
        return matrix(rows)
    places = np.sort(np.random.default_rng(seed).choice(len(rows), size, replace=False))
    return matrix([rows[i] for i in places])


def _eased(rows: Floats) -> Floats:
    """Counts and amounts on a log scale, so that one large order does not take all cuts."""
    return np.asarray(np.sign(rows) * np.log1p(np.abs(rows)))
