"""Item to item: what is bought together with a product, and how many times as often as without it.

Of N orders, n_a hold the anchor, n_b the other product, n_ab both. lift = (n_ab / n_a) / ((n_b − n_ab) / (N − n_a)):
how many times as often orders with the anchor hold the other, against orders without it. Ranked by Dunning's
log-likelihood ratio ("Accurate methods for the statistics of surprise and coincidence", 1993), which a handful of
orders cannot win.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from models.recommender.interactions import Floats

LEAST_TOGETHER = 5  # orders with both; fewer say nothing
CERTAIN = 10.83  # of the log-likelihood ratio: chance would give more in one of a thousand pairs


@dataclass(frozen=True, eq=False)
class Together:
    """Products bought with an anchor, the surest first: places in the given arrays, orders with both, and the lift."""

    places: NDArray[np.int64]
    together: Floats
    lift: Floats


def together(both: Floats, others: Floats, anchor: float, orders: float) -> Together:
    """Rank by the log-likelihood ratio; only what is bought more often with the anchor, and surely so.

    Args:
        both: n_ab by product. others: n_b by product. anchor: n_a. orders: N.

    >>> found = together(np.array([50.0, 10.0]), np.array([100.0, 100.0]), 100.0, 1000.0)
    >>> found.places.tolist(), found.lift.tolist()
    ([0], [9.0])
    """
    without, rest = np.maximum(others - both, 0.0), orders - anchor
    lift = (both / anchor) / np.maximum(without / max(rest, 1.0), 0.5 / max(orders, 1.0))
    surprise = _surprise(both, anchor - both, without, np.maximum(rest - without, 0.0))
    places = np.flatnonzero((both >= LEAST_TOGETHER) & (lift > 1) & (surprise >= CERTAIN))
    places = places[np.lexsort((places, -surprise[places]))]
    return Together(places, both[places], lift[places])


def _surprise(both: Floats, only_anchor: Floats, only_other: Floats, neither: Floats) -> Floats:
    """G² of a 2 × 2 table: 2 Σ observed · log(observed ÷ expected)."""
    rows = (both + only_anchor, only_other + neither)
    columns = (both + only_other, only_anchor + neither)
    total = rows[0] + rows[1]
    cells = ((both, 0, 0), (only_anchor, 0, 1), (only_other, 1, 0), (neither, 1, 1))
    parts = [xlogy(cell, np.where(cell > 0, cell, 1) * total / (rows[r] * columns[c])) for cell, r, c in cells]
    found: Floats = 2 * np.sum(parts, axis=0)
    return found
