"""The one interface: ``fit``, ``score``, ``recommend``, ``explain``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
from scipy import sparse

from models.recommender.interactions import Floats, Interactions, Ints

WhyKind = Literal["rated", "with", "popular", "similar", "taste", "reorder"]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a product is recommended.

    ``rated``: a predicted rating (``value``). ``with``: bought by those who buy the product at ``anchor``.
    ``popular``: by ``value`` customers. ``similar``: its text is like that of ``anchor``. ``taste``: several at once.
    """

    kind: WhyKind
    anchor: int | None = None
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A product's place among the products of the interactions, and its score: higher is better."""

    product: int
    score: float


class Recommender(ABC):
    """A model over customers × products. Nothing is random but by ``seed``."""

    name: str

    @abstractmethod
    def fit(self, interactions: Interactions) -> Self:
        """Learn from all interactions given."""

    @abstractmethod
    def score(self, customers: Ints) -> Floats:
        """Scores of all products for customers by place, shape (customers, products)."""

    @abstractmethod
    def explain(self, customer: int, product: int) -> Why:
        """Why the model gives this product to this customer."""

    @property
    @abstractmethod
    def seen(self) -> sparse.csr_matrix:
        """Customers × products of the training data."""

    def recommend(self, customer: int, k: int = 10, again: bool = False) -> tuple[Scored, ...]:
        """The best ``k`` products for a customer, best first; those that they had are left out unless ``again``."""
        scores = self.score(np.array([customer]))[0].astype(float)
        if not again:
            scores[self.seen[customer].indices] = -np.inf
        return tuple(Scored(int(p), float(scores[p])) for p in best(scores, k) if np.isfinite(scores[p]))


class ItemRecommender(Recommender):
    """A model that scores any history of products, also of customers that it never saw.

    ``learnt`` names the one array that holds all that the fit found out, for models that are kept on disk.
    """

    learnt: ClassVar[str] = ""
    _seen: sparse.csr_matrix

    def restore(self, learnt: Floats, histories: sparse.csr_matrix) -> Self:
        """The model as it was, over the histories of today."""
        setattr(self, self.learnt, learnt)
        self._seen = histories
        return self

    @property
    def seen(self) -> sparse.csr_matrix:
        """Customers × products of the training data."""
        return self._seen

    @abstractmethod
    def score_histories(self, histories: sparse.csr_matrix) -> Floats:
        """Scores of all products for histories (rows of 0 and 1 over products)."""

    def score(self, customers: Ints) -> Floats:
        """Scores of all products for customers by place."""
        return self.score_histories(self._seen[customers])

    def explain(self, customer: int, product: int) -> Why:
        """Several purchases at once, where a model has no single reason to give."""
        return Why("taste", None, float(self.score(np.array([customer]))[0, product]))


def best(scores: Floats, k: int) -> Ints:
    """Places of the ``k`` largest scores, largest first; equal ones in their own order."""
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, np.int64)
    cut = np.partition(scores, len(scores) - k)[len(scores) - k]
    sure, edge = np.flatnonzero(scores > cut), np.flatnonzero(scores == cut)
    chosen = np.concatenate([sure, edge[: k - len(sure)]])
    return chosen[np.lexsort((chosen, -scores[chosen]))]
