"""Features of every customer as of a day, for one offer: nothing in them happened on that day or later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from models.audience.data import RECENT, Array, Bought, Campaign, Ledger

NEVER = 365.0  # days since something that never happened
PRIOR = 5.0  # mailings' worth of the average, for a customer's own redemption rate
CUSTOMER = (
    "days_since_order",
    "orders_90",
    "orders_28",
    "spend_90",
    "order_value",
    "coupon_share",
    "coupon_money_90",
    "discount_rate",
    "mailings",
    "redeemed",
    "redemption_rate",
    "days_since_redemption",
    "redemptions_90",
    "target_lines",
    "target_spend",
    "target_spend_90",
    "target_share",
)
OFFER = ("coupons", "offer_products", "days", "kind_rate")
LOGS = frozenset(
    "days_since_order,orders_90,orders_28,spend_90,order_value,coupon_money_90,days_since_redemption,target_lines,"
    "target_spend,target_spend_90,coupons,offer_products".split(",")
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: an announced campaign's size and kind, or products without one (``kind`` empty)."""

    day: date
    days: int
    kind: str
    coupons: int
    products: int


def offer_of(campaign: Campaign, day: date | None = None) -> Offer:
    """A campaign as an offer, on its own first day or another."""
    length = (campaign.end - campaign.start).days
    return Offer(day or campaign.start, length, campaign.kind, campaign.coupons, campaign.products)


def names(ledger: Ledger) -> tuple[str, ...]:
    """The columns of :func:`build`, in order."""
    return (*CUSTOMER, *OFFER, *ledger.people)


def build(ledger: Ledger, offer: Offer, bought: Bought) -> Array:
    """Customers × features as of the offer's day; amounts and counts as log(1 + x)."""
    day, count = offer.day.toordinal(), len(ledger.customers)
    who, age = ledger.order_who, day - ledger.order_day
    past = age > 0

    def total(values: Array | None = None, within: int | None = None) -> Array:
        chosen = past if within is None else past & (age <= within)
        weights = None if values is None else values[chosen]
        return np.bincount(who[chosen], weights, minlength=count).astype(float)

    last = _since(who[past], age[past], count)
    orders, spend, recent = total(), total(ledger.amount), total(ledger.amount, RECENT)
    with_coupon = total((ledger.coupon_money > 0).astype(float))
    discount = total(ledger.discount + ledger.coupon_money)
    redeem_age = day - ledger.redeem_day
    known = redeem_age > 0
    redeemed, sent = _campaigns_redeemed(ledger, day, count), _mailings(ledger, offer.day, count)
    lately = known & (redeem_age <= RECENT)
    met = orders > 0  # customers who first buy later must not tell today's average
    average = redeemed[met].sum() / max(sent[met].sum(), 1.0)
    columns = {
        "days_since_order": last,
        "orders_90": total(None, RECENT),
        "orders_28": total(None, 28),
        "spend_90": recent,
        "order_value": spend / np.maximum(orders, 1),
        "coupon_share": with_coupon / np.maximum(orders, 1),
        "coupon_money_90": total(ledger.coupon_money, RECENT),
        "discount_rate": discount / np.maximum(spend + discount, 1e-9),
        "mailings": sent,
        "redeemed": redeemed,
        "redemption_rate": (redeemed + PRIOR * average) / (sent + PRIOR),
        "days_since_redemption": _since(ledger.redeem_who[known], redeem_age[known], count),
        "redemptions_90": np.bincount(ledger.redeem_who[lately], minlength=count).astype(float),
        "target_lines": bought.lines,
        "target_spend": bought.spend,
        "target_spend_90": bought.recent,
        "target_share": bought.recent / np.maximum(recent, 1e-9),
        "coupons": np.full(count, float(offer.coupons)),
        "offer_products": np.full(count, float(offer.products)),
        "days": np.full(count, float(offer.days)),
        "kind_rate": np.full(count, kind_rate(ledger, offer)),
        **ledger.people,
    }
    return np.column_stack([np.log1p(np.maximum(v, 0)) if n in LOGS else v for n, v in columns.items()])


def kind_rate(ledger: Ledger, offer: Offer) -> float:
    """The redemption rate of campaigns of the offer's kind that had ended before its day, shrunk to that of all."""
    ended = [c for c in ledger.campaigns if c.end < offer.day]
    met = np.zeros(len(ledger.customers), dtype=bool)
    met[ledger.order_who[ledger.order_day < offer.day.toordinal()]] = True
    every = _rate(ledger, ended, met, 1.0, 0.1)
    return _rate(ledger, [c for c in ended if c.kind == offer.kind], met, 50.0, every)


def _rate(
    ledger: Ledger, campaigns: Sequence[Campaign], met: npt.NDArray[np.bool_], prior: float, expected: float
) -> float:
    """Redeemers of campaigns over those mailed, of customers met by then; shrunk by ``prior`` mailings' worth."""
    sent = sum(int(met[ledger.mailed[c.id]].sum()) for c in campaigns if c.id in ledger.mailed)
    came = sum(int(met[ledger.responded(c.id)].sum()) for c in campaigns)
    return (came + prior * expected) / (sent + prior)


def _since(who: npt.NDArray[np.int64], age: npt.NDArray[np.int64], count: int) -> Array:
    found = np.full(count, NEVER)
    np.minimum.at(found, who, age.astype(float))
    return found


def _mailings(ledger: Ledger, day: date, count: int) -> Array:
    """Campaigns that each customer was mailed before a day."""
    sent = np.zeros(count)
    for campaign in ledger.campaigns:
        if campaign.start < day and campaign.id in ledger.mailed:
            sent[ledger.mailed[campaign.id]] += 1
    return sent


def _campaigns_redeemed(ledger: Ledger, day: int, count: int) -> Array:
    known = ledger.redeem_day < day
    pairs = {(int(w), c) for w, c, k in zip(ledger.redeem_who, ledger.redeem_campaign, known, strict=True) if k}
    return np.bincount(np.array([w for w, _ in pairs], dtype=np.int64), minlength=count).astype(float)
