"""The hybrid that serves every customer of a store: habits, discoveries, what is popular with people like them.

- a customer with a history: what is due again (``reorder``), and products that they never bought, which those who buy
  the same things do (``linear`` or what validation chose), leaning to what sells more of late than it used to;
- one with hardly any: what is popular with customers of the same profile; one without a profile: with everybody;
- products too new for others' purchases to tell: by their text, through the products that they resemble.

Only products that somebody bought in the last ``HORIZON`` days are offered: where a store keeps no stock, that is what
the shelf is known by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from scipy import sparse

from models.recommender.base import ItemRecommender, best
from models.recommender.interactions import Flags, Floats, Interactions, Ints
from models.recommender.linear import LinearAutoencoder
from models.recommender.newcomers import Newcomers, Texts
from models.recommender.reorder import Assortment, Habits, Reorder, habits

Kind = Literal["reorder", "with", "popular", "peers", "similar"]
Want = Literal["for_customer", "reorder", "new", "popular"]

PRODUCTS = (
    1500  # that discoveries are chosen among; 3,000 gave the same nDCG@10 on the demo store for six times the time
)
SEASON = 56  # days: "of late"
_LEAN = 0.8  # exponent of the trend; 0.7 to 1.0 reach the same on the demo store, 0 a tenth less
_THIN = 3  # products in a history below which it says little
_NEW_SHARE = 3  # for so many products bought again, one that is new to the customer comes after them
_PEERS = 30  # customers in the smallest group that counts as people like them


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One product for one customer, with what its reason states.

    ``reorder``: chance to be bought within ``HORIZON`` days, bought on ``times`` days, ``every`` so many days, last
    ``ago`` days before. ``with``: customers who buy ``anchor`` buy it ``lift`` times as often as all customers.
    ``popular``, ``peers``: bought by ``buyers`` of ``group`` customers in the last ``SEASON`` days. ``similar``: new in
    the range, its text like that of ``anchor``. Products are places.
    """

    product: int
    kind: Kind
    chance: float | None = None
    times: int | None = None
    every: float | None = None
    ago: int | None = None
    anchor: int | None = None
    lift: float | None = None
    buyers: int | None = None
    group: int | None = None


