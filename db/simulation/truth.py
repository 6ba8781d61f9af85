"""What was planted, with the ids as they stand in the tables; only tests, `shopops eval` and benches read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from db.simulation import payments as pay
from db.simulation.draws import DAY, HOUR, Flags, Ints, at
from db.simulation.orders import Lines, Orders
from db.simulation.payments import Payments
from db.simulation.people import METHODS, People
from db.simulation.refunds import ABUSES, MISPRICED, STOCK_OUT, Abusers, Refunds
from db.simulation.refunds import REASONS as REFUND_REASONS
from db.simulation.rings import PLANS, Fraud
from db.simulation.sessions import DROP, SOURCES
from db.simulation.tickets import BACKLOG


@dataclass(frozen=True, slots=True)
class Labels:
    """Public ids by number: a number's place says nothing of who holds it."""

    devices: Ints
    cards: Ints
    addresses: Ints
    first_payment: int
    first_refund: int

    def device(self, number: int) -> str:
        """As in the tables."""
        return f"D{self.devices[number]:06d}"

    def card(self, number: int) -> str:
        """As in the tables."""
        return f"C{self.cards[number]:05d}"

    def address(self, number: int) -> str:
        """As in the tables."""
        return f"A{self.addresses[number]:05d}"


def fraud_truth(orders: Orders, payments: Payments, fraud: Fraud, labels: Labels) -> dict[str, Any]:
    """The rings and the single takeovers: baskets, payments, households, and what each ring shared."""
    ring_of = fraud.ring[payments.order]
    groups = [
        {
            "name": plan.name,
            "start": plan.start,
            "days": plan.days,
            **_members(orders, fraud.ring == place, ring_of == place, labels),
            "devices": [labels.device(n) for n in fraud.devices[place]],
            "cards": [labels.card(n) for n in fraud.cards[place]],
            "addresses": [labels.address(n) for n in fraud.addresses[place]],
        }
        for place, plan in enumerate(PLANS)
    ]
    single = len(PLANS)
    return {"rings": groups, "takeovers": _members(orders, fraud.ring == single, ring_of == single, labels)}


def _members(orders: Orders, mine: np.ndarray[Any, Any], paid: np.ndarray[Any, Any], labels: Labels) -> dict[str, Any]:
    return {
        "households": np.unique(orders.household[mine]).tolist(),
        "baskets": orders.basket[mine].tolist(),
        "payments": (np.flatnonzero(paid) + labels.first_payment).tolist(),
    }


def abuse_truth(orders: Orders, refunds: Refunds, abusers: Abusers, labels: Labels) -> list[dict[str, Any]]:
    """Each kind of refund abuse with its households and the refunds that were not due."""
    unfair = np.isin(refunds.line, abusers.lines)
    home = orders.home[refunds.order]
    found = []
    for abuse in ABUSES:
        homes = abusers.homes[abuse.kind]
        rows = np.flatnonzero(unfair & np.isin(home, homes))
        found.append(
            {
                "kind": abuse.kind,
                "start": abuse.start,
                "days": abuse.days,
                "reason": REFUND_REASONS[abuse.reason],
                "households": _households(orders, homes),
                "refunds": (rows + labels.first_refund).tolist(),
            }
        )
    return found


def incident_truth(orders: Orders, lines: Lines, refunds: Refunds, hit: dict[str, Ints]) -> list[dict[str, Any]]:
    """What went wrong, from when until when (half-open), and the baskets that it touched."""
    outages = [
        _span(
            "payment_outage",
            outage.start,
            outage.hours * HOUR,
            method=METHODS[outage.method],
            failure_reason=pay.REASONS[pay.UNAVAILABLE],
            baskets=orders.basket[hit[outage.name]].tolist(),
        )
        for outage in pay.OUTAGES
    ]
    short = lines.categories[lines.kind[refunds.line]] == STOCK_OUT.category
    dear = refunds.product == MISPRICED.product
    return [
        *outages,
        _span(
            "stock_out",
            STOCK_OUT.start,
            STOCK_OUT.days * DAY,
            category=STOCK_OUT.category,
            refund_reason="unavailable",
            baskets=_baskets(orders, refunds, np.asarray(short & refunds.incident, dtype=bool)),
        ),
        _span(
            "mispriced_item",
            MISPRICED.start,
            MISPRICED.days * DAY,
            product=MISPRICED.product,
            refund_reason="price_error",
            baskets=_baskets(orders, refunds, np.asarray(dear & refunds.incident, dtype=bool)),
        ),
        _span("traffic_drop", DROP.start, DROP.days * DAY, source=SOURCES[DROP.source], share=DROP.share),
        _span("support_backlog", BACKLOG.start, BACKLOG.days * DAY, times=BACKLOG.times),
    ]


def _span(kind: str, start: str, seconds: int, **more: object) -> dict[str, Any]:
    low = np.datetime64(at(start), "s")
    return {"kind": kind, "start": str(low), "end": str(low + seconds), **more}


def _baskets(orders: Orders, refunds: Refunds, which: Flags) -> list[int]:
    return [int(basket) for basket in orders.basket[np.unique(refunds.order[which])]]


def honest_truth(orders: Orders, people: People, abusers: Abusers, labels: Labels) -> dict[str, Any]:
    """Who shares or complains with a right: what a naive rule would hold against them."""
    return {
        "families": [_households(orders, np.asarray(family)) for family in people.families],
        "houses": [_households(orders, np.asarray(house)) for house in people.houses],
        "businesses": _households(orders, np.asarray(people.businesses)),
        "terminals": [labels.device(number) for number in people.terminals],
        "picky": _households(orders, abusers.picky),
    }


def _households(orders: Orders, homes: Ints) -> list[int]:
    return [int(household) for household in np.unique(orders.household[np.isin(orders.home, homes)])]
