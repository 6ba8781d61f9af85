"""Customer value: expected purchases, the chance of no further purchase, and what a purchase is worth.

Two lifetime models are averaged (:mod:`models.segmentation.lifetimes`). Their level is then set by how far they fell
short when the same fit was made at earlier days *of the same past*: BG/NBD forecasts are known to run low (CDNOW:
−12 %) and do so inside the calibration weeks already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from db.errors import AnalysisError
from models.segmentation.lifetimes import (
    BOUND,
    CHUNK,
    FAMILIES,
    MOST,
    Array,
    History,
    Lifetime,
    fit_lifetime,
    history,
)

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 30  # customers, and repeat purchases, below which four parameters say nothing
ORIGINS = (0.5, 0.6, 0.7)  # of the past: early enough to leave weeks to check, late enough to fit; six were no better
LEVEL_LIMITS = (0.5, 2.0)
CHURN_DAYS = 60  # "leaving" is buying nothing for so long; after it the demo store's regulars come back one in eight
SURE = 1e-3  # nearer to 0 or 1 the model's chance says no more
LEAST_PAST = 2 * CHURN_DAYS  # before the check: what tells regulars apart in a shop of two months misleads later
LEAST_CHECK = 20  # customers of either kind that a calibration of the churn probability needs


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Fitted lifetimes and the level that rolling origins gave them (1: they were right)."""

    lifetimes: tuple[Lifetime, ...]
    level: float = 1.0

    def counts(self, past: History, weeks: float, most: int = MOST) -> Array:
        """P(n purchase days in the coming weeks), averaged over the models, without the level."""
        return np.asarray(sum(m.counts(past, weeks, most) for m in self.lifetimes) / len(self.lifetimes))

    def expected(self, past: History, weeks: float) -> Array:
        """Expected purchase days of each customer in the coming weeks."""
        most = max(MOST, round(weeks * 7))  # there are no more purchase days than days
        parts = [slice(i, i + CHUNK) for i in range(0, len(past), CHUNK)]
        means = [self.counts(past.part(part), weeks, most) @ np.arange(most + 1.0) for part in parts]
        return np.concatenate(means) * self.level if means else np.zeros(0)

    def absent(self, past: History, weeks: float) -> Array:
        """Chance of no purchase in the coming weeks, as modelled (see :func:`fit_churn` for the checked one)."""
        parts = [slice(i, i + CHUNK) for i in range(0, len(past), CHUNK)]
        found = [self.counts(past.part(part), weeks, most=1)[:, 0] for part in parts]
        return np.clip(np.concatenate(found), 0, 1) if found else np.zeros(0)

    def alive(self, past: History) -> Array:
        """P(alive), averaged over the models."""
        return np.asarray(sum(m.alive(past) for m in self.lifetimes) / len(self.lifetimes))

    def typical(self, past: History, weeks: float) -> Array:
        """The median of each customer's purchase days: what to say of **one** customer, for no other figure lies nearer
        to what one does, on average. Medians do not add up (most customers' is 0): sums are made of :meth:`expected`.
        The level, which sets a total right, moved no median nearer (CDNOW, demo store), so it is left out.
        """
        most = max(MOST, round(weeks * 7))
        parts = [slice(i, i + CHUNK) for i in range(0, len(past), CHUNK)]
        found = [(self.counts(past.part(part), weeks, most).cumsum(axis=1) < 0.5).sum(axis=1) for part in parts]
        return np.concatenate(found).astype(float) if found else np.zeros(0)


def fit_value(days: pd.DataFrame, end: date, origins: Sequence[float] = ORIGINS) -> ValueModel:
    """Fit to purchase days up to and including ``end``; nothing later is looked at.

    Args:
        days: columns customer, day (datetime64), one row a customer and purchase day.
        origins: fractions of the past at which the level is checked; none for the models as they are.

    Raises:
        AnalysisError: fewer than 30 customers, or so few repeat purchases.
    """
    import pandas as pd

    known = days[days["day"] <= pd.Timestamp(end)]
    _, past = history(known, end)
    if len(past) < FEWEST or past.x.sum() < FEWEST:
        raise AnalysisError(
            f"There are too few customers to model their value: {len(past)} with {int(past.x.sum())} repeat purchases.",
            f"At least {FEWEST} of both are needed.",
        )
    fitted = ValueModel(tuple(fit_lifetime(past, family) for family in FAMILIES))
    return ValueModel(fitted.lifetimes, _level(known, end, origins))


