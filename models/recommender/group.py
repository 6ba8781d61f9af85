"""What to offer a group of customers: one list for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.recommender.base import best
from models.recommender.interactions import Flags, Floats, Ints
from models.recommender.shop import ShopRecommender, Want

_LIST = 10  # a product suits a customer when it is among so many discoveries for them
_BLOCK = 512  # customers whose scores are held at once


@dataclass(frozen=True, slots=True)
class Offer:
    """A product for a group.

    Attributes:
        expected: customers of the group expected to buy it within the horizon; None for something new.
        had: customers of the group who bought it before. lift: their share, against that of all customers.
        suits: for something new, customers of the group for whom it is among the ten best discoveries.
    """

    product: int
    expected: float | None
    had: int
    lift: float | None
    suits: int | None = None


def offers(
    shop: ShopRecommender, customers: Ints, k: int, want: Want, allowed: Flags | None, rested: int | None
) -> tuple[Offer, ...]:
    """The best ``k`` products for these customers, new ones after them; see :meth:`ShopRecommender.recommend`."""
    open_ = shop.sold if allowed is None else shop.sold & allowed
    had: Floats = np.asarray(shop.bought[customers].sum(0)).ravel()
    usual = shop.stock.buyers / max(shop.visits.shape[0], 1)
    lift = np.divide(had / max(len(customers), 1), usual, out=np.zeros_like(had), where=usual > 0)
    again = () if want == "new" else _again(shop, customers, k, open_, rested, had, lift)
    if want == "reorder":
        return again
    fresh = _fresh(shop, customers, k, open_, had, lift)
    if want == "new":
        return fresh
    taken = {offer.product for offer in again}
    return again + tuple(offer for offer in fresh if offer.product not in taken)[: shop.news(k, len(again))]


def _again(
    shop: ShopRecommender, customers: Ints, k: int, open_: Flags, rested: int | None, had: Floats, lift: Floats
) -> tuple[Offer, ...]:
    known, chances = shop.chances(customers)
    keep = open_[known.products] & (known.last >= (rested or 0))
    expected = np.zeros(shop.visits.shape[1])
    np.add.at(expected, known.products[keep], chances[keep])
    return tuple(
        Offer(int(p), float(expected[p]), int(had[p]), float(lift[p])) for p in best(expected, k) if expected[p] > 0
    )


def _fresh(
    shop: ShopRecommender, customers: Ints, k: int, open_: Flags, had: Floats, lift: Floats
) -> tuple[Offer, ...]:
    suits: Floats = np.zeros(len(shop.items), np.float64)
    for first in range(0, len(customers), _BLOCK):
        scores = shop.discovery_scores(customers[first : first + _BLOCK]) * open_[shop.items]
        for row in scores:
            found = best(row, _LIST)
            suits[found[row[found] > 0]] += 1
    return tuple(
        Offer(p, None, int(had[p]), float(lift[p]) if had[p] else None, int(suits[at]))
        for at in best(suits, k)
        if suits[at] > 0 and (p := int(shop.items[at])) >= 0
    )
