"""What targeting is worth: money of a response, whom to contact within a budget, and how many to hold out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from models.audience.data import Array, Ledger

ALPHA, POWER = 0.05, 0.8
LEAST_SHARE, USUAL_SHARE, MOST_SHARE = 0.1, 0.2, 0.5  # of those chosen, held out
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Terms:
    """Money of one contact.

    Attributes:
        contact: cost of reaching one customer. margin: profit in a unit of revenue.
        extra: extra revenue of a response. coupon: what a response costs in coupons.
    """

    contact: float
    margin: float
    extra: float
    coupon: float

    def cost(self, probability: Array) -> Array:
        """Expected cost of contacting each."""
        return np.asarray(self.contact + probability * self.coupon)

    def profit(self, probability: Array) -> Array:
        """Expected profit of contacting each."""
        return np.asarray(probability * self.extra * self.margin - self.cost(probability))


@dataclass(frozen=True, slots=True)
class Holdout:
    """How many to leave uncontacted. ``rise``: extra spend a customer that the two groups can tell apart
    (α = 5 %, power 80 %, two-sided t-test); ``expected``: what is expected. ``measurable``: whether that is enough."""

    size: int
    rise: float
    expected: float
    measurable: bool


def choose(probability: Array, candidates: Ints, terms: Terms, limit: int | None, budget: float | None) -> Ints:
    """Whom to contact, likeliest first: as many as ``limit``, else all who pay back, within the budget."""
    order = candidates[np.argsort(-probability[candidates], kind="stable")]
    order = order[terms.profit(probability[order]) > 0] if limit is None else order[:limit]
    if budget is not None:
        order = order[np.cumsum(terms.cost(probability[order])) <= budget + 1e-9]
    return order


def holdout(contacted: int, expected: float, spread: float) -> Holdout:
    """The smallest holdout that shows the expected rise, at least a tenth; a fifth where even a half would not do.

    Args:
        contacted: how many are contacted. expected: rise of spend a customer. spread: standard deviation of spend.
    """
    from statsmodels.stats.power import TTestIndPower

    power, effect = TTestIndPower(), expected / spread if spread > 0 else 0.0
    most = max(round(contacted * MOST_SHARE / (1 - MOST_SHARE)), 2)

    def rise(size: int) -> float:
        found = power.solve_power(None, max(contacted, 2), ALPHA, POWER, max(size, 2) / max(contacted, 2))
        return float(np.ravel(found)[0]) * spread  # an array of one where its solver had to start twice

    if effect > 0 and rise(most) <= expected:
        low, high = max(round(contacted * LEAST_SHARE / (1 - LEAST_SHARE)), 2), most
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if rise(middle) <= expected else (middle + 1, high)
        return Holdout(low, rise(low), expected, True)
    size = max(round(contacted * USUAL_SHARE / (1 - USUAL_SHARE)), 2)
    return Holdout(size, rise(size), expected, False)


def extra_per_response(ledger: Ledger, day: date) -> tuple[float, int]:
    """Extra spend of those who redeemed, over all campaigns that had ended before a day, and their number.

    Difference in differences: spend during the campaign less spend in as many days before, of those who redeemed less
    that of those mailed who did not. Who redeems may have meant to spend more anyway, so this is an upper figure.
    """
    total, count = 0.0, 0
    first = int(ledger.order_day.min()) if len(ledger.order_day) else 0
    for campaign in ledger.campaigns:
        start, days = campaign.start.toordinal(), (campaign.end - campaign.start).days + 1
        mailed = ledger.mailed.get(campaign.id)
        if mailed is None or campaign.end >= day or start - days < first:
            continue
        change = (spend(ledger, start, start + days) - spend(ledger, start - days, start))[mailed]
        came = np.isin(mailed, ledger.responded(campaign.id))
        if 0 < came.sum() < len(came):
            total += float((change[came].mean() - change[~came].mean()) * came.sum())
            count += int(came.sum())
    return (max(total / count, 0.0), count) if count else (0.0, 0)


def coupon_cost(ledger: Ledger, day: date) -> float:
    """Coupon money of a response: coupons a redeemer uses in a campaign × the money of a line paid with a coupon."""
    ended = {c.id for c in ledger.campaigns if c.end < day}
    used = [(w, c) for w, c in zip(ledger.redeem_who.tolist(), ledger.redeem_campaign, strict=True) if c in ended]
    lines = float(ledger.coupon_lines.sum())
    value = float(ledger.coupon_money.sum()) / lines if lines else 0.0
    return len(used) / len(set(used)) * value if used else 0.0


def spend(ledger: Ledger, start: int, end: int) -> Array:
    """Each customer's spend in ``start <= day < end`` (ordinals)."""
    chosen = (ledger.order_day >= start) & (ledger.order_day < end)
    return np.bincount(ledger.order_who[chosen], ledger.amount[chosen], minlength=len(ledger.customers)).astype(float)
