"""Money given back for a product of a basket, with the reason; abusers and two incidents among them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from db.simulation.draws import DAY, HOUR, Flags, Floats, Ints, choose, lognormal, sample, stream, within
from db.simulation.orders import Lines, Orders
from db.simulation.people import Numbers, People
from db.simulation.rings import Fraud

REASONS = (
    "damaged",
    "poor_quality",
    "wrong_item",
    "missing_item",
    "changed_mind",
    "not_as_described",
    "unavailable",
    "price_error",
)
DAMAGED, QUALITY, WRONG, MISSING, CHANGED, DESCRIBED, STOCK, PRICE = range(8)
FRESH = ("PRODUCE", "MEAT", "MEAT-PCKGD", "SEAFOOD", "SEAFOOD-PCKGD", "DELI", "PASTRY", "SALAD BAR", "FLORAL")
DURABLE = ("DRUG GM", "COSMETICS", "GARDEN CENTER", "TRAVEL & LEISURE", "TOYS", "HOUSEWARES", "PHOTO & VIDEO")
NEVER = ("FUEL", "COUPON", "CHARITABLE CONT", "POSTAL CENTER", "MISCELLANEOUS")
RATE, FRESH_RATE, DURABLE_RATE = 0.0085, 0.019, 0.021  # of lines
SHARES = {  # of REASONS, by kind of goods
    "fresh": (0.12, 0.46, 0.12, 0.15, 0.02, 0.05, 0.08, 0.0),
    "durable": (0.13, 0.05, 0.14, 0.13, 0.36, 0.16, 0.03, 0.0),
    "other": (0.2, 0.1, 0.2, 0.26, 0.08, 0.06, 0.09, 0.01),
}


@dataclass(frozen=True, slots=True)
class StockOut:
    """Lines of a category that were paid for and could not be delivered."""

    category: str
    start: str
    days: int
    share: float


@dataclass(frozen=True, slots=True)
class Mispriced:
    """A product charged at twice its price; the half is given back."""

    product: int
    start: str
    days: int
    share: float


@dataclass(frozen=True, slots=True)
class Abuse:
    """A way of taking refunds that are not due: so many households, from ``start``, that share of their lines."""

    kind: str
    homes: int
    start: str
    days: int
    share: float
    reason: int
    least_cents: int = 0
    together: bool = False  # on one device, to one address


STOCK_OUT = StockOut("FROZEN PIZZA", "2017-10-09", 7, 0.3)
MISPRICED = Mispriced(995_242, "2017-06-13", 3, 0.7)
ABUSES = (
    Abuse("serial", 8, "2017-02-01", 330, 0.34, MISSING, 300),
    Abuse("never-arrived", 6, "2017-08-15", 60, 0.75, MISSING, together=True),
    Abuse("wardrobe", 5, "2017-03-01", 300, 0.5, CHANGED, 700),
    Abuse("small-and-often", 6, "2017-01-10", 350, 0.12, QUALITY),
    Abuse("late-year", 5, "2017-10-20", 70, 0.45, DAMAGED, 300),
)
PICKY_HOMES = 30  # honest, but quick to complain about fresh goods


@dataclass(frozen=True, slots=True)
class Refunds:
    """One row for a product of a basket, in the order of time; ``line`` is its place in :class:`Lines`."""

    line: Ints
    order: Ints
    product: Ints
    time: Ints
    cents: Ints
    reason: Ints
    incident: Flags  # of the stock-out or the wrong price

    def __len__(self) -> int:
        """How many refunds."""
        return len(self.line)


@dataclass(frozen=True, slots=True)
class Abusers:
    """Household numbers by the kind of abuse, the honest complainers, and the lines refunded without a right."""

    homes: dict[str, Ints]
    picky: Ints
    lines: Ints


def give_refunds(
    orders: Orders, lines: Lines, people: People, fraud: Fraud, numbers: Numbers, seed: int, as_of: int
) -> tuple[Refunds, Abusers]:
    """All refunds paid out before ``as_of``, at most what the line cost.

    Abusers who work together share a device and an address from then on: ``people`` is changed.
    """
    rng = stream(seed, "refunds")
    size = len(lines)
    rate, reason = _usual(lines, rng)
    rate[fraud.orders[lines.order]] = 0  # thieves are gone by then
    abusers = _abuse(orders, lines, people, fraud, rate, reason, rng)
    _gather(orders, people, abusers, numbers)
    given = rng.random(size) < rate
    short = _short(orders, lines, rng)
    dear = _mispriced(orders, lines, rng)
    reason[short], reason[dear] = STOCK, PRICE
    rows = np.flatnonzero(given | short | dear)
    refunds = _rows(rows, reason, short | dear, orders, lines, rng)
    paid_out = refunds.time < as_of
    refunds = Refunds(*(getattr(refunds, field.name)[paid_out] for field in fields(refunds)))
    return refunds, Abusers(abusers.homes, abusers.picky, np.intersect1d(refunds.line, abusers.lines))


def _usual(lines: Lines, rng: np.random.Generator) -> tuple[Floats, Ints]:
    department = lines.departments
    kinds = np.select([np.isin(department, FRESH), np.isin(department, DURABLE)], [0, 1], 2)[lines.kind]
    rate = np.choose(kinds, (FRESH_RATE, DURABLE_RATE, RATE)).astype(float)
    rate[np.isin(department, NEVER)[lines.kind]] = 0
    rate *= np.clip((lines.cents / 250) ** 0.35, 0.5, 2.5)  # a dear thing is worth the trouble
    reason = np.zeros(len(lines), dtype=np.int64)
    for place, shares in enumerate(SHARES.values()):
        rows = np.flatnonzero(kinds == place)
        reason[rows] = choose(rng, shares, len(rows))
    return rate, reason


def _abuse(
    orders: Orders,
    lines: Lines,
    people: People,
    fraud: Fraud,
    rate: Floats,
    reason: Ints,
    rng: np.random.Generator,
) -> Abusers:
    """Raise the rates of the abusers' lines, in ``rate``; their households buy often enough to be seen."""
    counts = np.bincount(orders.home, minlength=orders.homes)
    busy = (counts >= 40) & (counts < 300)
    busy[people.businesses] = False
    busy[np.unique(orders.home[fraud.orders])] = False
    free = rng.permutation(np.flatnonzero(busy))
    found: dict[str, Ints] = {}
    unfair: list[Ints] = []
    start = 0
    home, time = orders.home[lines.order], orders.time[lines.order]
    for abuse in ABUSES:
        found[abuse.kind], start = np.sort(free[start : start + abuse.homes]), start + abuse.homes
        theirs = np.isin(home, found[abuse.kind]) & within(time, abuse.start, abuse.days)
        rows = np.flatnonzero(theirs & (lines.cents >= abuse.least_cents) & (rate > 0))
        rate[rows] = abuse.share
        reason[rows] = np.where(rng.random(len(rows)) < 0.8, abuse.reason, reason[rows])
        unfair.append(rows)
    picky = sample(rng, free[start:], np.ones(len(free[start:])), PICKY_HOMES)
    fresh = np.isin(lines.departments, FRESH)[lines.kind] & np.isin(home, picky)
    rate[fresh] = 0.085
    return Abusers(found, np.sort(picky), np.sort(np.concatenate(unfair)))


