"""Every attempt to pay for a basket: the failed ones, then the one (or two) that settled it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from db.simulation.draws import DAY, HOUR, Flags, Ints, choose, lognormal, stream, within
from db.simulation.orders import Orders
from db.simulation.people import BANK, CARDLESS, CREDIT, DEBIT, GIFT, WALLET, Numbers, People
from db.simulation.rings import PLANS, Fraud

STATUSES = ("paid", "failed", "chargeback")
PAID, FAILED, BACK = range(3)
REASONS = (
    "insufficient_funds",
    "card_declined",
    "incorrect_cvv",
    "expired_card",
    "authentication_failed",
    "network_error",
    "suspected_fraud",
    "processor_unavailable",
)
HONEST_REASONS = (0.38, 0.25, 0.13, 0.09, 0.08, 0.05, 0.02, 0.0)
STOLEN_REASONS = (0.12, 0.42, 0.26, 0.04, 0.04, 0.0, 0.12, 0.0)
UNAVAILABLE = REASONS.index("processor_unavailable")
FAILURE_RATE = {CREDIT: 0.046, DEBIT: 0.064, WALLET: 0.024, BANK: 0.03, GIFT: 0.05}  # orders with a failed attempt
DISPUTE_RATE = 0.0011  # honest buyers who dispute a card payment
BACK_RATE, TAKEOVER_BACK_RATE = 0.68, 0.76
BACK_DAYS = 24.0  # the median from payment to chargeback
SPLIT_RATE = 0.012


@dataclass(frozen=True, slots=True)
class Outage:
    """A method that fails from ``start`` for ``hours``, for that share of the attempts."""

    name: str
    method: int
    start: str
    hours: int
    share: float


OUTAGES = (
    Outage("wallet-outage", WALLET, "2017-09-16T15:00", 9, 0.9),
    Outage("debit-outage", DEBIT, "2017-05-24T17:00", 6, 0.75),
)


@dataclass(frozen=True, slots=True)
class Payments:
    """One row an attempt, in the order of time. ``back`` is when it was charged back, -1 for never (or not yet)."""

    order: Ints
    time: Ints
    cents: Ints
    method: Ints
    status: Ints
    reason: Ints
    device: Ints
    card: Ints
    address: Ints
    back: Ints

    def __len__(self) -> int:
        """How many attempts."""
        return len(self.order)

    def take(self, rows: Ints) -> Payments:
        """The rows at these places."""
        return Payments(*(getattr(self, field.name)[rows] for field in fields(self)))


def take_payments(
    orders: Orders, people: People, fraud: Fraud, numbers: Numbers, seed: int, as_of: int
) -> tuple[Payments, dict[str, Ints]]:
    """All attempts, and for each outage the orders that it hit. What ``as_of`` has not seen has not happened."""
    rng = stream(seed, "payments")
    hit = {outage.name: _hit(outage, orders, people, rng) for outage in OUTAGES}
    failed = _failures(orders, people, fraud, numbers, hit, rng)
    settled = _settled(orders, people, hit, rng)
    settled = _charged_back(settled, fraud, rng, as_of)
    parts = [_split_off(settled, fraud, rng), failed]
    every = Payments(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Payments)))
    return every.take(np.lexsort((every.status != FAILED, every.order, every.time))), hit


def _hit(outage: Outage, orders: Orders, people: People, rng: np.random.Generator) -> Ints:
    open_ = within(orders.time, outage.start, outage.hours * HOUR / DAY) & (people.method == outage.method)
    return np.flatnonzero(open_ & (orders.cents > 0) & (rng.random(len(orders)) < outage.share))


def _settled(orders: Orders, people: People, hit: dict[str, Ints], rng: np.random.Generator) -> Payments:
    """One row for each basket that cost anything; who met an outage paid in another way."""
    rows = np.flatnonzero(orders.cents > 0)
    method = people.method.copy()
    stranded = np.concatenate(list(hit.values()))
    method[stranded] = np.where(rng.random(len(stranded)) < 0.8, CREDIT, BANK)
    card = np.where(np.isin(method, CARDLESS), -1, people.card)
    none = np.full(len(rows), -1, dtype=np.int64)
    return Payments(
        order=rows,
        time=orders.time[rows],
        cents=orders.cents[rows],
        method=method[rows],
        status=np.full(len(rows), PAID, dtype=np.int64),
        reason=none,
        device=people.device[rows],
        card=card[rows],
        address=people.address[rows],
        back=none,
    )


def _charged_back(settled: Payments, fraud: Fraud, rng: np.random.Generator, as_of: int) -> Payments:
    """Most fraud comes back weeks later, and now and then an honest buyer disputes a payment."""
    ring = fraud.ring[settled.order]
    rate = np.select([ring == len(PLANS), ring >= 0], [TAKEOVER_BACK_RATE, BACK_RATE], DISPUTE_RATE)
    disputed = (rng.random(len(settled)) < rate) & (settled.card >= 0)
    days = np.clip(lognormal(rng, BACK_DAYS, 0.5, len(settled)), 3, 110)
    when = settled.time + (days * DAY).astype(np.int64)
    known = disputed & (when < as_of)
    status = np.where(known, BACK, settled.status)
    return replace(settled, status=status, back=np.where(known, when, -1))


def _split_off(settled: Payments, fraud: Fraud, rng: np.random.Generator) -> Payments:
    """Some pay a part with a gift card: two rows, which sum to the basket."""
    may = (settled.card >= 0) & (settled.cents >= 2_000) & ~fraud.orders[settled.order] & (settled.status == PAID)
    rows = np.flatnonzero(may & (rng.random(len(settled)) < SPLIT_RATE))
    part = (settled.cents[rows] * (0.2 + 0.4 * rng.random(len(rows)))).astype(np.int64) // 500 * 500 + 500
    cents = settled.cents.copy()
    cents[rows] -= part
    gift = settled.take(rows)
    gift = replace(gift, cents=part, method=np.full(len(rows), GIFT), card=np.full(len(rows), -1))
    both = (replace(settled, cents=cents), gift)
    return Payments(*(np.concatenate([getattr(p, f.name) for p in both]) for f in fields(Payments)))


def _failures(
    orders: Orders, people: People, fraud: Fraud, numbers: Numbers, hit: dict[str, Ints], rng: np.random.Generator
) -> Payments:
    """Attempts that failed, in the minutes before the order; thieves try more cards than people do."""
    size, stolen = len(orders), fraud.orders
    rate = np.select([people.method == m for m in FAILURE_RATE], list(FAILURE_RATE.values()))
    rate = np.where(stolen, 0.42, rate)
    tries = 1 + choose(rng, (0.8, 0.15, 0.05), size)
    tries[stolen] = 1 + choose(rng, (0.45, 0.3, 0.15, 0.1), int(stolen.sum()))
    tries[(rng.random(size) >= rate) | (orders.cents == 0)] = 0
    stranded = np.zeros(size, dtype=bool)
    stranded[np.concatenate(list(hit.values()))] = True
    tries[stranded] = 1 + choose(rng, (0.4, 0.4, 0.2), int(stranded.sum()))
    rows = np.repeat(np.arange(size, dtype=np.int64), tries)
    return _attempts(rows, tries, orders, people, stolen, stranded, numbers, rng)


def _attempts(
    rows: Ints,
    tries: Ints,
    orders: Orders,
    people: People,
    stolen: Flags,
    stranded: Flags,
    numbers: Numbers,
    rng: np.random.Generator,
) -> Payments:
    left = np.concatenate([np.arange(n, 0, -1) for n in tries[tries > 0]])  # attempts until the one that worked
    wait = left * 45 + (rng.random(len(rows)) * 40).astype(np.int64)
    reason = choose(rng, HONEST_REASONS, len(rows))
    thief = stolen[rows]
    reason[thief] = choose(rng, STOLEN_REASONS, int(thief.sum()))
    reason[np.isin(people.method[rows], CARDLESS)] = 0
    reason[stranded[rows]] = UNAVAILABLE
    card = people.card[rows]
    fresh = thief & (rng.random(len(rows)) < 0.6)
    card[fresh] = numbers.cards.take(int(fresh.sum()))
    return Payments(
        order=rows,
        time=orders.time[rows] - wait,
        cents=orders.cents[rows],
        method=people.method[rows],
        status=np.full(len(rows), FAILED, dtype=np.int64),
        reason=reason,
        device=people.device[rows],
        card=card,
        address=people.address[rows],
        back=np.full(len(rows), -1, dtype=np.int64),
    )
