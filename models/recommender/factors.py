"""Biased matrix factorisation of explicit ratings, estimated by Gibbs sampling.

    P(u, i) = μ + b_u + b_i + q_iᵀ p_u,      clipped to the range of the ratings that were seen

Salakhutdinov and Mnih, "Bayesian probabilistic matrix factorization using Markov chain Monte Carlo" (ICML 2008), with
the biases inside the factors: user u has the vector (b_u, p_u), item i has (b_i, q_i), each drawn from a normal whose
mean and precision have a Normal–Wishart prior (β₀ = 2, ν₀ = number of dimensions, W₀ = identity). That prior is the
regularisation: it is learnt from the data, so there is no λ to tune. The noise precision has a Gamma(1, 1) prior.
The prediction is the mean over the kept samples: again the formula above, with the samples' factors side by side.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.random import Generator
from scipy import sparse

from models.recommender.base import Recommender, Why
from models.recommender.interactions import Floats, Interactions, Ints

_PRIOR_STRENGTH = 2.0  # β₀ of the paper
_BLOCK = 4096  # vectors that are drawn at once: 36 MB of their matrices


class BiasedFactors(Recommender):
    """P(u, i) = μ + b_u + b_i + q_iᵀp_u.

    Args:
        factors: length of p and q in each sample. sweeps: passes over the data. burn_in: passes that are not kept.
    """

    name = "factors"

    def __init__(self, factors: int = 32, sweeps: int = 64, burn_in: int = 12, seed: int = 0) -> None:
        self.factors, self.sweeps, self.burn_in, self.seed = factors, sweeps, burn_in, seed

    def fit(self, interactions: Interactions) -> Self:
        """Sample the posterior; ``values`` are the ratings. A customer or product without one gets the prior's mean."""
        rng = np.random.default_rng(self.seed)
        self._seen = interactions.matrix()
        self.mean = float(interactions.values.mean())
        self.low, self.high = float(interactions.values.min()), float(interactions.values.max())
        centred = interactions.values.astype(float) - self.mean
        users = _Side(interactions.rows, interactions.cols, centred, interactions.shape[0], self.factors, rng)
        items = _Side(interactions.cols, interactions.rows, centred, interactions.shape[1], self.factors, rng)
        precision, kept = 1.0, 0
        for sweep in range(self.sweeps):
            users.draw(items, precision, rng)
            items.draw(users, precision, rng)
            error = centred - users.predict(items, interactions.rows, interactions.cols)
            precision = float(rng.gamma(1 + len(error) / 2, 1 / (1 + error @ error / 2)))
            if sweep >= self.burn_in and (sweep - self.burn_in) % 2 == 0:  # neighbours in the chain tell little new
                users.keep()
                items.keep()
                kept += 1
        self.user_bias, self.user_factors = users.mean(kept)
        self.item_bias, self.item_factors = items.mean(1)
        self.item_bias /= kept
        return self

    def predict(self, customers: Ints, products: Ints) -> Floats:
        """Ratings of pairs, clipped to the range that was seen."""
        raw = self.mean + self.user_bias[customers] + self.item_bias[products]
        raw = raw + np.einsum("nk,nk->n", self.user_factors[customers], self.item_factors[products])
        found: Floats = np.clip(raw, self.low, self.high)
        return found

    def score(self, customers: Ints) -> Floats:
        """Predicted ratings of all products."""
        raw = self.mean + self.user_bias[customers][:, None] + self.item_bias[None, :]
        found: Floats = np.clip(raw + self.user_factors[customers] @ self.item_factors.T, self.low, self.high)
        return found

    def explain(self, customer: int, product: int) -> Why:
        """The rating that is expected."""
        return Why("rated", None, float(self.predict(np.array([customer]), np.array([product]))[0]))

    @property
    def seen(self) -> sparse.csr_matrix:
        """Customers × products of the training data."""
        return self._seen


class _Side:
    """Customers or products: their vectors (bias first), and the other side's places in their ratings."""

    def __init__(self, own: Ints, other: Ints, centred: Floats, count: int, factors: int, rng: Generator) -> None:
        order = np.argsort(own, kind="stable")
        self.other, self.centred = other[order], centred[order]
        self.starts = np.searchsorted(own[order], np.arange(count + 1))
        self.vectors = rng.normal(0, 0.1, (count, factors + 1))
        self._kept: list[Floats] = []

    def draw(self, across: _Side, noise: float, rng: Generator) -> None:
        """One draw of every vector given the other side's: a linear regression each, with the prior just drawn."""
        mean, precision = _draw_prior(self.vectors, rng)
        design = across.vectors.copy()
        design[:, 0] = 1.0
        target = self.centred - across.vectors[self.other, 0]
        pull = precision @ mean
        noises = rng.normal(size=self.vectors.shape)
        for first in range(0, len(self.vectors), _BLOCK):
            places = range(first, min(first + _BLOCK, len(self.vectors)))
            slices = [slice(self.starts[place], self.starts[place + 1]) for place in places]
            rows = [design[self.other[rated]] for rated in slices]
            normal = np.stack([precision + noise * r.T @ r for r in rows])
            right = np.stack([pull + noise * r.T @ target[rated] for r, rated in zip(rows, slices, strict=True)])
            upper = np.linalg.cholesky(normal).transpose(0, 2, 1)
            drawn = np.linalg.solve(normal, right[..., None]) + np.linalg.solve(upper, noises[places, :, None])
            self.vectors[places] = drawn[..., 0]

    def predict(self, across: _Side, own: Ints, other: Ints) -> Floats:
        """The ratings without μ."""
        mine, theirs = self.vectors[own], across.vectors[other]
        found: Floats = mine[:, 0] + theirs[:, 0] + np.einsum("nk,nk->n", mine[:, 1:], theirs[:, 1:])
        return found

    def keep(self) -> None:
        """Keep this draw."""
        self._kept.append(self.vectors.astype(np.float32))

    def mean(self, over: int) -> tuple[Floats, Floats]:
        """The summed bias and the samples' factors side by side, both divided by ``over``."""
        bias = np.sum([kept[:, 0] for kept in self._kept], axis=0, dtype=float) / over
        return bias, np.concatenate([kept[:, 1:] for kept in self._kept], axis=1) / over


def _draw_prior(vectors: Floats, rng: Generator) -> tuple[Floats, Floats]:
    """Mean and precision of a side's vectors from their Normal–Wishart posterior (equation 14 of the paper)."""
    count, size = vectors.shape
    centre = vectors.mean(0)
    deviation = vectors - centre
    pulled = _PRIOR_STRENGTH * count / (_PRIOR_STRENGTH + count) * np.outer(centre, centre)
    scale = np.linalg.inv(np.eye(size) + deviation.T @ deviation + pulled)
    root = np.linalg.cholesky((scale + scale.T) / 2)
    bartlett = np.tril(rng.normal(size=(size, size)), -1)  # a Wishart draw, by Bartlett's decomposition
    bartlett[np.diag_indices(size)] = np.sqrt(rng.chisquare(size + count - np.arange(size)))
    factor = root @ bartlett
    precision: Floats = factor @ factor.T
    spread = np.linalg.cholesky(np.linalg.inv((_PRIOR_STRENGTH + count) * precision))
    return count * centre / (_PRIOR_STRENGTH + count) + spread @ rng.normal(size=size), precision
