"""The most popular products: the baseline to beat, and what a customer without a history gets."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from models.recommender.base import ItemRecommender, Why
from models.recommender.interactions import Floats, Interactions


class Popular(ItemRecommender):
    """Scores are the number of customers who bought a product."""

    name, learnt = "popular", "buyers"

    def fit(self, interactions: Interactions) -> Self:
        """Count."""
        self._seen = interactions.matrix()
        self.buyers: Floats = np.asarray(self._seen.sum(0)).ravel()
        return self

    def score_histories(self, histories: sparse.csr_matrix) -> Floats:
        """The same for everyone."""
        return np.tile(self.buyers, (histories.shape[0], 1))

    def explain(self, customer: int, product: int) -> Why:
        """How many customers bought it."""
        return Why("popular", None, float(self.buyers[product]))
