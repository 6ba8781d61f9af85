"""How strongly each sign of risk speaks, 0 to 1, from what was known; the rules give them codes and words."""

from __future__ import annotations

from math import log10

from models.risk.features import Features

FAMILY = 4  # at most so many customers of one address are a home; more are flats, an office, or a drop house
PUBLIC = 40  # a till, a kiosk, a library: shared by so many that it tells nothing of any of them
PROVEN = 12  # payments that ripened without a chargeback, after which sharing is taken for harmless
CRUMB, LITTLE = 0.05, 0.04  # a refund of less than such a part of its order; refunds of such a part of the spending
RARE = 1e-4  # chance of so many refunds, were the customer like the rest; thousands of customers are looked at


def trust(clean: float, bad: float) -> float:
    """What is left of a suspicion when a shared thing has been used without harm for weeks."""
    return 1.0 if bad else max(0.15, 1.0 - clean / PROVEN)


def device(f: Features) -> float:
    """Strangers on one device; those of one's own address count a fifth."""
    if f.device_customers > PUBLIC:
        return 0.0
    home = max(0.0, f.device_customers - 1 - f.device_strangers)
    shared = 0.22 * f.device_strangers + 0.05 * max(0.0, home - FAMILY + 1)
    return min(0.85, shared) * trust(f.device_clean, f.bad_links)


def card(f: Features) -> float:
    """Strangers on one card."""
    home = max(0.0, f.card_customers - 1 - f.card_strangers)
    shared = 0.35 * f.card_strangers + 0.1 * max(0.0, home - FAMILY + 1)
    return min(0.9, shared) * trust(f.card_clean, f.bad_links)


def address(f: Features) -> float:
    """Flats share a house number, so an address alone never reaches the alert."""
    crowd = min(0.45, 0.12 * (f.address_customers - FAMILY)) if FAMILY < f.address_customers <= PUBLIC else 0.0
    return crowd * trust(f.address_clean, f.bad_links) * (1.0 if f.new_address or not f.orders_before else 0.4)


def testing(f: Features) -> float:
    """Failed tries close together, above all of several cards; not while payments fail for everybody."""
    if f.outage or f.is_refund:
        return 0.0
    tries = 0.1 * max(0.0, f.failures_hour - 2) + 0.25 * max(0.0, f.cards_tried - 1)
    return min(0.9, tries + 0.05 * max(0.0, f.failures_day - 4))


def velocity(f: Features) -> float:
    """Orders within a day against the customer's own pace: five more than thrice what is usual."""
    return min(0.6, 0.15 * max(0.0, f.orders_day - 4 - 3 * f.usual_day))


def amount(f: Features) -> float:
    """Large for the shop, and, where the customer is known, large for the customer."""
    if f.is_refund:
        return 0.0
    far = min(f.shop_z, f.own_z) if f.orders_before >= 5 else f.shop_z - 0.5
    return min(0.45, 0.15 * max(0.0, far - 2.2))


def takeover(f: Features) -> float:
    """A known customer on a new device, with a new card or address, for more than usual.

    Who changes devices often anyway says nothing by another one.
    """
    if f.orders_before < 5 or not f.new_device:
        return 0.0
    steady = max(0.0, 1.0 - 2.0 * (f.customer_devices - 1) / (f.orders_before + 1))
    other = 0.2 * f.new_card + 0.2 * f.new_address
    far = min(0.35, 0.15 * max(0.0, f.own_z)) if other else 0.0
    return steady * (0.05 + other + far)


def many(f: Features) -> float:
    """One customer with more cards than a purse holds."""
    return min(0.35, 0.1 * max(0.0, f.customer_cards - 4))


def bad(f: Features) -> float:
    """Others were charged back on the device or card; the customer's own are often a theft suffered."""
    others = min(0.8, 0.35 + 0.12 * (f.bad_links - 1)) if f.bad_links else 0.0
    return max(others, min(0.35, 0.08 * f.own_bad))


def chance(f: Features) -> float:
    """The chance of at least so many refunds in so many orders, at twice the shop's own rate (binomial).

    Twice, since honest customers differ too.
    """
    from scipy.special import bdtrc

    orders, rate = max(f.orders_before, f.refunds), min(0.5, 2 * max(f.shop_refund_ratio, 0.005))
    return float(bdtrc(f.refunds - 1, int(orders), rate)) if f.refunds >= 1 else 1.0


def tiny(f: Features) -> bool:
    """A crumb of its order, by one whose refunds are next to nothing of what they spend: worth a look, never an alert.

    However many there are, the signs of refunds then stay below the alert even together. An order of unknown price has
    no crumbs.
    """
    return 0 < f.of_order < CRUMB and f.refund_share < LITTLE


def refunds(f: Features) -> float:
    """More refunds than chance explains; spoken only where money goes back, not against every later order."""
    if not f.is_refund or f.refunds < 4 or (found := chance(f)) > RARE:
        return 0.0
    strength = 0.35 + 0.07 * (-log10(max(found, 1e-12)) - 4) + 0.5 * max(0.0, f.refund_share - 0.1)
    return min(0.4 if tiny(f) else 0.9, strength)


def same_reason(f: Features) -> float:
    """One reason given again and again by who asks for more refunds than others do."""
    if not f.is_refund or f.same_reason < 4 or f.refund_ratio < 2 * max(f.shop_refund_ratio, 0.005):
        return 0.0
    strength = min(0.5, 0.12 * (f.same_reason - 3)) * min(1.0, 1.5 * f.same_reason / max(f.refunds, 1.0))
    return min(0.2, strength) if tiny(f) else strength


def over(f: Features) -> float:
    """More goes back than was paid."""
    return 0.75 if f.is_refund and f.of_order > 1.02 else 0.0
