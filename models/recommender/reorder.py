"""What a customer buys again: habits with an interval, and when they are due.

Every product that a customer bought is a candidate. Its chance to be bought within the next ``HORIZON`` days is learnt
by gradient-boosted trees from how often, how lately and how regularly this customer bought it and others of its type,
how often the customer shops, and how often others buy it again. Labels come from the store's own last ``HORIZON`` days
before the clock. (The features are those that next-basket research found to carry: Hu et al., "Modeling personalized
item frequency information for next-basket recommendation", SIGIR 2020; Ariannezhad et al., "ReCANet", SIGIR 2022.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.recommender.interactions import Flags, Floats, Interactions, Ints

HORIZON = 28  # days ahead: four weeks
SHORTEST = 84  # days of history that can be split into habits and an answer; below it the chance is a plain rate
SAMPLE = 1500  # customers to learn from: twice as many raised nDCG@10 on the demo store by 0.001
RECENT = (14, 28, 84)  # days of the recent counts
_OLD = 56  # something bought once, and longer ago than this, teaches nothing: left out of the training
_MISSING = -1.0

FEATURES = (
    "times last first times14 times28 times84 visits visits28 visits84 visit_last assortment buyers sold again sold28 "
    "type_times type_last type_products rate rate28 rate84 gap due share"
).split()


@dataclass(frozen=True, eq=False)
class Habits:
    """What customers bought before a day: one entry a customer and product.

    Attributes:
        customers, products: places. times: days on which it was bought. first, last: days before the clock.
    """

    customers: Ints
    products: Ints
    times: Ints
    first: Ints
    last: Ints
    recent: tuple[Ints, ...]

    @property
    def gap(self) -> Floats:
        """Mean days between two purchases; NaN where there was one only."""
        found: Floats = np.where(self.times > 1, (self.first - self.last) / np.maximum(self.times - 1, 1), np.nan)
        return found


def habits(past: Interactions, clock: int) -> Habits:
    """Count a history whose last day lies before ``clock`` (days since 1970-01-01)."""
    if not len(past):
        none = np.empty(0, np.int64)
        return Habits(none, none, none, none, none, (none,) * len(RECENT))
    fresh = np.ones(len(past), bool)
    fresh[1:] = (np.diff(past.rows) != 0) | (np.diff(past.cols) != 0)
    starts = np.flatnonzero(fresh)
    ends = np.append(starts[1:], len(past)) - 1
    recent = tuple(np.add.reduceat((past.days >= clock - days).astype(np.int64), starts) for days in RECENT)
    first, last = clock - past.days[starts], clock - past.days[ends]
    return Habits(past.rows[starts], past.cols[starts], ends - starts + 1, first, last, recent)


@dataclass(frozen=True, eq=False)
class Assortment:
    """What all customers do with each product: buyers, days sold, share of buyers that came back, sold of late."""

    buyers: Floats
    sold: Floats
    again: Floats
    sold28: Floats

    @classmethod
    def of(cls, known: Habits, products: int) -> Assortment:
        """Count by product."""
        buyers = np.bincount(known.products, minlength=products).astype(float)
        again = np.bincount(known.products, known.times > 1, products) / np.maximum(buyers, 1)
        sold, sold28 = (np.bincount(known.products, days, products) for days in (known.times, known.recent[1]))
        return cls(buyers, sold.astype(float), again, sold28.astype(float))


class Reorder:
    """The chance that a customer buys a product again within ``HORIZON`` days.

    Args:
        types: a product's type as a number, by place; products of one type stand in for each other (milk and milk).
        rounds: trees. sample: customers to learn from.
    """

    def __init__(self, types: Ints, rounds: int = 80, sample: int = SAMPLE, seed: int = 0) -> None:
        self.types, self.rounds, self.sample, self.seed = types, rounds, sample, seed
        self.booster: Any = None

    def fit(self, visits: Interactions, clock: int) -> Self:
        """Learn from all before ``clock``; the last ``HORIZON`` days are the answer to the days before them."""
        if not len(visits) or clock - int(visits.days.min()) < SHORTEST:
            return self
        import lightgbm

        then = clock - HORIZON
        rng = np.random.default_rng(self.seed)
        count = visits.shape[0]
        chosen = rng.permutation(count)[: self.sample] if count > self.sample else np.arange(count)
        past, after = visits.where(visits.days < then), visits.where((visits.days >= then) & (visits.days < clock))
        everything = habits(past, then)
        stock = Assortment.of(everything, visits.shape[1])
        known = habits(past.of_customers(chosen), then)
        table = self.table(past.of_customers(chosen), known, stock, then)
        bought = _keys(after.rows, after.cols, visits.shape[1])
        label = np.isin(_keys(known.customers, known.products, visits.shape[1]), bought)
        telling = (known.times > 1) | (known.last <= _OLD)
        if not 0 < np.count_nonzero(label[telling]) < np.count_nonzero(telling):
            return self
        options = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 100}
        noise = {"bagging_fraction": 0.5, "bagging_freq": 1, "feature_fraction": 0.7, "seed": self.seed}
        quiet = {"verbose": -1, "num_threads": 1, "deterministic": True}
        data = lightgbm.Dataset(table[telling], label[telling].astype(float), free_raw_data=True)
        self.booster = lightgbm.train({**options, **noise, **quiet}, data, self.rounds)
        return self

    def chances(self, past: Interactions, known: Habits, stock: Assortment, clock: int) -> Floats:
        """The chance of each entry of ``known``, 0–1. ``past`` are these customers' interactions before ``clock``."""
        if not len(known.times):
            return np.empty(0)
        if self.booster is None:  # too short a history to learn from: once in so many days, while it is not given up
            rate = 1 - np.exp(-HORIZON * known.times / (known.first + HORIZON))
            found: Floats = rate * np.exp2(-known.last / SHORTEST)
            return found
        return np.asarray(self.booster.predict(self.table(past, known, stock, clock), num_threads=1))

    def table(self, past: Interactions, known: Habits, stock: Assortment, clock: int) -> Floats:
        """The features, one row an entry of ``known``, columns as ``FEATURES``."""
        visits, visits28, visits84, latest = _shopping(past, clock)
        assortment = np.bincount(known.customers, minlength=past.shape[0])
        row, product = known.customers, known.products
        group = _groups(row, self.types[product])
        type_times = np.bincount(group, known.times)[group]
        type_last = np.full(int(group.max()) + 1, np.inf)
        np.minimum.at(type_last, group, known.last)
        gap = known.gap
        t14, t28, t84 = known.recent
        columns = (
            *(known.times, known.last, known.first, t14, t28, t84),
            *(visits[row], visits28[row], visits84[row], latest[row], assortment[row]),
            *(stock.buyers[product], stock.sold[product], stock.again[product], stock.sold28[product]),
            *(type_times, type_last[group], np.bincount(group)[group]),
            *(known.times / visits[row], t28 / np.maximum(visits28[row], 1), t84 / np.maximum(visits84[row], 1)),
            *(np.nan_to_num(gap, nan=_MISSING), np.nan_to_num(known.last / np.maximum(gap, 0.5), nan=_MISSING)),
            known.times / type_times,
        )
        return np.column_stack(columns).astype(np.float32)


def _shopping(past: Interactions, clock: int) -> tuple[Floats, Floats, Floats, Floats]:
    """By customer: days with a purchase, in all and of late, and how long ago the last one was."""
    span = int(past.days.max()) + 1
    days = _distinct(past.rows.astype(np.int64) * span + past.days)
    row, day = days // span, days % span
    count = past.shape[0]
    visits = [np.bincount(row[day >= since], minlength=count).astype(float) for since in (0, clock - 28, clock - 84)]
    latest = np.full(count, np.inf)
    np.minimum.at(latest, row, clock - day)
    return visits[0], visits[1], visits[2], latest


def _distinct(keys: Ints) -> Ints:
    """Sorted distinct values; np.unique hashes, which took twenty times as long on a million keys."""
    ordered = np.sort(keys)
    kept: Flags = np.ones(len(ordered), bool)
    kept[1:] = np.diff(ordered) != 0
    return ordered[kept]


def _groups(rows: Ints, types: Ints) -> Ints:
    keys = rows.astype(np.int64) * (int(types.max()) + 2) + types + 1
    return np.searchsorted(_distinct(keys), keys)


def _keys(rows: Ints, cols: Ints, products: int) -> Ints:
    found: Ints = rows.astype(np.int64) * products + cols
    return found
