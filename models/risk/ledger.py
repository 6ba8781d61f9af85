"""The ledger: payments and refunds in the order of their time, and what was known of each when it came.

Every feature is computed from events before it and itself, within the last ``LOOKBACK`` days, so that nothing looks
ahead, memory is bounded by the events of that window, and a ledger rebuilt from the window says what the old one said.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from math import log1p

from models.risk.events import Event, Payment, Refund
from models.risk.features import Features
from models.risk.shared import Shared
from models.risk.windows import Recent

DAY, HOUR = 86_400.0, 3_600.0
LOOKBACK = 90  # days: a ring works for weeks; a weekly shopper's own amounts are known after a dozen visits
MATURES = 30  # days after which a payment counts as good, and a chargeback without a date as known (they take weeks)
SPREAD = 0.35  # least standard deviation of the log of own amounts: below it a $20 habit makes $30 remarkable
OWN_ORDERS = 5  # fewer are no habit
OUTAGE_CUSTOMERS, OUTAGE_SHARE = 6, 0.25  # so many customers, and such a share of them, fail within an hour: it is us


@dataclass(slots=True)
class _Person:
    """A customer within the window; ``times`` of all events of the window, the oldest first."""

    times: deque[float] = field(default_factory=deque)
    orders: int = 0
    logs: float = 0.0
    squares: float = 0.0
    spent: float = 0.0
    refunds: int = 0
    refunded: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)


class Ledger:
    """Feed events in the order of their time; a late one counts from when it comes."""

    def __init__(self, lookback: int = LOOKBACK) -> None:
        """Start empty: feed it ``lookback`` days before the first event whose features matter."""
        self._span = lookback * DAY
        self._now = float("-inf")
        self._held: deque[Event] = deque()
        self._good: deque[tuple[float, Payment]] = deque()  # when it counts as good, which; in this order
        self._due: list[
            tuple[float, int, bool, Payment]
        ] = []  # out of order: when, number, charged back or good, which
        self._number = 0
        self._people: dict[str, _Person] = {}
        self._orders: dict[str, tuple[float, float]] = {}  # order -> paid, refunded
        self._shop = _Person()
        self._shared = Shared()
        self._failures, self._day_orders = Recent(DAY), Recent(DAY)
        self._tried, self._broken = Recent(HOUR), Recent(HOUR)

    def __len__(self) -> int:
        """How many events it holds."""
        return len(self._held)

    def add(self, event: Event) -> None:
        """Take an event in without asking for its features."""
        self._now = max(self._now, event.time)
        self._forget(self._now)
        self._held.append(event)
        if isinstance(event, Payment):
            self._count_payment(event, 1)
            self._note(event)
        else:
            self._count_refund(event, 1)

    def observe(self, event: Event) -> Features:
        """Take an event in, and say what was known of it."""
        if isinstance(event, Refund):
            self.add(event)
            return self._refund(event)
        before = self._before(event)
        self.add(event)
        return self._payment(event, before)

    def _before(self, event: Payment) -> dict[str, float]:
        """What only the past tells: own amounts, and whether device, card and address are new."""
        person = self._people.get(event.customer)
        if person is None or not person.orders:
            return {}
        return {
            "own_z": _deviation(event.amount, person) if person.orders >= OWN_ORDERS else 0.0,
            "orders_before": float(person.orders),
            "known_days": max(0.0, (event.time - person.times[0]) / DAY),
            **self._shared.new(event),
        }

    def _payment(self, event: Payment, before: dict[str, float]) -> Features:
        now, shop = self._now, self._shop
        person, keys = self._people[event.customer], _blamed(event)
        failed = [key for key in keys if key in self._failures]  # nearly always none
        tried = {mark for key in failed if key[0] != "c" for mark in self._failures.marks(now, key)}
        return Features(
            amount=event.amount,
            shop_z=_deviation(event.amount, shop) if shop.orders else 0.0,
            failed=float(event.failed),
            failures_hour=max((self._failures.count(now, key, HOUR) for key in failed), default=0),
            failures_day=max((self._failures.count(now, key) for key in failed), default=0),
            cards_tried=len(tried),
            outage=float(self._outage(now)) if event.failed or failed else 0.0,
            orders_day=self._day_orders.held(event.customer),
            usual_day=person.orders / ((now - person.times[0]) / DAY + 1.0),
            hour=(event.time % DAY) // HOUR,
            **self._refunded(person),
            **self._shared.features(event),
            **before,
        )

    def _refund(self, event: Refund) -> Features:
        person = self._people[event.customer]
        paid, back = self._orders.get(event.order, (0.0, event.amount))
        return Features(
            amount=event.amount,
            orders_before=float(person.orders),
            known_days=max(0.0, (event.time - person.times[0]) / DAY),
            same_reason=person.reasons.get(event.reason, 0) if event.reason else 0.0,
            of_order=back / paid if paid > 0 else 0.0,
            hour=(event.time % DAY) // HOUR,
            is_refund=1.0,
            **self._refunded(person),
        )

    def _refunded(self, person: _Person) -> dict[str, float]:
        shop = self._shop
        return {
            "refunds": float(person.refunds),
            "refund_ratio": person.refunds / max(person.orders, person.refunds, 1),
            "refund_share": min(1.0, person.refunded / person.spent) if person.spent > 0 else 0.0,
            "shop_refund_ratio": (shop.refunds - person.refunds) / max(shop.orders - person.orders, 1),
        }

    def _outage(self, now: float) -> bool:
        """Many customers fail at once: no one of them is to blame."""
        failing = len(self._broken.marks(now, "shop"))
        return failing >= OUTAGE_CUSTOMERS and failing >= OUTAGE_SHARE * len(self._tried.marks(now, "shop"))

    def _note(self, event: Payment) -> None:
        """What is kept for a day or an hour only."""
        now, who = self._now, event.customer
        self._tried.add(now, "shop", who)
        if not event.failed:
            self._day_orders.add(now, who)
            return
        self._broken.add(now, "shop", who)
        if not event.technical and not self._outage(now):
            for key in _blamed(event):
                self._failures.add(now, key, event.card)

    def _count_payment(self, event: Payment, by: int) -> None:
        self._shared.count(event, drop=by < 0)
        person = self._times(event, by)
        if event.failed:
            return
        if by > 0:
            self._await(event)
        value = log1p(max(event.amount, 0.0))
        for one in (person, self._shop):
            one.orders += by
            one.logs += by * value
            one.squares += by * value * value
            one.spent += by * event.amount
        self._move(event.order, by * event.amount, 0.0)

    def _count_refund(self, event: Refund, by: int) -> None:
        person = self._times(event, by)
        for one in (person, self._shop):
            one.refunds += by
            one.refunded += by * event.amount
        if event.reason:
            person.reasons[event.reason] = person.reasons.get(event.reason, 0) + by
            if not person.reasons[event.reason]:
                del person.reasons[event.reason]
        self._move(event.order, 0.0, by * event.amount)

    def _times(self, event: Event, by: int) -> _Person:
        """The event's customer, who is forgotten with the last event of the window."""
        person = self._people.setdefault(event.customer, _Person())
        if by > 0:
            person.times.append(event.time)
        else:
            person.times.popleft()
            if not person.times:
                del self._people[event.customer]
        return person

    def _move(self, order: str, paid: float, refunded: float) -> None:
        old = self._orders.get(order, (0.0, 0.0))
        new = (old[0] + paid, old[1] + refunded)
        if abs(new[0]) < 0.005 and abs(new[1]) < 0.005:
            self._orders.pop(order, None)
        else:
            self._orders[order] = new

    def _forget(self, now: float) -> None:
        for recent in (self._failures, self._day_orders, self._tried, self._broken):
            recent.forget(now)
        good, ripen = self._good, self._shared.ripen
        while good and good[0][0] <= now:
            ripen(good.popleft()[1], bad=False)
        while self._due and self._due[0][0] <= now:
            _, _, bad, event = heapq.heappop(self._due)
            if bad and self._good_at(event) < self._bad_at(event):
                ripen(event, bad=False, drop=True)
            ripen(event, bad=bad)
        while self._held and self._held[0].time <= now - self._span:
            old = self._held.popleft()
            if isinstance(old, Refund):
                self._count_refund(old, -1)
                continue
            self._count_payment(old, -1)
            if not old.failed:
                ripen(old, bad=self._bad_at(old) <= old.time + self._span, drop=True)

    def _await(self, event: Payment) -> None:
        """Note when it will be known how a payment ended, where that falls into the window.

        Nearly all end well, after the same time each, so those stand in a row; the rest, and what came late, in a heap.
        """
        good = self._good_at(event)
        if not event.reversed and (not self._good or self._good[-1][0] <= good):
            self._good.append((good, event))
            return
        for when, bad in ((good, False), (self._bad_at(event), True)):
            if when <= event.time + self._span and (bad or when < self._bad_at(event)):
                self._number += 1
                heapq.heappush(self._due, (when, self._number, bad, event))

    def _good_at(self, event: Payment) -> float:
        return event.time + min(MATURES * DAY, self._span)

    def _bad_at(self, event: Payment) -> float:
        if not event.reversed:
            return float("inf")
        return self._good_at(event) if event.known is None else max(event.time, event.known)


def _blamed(event: Payment) -> list[str]:
    """Whom a failed try may be blamed on: its customer, device and card."""
    found = [f"p{event.customer}"]
    if event.device is not None:
        found.append(f"d{event.device}")
    if event.card is not None:
        found.append(f"c{event.card}")
    return found


def _deviation(amount: float, person: _Person) -> float:
    """The log of an amount against a customer's own, in standard deviations."""
    mean = person.logs / person.orders
    variance = max(person.squares / person.orders - mean * mean, 0.0)
    return float((log1p(max(amount, 0.0)) - mean) / max(variance**0.5, SPREAD))
