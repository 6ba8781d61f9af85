"""Groups of customers found in their behaviour: K-Means and Gaussian mixtures, over habits and over an embedding.

Each of four candidates (two methods, two spaces) chooses its number of groups: K-Means by the silhouette, a mixture by
BIC. The candidate whose groups return best when customers are drawn anew (mean adjusted Rand index over bootstraps) is
used. Its groups are kept as centroids, so a customer is placed by nearness and a week's data moves no name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from models.segmentation.autoencoder import Encoder, fit_encoder
from models.segmentation.features import HABITS, Customers
from models.segmentation.naming import name_groups

Matrix = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.int64]]
Method = Literal["kmeans", "gmm"]
Space = Literal["habits", "embedding"]
GROUPS = range(3, 9)  # two groups say "much" and "little", which RFM says better; more than eight nobody remembers
BOOTSTRAPS = 8
SAMPLE = 2_000  # customers to choose on; the silhouette is quadratic
LOGGED = ("rate", "basket", "lines")  # long-tailed
FEWEST = 50
DEPARTMENTS = 8  # largest, whose shares of a customer's spend are habits too
CLIP = 3.0  # standard deviations: one extreme customer makes no group


@dataclass(frozen=True, slots=True)
class Scale:
    """How habits became comparable: columns, their means and deviations; missing values stand at the mean."""

    columns: tuple[str, ...]
    mean: Matrix
    deviation: Matrix

    def apply(self, habits: pd.DataFrame) -> Matrix:
        """Standardised habits, one row a customer."""
        table = habits.reindex(columns=list(self.columns)).to_numpy(float)
        scaled = (table - self.mean) / self.deviation
        return np.asarray(np.clip(np.nan_to_num(scaled, nan=0.0), -CLIP, CLIP))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to group: its number of groups, how that was chosen, and how stable it is (adjusted Rand index, ≤ 1)."""

    method: Method
    space: Space
    groups: int
    silhouette: float
    bic: float | None
    stability: float


@dataclass(frozen=True, slots=True)
class Clusters:
    """Fitted groups: centroids in the chosen space, each with its name's words (:mod:`models.segmentation.naming`)."""

    scale: Scale
    encoder: Encoder
    chosen: Candidate
    candidates: tuple[Candidate, ...]
    centroids: Matrix
    names: tuple[tuple[str, ...], ...]

    def place(self, customers: Customers) -> pd.Series[int]:
        """The group of each customer who bought in the last year."""
        habits = habits_of(customers)
        return pd.Series(nearest(self.points(habits), self.centroids), index=habits.index)

    def points(self, habits: pd.DataFrame) -> Matrix:
        """Customers in the space of the centroids."""
        return _space(self.scale.apply(habits), self.encoder, self.chosen.space)


def habits_of(customers: Customers) -> pd.DataFrame:
    """The habits that tell groups apart, of the last year's customers; columns that say nothing left out."""
    table = customers.table[customers.table["orders"] > 0]
    found = table[[name for name in HABITS if name in table.columns]].copy()
    for name in LOGGED:
        found[name] = np.log(found[name].clip(lower=1e-3))
    if "department" in customers.shares.columns:
        spend = customers.shares.groupby(["customer", "department"])["amount"].sum().unstack(fill_value=0).clip(lower=0)
        largest = spend.sum().nlargest(DEPARTMENTS).index
        parts = spend[largest].div(spend.sum(axis=1).replace(0, np.nan), axis=0).fillna(0)
        found = found.join(parts.add_prefix("department:").reindex(found.index, fill_value=0))
    return found.loc[:, found.notna().any() & (found.std() > 0)]


def fit_clusters(
    customers: Customers, seed: int = 0, progress: Callable[[str, float], None] = lambda stage, done: None
) -> Clusters:
    """Choose and fit the groups. Raises AnalysisError below 50 customers of the last year."""
    from db.errors import AnalysisError

    habits = habits_of(customers)
    if len(habits) < FEWEST or habits.shape[1] < 2:
        raise AnalysisError(
            f"There are too few customers to find groups in their habits: {len(habits)}.",
            f"At least {FEWEST} are needed, with two habits that differ.",
        )
    scale = Scale(tuple(map(str, habits.columns)), habits.mean().to_numpy(float), habits.std().to_numpy(float))
    points = scale.apply(habits)
    progress("embedding", 0.1)
    encoder = fit_encoder(points, seed)
    random = np.random.default_rng(seed)
    sample = random.choice(len(points), min(SAMPLE, len(points)), replace=False)
    candidates = []
    for i, (method, space) in enumerate(_WAYS):
        progress("clusters", 0.3 + 0.15 * i)
        candidates.append(_candidate(_space(points[sample], encoder, space), method, space, seed))
    chosen = max(candidates, key=lambda c: c.stability)
    final = _space(points, encoder, chosen.space)
    centroids = centres(final, _fit(final, chosen.method, chosen.groups, seed))
    labels = nearest(final, centroids)
    rates = habits["rate"].to_numpy(float)
    order = sorted(range(len(centroids)), key=lambda k: -rates[labels == k].mean() if (labels == k).any() else 0.0)
    names = name_groups(pd.DataFrame(points, columns=list(scale.columns)), labels, order)
    return Clusters(scale, encoder, chosen, tuple(candidates), centroids[order], names)


_WAYS: tuple[tuple[Method, Space], ...] = (
    ("kmeans", "habits"),
    ("gmm", "habits"),
    ("kmeans", "embedding"),
    ("gmm", "embedding"),
)


def _candidate(points: Matrix, method: Method, space: Space, seed: int) -> Candidate:
    """Choose the number of groups, then draw the customers anew to see how far the groups come back."""
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    tried = []
    for groups in (g for g in GROUPS if g * 10 <= len(points)):
        labels = _fit(points, method, groups, seed)
        width = float(silhouette_score(points, labels)) if len(np.unique(labels)) > 1 else -1.0
        tried.append((groups, labels, width, _bic(points, groups, seed) if method == "gmm" else None))
    groups, labels, width, bic = min(tried, key=lambda t: t[3] if t[3] is not None else -t[2])
    random = np.random.default_rng(seed)
    agreed = []
    for _ in range(BOOTSTRAPS):
        drawn = random.integers(0, len(points), len(points))
        again = _fit(points[drawn], method, groups, seed)
        agreed.append(adjusted_rand_score(labels, nearest(points, centres(points[drawn], again))))
    return Candidate(method, space, groups, width, bic, float(np.mean(agreed)))


def _fit(points: Matrix, method: Method, groups: int, seed: int) -> Labels:
    if method == "kmeans":
        from sklearn.cluster import KMeans

        return np.asarray(KMeans(groups, n_init=3, random_state=seed).fit_predict(points), dtype=np.int64)
    return np.asarray(_mixture(groups, seed).fit_predict(points), dtype=np.int64)


def _mixture(groups: int, seed: int) -> Any:
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(groups, covariance_type="diag", reg_covar=1e-2, max_iter=200, random_state=seed)


def _bic(points: Matrix, groups: int, seed: int) -> float:
    return float(_mixture(groups, seed).fit(points).bic(points))


def _space(points: Matrix, encoder: Encoder, space: Space) -> Matrix:
    return encoder.encode(points) if space == "embedding" else points


def centres(points: Matrix, labels: Labels) -> Matrix:
    """The mean point of each group that has one."""
    return np.vstack([points[labels == k].mean(axis=0) for k in np.unique(labels)])


def nearest(points: Matrix, centroids: Matrix) -> Labels:
    """The nearest centroid of each point."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(points, centroids).argmin(axis=1), dtype=np.int64)
