"""Exact decompositions of a change: computed in rationals and rounded once, so that the parts sum to the change.

* a product of factors (customers × orders per customer × basket value): **Shapley value**, the mean over all orders in
  which the factors could have moved. Parts sum exactly, none comes first, and a zero does no harm (as it does in the
  logarithms of LMDI).
* price × volume × mix of a sum over goods: standard variance analysis.
* a ratio over members whose denominators sum to the whole: **rate and mix**, at midpoint weights (Marshall–Edgeworth).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from math import factorial

Number = int | float | Decimal | Fraction


def exact(value: Number | None) -> Fraction:
    """A number as it is written: a float by its shortest decimal form; nothing is 0."""
    if value is None:
        return Fraction(0)
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def rounded(parts: Sequence[Fraction], places: int = 2, total: Fraction | None = None) -> tuple[Decimal, ...]:
    """Parts rounded so that they still sum to the rounded total (largest remainder).

    >>> [str(p) for p in rounded([Fraction(1, 3)] * 3)]
    ['0.34', '0.33', '0.33']
    """
    scale = 10**places
    whole = sum(parts, Fraction(0)) if total is None else total
    floors = [int(part * scale // 1) for part in parts]
    missing = round(whole * scale) - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: floors[i] - parts[i] * scale)
    for i in range(abs(missing)):
        floors[order[i % len(parts)] if missing > 0 else order[-1 - i % len(parts)]] += 1 if missing > 0 else -1
    return tuple(Decimal(f).scaleb(-places) for f in floors)


def product_parts(before: Sequence[Number], now: Sequence[Number]) -> tuple[Fraction, ...]:
    """What each factor's move adds to the change of the factors' product: Shapley values.

    φ_k = mean over all orders of (product with factors up to k moved − product with those before k moved).

    >>> [str(p) for p in product_parts([2, 10], [3, 8])]
    ['9', '-5']
    """
    old, new = [exact(v) for v in before], [exact(v) for v in now]
    parts = [Fraction(0)] * len(old)
    for order in permutations(range(len(old))):
        current = list(old)
        for k in order:
            was = _product(current)
            current[k] = new[k]
            parts[k] += _product(current) - was
    return tuple(part / factorial(len(old)) for part in parts)


def _product(values: Sequence[Fraction]) -> Fraction:
    result = Fraction(1)
    for value in values:
        result *= value
    return result


@dataclass(frozen=True, slots=True)
class Goods:
    """Amount and units of one good in two periods."""

    amount_before: Number
    units_before: Number
    amount_now: Number
    units_now: Number


@dataclass(frozen=True, slots=True)
class PriceVolumeMix:
    """The parts of a change of amount; ``other`` is what has an amount and no units."""

    volume: Fraction
    price: Fraction
    mix: Fraction
    other: Fraction

    @property
    def total(self) -> Fraction:
        """Exactly the change."""
        return self.volume + self.price + self.mix + self.other


def price_volume_mix(goods: Sequence[Goods]) -> PriceVolumeMix:
    """Split a change of Σ amount into volume, price and mix.

    With units u, price p = amount/u, and P̄₀ the mean price before: volume = (U₁ − U₀)·P̄₀, price = Σ u₁(p₁ − p₀),
    mix = the rest: units that moved to dearer or cheaper goods. A good that is new or gone has no price to compare, so
    it is mix. Goods that have an amount and no units in a period are ``other``, whole.
    """
    counted, other = [], Fraction(0)
    for good in goods:
        a0, u0, a1, u1 = map(exact, (good.amount_before, good.units_before, good.amount_now, good.units_now))
        if (u0 <= 0 and a0 != 0) or (u1 <= 0 and a1 != 0):
            other += a1 - a0
        else:
            counted.append((a0, u0, a1, u1))
    u0_all, u1_all = sum((g[1] for g in counted), Fraction(0)), sum((g[3] for g in counted), Fraction(0))
    a0_all, change = sum((g[0] for g in counted), Fraction(0)), sum((g[2] - g[0] for g in counted), Fraction(0))
    volume = (u1_all - u0_all) * a0_all / u0_all if u0_all else Fraction(0)
    price = sum((a1 - u1 * a0 / u0 for a0, u0, a1, u1 in counted if u0 > 0 and u1 > 0), Fraction(0))
    return PriceVolumeMix(volume, price, change - volume - price, other)


@dataclass(frozen=True, slots=True)
class Part:
    """Numerator and denominator of one member in two periods."""

    over_before: Number
    under_before: Number
    over_now: Number
    under_now: Number


def rate_and_mix(members: Mapping[Hashable, Part]) -> dict[Hashable, tuple[Fraction, Fraction]]:
    """What each member's own rate, and its share of the denominator, add to the change of Σ over / Σ under.

    With rate r and share w of a member, R the rate of all: rate = (r₁ − r₀)(w₀ + w₁)/2 and
    mix = (w₁ − w₀)((r₀ + r₁)/2 − (R₀ + R₁)/2). A member without a denominator in one period takes its rate from the
    other. All parts sum exactly to R₁ − R₀.

    Raises:
        ZeroDivisionError: a period's whole denominator is zero.
    """
    parts = {
        name: (exact(p.over_before), exact(p.under_before), exact(p.over_now), exact(p.under_now))
        for name, p in members.items()
    }
    over0, under0, over1, under1 = (sum((p[i] for p in parts.values()), Fraction(0)) for i in range(4))
    middle = (over0 / under0 + over1 / under1) / 2
    found: dict[Hashable, tuple[Fraction, Fraction]] = {}
    for name, (a0, b0, a1, b1) in parts.items():
        w0, w1 = b0 / under0, b1 / under1
        now = a1 / b1 if b1 else None
        then = a0 / b0 if b0 else now
        if then is None or (not b0 and a0) or (not b1 and a1):  # a numerator without denominator is rate
            found[name] = (a1 / under1 - a0 / under0, -(w1 - w0) * middle)
            continue
        now = then if now is None else now
        found[name] = ((now - then) * (w0 + w1) / 2, (w1 - w0) * ((then + now) / 2 - middle))
    return found
