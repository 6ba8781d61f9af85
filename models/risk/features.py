"""What was known of a payment or refund when it came, as numbers."""

from __future__ import annotations

from typing import NamedTuple


class Features(NamedTuple):
    """What was known of an event at its time, itself counted in; all within the last ``LOOKBACK`` days.

    ``*_customers``: customers seen with its device, card or address. ``own_z``: log amount against the customer's own,
    in standard deviations (0 before the fifth order); ``shop_z``: against the shop's. ``failures_hour``,
    ``failures_day``, ``cards_tried``: failed tries by the customer, device or card. ``usual_day``: the customer's
    orders a day. ``known_days``: since the first order of the window. ``bad_links``: charged-back payments, at least
    ``MATURES`` days old, of the same customer, device or card. ``refund_*``: the customer's refunds, against orders and
    spending; ``same_reason``: how many gave the same reason; ``of_order``: this refund against its order.
    """

    amount: float = 0.0
    own_z: float = 0.0
    shop_z: float = 0.0
    device_customers: float = 0.0
    card_customers: float = 0.0
    address_customers: float = 0.0
    device_addresses: float = 0.0
    card_addresses: float = 0.0
    device_cards: float = 0.0
    customer_cards: float = 0.0
    customer_devices: float = 0.0
    customer_addresses: float = 0.0
    failed: float = 0.0
    failures_hour: float = 0.0
    failures_day: float = 0.0
    cards_tried: float = 0.0
    outage: float = 0.0
    orders_day: float = 0.0
    usual_day: float = 0.0
    orders_before: float = 0.0
    known_days: float = 0.0
    new_device: float = 0.0
    new_card: float = 0.0
    new_address: float = 0.0
    bad_links: float = 0.0
    refunds: float = 0.0
    refund_ratio: float = 0.0
    refund_share: float = 0.0
    shop_refund_ratio: float = 0.0
    same_reason: float = 0.0
    of_order: float = 0.0
    hour: float = 0.0
    is_refund: float = 0.0
