"""Linear autoencoder over products: every product is predicted from all others by one ridge regression.

    B = (G + Λ)⁻¹ G,   G = XᵀX,   Λ = λ I + p / (1 − p) · diag(G),   scores = X B

Steck, "Autoencoders that don't overfit towards the identity" (NeurIPS 2020): training with dropout p in closed form;
with p = 0 it is ridge regression. λ and p are the regularisation. The diagonal is set to zero after the fit, so that a
product is never recommended because of itself. Dense in products: meant for up to a few thousand of them.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import linalg, sparse

from models.recommender.base import ItemRecommender, Why
from models.recommender.interactions import Floats, Interactions


class LinearAutoencoder(ItemRecommender):
    """Scores are weighted sums over the products of a history.

    Args:
        ridge: λ, in customers. dropout: p, 0 ≤ p < 1.
    """

    name, learnt = "linear", "weights"

    def __init__(self, ridge: float = 300.0, dropout: float = 0.5) -> None:
        self.ridge, self.dropout = ridge, dropout

    def fit(self, interactions: Interactions) -> Self:
        """Solve for B; purchases count once, however many."""
        self._seen = interactions.matrix()
        gram = np.asarray((self._seen.T @ self._seen).todense())
        damped = gram.copy()
        damped[np.diag_indices(len(gram))] += self.ridge + self.dropout / (1 - self.dropout) * gram.diagonal()
        self.weights: Floats = linalg.solve(damped, gram, assume_a="pos").astype(np.float32)
        np.fill_diagonal(self.weights, 0.0)
        return self

    def score_histories(self, histories: sparse.csr_matrix) -> Floats:
        """X B."""
        return np.asarray(histories @ self.weights)

    def explain(self, customer: int, product: int) -> Why:
        """The product of the history that adds most to the score."""
        bought = self._seen[customer].indices
        return explain_by_weights(self.weights, bought, product)


def explain_by_weights(weights: Floats, bought: np.ndarray, product: int) -> Why:
    """The strongest anchor among ``bought`` for one product."""
    if not len(bought):
        return Why("taste")
    parts = weights[bought, product]
    strongest = int(np.argmax(parts))
    return Why("with", int(bought[strongest]), float(parts[strongest]))
