"""Who shares devices, cards and addresses with whom, and how such things turned out before, within the window."""

from __future__ import annotations

from models.risk.events import Payment
from models.risk.windows import Pairs


class Shared:
    """Payments of the window by device, card and address; :class:`models.risk.ledger.Ledger` adds and drops them.

    A payment *ripens* after some weeks: then it is known whether it was charged back. A device whose many payments
    ripened well is a family's or a shop's own, however many use it; one that a chargeback came from is not.
    """

    def __init__(self) -> None:
        self._customers = Pairs()  # device, card or address -> customers
        self._cards = Pairs()  # device -> cards
        self._own_cards, self._own_devices, self._own_addresses = Pairs(), Pairs(), Pairs()
        self._clean: dict[str, int] = {}
        self._bad = Pairs()  # customer, device or card -> customers who were charged back

    def count(self, event: Payment, *, drop: bool = False) -> None:
        """Add a payment, or drop it."""
        who = event.customer
        for pairs, key, other in (
            *((self._customers, key, who) for key in things(event)),
            (self._cards, event.device, event.card),
            (self._own_cards, who, event.card),
            (self._own_devices, who, event.device),
            (self._own_addresses, who, event.address),
        ):
            if drop:
                pairs.drop(key, other)
            else:
                pairs.add(key, other)

    def ripen(self, event: Payment, *, bad: bool, drop: bool = False) -> None:
        """It is known by now how a payment ended; or it leaves the window."""
        for key in things(event):
            if bad:
                if drop:
                    self._bad.drop(key, event.customer)
                else:
                    self._bad.add(key, event.customer)
                continue
            self._clean[key] = self._clean.get(key, 0) + (-1 if drop else 1)
            if not self._clean[key]:
                del self._clean[key]

    def new(self, event: Payment) -> dict[str, float]:
        """Whether its customer never used the device, card and address before; ask before it is added."""
        who = event.customer
        return {
            "new_device": float(event.device is not None and event.device not in self._own_devices.of(who)),
            "new_card": float(event.card is not None and event.card not in self._own_cards.of(who)),
            "new_address": float(event.address is not None and event.address not in self._own_addresses.of(who)),
        }

    def features(self, event: Payment) -> dict[str, float]:
        """What a payment, already added, shares; names as in :class:`models.risk.features.Features`."""
        who, device, card, address = event.customer, event.device, event.card, event.address
        on_device, on_card = self._customers.of(f"d{device}"), self._customers.of(f"c{card}")
        bad = [self._bad.of(key) for key in things(event) if key[0] != "a"]
        clean = self._clean.get
        return {
            "device_customers": len(on_device),
            "card_customers": len(on_card),
            "address_customers": len(self._customers.of(f"a{address}")),
            "device_strangers": self._strangers(who, on_device) if len(on_device) > 1 else 0,
            "card_strangers": self._strangers(who, on_card) if len(on_card) > 1 else 0,
            "device_cards": len(self._cards.of(device)),
            "customer_cards": len(self._own_cards.of(who)),
            "customer_devices": len(self._own_devices.of(who)),
            "customer_addresses": len(self._own_addresses.of(who)),
            "device_clean": clean(f"d{device}", 0),
            "card_clean": clean(f"c{card}", 0),
            "address_clean": clean(f"a{address}", 0),
            "bad_links": sum(times for held in bad for other, times in held.items() if other != who),
            "own_bad": max((held.get(who, 0) for held in bad), default=0),
        }

    def _strangers(self, who: str, customers: dict[str, int]) -> int:
        """The others of whom no address is also this customer's."""
        mine = self._own_addresses.of(who)
        return sum(1 for other in customers if other != who and mine.keys().isdisjoint(self._own_addresses.of(other)))


def things(event: Payment) -> list[str]:
    """The device, card and address of a payment, those that it has, as keys."""
    found = []
    if event.device is not None:
        found.append(f"d{event.device}")
    if event.card is not None:
        found.append(f"c{event.card}")
    if event.address is not None:
        found.append(f"a{event.address}")
    return found
