"""Households with their phones, cards and addresses, and what each order was honestly paid with.

Honest sharing is laid out here as well, because naive rules trip over it: relatives that share a device, houses with
one address, shops with a public order terminal, businesses with a card for each employee, new phones, renewed cards,
moves, presents sent to somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from db.simulation.draws import DAY, Flags, Ints, at, choose, stream
from db.simulation.orders import Orders

METHODS = ("credit_card", "debit_card", "digital_wallet", "bank_transfer", "gift_card")
METHOD_SHARE = (0.40, 0.33, 0.20, 0.05, 0.02)
CREDIT, DEBIT, WALLET, BANK, GIFT = range(5)
CARDLESS = (BANK, GIFT)
CHINESE_SHARE = 0.22  # of households, as a bilingual shop would have
TERMINALS, TERMINAL_SHARE = 6, 0.012
BUSINESSES = 8


@dataclass(slots=True)
class Counter:
    """Numbers for devices, cards or addresses, none given twice."""

    next: int = 0

    def take(self, size: int) -> Ints:
        """The next ``size`` numbers."""
        self.next += size
        return np.arange(self.next - size, self.next, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The counters of one simulation."""

    devices: Counter
    cards: Counter
    addresses: Counter


@dataclass(frozen=True, slots=True)
class People:
    """What each order was paid with (one entry an order, -1 for no card), and each household's language.

    ``families`` … ``businesses`` name, by household number, the honest sharers; ``terminals`` the public devices.
    """

    device: Ints
    card: Ints
    address: Ints
    method: Ints
    chinese: Flags
    families: list[list[int]]
    houses: list[list[int]]
    businesses: list[int]
    terminals: list[int]


def settle(orders: Orders, numbers: Numbers, seed: int) -> People:
    """Give every household its things and every order one of each."""
    rng = stream(seed, "people")
    size, homes = len(orders), orders.homes
    mixed = rng.permutation(homes)
    counts = np.bincount(orders.home, minlength=homes)
    first, second, third = (int(share * homes) for share in (0.061, 0.134, 0.2837))
    families = _groups(mixed[:first], rng, 2, 3)
    houses = _groups(mixed[first:second], rng, 5, 12)
    rest = mixed[second:third]
    businesses = [int(home) for home in rest[np.argsort(-counts[rest], kind="stable")[:BUSINESSES]]]
    device = _devices(orders, families, numbers, rng)
    terminals = numbers.devices.take(TERMINALS)
    public = rng.random(size) < TERMINAL_SHARE
    device[public] = terminals[orders.store[public] % TERMINALS]
    method = _methods(orders, rng)
    card = _cards(orders, businesses, numbers, rng)
    card[np.isin(method, CARDLESS)] = -1
    return People(
        device=device,
        card=card,
        address=_addresses(orders, [*families, *houses], numbers, rng),
        method=method,
        chinese=rng.random(homes) < CHINESE_SHARE,
        families=families,
        houses=houses,
        businesses=businesses,
        terminals=terminals.tolist(),
    )


def _groups(homes: Ints, rng: np.random.Generator, low: int, high: int) -> list[list[int]]:
    groups: list[list[int]] = []
    start = 0
    while start + high <= len(homes):
        size = int(rng.integers(low, high + 1))
        groups.append([int(home) for home in homes[start : start + size]])
        start += size
    return groups


def _devices(orders: Orders, families: list[list[int]], numbers: Numbers, rng: np.random.Generator) -> Ints:
    """One to three devices a household, the first used most; a third of the households buys a new first one."""
    homes = orders.homes
    first, second, third, renewed = (numbers.devices.take(homes) for _ in range(4))
    owned = 1 + choose(rng, (0.45, 0.42, 0.13), homes)
    for family in families:  # the family's tablet is everybody's second device
        second[family], owned[family] = second[family[0]], 2
    used = np.minimum(choose(rng, (0.72, 0.2, 0.08), len(orders)), owned[orders.home] - 1)
    changed = _after(orders, 0.33, rng)
    device = np.select([used == 1, used == 2, changed], [second[orders.home], third[orders.home], renewed[orders.home]])
    return np.where((used == 0) & ~changed, first[orders.home], device)


def _cards(orders: Orders, businesses: list[int], numbers: Numbers, rng: np.random.Generator) -> Ints:
    """One to three cards a household, eight to fourteen a business; a quarter gets its first card renewed."""
    homes = orders.homes
    held = 1 + choose(rng, (0.5, 0.37, 0.13), homes)
    held[businesses] = rng.integers(8, 15, len(businesses))
    start = np.concatenate([[0], np.cumsum(held)[:-1]]) + numbers.cards.take(int(held.sum()))[0]
    renewed = numbers.cards.take(homes)
    office = np.isin(orders.home, businesses)
    used = choose(rng, (0.75, 0.18, 0.07), len(orders))
    used[office] = rng.integers(0, 14, int(office.sum()))
    used = used % held[orders.home]
    changed = _after(orders, 0.25, rng) & (used == 0)
    return np.where(changed, renewed[orders.home], start[orders.home] + used)


def _addresses(orders: Orders, sharing: list[list[int]], numbers: Numbers, rng: np.random.Generator) -> Ints:
    """A home each, one for those who live together; some move, and presents go elsewhere, most before Christmas."""
    homes, size = orders.homes, len(orders)
    home, moved = numbers.addresses.take(homes), numbers.addresses.take(homes)
    for group in sharing:
        home[group] = home[group[0]]
    address = np.where(_after(orders, 0.08, rng), moved[orders.home], home[orders.home])
    season = (orders.time >= at("2017-12-01")) & (orders.time < at("2017-12-25"))
    present = rng.random(size) < np.where(season, 0.04, 0.008)
    friend = np.where(rng.random(size) < 0.5, home[rng.integers(0, homes, size)], numbers.addresses.take(size))
    return np.where(present, friend, address)


def _methods(orders: Orders, rng: np.random.Generator) -> Ints:
    """A household mostly pays in its own way."""
    habit = choose(rng, METHOD_SHARE, orders.homes)
    habit[habit == GIFT] = CREDIT  # nobody lives on gift cards
    free = rng.random(len(orders)) < 0.22
    return np.where(free, choose(rng, METHOD_SHARE, len(orders)), habit[orders.home])


def _after(orders: Orders, share: float, rng: np.random.Generator) -> Flags:
    """Which orders come after their household's change, which ``share`` of the households makes at some moment."""
    start, end = at("2017-01-15"), at("2017-12-20")
    moment = start + rng.random(orders.homes) * (end - start)
    moment[rng.random(orders.homes) >= share] = end + 400 * DAY
    return np.asarray(orders.time >= moment[orders.home], dtype=bool)
