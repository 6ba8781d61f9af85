"""Who is linked to whom over devices, cards and addresses: groups of customers, and the orders beside one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.risk.events import Payment
from models.risk.shared import things
from models.risk.signs import PUBLIC


@dataclass(frozen=True, slots=True)
class Group:
    """Customers joined by the things they share.

    ``shared``: the devices, cards and addresses between them (``d…``, ``c…``, ``a…``); ``orders``: all that used one.
    """

    customers: tuple[str, ...]
    orders: tuple[str, ...]
    shared: tuple[str, ...]


class Links:
    """Payments of a period by what they were made with."""

    def __init__(self, payments: Iterable[Payment]) -> None:
        """Take them in."""
        self._payments: dict[str, list[Payment]] = defaultdict(list)
        for payment in payments:
            for thing in things(payment):
                self._payments[thing].append(payment)

    def shared(self, payment: Payment) -> tuple[str, ...]:
        """What a payment shares with other customers; an address counts only together with a device or card.

        A thing of very many customers (a till, a kiosk) links nobody.
        """
        found = []
        for thing in things(payment):
            customers = {other.customer for other in self._payments[thing]}
            if 1 < len(customers) <= PUBLIC:
                found.append(thing)
        return tuple(found) if any(thing[0] != "a" for thing in found) else ()

    def beside(self, payment: Payment) -> tuple[tuple[Payment, tuple[str, ...]], ...]:
        """One payment of each other customers' order on its device or card, with what they share, in order of time."""
        found: dict[str, tuple[Payment, list[str]]] = {}
        for thing in self.shared(payment):
            for other in self._payments[thing]:
                if thing[0] != "a" and other.customer != payment.customer:
                    _, shared = found.setdefault(other.order, (other, []))
                    if thing not in shared:
                        shared.append(thing)
        ordered = sorted(found.values(), key=lambda item: item[0][:2])
        return tuple((other, tuple(shared)) for other, shared in ordered)

    def orders(self, payment: Payment) -> tuple[str, ...]:
        """Orders of other customers that share its device or card, in the order of time."""
        return tuple(other.order for other, _ in self.beside(payment))

    def groups(self, suspicious: Sequence[Payment]) -> tuple[Group, ...]:
        """Components of the graph of suspicious payments' customers and what they share, the largest first."""
        import networkx as nx

        graph = nx.Graph()
        for payment in suspicious:
            for thing in self.shared(payment):
                if thing[0] != "a":
                    graph.add_edge(("customer", payment.customer), ("thing", thing))
        groups = []
        for part in nx.connected_components(graph):
            shared = sorted(name for kind, name in part if kind == "thing")
            used = sorted({other for thing in shared for other in self._payments[thing]}, key=lambda other: other[:2])
            customers = sorted({payment.customer for payment in used})
            if len(customers) > 1:
                orders = tuple(dict.fromkeys(payment.order for payment in used))
                groups.append(Group(tuple(customers), orders, tuple(shared)))
        return tuple(sorted(groups, key=lambda group: (-len(group.orders), group.customers)))
