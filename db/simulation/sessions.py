"""Visits to the shop's site: one for each order, and those that end without one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from db.simulation.draws import DAY, MINUTE, Flags, Floats, Ints, at, choose, lognormal, stream, within
from db.simulation.orders import Orders
from db.simulation.people import Counter, People

SOURCES = ("direct", "organic_search", "paid_search", "newsletter", "social", "referral", "affiliate")
PAID = SOURCES.index("paid_search")
BUYING = (0.41, 0.2, 0.11, 0.17, 0.04, 0.04, 0.03)
LOOKING = (0.29, 0.27, 0.15, 0.10, 0.09, 0.06, 0.04)
HOURS = (16, 9, 5, 3, 2, 3, 6, 12, 18, 23, 26, 28, 31, 30, 29, 29, 31, 34, 39, 45, 50, 49, 41, 28)
WEEKDAYS = (1.04, 1.0, 0.98, 0.98, 0.95, 1.0, 1.05)  # from Monday
VISITS = 1_650  # a day without an order, before season and noise
BOUNCE, CART = 0.42, 0.42  # of visits without an order: one page only; of the others: something in the cart
KNOWN = 0.52  # of visits without an order: signed in
HOLIDAYS = (  # from, days, how many times the usual visits
    ("2017-11-20", 3, 1.25),
    ("2017-11-23", 2, 1.9),
    ("2017-11-25", 2, 1.35),
    ("2017-11-27", 1, 1.7),
    ("2017-12-11", 7, 1.2),
    ("2017-12-18", 6, 1.45),
    ("2017-12-24", 2, 0.75),
    ("2017-07-03", 2, 1.2),
)


@dataclass(frozen=True, slots=True)
class Drop:
    """A source that loses the ``share`` of its visits for some days."""

    source: int
    start: str
    days: int
    share: float


DROP = Drop(PAID, "2017-08-07", 5, 0.8)


@dataclass(frozen=True, slots=True)
class Sessions:
    """One row a visit, in the order of time; ``home`` and ``order`` are -1 where nobody signed in or bought."""

    time: Ints
    home: Ints
    device: Ints
    source: Ints
    pages: Ints
    cart: Ints
    order: Ints

    def __len__(self) -> int:
        """How many visits."""
        return len(self.time)

    def take(self, rows: Ints) -> Sessions:
        """The visits at these places."""
        return Sessions(
            self.time[rows],
            self.home[rows],
            self.device[rows],
            self.source[rows],
            self.pages[rows],
            self.cart[rows],
            self.order[rows],
        )


def visit(orders: Orders, people: People, devices: Counter, stuck: Floats, seed: int, as_of: int) -> Sessions:
    """All visits before ``as_of`` and those of every order.

    Args:
        stuck: for each day from the first of the year, how many times as many visits end with a full cart and no
            order as on a usual day (a stock-out, a payment outage).
    """
    rng = stream(seed, "sessions")
    buying = _buying(orders, people, rng)
    looking = _looking(orders, people, devices, stuck, rng, as_of)
    parts = (buying, looking)
    every = Sessions(*(np.concatenate([getattr(p, name) for p in parts]) for name in Sessions.__slots__))
    lost = (every.source == DROP.source) & within(every.time, DROP.start, DROP.days)
    lost &= rng.random(len(every)) < DROP.share
    every.source[lost & (every.order >= 0)] = 0  # who buys finds the way without the advertisement
    rows = np.flatnonzero(~(lost & (every.order < 0)))
    return every.take(rows[np.lexsort((every.device[rows], every.time[rows]))])


def _buying(orders: Orders, people: People, rng: np.random.Generator) -> Sessions:
    size = len(orders)
    lasted = np.clip(lognormal(rng, 11, 0.6, size), 1, 90) * MINUTE
    return Sessions(
        time=orders.time - lasted.astype(np.int64),
        home=orders.home,
        device=people.device,
        source=choose(rng, BUYING, size),
        pages=4 + np.minimum(rng.geometric(0.09, size), 80),
        cart=np.ones(size, dtype=np.int64),
        order=np.arange(size, dtype=np.int64),
    )


def _looking(
    orders: Orders, people: People, devices: Counter, stuck: Floats, rng: np.random.Generator, as_of: int
) -> Sessions:
    time, full = _moments(stuck, rng, as_of)
    size = len(time)
    counts = np.bincount(orders.home, minlength=orders.homes)
    last = np.zeros(orders.homes, dtype=np.int64)
    last[orders.home] = people.device  # the device of the last order
    known = rng.random(size) < KNOWN
    home = np.where(known, choose(rng, np.asarray(counts**0.6, dtype=float), size), -1)
    strangers = devices.take(int(size * 0.4))
    device = np.where(known, last[home], strangers[rng.integers(0, len(strangers), size)])
    pages = 1 + np.where(rng.random(size) < BOUNCE, 0, rng.geometric(0.22, size))
    pages = np.where(full, np.maximum(pages, 4), np.minimum(pages, 60))
    cart = full | ((pages > 1) & (rng.random(size) < CART))
    return Sessions(
        time=time,
        home=home,
        device=device,
        source=choose(rng, LOOKING, size),
        pages=pages.astype(np.int64),
        cart=cart.astype(np.int64),
        order=np.full(size, -1, dtype=np.int64),
    )


def _moments(stuck: Floats, rng: np.random.Generator, as_of: int) -> tuple[Ints, Flags]:
    """When the visits without an order begin, and which of them were stuck with a full cart."""
    start = at("2017-01-01")
    days = np.arange((as_of - start) // DAY)
    usual = VISITS * np.asarray(WEEKDAYS)[(days + 6) % 7] * (0.94 + 0.12 * days / len(days))  # 1 January: a Sunday
    for first, length, times in HOLIDAYS:
        low = (at(first) - start) // DAY
        usual[low : low + length] *= times
    usual *= np.exp(0.045 * rng.standard_normal(len(days)))
    extra = usual * (1 - BOUNCE) * CART * (stuck[: len(days)] - 1)
    counts, more = rng.poisson(usual), rng.poisson(np.maximum(extra, 0))
    day = np.concatenate([np.repeat(days, counts), np.repeat(days, more)])
    hour = choose(rng, HOURS, len(day))
    full = np.arange(len(day)) >= counts.sum()
    return start + day * DAY + hour * 3600 + rng.integers(0, 3600, len(day)), full
