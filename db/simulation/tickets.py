"""Support tickets: who writes when and about what, and how long they wait. The words are :mod:`ticket_words`'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from db.simulation.draws import DAY, HOUR, MINUTE, Floats, Ints, at, choose, lognormal, stream, within
from db.simulation.orders import Orders
from db.simulation.payments import BACK, FAILED, UNAVAILABLE, Payments
from db.simulation.refunds import Refunds

INTENTS = (
    "order_status", "late_delivery", "delivery_question", "change_order", "cancel_order", "refund_status",
    "return_request", "return_policy", "damaged_item", "quality_complaint", "wrong_item_report", "missing_item_report",
    "availability", "overcharged", "payment_problem", "double_charge", "unknown_charge", "coupon_problem", "invoice",
    "membership", "account_access", "privacy_request", "product_question", "service_complaint", "praise",
    "other_question",
)  # fmt: skip
CHANNELS = ("email", "chat", "phone", "web_form")
CHANNEL_SHARE = (0.48, 0.27, 0.14, 0.11)
QUICK = (1, 2)  # chat and phone
WAIT = (7 * HOUR, 2 * MINUTE, 80, 9 * HOUR)  # the median until the first answer
SOLVED = (9 * HOUR, 15 * MINUTE, 10 * MINUTE, 12 * HOUR)  # and from there to the end
NEVER_CLOSED = 0.012

BY_REASON = (  # of refunds.REASONS: the intent
    "damaged_item", "quality_complaint", "wrong_item_report", "missing_item_report", "return_request", "return_request",
    "availability", "overcharged",
)  # fmt: skip
REFUND_SHARE, INCIDENT_SHARE = 0.24, 0.6  # of refunds that begin with a ticket; of those of an incident
ORDER_SHARE = 0.016  # of orders
ORDER_INTENTS = {
    "order_status": 0.33,
    "late_delivery": 0.16,
    "change_order": 0.11,
    "cancel_order": 0.1,
    "refund_status": 0.1,
    "coupon_problem": 0.11,
    "invoice": 0.05,
    "double_charge": 0.04,
}
A_DAY = 4.2  # tickets without an order
FREE_INTENTS = {
    "delivery_question": 0.13,
    "return_policy": 0.15,
    "membership": 0.15,
    "account_access": 0.16,
    "privacy_request": 0.06,
    "product_question": 0.15,
    "service_complaint": 0.08,
    "praise": 0.05,
    "other_question": 0.07,
}


@dataclass(frozen=True, slots=True)
class Backlog:
    """Days on which the answers take so many times as long."""

    start: str
    days: int
    times: float


BACKLOG = Backlog("2017-11-24", 5, 3.5)


@dataclass(frozen=True, slots=True)
class Tickets:
    """One row a ticket, in the order of time; ``home``, ``order``, ``line`` are -1 and times are -1 where unknown."""

    time: Ints
    home: Ints
    order: Ints
    line: Ints
    intent: Ints
    channel: Ints
    first: Ints
    closed: Ints

    def __len__(self) -> int:
        """How many tickets."""
        return len(self.time)


def open_tickets(orders: Orders, payments: Payments, given: Refunds, seed: int, as_of: int) -> Tickets:
    """All tickets opened before ``as_of``, with the answers that came before it."""
    rng = stream(seed, "tickets")
    parts = [
        _of_refunds(orders, given, rng),
        _of_payments(orders, payments, rng),
        _of_orders(orders, rng),
        _free(orders, rng, as_of),
    ]
    home, order, line, intent, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    _, first = np.unique(np.where(order >= 0, order * 100 + intent, -1 - np.arange(len(order))), return_index=True)
    rows = first[time[first] < as_of]
    rows = rows[np.lexsort((intent[rows], home[rows], time[rows]))]
    time = time[rows]
    channel = choose(rng, CHANNEL_SHARE, len(rows))
    answered, closed = _handled(time, channel, rng, as_of)
    return Tickets(time, home[rows], order[rows], line[rows], intent[rows], channel, answered, closed)


Part = tuple[Ints, Ints, Ints, Ints, Ints]  # home, order, line, intent, time


def _of_refunds(orders: Orders, given: Refunds, rng: np.random.Generator) -> Part:
    share = np.where(given.incident, INCIDENT_SHARE, REFUND_SHARE)
    rows = np.flatnonzero(rng.random(len(given)) < share)
    order = given.order[rows]
    gap = given.time[rows] - orders.time[order]
    time = given.time[rows] - (gap * (0.1 + 0.8 * rng.random(len(rows)))).astype(np.int64)
    intent = np.asarray([INTENTS.index(name) for name in BY_REASON])[given.reason[rows]]
    return orders.home[order], order, given.line[rows], intent, time


def _of_payments(orders: Orders, payments: Payments, rng: np.random.Generator) -> Part:
    failed = payments.status == FAILED
    share = np.select([failed & (payments.reason == UNAVAILABLE), failed], [0.2, 0.03], 0.0)
    share[payments.status == BACK] = 0.2
    rows = np.flatnonzero(rng.random(len(payments)) < share)
    order, back = payments.order[rows], payments.status[rows] == BACK
    soon = payments.time[rows] + (rng.random(len(rows)) * 3 * HOUR).astype(np.int64) + 5 * MINUTE
    early = payments.back[rows] - (rng.random(len(rows)) * 2 * DAY).astype(np.int64)
    intent = np.where(back, INTENTS.index("unknown_charge"), INTENTS.index("payment_problem"))
    return orders.home[order], order, np.full(len(rows), -1), intent, np.where(back, early, soon)


def _of_orders(orders: Orders, rng: np.random.Generator) -> Part:
    rows = np.flatnonzero(rng.random(len(orders)) < ORDER_SHARE)
    names = list(ORDER_INTENTS)
    intent = np.asarray([INTENTS.index(n) for n in names])[choose(rng, list(ORDER_INTENTS.values()), len(rows))]
    time = orders.time[rows] + (lognormal(rng, 0.8, 0.9, len(rows)) * DAY).astype(np.int64) + 10 * MINUTE
    return orders.home[rows], rows, np.full(len(rows), -1), intent, time


def _free(orders: Orders, rng: np.random.Generator, as_of: int) -> Part:
    start = at("2017-01-01")
    days = (as_of - start) // DAY
    size = int(rng.poisson(A_DAY * days))
    time = start + (rng.random(size) * days).astype(np.int64) * DAY
    time += ((8 + 14 * rng.random(size)) * HOUR).astype(np.int64)
    names = list(FREE_INTENTS)
    intent = np.asarray([INTENTS.index(n) for n in names])[choose(rng, list(FREE_INTENTS.values()), size)]
    none = np.full(size, -1)
    home = np.where(rng.random(size) < 0.7, rng.integers(0, orders.homes, size), -1)
    return home, none, none, intent, time


def _handled(time: Ints, channel: Ints, rng: np.random.Generator, as_of: int) -> tuple[Ints, Ints]:
    """When each was first answered and closed, -1 for not yet; mail waits longer at the week's end."""
    size = len(time)
    quick = np.isin(channel, QUICK)
    weekend = np.isin((time // DAY + 3) % 7, (5, 6))  # 1970 began on a Thursday; 0 is Monday
    slower: Floats = np.where(weekend & ~quick, 1.6, 1.0)
    slower = slower * np.where(within(time, BACKLOG.start, BACKLOG.days), BACKLOG.times, 1.0)
    wait = lognormal(rng, 1.0, 0.75, size) * np.asarray(WAIT)[channel] * slower
    work = lognormal(rng, 1.0, 1.0, size) * np.asarray(SOLVED)[channel]
    first = time + np.maximum(wait, 5).astype(np.int64)
    closed = first + np.maximum(work, 30).astype(np.int64)
    closed[(rng.random(size) < NEVER_CLOSED) | (closed >= as_of)] = -1
    first[first >= as_of] = -1
    return first, closed
