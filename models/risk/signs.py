"""How strongly each sign of risk speaks, 0 to 1, from what was known; the rules give them codes and words."""

from __future__ import annotations

from math import log10

from models.risk.features import Features

FAMILY = 4  # a home's phone or card: at most so many customers, all delivered to one address
PUBLIC = 40  # a till, a kiosk, a library: shared by so many that it tells nothing of any of them
RARE = 1e-3  # chance of so many refunds, were the customer like the rest


def family(f: Features) -> bool:
    """A device or card of one home: few customers, one address between them."""
    return (
        f.device_customers <= FAMILY
        and f.card_customers <= FAMILY
        and f.device_addresses <= 1
        and f.card_addresses <= 1
    )


def device(f: Features) -> float:
    if f.device_customers < 2 or f.device_customers > PUBLIC or family(f):
        return 0.0
    return min(0.85, 0.2 * (f.device_customers - 1)) + (0.1 if f.device_cards > f.device_customers + 1 else 0.0)


def card(f: Features) -> float:
    if f.card_customers < 2 or family(f):
        return 0.0
    return min(0.9, 0.35 * (f.card_customers - 1))


def address(f: Features) -> float:
    """Flats share a house number, so an address alone never reaches the alert."""
    return min(0.45, 0.12 * (f.address_customers - FAMILY)) if FAMILY < f.address_customers <= PUBLIC else 0.0


def testing(f: Features) -> float:
    if f.outage or f.is_refund:
        return 0.0
    tries = 0.15 * max(0.0, f.failures_hour - 2) + 0.25 * max(0.0, f.cards_tried - 1)
    return min(0.9, tries + (0.05 * max(0.0, f.failures_day - 4)))


def velocity(f: Features) -> float:
    """Orders within a day against the customer's own pace: five more than thrice what is usual."""
    return min(0.6, 0.15 * max(0.0, f.orders_day - 4 - 3 * f.usual_day))


def amount(f: Features) -> float:
    """Large for the shop, and, where the customer is known, large for the customer."""
    far = min(f.shop_z, f.own_z) if f.orders_before >= 5 else f.shop_z - 0.5
    return min(0.45, 0.15 * max(0.0, far - 2.2))


def takeover(f: Features) -> float:
    """A known customer on a new device, with a new card or address, for more than usual."""
    if f.orders_before < 5 or not f.new_device:
        return 0.0
    other = max(f.new_card, f.new_address)
    return (
        (0.35 if other else 0.08)
        + (0.1 if f.new_card and f.new_address else 0.0)
        + min(0.25, max(0.0, 0.12 * f.own_z)) * other
    )


def many(f: Features) -> float:
    return min(0.6, 0.15 * max(0.0, f.customer_cards - 3) + 0.05 * max(0.0, f.customer_devices - 4))


def bad(f: Features) -> float:
    return min(0.85, 0.5 + 0.15 * (f.bad_links - 1)) if f.bad_links else 0.0


def chance(f: Features) -> float:
    """The chance of at least so many refunds in so many orders at the shop's own rate (binomial)."""
    from scipy.special import bdtrc

    orders, rate = max(f.orders_before, f.refunds), min(0.5, max(f.shop_refund_ratio, 0.005))
    return float(bdtrc(f.refunds - 1, int(orders), rate)) if f.refunds >= 1 else 1.0


def refunds(f: Features) -> float:
    """More refunds than chance explains; spoken only where money goes back, not against every later order."""
    if not f.is_refund or f.refunds < 3 or (found := chance(f)) > RARE:
        return 0.0
    return min(0.9, 0.3 + 0.1 * (-log10(max(found, 1e-12)) - 3) + 0.6 * max(0.0, f.refund_share - 0.1))


def same_reason(f: Features) -> float:
    if not f.is_refund or f.same_reason < 3 or f.refund_ratio < 2 * max(f.shop_refund_ratio, 0.005):
        return 0.0
    return min(0.5, 0.15 * (f.same_reason - 2))


def over(f: Features) -> float:
    return 0.75 if f.is_refund and f.of_order > 1.02 else 0.0
