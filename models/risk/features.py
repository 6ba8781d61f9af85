"""What was known of a payment or refund when it came, as numbers."""

from __future__ import annotations

from typing import NamedTuple


class Features(NamedTuple):
    """What was known of an event at its time, itself counted in; all within the ledger's window.

    Amounts: ``own_z``: the log of the amount against the customer's own, in standard deviations (0 before the fifth
    order); ``shop_z``: against the shop's. Sharing: ``*_customers`` seen with its device, card or address;
    ``*_strangers`` of them who have no address in common with its customer; ``*_clean``: payments with it that ripened
    without a chargeback. ``bad_links``: ripened chargebacks of others on the device or card; ``own_bad``: of its
    customer there. Tries: ``failures_hour``, ``failures_day``, ``cards_tried`` by the customer, device or card;
    ``outage``: many customers fail just now. Pace: ``orders_day``, against ``usual_day``, the customer's orders a day.
    ``orders_before`` and ``known_days``: how well the customer is known. Refunds: the customer's ``refunds``, against
    orders (``refund_ratio``; ``shop_refund_ratio`` of all others) and spending (``refund_share``); ``same_reason``: how
    many gave this one's reason; ``of_order``: all refunds of the order against what was paid for it.
    """

    amount: float = 0.0
    own_z: float = 0.0
    shop_z: float = 0.0
    device_customers: float = 0.0
    card_customers: float = 0.0
    address_customers: float = 0.0
    device_strangers: float = 0.0
    card_strangers: float = 0.0
    device_cards: float = 0.0
    customer_cards: float = 0.0
    customer_devices: float = 0.0
    customer_addresses: float = 0.0
    device_clean: float = 0.0
    card_clean: float = 0.0
    address_clean: float = 0.0
    bad_links: float = 0.0
    own_bad: float = 0.0
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
    refunds: float = 0.0
    refund_ratio: float = 0.0
    refund_share: float = 0.0
    shop_refund_ratio: float = 0.0
    same_reason: float = 0.0
    of_order: float = 0.0
    hour: float = 0.0
    is_refund: float = 0.0
