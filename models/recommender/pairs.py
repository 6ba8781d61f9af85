"""Item to item: what lies in the orders of a product more often than orders of that size would hold by chance.

Large orders hold everything more often, so counting orders alone says that bananas go with coffee. Here chance means
that the other lines of the anchor's orders were drawn from all lines of all orders: a product with n_b of all L lines
is expected in e = L_a · n_b / L of the L_a lines beside the anchor. lift = n_ab / e. Ranked by the Poisson
log-likelihood ratio 2 (n_ab log(n_ab / e) − (n_ab − e)), after Dunning, "Accurate methods for the statistics of
surprise and coincidence" (1993), which a handful of orders cannot win.
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


def together(both: Floats, others: Floats) -> Together:
    """Rank; only what is bought more often with the anchor, and surely so.

    Args:
        both: orders with the anchor that hold a product, for all products but the anchor. others: all orders that do.

    >>> found = together(np.array([50.0, 50.0]), np.array([100.0, 900.0]))
    >>> found.places.tolist(), found.lift.tolist()
    ([0], [5.0])
    """
    expected = others * both.sum() / max(others.sum(), 1.0)
    lift = np.divide(both, expected, out=np.zeros_like(both), where=expected > 0)
    surprise = 2 * (xlogy(both, np.maximum(lift, 1e-12)) - (both - expected))
    places = np.flatnonzero((both >= LEAST_TOGETHER) & (lift > 1) & (surprise >= CERTAIN))
    places = places[np.lexsort((places, -surprise[places]))]
    return Together(places, both[places], lift[places])
