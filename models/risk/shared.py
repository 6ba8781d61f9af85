"""Who shares devices, cards and addresses with whom, and how such things turned out before, within the window.

Written for speed: it runs for every payment of a scan, twice, so each kind of thing has tables of its own, and no key
is put together.
"""

from __future__ import annotations

from models.risk.events import Payment
from models.risk.windows import Pairs


class Shared:
    """Payments of the window by device, card and address; :class:`models.risk.ledger.Ledger` adds and drops them.

    A payment *ripens* after some weeks: then it is known whether it was charged back. A device whose many payments
    ripened well is a family's or a shop's own, however many use it; one that a chargeback came from is not.
    """

    def __init__(self) -> None:
        self._on_device, self._on_card, self._at_address = Pairs(), Pairs(), Pairs()  # thing -> customers
        self._cards = Pairs()  # device -> cards
        self._own_cards, self._own_devices, self._own_addresses = Pairs(), Pairs(), Pairs()  # customer -> things
        self._clean: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})  # device, card, address
        self._bad_device, self._bad_card = Pairs(), Pairs()  # thing -> customers who were charged back

    def count(self, event: Payment, *, drop: bool = False) -> None:
        """Add a payment, or drop it."""
        who, device, card, address = event.customer, event.device, event.card, event.address
        if device is not None:
            (self._on_device.drop if drop else self._on_device.add)(device, who)
            (self._own_devices.drop if drop else self._own_devices.add)(who, device)
            if card is not None:
                (self._cards.drop if drop else self._cards.add)(device, card)
        if card is not None:
            (self._on_card.drop if drop else self._on_card.add)(card, who)
            (self._own_cards.drop if drop else self._own_cards.add)(who, card)
        if address is not None:
            (self._at_address.drop if drop else self._at_address.add)(address, who)
            (self._own_addresses.drop if drop else self._own_addresses.add)(who, address)

    def ripen(self, event: Payment, *, bad: bool, drop: bool = False) -> None:
        """It is known by now how a payment ended; or it leaves the window."""
        if bad:
            for pairs, thing in ((self._bad_device, event.device), (self._bad_card, event.card)):
                if thing is not None:
                    (pairs.drop if drop else pairs.add)(thing, event.customer)
            return
        step = -1 if drop else 1
        for clean, thing in zip(self._clean, (event.device, event.card, event.address), strict=True):
            if thing is not None:
                left = clean.get(thing, 0) + step
                if left:
                    clean[thing] = left
                else:
                    del clean[thing]

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
        on_device, on_card = self._on_device.of(device), self._on_card.of(card)
        bad = [held for held in (self._bad_device.of(device), self._bad_card.of(card)) if held]
        clean_device, clean_card, clean_address = self._clean
        return {
            "device_customers": len(on_device),
            "card_customers": len(on_card),
            "address_customers": len(self._at_address.of(address)),
            "device_strangers": self._strangers(who, on_device) if len(on_device) > 1 else 0,
            "card_strangers": self._strangers(who, on_card) if len(on_card) > 1 else 0,
            "device_cards": len(self._cards.of(device)),
            "customer_cards": len(self._own_cards.of(who)),
            "customer_devices": len(self._own_devices.of(who)),
            "customer_addresses": len(self._own_addresses.of(who)),
            "device_clean": clean_device.get(device, 0) if device is not None else 0,
            "card_clean": clean_card.get(card, 0) if card is not None else 0,
            "address_clean": clean_address.get(address, 0) if address is not None else 0,
            "bad_links": sum(times for held in bad for other, times in held.items() if other != who) if bad else 0,
            "own_bad": max(held.get(who, 0) for held in bad) if bad else 0,
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
