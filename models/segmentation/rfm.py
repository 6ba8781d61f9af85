"""Named segments by recency, frequency and money, from rules that stand here and nowhere else.

Scores run from 1 to 5, by quintiles of all customers (ties share a score): R of the days since the last purchase (5:
most recent), F of the days with a purchase in the last year, M of the money spent in it. The first rule that holds
names the segment:

| segment | rule |
| --- | --- |
| lost | no purchase for ``lapse`` days: 90, or three times the gap that 95 % of the store's purchases keep, if longer |
| new | the first purchase lies in the last 60 days (only where the store's history is longer than twice that) |
| about_to_leave | churn at least 2.5 times the store's mean, and at least 25 % (at most 90 % is asked) |
| at_risk | F ≥ 3 and overdue |
| champions | F = 5 with M ≥ 4, or F = 4 with M = 5; R ≥ 2 |
| loyal | F ≥ 4, or F = 3 with M ≥ 4 |
| promising | F = 3, or F = 2 with M ≥ 3 |
| occasional | all others |

*Overdue*: silent for at least 3 times the customer's own usual gap, and for longer than 90 % of the store's gaps (at
least 14 days). *Churn*: the chance of buying nothing in the next 60 days (:func:`models.segmentation.value.fit_churn`).
Lost, new, overdue and churn are absolute, so they mean what they say in any store and any week; names cannot jump.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from db.semantic.schema import Text
from models.segmentation.features import Customers

LAPSE_DAYS, LAPSE_GAPS = 90, 3
NEW_DAYS = 60
OVERDUE_GAPS, OVERDUE_DAYS = 3.0, 14
CHURN_TIMES, CHURN_LEAST, CHURN_MOST = 2.5, 0.25, 0.9

NAMES: Mapping[str, Text] = {
    "champions": Text(en="champions", zh="核心客户"),
    "loyal": Text(en="loyal", zh="忠诚客户"),
    "promising": Text(en="promising", zh="潜力客户"),
    "occasional": Text(en="occasional", zh="偶尔购买客户"),
    "new": Text(en="new", zh="新客户"),
    "at_risk": Text(en="at risk", zh="流失风险客户"),
    "about_to_leave": Text(en="about to leave", zh="即将流失客户"),
    "lost": Text(en="lost", zh="已流失客户"),
}
SEGMENTS = tuple(NAMES)
LEAVING = ("at_risk", "about_to_leave")


@dataclass(frozen=True, slots=True)
class Limits:
    """The store's own days: ``late``, which 90 % of gaps between purchases keep; ``lapse``, after which one is lost."""

    late: int
    lapse: int


def limits(days: pd.DataFrame) -> Limits:
    """From all purchase days (columns customer, day, sorted)."""
    gaps = days["day"].diff().dt.days[days["customer"].eq(days["customer"].shift())]
    if gaps.empty:
        return Limits(OVERDUE_DAYS, LAPSE_DAYS)
    late, longest = np.quantile(gaps, [0.9, 0.95])
    return Limits(max(OVERDUE_DAYS, round(late)), max(LAPSE_DAYS, round(LAPSE_GAPS * longest)))


def quintile(values: pd.Series[float]) -> pd.Series[int]:
    """Scores 1–5, the largest values 5; equal values share one.

    >>> quintile(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 5.0])).tolist()
    [1, 2, 3, 3, 5, 5]
    """
    share = values.rank(method="average") - 0.5
    return pd.Series(np.floor(share / len(values) * 5) + 1, index=values.index).clip(1, 5).astype(int)


def leaving_from(churn: pd.Series[float]) -> float:
    """The churn from which a customer counts as about to leave."""
    return float(np.clip(CHURN_TIMES * churn.mean(), CHURN_LEAST, CHURN_MOST))


def score(customers: Customers, churn: pd.Series[float] | None) -> pd.DataFrame:
    """Columns R, F, M, segment; indexed as the customers' table, and so is ``churn``.

    Without churn (too few repeat purchases to model it) the overdue with F ≤ 2 are about to leave.
    """
    table = customers.table
    found = pd.DataFrame(
        {"R": quintile(-table["silent"]), "F": quintile(table["visits"]), "M": quintile(table["revenue"])}
    )
    found["segment"] = _named(found, customers, churn)
    return found


def _named(scores: pd.DataFrame, customers: Customers, churn: pd.Series[float] | None) -> pd.Series[str]:
    table, bounds = customers.table, limits(customers.days)
    r, f, m = scores["R"], scores["F"], scores["M"]
    overdue = (table["silent"] >= OVERDUE_GAPS * table["gap"]) & (table["silent"] > bounds.late)
    today = pd.Timestamp(customers.as_of)
    young = (today - table["first"]).dt.days <= NEW_DAYS
    long_enough = (today - table["first"].min()).days > 2 * NEW_DAYS
    rules = {
        "lost": table["silent"] >= bounds.lapse,
        "new": young & long_enough,
        "about_to_leave": churn >= leaving_from(churn) if churn is not None else overdue & (f <= 2),
        "at_risk": overdue & (f >= 3),
        "champions": (r >= 2) & (((f == 5) & (m >= 4)) | ((f == 4) & (m == 5))),
        "loyal": (f >= 4) | ((f == 3) & (m >= 4)),
        "promising": (f == 3) | ((f == 2) & (m >= 3)),
    }
    named = np.select([rule.to_numpy() for rule in rules.values()], list(rules), default="occasional")
    return pd.Series(named, index=table.index)
