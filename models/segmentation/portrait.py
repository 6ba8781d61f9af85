"""What sets a group of customers apart from all others: habits, departments, categories and demographics, with lift.

Lift = the group's value divided by that of all other customers of the last year. Shares of spend and of orders are of
the group's totals. Small groups and small shares are held back: a lift must rest on enough customers to be one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from models.segmentation.features import DEMOGRAPHICS, SHARES, Customers

Kind = Literal["habit", "department", "category", "demographic"]
SHARE_HABITS = ("weekend", "morning", "evening", "discounted", "couponed")
LEAST_SHARE = {"department": 0.02, "category": 0.01}  # of spend: below, a lift is about little money
LEAST_BUYERS = 0.2  # of the group must have bought a category that sets it apart
LEAST_KNOWN = 30  # customers with demographics, in the group and outside
SURE = 2.5  # standard errors between two proportions
LEAST_LIFT = 1.15  # or its inverse: nearer to 1 nothing is set apart
MOST_LIFT = 100.0


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that differs. ``name``: the habit or field; ``member``: of the department, category or demographic."""

    kind: Kind
    name: str
    member: str | None
    value: float
    others: float

    @property
    def lift(self) -> float:
        """The group's value over the others'."""
        return min(MOST_LIFT, self.value / self.others) if self.others > 0 else MOST_LIFT

    @property
    def is_share(self) -> bool:
        """Whether the values are fractions of something (0–1)."""
        return self.kind != "habit" or self.name in SHARE_HABITS

    @property
    def strength(self) -> float:
        """How much it says: far from 1, and about something large."""
        weight = 1.0 if not self.is_share else float(np.sqrt(max(self.value, self.others)))
        return abs(float(np.log(max(self.lift, 1e-3)))) * weight


def portrait(customers: Customers, group: pd.Index) -> tuple[Trait, ...]:
    """The traits of a group, the strongest first; none where everyone, or nobody with purchases, belongs to it."""
    active = customers.table[customers.table["orders"] > 0]
    inside = active.index.isin(group)
    if not inside.any() or inside.all():
        return ()
    found = [*_habits(active, inside), *_goods(customers, active.index[inside]), *_people(customers, group)]
    apart = [t for t in found if not 1 / LEAST_LIFT < t.lift < LEAST_LIFT]
    return tuple(sorted(apart, key=lambda t: -t.strength))


def _habits(active: pd.DataFrame, inside: np.ndarray[Any, np.dtype[np.bool_]]) -> list[Trait]:
    mine, theirs = _means(active[inside]), _means(active[~inside])
    known = [name for name in mine if active[name].notna().any() and max(mine[name], theirs[name]) > 0]
    return [Trait("habit", name, None, mine[name], theirs[name]) for name in known]


def _means(group: pd.DataFrame) -> dict[str, float]:
    """Of all the group's orders together; how often they come and their discounts, of the average customer."""
    orders = group["orders"].sum()
    found = {"rate": group["rate"].mean(), "basket": group["revenue"].sum() / orders}
    for name in ("lines", "weekend", "morning", "evening", "couponed"):
        found[name] = (group[name] * group["orders"]).sum() / orders
    return {name: float(value) for name, value in (found | {"discounted": group["discounted"].mean()}).items()}


def _goods(customers: Customers, group: pd.Index) -> list[Trait]:
    shares = customers.shares
    found: list[Trait] = []
    kinds: tuple[Kind, ...] = SHARES
    for kind in (k for k in kinds if k in shares.columns):
        inside = shares["customer"].isin(group)
        mine = shares[inside].groupby(kind)["amount"].sum().clip(lower=0)
        theirs = shares[~inside].groupby(kind)["amount"].sum().clip(lower=0)
        if mine.sum() <= 0 or theirs.sum() <= 0:
            continue
        buyers = shares[inside & (shares["amount"] > 0)].groupby(kind)["customer"].nunique() / max(1, len(group))
        mine, theirs = mine / mine.sum(), theirs / theirs.sum()
        for member in mine.index.union(theirs.index):
            a, b = float(mine.get(member, 0)), float(theirs.get(member, 0))
            enough = max(a, b) >= LEAST_SHARE[kind] and (a <= b or buyers.get(member, 0) >= LEAST_BUYERS)
            if enough:
                found.append(Trait(kind, kind, str(member), a, b))
    return found


def _people(customers: Customers, group: pd.Index) -> list[Trait]:
    inside = customers.people.index.isin(group)
    found: list[Trait] = []
    for name in (d for d in DEMOGRAPHICS if d in customers.people.columns):
        known = customers.people[name].notna()
        mine, theirs = customers.people[name][known & inside], customers.people[name][known & ~inside]
        if min(len(mine), len(theirs)) < LEAST_KNOWN:
            continue
        for member in mine.unique():
            a, b = float((mine == member).mean()), float((theirs == member).mean())
            pooled = (a * len(mine) + b * len(theirs)) / (len(mine) + len(theirs))
            error = np.sqrt(pooled * (1 - pooled) * (1 / len(mine) + 1 / len(theirs)))
            if error > 0 and abs(a - b) / error >= SURE:
                found.append(Trait("demographic", name, str(member), a, b))
    return found
