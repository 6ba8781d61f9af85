"""Fraud: rings that pay for orders of real households with shared devices, cards and addresses; single takeovers.

Where and when is fixed here; who, by the seed. Only tests, `shopops eval` and `shopops bench` may know the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from db.simulation.draws import Flags, Ints, choose, sample, stream, within
from db.simulation.orders import Orders
from db.simulation.people import CREDIT, DEBIT, WALLET, Numbers, People

LEAST_CENTS = 1_500  # a thief does not bother with less


@dataclass(frozen=True, slots=True)
class Plan:
    """A ring: ``orders`` of ``homes`` households in the ``days`` from ``start``; zero of a thing: everyone's own.

    A ring has at least one card, and at least as many orders as households.
    """

    name: str
    start: str
    days: int
    homes: int
    orders: int
    devices: int = 0
    cards: int = 1
    addresses: int = 0


PLANS = (
    Plan("device-farm-1", "2017-02-06", 24, 14, 32, devices=2, cards=18),
    Plan("one-card-1", "2017-02-20", 40, 9, 20, cards=1),
    Plan("drop-house-1", "2017-03-13", 30, 12, 26, devices=7, cards=12, addresses=1),
    Plan("small-1", "2017-03-28", 12, 3, 8, devices=1, cards=2),
    Plan("large-1", "2017-04-17", 28, 38, 82, devices=5, cards=16, addresses=3),
    Plan("slow-1", "2017-03-01", 180, 8, 26, devices=1, cards=3),
    Plan("card-pair-1", "2017-05-22", 21, 10, 22, cards=2, addresses=1),
    Plan("device-farm-2", "2017-06-19", 20, 16, 34, devices=1, cards=24),
    Plan("burst-1", "2017-07-08", 4, 9, 15, devices=1, cards=6, addresses=1),
    Plan("drop-house-2", "2017-07-24", 35, 15, 34, devices=10, cards=14, addresses=2),
    Plan("slow-2", "2017-06-01", 190, 10, 32, cards=2, addresses=1),
    Plan("large-2", "2017-09-04", 25, 42, 96, devices=6, cards=20, addresses=4),
    Plan("small-2", "2017-09-25", 14, 4, 9, devices=1, cards=1),
    Plan("one-card-2", "2017-10-09", 30, 8, 18, cards=1),
    Plan("device-farm-3", "2017-10-30", 26, 18, 40, devices=2, cards=28),
    Plan("burst-2", "2017-11-18", 5, 12, 20, devices=2, cards=8, addresses=1),
    Plan("large-3", "2017-11-27", 26, 36, 84, devices=5, cards=15, addresses=3),
    Plan("drop-house-3", "2017-12-02", 24, 11, 24, devices=6, cards=10, addresses=1),
    Plan("small-3", "2017-12-11", 12, 4, 10, devices=1, cards=3),
)
TAKEOVERS = 190  # single orders on a strange device


@dataclass(frozen=True, slots=True)
class Fraud:
    """Which orders are fraud: ``ring`` is the plan's place, -1 for none, ``len(PLANS)`` for a single takeover.

    ``devices`` … hold the numbers that each ring shares.
    """

    ring: Ints
    devices: tuple[Ints, ...]
    cards: tuple[Ints, ...]
    addresses: tuple[Ints, ...]

    @property
    def orders(self) -> Flags:
        """Whether an order is fraud."""
        return np.asarray(self.ring >= 0, dtype=bool)


def commit_fraud(orders: Orders, people: People, numbers: Numbers, seed: int) -> Fraud:
    """Pick the orders of every ring and change what they were paid with, in ``people``."""
    rng = stream(seed, "fraud")
    ring = np.full(len(orders), -1, dtype=np.int64)
    honest = np.isin(orders.home, people.businesses)
    shared: list[tuple[Ints, Ints, Ints]] = []
    for place, plan in enumerate(PLANS):
        taken = (ring >= 0) | honest
        chosen = _orders_of(plan, orders, taken, rng)
        ring[chosen] = place
        things = (
            numbers.devices.take(plan.devices),
            numbers.cards.take(plan.cards),
            numbers.addresses.take(plan.addresses),
        )
        shared.append(things)
        _pay(people, chosen, things, rng)
    _take_over(orders, people, numbers, ring, honest, rng)
    devices, cards, addresses = zip(*shared, strict=True)
    return Fraud(ring, devices, cards, addresses)


def _orders_of(plan: Plan, orders: Orders, taken: Flags, rng: np.random.Generator) -> Ints:
    """Each member gives at least one order; dear ones are likelier."""
    open_ = within(orders.time, plan.start, plan.days) & ~taken & (orders.cents >= LEAST_CENTS)
    candidates = np.flatnonzero(open_)
    counts = np.bincount(orders.home[candidates], minlength=orders.homes)
    able = np.flatnonzero(counts >= min(2, max(1, plan.days // 7)))
    members = sample(rng, able, counts[able].astype(float), plan.homes)
    theirs = candidates[np.isin(orders.home[candidates], members)]
    ranked = sample(rng, theirs, orders.cents[theirs].astype(float), len(theirs))
    _, first = np.unique(orders.home[ranked], return_index=True)
    rest = np.delete(ranked, first)
    return np.concatenate([ranked[first], rest])[: plan.orders]


def _pay(people: People, chosen: Ints, things: tuple[Ints, Ints, Ints], rng: np.random.Generator) -> None:
    for column, pool in zip((people.device, people.card, people.address), things, strict=True):
        if len(pool):
            drawn = pool[rng.integers(0, len(pool), len(chosen))]
            drawn[: len(pool)] = pool[: len(chosen)]  # each of them is used
            column[chosen] = drawn
    people.method[chosen] = np.asarray((CREDIT, DEBIT, WALLET))[choose(rng, (0.74, 0.16, 0.10), len(chosen))]


def _take_over(
    orders: Orders, people: People, numbers: Numbers, ring: Ints, honest: Flags, rng: np.random.Generator
) -> None:
    """Single orders on a device never seen before: half with a stolen card, half sent to a new address."""
    free = np.flatnonzero((ring < 0) & ~honest & (orders.cents >= 2 * LEAST_CENTS) & (people.card >= 0))
    chosen = sample(rng, free, orders.cents[free].astype(float), TAKEOVERS)
    ring[chosen] = len(PLANS)
    people.device[chosen] = numbers.devices.take(len(chosen))
    stolen, moved = chosen[rng.random(len(chosen)) < 0.5], chosen[rng.random(len(chosen)) < 0.5]
    people.card[stolen] = numbers.cards.take(len(stolen))
    people.address[moved] = numbers.addresses.take(len(moved))
    people.method[chosen] = CREDIT
