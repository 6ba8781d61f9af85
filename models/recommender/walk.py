"""Three steps of a random walk between customers and products, less popular ends preferred.

Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate, diverse, and scalable recommendations for interactive
applications" (TiiS 2017), RP3β: the chance to walk product → customer → product, divided by the end's popularity^β.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from models.recommender.base import ItemRecommender, Why
from models.recommender.interactions import Floats, Interactions
from models.recommender.linear import explain_by_weights


class RandomWalk(ItemRecommender):
    """Scores are sums of walk weights over a history.

    Args:
        damping: β; 0 prefers popular products, 1 unpopular ones.
    """

    name, learnt = "walk", "weights"

    def __init__(self, damping: float = 0.5) -> None:
        self.damping = damping

    def fit(self, interactions: Interactions) -> Self:
        """Multiply the two steps' chances."""
        self._seen = interactions.matrix()
        per_customer = np.maximum(np.asarray(self._seen.sum(1)).ravel(), 1.0)
        per_product = np.maximum(np.asarray(self._seen.sum(0)).ravel(), 1.0)
        there = sparse.diags(1 / per_product) @ self._seen.T
        back = sparse.diags(1 / per_customer) @ self._seen
        walked = np.asarray((there @ back).todense())
        self.weights: Floats = (walked * per_product[None, :] ** -self.damping).astype(np.float32)
        np.fill_diagonal(self.weights, 0.0)
        return self

    def score_histories(self, histories: sparse.csr_matrix) -> Floats:
        """Sums over each history."""
        return np.asarray(histories @ self.weights)

    def explain(self, customer: int, product: int) -> Why:
        """The product of the history from which the walk comes most often."""
        return explain_by_weights(self.weights, self._seen[customer].indices, product)
