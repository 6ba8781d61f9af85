"""Implicit matrix factorisation by alternating least squares.

Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets" (ICDM 2008): minimise
Σ c_ui (x_ui − p_uᵀq_i)² + λ (Σ|p_u|² + Σ|q_i|²), with x = 1 and c = 1 + α where bought, x = 0 and c = 1 elsewhere.
A customer's vector follows from the history alone, so customers that came after the fit are served too.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from models.recommender.base import ItemRecommender
from models.recommender.interactions import Floats, Interactions


class ImplicitFactors(ItemRecommender):
    """Scores are p_uᵀq_i.

    Args:
        factors: length of the vectors. confidence: α. ridge: λ. sweeps: alternations.
    """

    name, learnt = "implicit", "items"

    def __init__(
        self, factors: int = 24, confidence: float = 1.0, ridge: float = 20.0, sweeps: int = 10, seed: int = 0
    ) -> None:
        self.factors, self.confidence, self.ridge, self.sweeps, self.seed = factors, confidence, ridge, sweeps, seed

    def fit(self, interactions: Interactions) -> Self:
        """Alternate between customers and products."""
        self._seen = interactions.matrix()
        across = sparse.csr_matrix(self._seen.T)
        self.items: Floats = np.random.default_rng(self.seed).normal(0, 0.1, (interactions.shape[1], self.factors))
        for _ in range(self.sweeps):
            users = self._solve(self._seen, self.items)
            self.items = self._solve(across, users)
        return self

    def score_histories(self, histories: sparse.csr_matrix) -> Floats:
        """Fold each history in, then p_uᵀq_i."""
        found: Floats = self._solve(sparse.csr_matrix(histories), self.items) @ self.items.T
        return found

    def _solve(self, bought: sparse.csr_matrix, across: Floats) -> Floats:
        shared = across.T @ across + self.ridge * np.eye(across.shape[1])
        found = np.zeros((bought.shape[0], across.shape[1]))
        for row in range(bought.shape[0]):
            vectors = across[bought.indices[bought.indptr[row] : bought.indptr[row + 1]]]
            if len(vectors):
                normal = shared + self.confidence * vectors.T @ vectors
                found[row] = np.linalg.solve(normal, (1 + self.confidence) * vectors.sum(0))
        return found