def _level(days: pd.DataFrame, end: date, origins: Sequence[float]) -> float:
    """Bought divided by expected, over all origins together."""
    import pandas as pd

    start = days["day"].min().date()
    bought = expected = 0.0
    for fraction in origins:
        origin = start + timedelta(days=round((end - start).days * fraction))
        customers, past = history(days, origin)
        weeks = (end - origin).days / 7
        if len(past) < FEWEST or past.x.sum() < FEWEST or weeks < 1:
            continue
        model = ValueModel(tuple(fit_lifetime(past, family) for family in FAMILIES))
        expected += float(model.expected(past, weeks).sum())
        later = days[days["day"] > pd.Timestamp(origin)]
        bought += float(later["customer"].isin(customers).sum())
    return float(np.clip(bought / expected, *LEVEL_LIMITS)) if expected else 1.0


@dataclass(frozen=True, slots=True)
class Churn:
    """Chance of buying nothing for :data:`CHURN_DAYS`: the model's, straightened on the last such days of the past.

    A logistic regression on the logit of the modelled chance and the logarithms of the silent days, of the usual gap
    and of the purchases: the model alone is far too sure of regulars who pause (demo store: of those given 82 %, 33 to
    68 % stayed away; with it, of those given 68 %, 63 to 70 %). ``checked``: how many customers the check had; 0 where
    there was none and the model's own chance stands. ``auc``: how it ranked those who stayed away, on held-out fifths.
    """

    model: ValueModel
    intercept: float = 0.0
    weights: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    checked: int = 0
    auc: float | None = None

    def probability(self, past: History) -> Array:
        """Of each customer, 0–1."""
        return np.asarray(1 / (1 + np.exp(-(self.intercept + _signs(self.model, past) @ np.array(self.weights)))))


def fit_churn(days: pd.DataFrame, end: date, model: ValueModel) -> Churn:
    """Check the model as it would have been 60 days before ``end``, and straighten it by what happened since."""
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    origin = end - timedelta(days=CHURN_DAYS)
    customers, past = history(days, origin)
    if len(past) < FEWEST or past.x.sum() < FEWEST or past.t.max() * 7 < LEAST_PAST:
        return Churn(model)
    later = days[(days["day"] > pd.Timestamp(origin)) & (days["day"] <= pd.Timestamp(end))]
    stayed_away = ~np.asarray(customers.isin(later["customer"]))
    if min(stayed_away.sum(), (~stayed_away).sum()) < LEAST_CHECK:
        return Churn(model)
    earlier = ValueModel(tuple(fit_lifetime(past, family) for family in FAMILIES))
    signs = _signs(earlier, past)
    line = LogisticRegression(max_iter=1_000)
    held_out = cross_val_predict(line, signs, stayed_away, cv=5, method="decision_function")
    line.fit(signs, stayed_away)
    auc = float(roc_auc_score(stayed_away, held_out))
    weights = tuple(float(w) for w in line.coef_[0])
    return Churn(model, float(line.intercept_[0]), weights, len(past), auc)


def _signs(model: ValueModel, past: History) -> Array:
    """What tells who stays away, one row a customer: see :class:`Churn`."""
    chance = np.clip(model.absent(past, CHURN_DAYS / 7), SURE, 1 - SURE)
    silent, gap = (past.t - past.t_x) * 7, (past.t_x * 7 + 7) / (past.x + 1)
    return np.column_stack([np.log(chance / (1 - chance)), np.log1p(silent), np.log(gap), np.log1p(past.x)])


def expected_spend(purchases: Array, mean: Array) -> Array:
    """What each customer's next purchase day is worth: the Gamma-Gamma model.

    A purchase is Gamma(p, ν), ν ~ Gamma(q, γ): E = (γ + m·x)·p / (p·x + q − 1) with x purchases of mean m (Fader &
    Hardie 2013, "The Gamma-Gamma Model of Monetary Value"). Customers without a positive mean get the others' average.

    Args:
        purchases: purchase days of each customer, at least 1. mean: their mean spend.
    """
    usable = (purchases > 0) & (mean > 0)
    if usable.sum() < FEWEST:
        return np.full(len(mean), float(mean[usable].mean()) if usable.any() else 0.0)
    p, q, gamma = _fit_gamma_gamma(purchases[usable], mean[usable])
    x, m = np.where(usable, purchases, 0.0), np.where(usable, mean, 0.0)
    return np.asarray((gamma + m * x) * p / (p * x + q - 1))


def _fit_gamma_gamma(x: Array, mean: Array) -> tuple[float, float, float]:
    from scipy.optimize import minimize
    from scipy.special import gammaln

    scale = float(mean.mean())
    m = mean / scale

    def loss(logs: Array) -> float:
        p, q, gamma = np.exp(logs[0]), 1 + np.exp(logs[1]), np.exp(logs[2])  # q > 1: else there is no mean
        likelihood = (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
            + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)
        )  # fmt: skip
        return float(-likelihood.mean() + 1e-4 * (logs**2).sum())

    found = minimize(loss, np.array([1.0, 1.0, 1.0]), method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 3)
    return float(np.exp(found.x[0])), float(1 + np.exp(found.x[1])), float(np.exp(found.x[2])) * scale
