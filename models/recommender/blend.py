"""Several models' scores added, each in units of its own spread over a customer's products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse

from models.recommender.base import ItemRecommender, Why
from models.recommender.interactions import Floats, Interactions


class Blend(ItemRecommender):
    """Weighted sum of standardised scores; explained by its first model.

    Args:
        models: at least one. weights: one a model; equal without them.
    """

    def __init__(self, models: Sequence[ItemRecommender], weights: Sequence[float] | None = None) -> None:
        self.models = tuple(models)
        self.mix = tuple(weights or [1.0] * len(self.models))
        self.name = "+".join(model.name for model in self.models)

    def fit(self, interactions: Interactions) -> Self:
        """Fit each."""
        self._seen = interactions.matrix()
        for model in self.models:
            model.fit(interactions)
        return self

    def score_histories(self, histories: sparse.csr_matrix) -> Floats:
        """Σ w (score − mean) / spread, over each row."""
        total = np.zeros(histories.shape)
        for weight, model in zip(self.mix, self.models, strict=True):
            scores = model.score_histories(histories)
            spread = scores.std(1, keepdims=True)
            total += weight * (scores - scores.mean(1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
        return total

    def explain(self, customer: int, product: int) -> Why:
        """As the first model explains it."""
        return self.models[0].explain(customer, product)