def _gather(orders: Orders, people: People, abusers: Abusers, numbers: Numbers) -> None:
    for abuse in (abuse for abuse in ABUSES if abuse.together):
        theirs = np.isin(orders.home, abusers.homes[abuse.kind]) & within(orders.time, abuse.start, abuse.days)
        people.device[theirs] = numbers.devices.take(1)
        people.address[theirs] = numbers.addresses.take(1)


def _short(orders: Orders, lines: Lines, rng: np.random.Generator) -> Flags:
    wanted = (lines.categories == STOCK_OUT.category)[lines.kind]
    open_ = within(orders.time[lines.order], STOCK_OUT.start, STOCK_OUT.days)
    return np.asarray(wanted & open_ & (rng.random(len(lines)) < STOCK_OUT.share), dtype=bool)


def _mispriced(orders: Orders, lines: Lines, rng: np.random.Generator) -> Flags:
    open_ = within(orders.time[lines.order], MISPRICED.start, MISPRICED.days)
    return np.asarray((lines.product == MISPRICED.product) & open_ & (rng.random(len(lines)) < MISPRICED.share), bool)


def _rows(rows: Ints, reason: Ints, incident: Flags, orders: Orders, lines: Lines, rng: np.random.Generator) -> Refunds:
    size, why, cost = len(rows), reason[rows], lines.cents[rows]
    days = np.select(
        [why == STOCK, why == CHANGED, np.isin(why, (MISSING, WRONG))],
        [lognormal(rng, 0.15, 0.6, size), lognormal(rng, 8, 0.6, size), lognormal(rng, 1.5, 0.7, size)],
        lognormal(rng, 2.5, 0.7, size),
    )
    part = np.where(rng.random(size) < 0.82, 1.0, 0.3 + 0.6 * rng.random(size))
    part = np.select([why == PRICE, why == STOCK], [0.5, 1.0], part)
    time = orders.time[lines.order[rows]] + np.maximum((days * DAY).astype(np.int64), HOUR // 4)
    cents = np.clip(np.floor(cost * part), 1, cost).astype(np.int64)
    by_time = np.lexsort((rows, time))
    kept = rows[by_time]
    return Refunds(
        kept, lines.order[kept], lines.product[kept], time[by_time], cents[by_time], why[by_time], incident[kept]
    )