class ShopRecommender:
    """Recommendations as of one day.

    Args:
        visits: purchases before ``clock``. types: of products, by place. texts: gives the words about some products,
            by id; None without a catalogue. profiles: customers × attributes as numbers, -1 where
            unknown; rows by place.
    """

    def __init__(
        self, visits: Interactions, clock: int, types: Ints, texts: Texts | None = None, profiles: Ints | None = None
    ) -> None:
        self.visits, self.clock, self.texts = visits, clock, texts
        self.profiles = np.full((visits.shape[0], 0), -1) if profiles is None else profiles
        self.habits = habits(visits, clock)
        self.stock = Assortment.of(self.habits, visits.shape[1])
        self.reorder = Reorder(types)
        self.bought = visits.matrix()
        self.sold = self.stock.sold28 > 0
        of_late = self.habits.last <= SEASON
        self.season = sparse.csr_matrix(
            (np.ones(np.count_nonzero(of_late)), (self.habits.customers[of_late], self.habits.products[of_late])),
            visits.shape,
        )
        self._entry = np.searchsorted(self.habits.customers, np.arange(visits.shape[0] + 1))
        self._late = np.asarray(self.season.sum(0)).ravel()

    def fit(self, ranker: ItemRecommender | None = None) -> Self:
        """Learn habits and discoveries from all visits."""
        self.reorder.fit(self.visits, self.clock)
        self._choose_items()
        return self.fit_discovery(ranker)

    def fit_discovery(self, ranker: ItemRecommender | None = None) -> Self:
        """Learn discoveries among ``items``."""
        model = ranker or LinearAutoencoder(ridge=min(300.0, 0.2 * self.visits.shape[0]))
        return self.discover_with(model.fit(self.within_items()))

    def discover_with(self, ranker: ItemRecommender, items: Ints | None = None) -> Self:
        """Use a fitted model over ``items`` (places; as they are without them)."""
        if items is not None:
            self.items = items
        self.ranker = ranker
        usual = np.maximum(self.stock.buyers[self.items], 1)
        share = SEASON / max(SEASON, self.clock - int(self.visits.days.min(initial=self.clock)))
        self._trend = ((1 + self._late[self.items]) / (1 + usual * share)) ** _LEAN
        self._columns = sparse.csc_matrix(self.bought)
        self._within = sparse.csr_matrix(self.bought[:, self.items])
        self._newcomers = Newcomers.among(self._young(), self.items, self.visits.products, self.texts)
        return self

    def discovery_scores(self, customers: Ints) -> Floats:
        """Scores of ``items`` for some customers; 0 for what they had, and for what is not worth offering."""
        history = self._within[customers]
        return self._leaning(self.ranker.score_histories(history), history)

    def _leaning(self, raw: Floats, history: sparse.csr_matrix) -> Floats:
        scores: Floats = np.maximum(raw, 0) * self._trend
        scores[history.nonzero()] = 0.0
        return scores

    def recommend(
        self,
        customer: int | None,
        k: int = 10,
        want: Want = "for_customer",
        allowed: Flags | None = None,
        rested: int | None = None,
        profile: Ints | None = None,
    ) -> tuple[Suggestion, ...]:
        """The best ``k`` products for one customer; ``for_customer`` adds a third as many that are new to them.

        The new ones follow what is bought again and never stand before it: mixed into it, they cost the list more
        accuracy than they bring (``shopops bench next-basket``). They also fill it where too little is bought again.

        Args:
            customer: place; None for one without a purchase. want: see the module; ``popular`` ignores the customer.
            allowed: which products may be offered. rested: only products not bought within so many days.
            profile: of a customer without a place.
        """
        open_ = self.sold if allowed is None else self.sold & allowed
        if want == "popular":
            return self._popular(k, open_, None, frozenset())
        if customer is None:
            return self._popular(k, open_, profile, frozenset())
        again: tuple[Suggestion, ...] = ()
        if want != "new":
            again = self._again(customer, k, open_, rested)
        if want == "reorder":
            return again
        fresh = self._new(customer, k, open_)
        if want == "new":
            return fresh
        return again + fresh[: self.news(k, len(again))]

    @staticmethod
    def news(k: int, again: int) -> int:
        """How many new products a list of ``k`` gets beside so many that are bought again."""
        return max(k // _NEW_SHARE, k - again)

    def chances(self, customers: Ints) -> tuple[Habits, Floats]:
        """Habits of some customers and the chance of each to be bought within ``HORIZON`` days."""
        if len(customers) == self.visits.shape[0]:
            return self.habits, self.reorder.chances(self.visits, self.habits, self.stock, self.clock)
        past = self._one(int(customers[0])) if len(customers) == 1 else self.visits.of_customers(customers)
        known = habits(past, self.clock)
        return known, self.reorder.chances(past, known, self.stock, self.clock)

    def _one(self, customer: int) -> Interactions:
        """One customer's visits, cut out rather than sought: 1 ms on the demo store's 1.5 million."""
        span = slice(int(self.visits.starts[customer]), int(self.visits.starts[customer + 1]))
        keep = {name: getattr(self.visits, name)[span] for name in ("cols", "values", "days")}
        rows = np.zeros(span.stop - span.start, np.int64)
        return Interactions(self.visits.customers[customer : customer + 1], self.visits.products, rows, **keep)

    def _again(self, customer: int, k: int, open_: Flags, rested: int | None) -> tuple[Suggestion, ...]:
        known, chances = self.chances(np.array([customer]))
        keep = open_[known.products] & (known.last >= (rested or 0))
        scores = np.where(keep, chances, -1.0)
        gap = known.gap
        return tuple(
            Suggestion(
                int(known.products[at]),
                "reorder",
                chance=float(chances[at]),
                times=int(known.times[at]),
                every=float(gap[at]) if known.times[at] > 1 else None,
                ago=int(known.last[at]),
            )
            for at in best(scores, k)
            if keep[at]
        )

    def _new(self, customer: int, k: int, open_: Flags) -> tuple[Suggestion, ...]:
        history = self._within[[customer]]
        had = frozenset(self.bought[customer].indices.tolist())
        found: list[Suggestion] = []
        if history.nnz:
            raw = self.ranker.score_histories(history)
            scores = np.where(open_[self.items], self._leaning(raw, history)[0], 0.0)
            room = k if history.nnz >= _THIN else (k + 1) // 2
            found = [self._discovery(customer, int(at)) for at in best(scores, room) if scores[at] > 0]
            young = self._newcomers.suit(raw[0], history.indices, open_, had) if k > _NEW_SHARE else None
            if young is not None:
                alike = Suggestion(young[0], "similar", anchor=int(self.items[young[1]]))
                found = [*found[: k - 1], alike]
        taken = had | {s.product for s in found}
        rest = self._popular(k - len(found), open_, self.profiles[customer], taken)
        return tuple(found) + rest

    def _discovery(self, customer: int, item: int) -> Suggestion:
        """With the product of the history that speaks most for it, and how much."""
        product = int(self.items[item])
        why = self.ranker.explain(customer, item)
        if why.anchor is not None:
            anchor = int(self.items[why.anchor])
            lift = self.lift(anchor, product)
            if lift > 1:
                return Suggestion(product, "with", anchor=anchor, lift=lift)
        return self._as_popular(product, "popular", self._late, self.visits.shape[0])

    def lift(self, anchor: int, product: int) -> float:
        """How many times as often customers who bought the anchor buy the product, against all customers."""
        ours, theirs = (self._columns.indices[self._span(place)] for place in (anchor, product))
        both = len(np.intersect1d(ours, theirs, assume_unique=True))
        return both * self.visits.shape[0] / max(len(ours) * len(theirs), 1)

    def _span(self, product: int) -> slice:
        return slice(self._columns.indptr[product], self._columns.indptr[product + 1])

    def _popular(self, k: int, open_: Flags, profile: Ints | None, taken: frozenset[int]) -> tuple[Suggestion, ...]:
        group = self._peers(profile)
        kind: Kind = "popular" if group is None else "peers"
        buyers = self._late if group is None else np.asarray(self.season[group].sum(0)).ravel()
        scores = np.where(open_, buyers, 0.0)
        scores[list(taken)] = 0.0
        size = self.visits.shape[0] if group is None else len(group)
        return tuple(self._as_popular(int(p), kind, buyers, size) for p in best(scores, k) if scores[p] > 0)

    def _as_popular(self, product: int, kind: Kind, buyers: Floats, group: int) -> Suggestion:
        return Suggestion(product, kind, buyers=int(buyers[product]), group=group)

    def _peers(self, profile: Ints | None) -> Ints | None:
        """Customers who share the most attributes, at least ``_PEERS`` of them; None where none do."""
        if profile is None or not (profile >= 0).any():
            return None
        shared = ((self.profiles == profile) & (profile >= 0)).sum(1)
        for least in range(int(shared.max(initial=0)), 0, -1):
            group = np.flatnonzero(shared >= least)
            if len(group) >= _PEERS:
                return group
        return None

    def _choose_items(self) -> None:
        buyers = np.where(self.sold, self.stock.buyers, 0.0)
        chosen = best(buyers, PRODUCTS)
        self.items = np.sort(chosen[buyers[chosen] > 0])

    def within_items(self) -> Interactions:
        """The visits to the products that discoveries are chosen among."""
        place = np.full(self.visits.shape[1], -1)
        place[self.items] = np.arange(len(self.items))
        kept = self.visits.where(place[self.visits.cols] >= 0)
        return Interactions(
            kept.customers, kept.products[self.items], kept.rows, place[kept.cols], kept.values, kept.days
        )

    def _young(self) -> Flags:
        """Products first sold in the last season and not among the items; none while all the data is younger."""
        first = np.zeros(self.visits.shape[1], np.int64)
        np.maximum.at(first, self.habits.products, self.habits.first)
        young: Flags = self.sold & (first <= SEASON) & (first > 0)
        young[self.items] = False
        return young & (self.clock - int(self.visits.days.min(initial=self.clock)) > 2 * SEASON)
