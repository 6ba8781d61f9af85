"""Why a customer was chosen, in plain words: what raises his probability most over the average customer's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from db.semantic.schema import Text
from models.audience.features import LOGS
from models.audience.score import Scores
from tools import format as fmt
from tools.evidence import Unit

MOST = 3
LEAST = 0.05  # of log-odds; less is no reason


@dataclass(frozen=True, slots=True)
class Reason:
    """Features that tell one thing, the column that states it, and its words."""

    column: str
    unit: Unit
    label: Text
    features: tuple[str, ...]
    words: Callable[[str, float], Text]


def _times(one: str, many: str, value: float) -> str:
    return one if round(value) == 1 else many


REASONS: tuple[Reason, ...] = (
    Reason(
        "redeemed",
        "count",
        Text(en="Campaigns redeemed", zh="曾用券的活动数"),
        ("redeemed", "redemption_rate", "days_since_redemption", "redemptions_90"),
        lambda v, n: Text(en=f"redeemed in {v} {_times('campaign', 'campaigns', n)} before", zh=f"曾在{v}次活动中用券"),
    ),
    Reason(
        "coupon_share",
        "ratio",
        Text(en="Orders with coupon", zh="用券订单占比"),
        ("coupon_share", "coupon_money_90"),
        lambda v, _n: Text(en=f"uses coupons in {v} of orders", zh=f"{v}的订单用券"),
    ),
    Reason(
        "target_spend_90",
        "currency",
        Text(en="Spent on these products, 90 days", zh="近90天购买这些商品的金额"),
        ("target_lines", "target_spend", "target_spend_90", "target_share"),
        lambda v, _n: Text(en=f"spent {v} on these products in 90 days", zh=f"近90天购买这些商品{v}"),
    ),
    Reason(
        "orders_90",
        "count",
        Text(en="Orders, 90 days", zh="近90天订单数"),
        ("orders_90", "orders_28", "days_since_order"),
        lambda v, n: Text(en=f"{v} {_times('order', 'orders', n)} in 90 days", zh=f"近90天{v}单"),
    ),
    Reason(
        "spend_90",
        "currency",
        Text(en="Spend, 90 days", zh="近90天消费额"),
        ("spend_90", "order_value"),
        lambda v, _n: Text(en=f"spent {v} in 90 days", zh=f"近90天消费{v}"),
    ),
    Reason(
        "discount_rate",
        "ratio",
        Text(en="Discount rate", zh="折扣率"),
        ("discount_rate",),
        lambda v, _n: Text(en=f"saves {v} through discounts", zh=f"平时省{v}的折扣"),
    ),
)


def values(scores: Scores, customer: int) -> Mapping[str, float]:
    """The figures that reasons may state, of one customer."""
    found = {}
    for reason in REASONS:
        index = scores.names.index(reason.column)
        value = float(scores.features[customer, index])
        found[reason.column] = float(np.expm1(value)) if reason.column in LOGS else value
    return found


def why(scores: Scores, customer: int, currency: str) -> tuple[Text, tuple[str, ...]]:
    """The reasons of one customer in both languages, strongest first, and the columns that they state."""
    figures = values(scores, customer)
    weight = {
        reason.column: float(sum(scores.contributions[customer, scores.names.index(f)] for f in reason.features))
        for reason in REASONS
    }
    ranked = sorted(REASONS, key=lambda r: -weight[r.column])
    strong = [r for r in ranked if weight[r.column] >= LEAST and figures[r.column] > 0][:MOST]
    if not strong:
        return Text(en="close to the average on every count", zh="各项均接近平均"), ()
    said = [
        r.words(fmt.number(_rounded(figures[r.column], r.unit), r.unit, currency), figures[r.column]) for r in strong
    ]
    return Text(en=", ".join(t.en for t in said), zh="，".join(t.zh for t in said)), tuple(r.column for r in strong)


def _rounded(value: float, unit: Unit) -> float:
    return round(value, 2) if unit == "currency" else round(value) if unit == "count" else round(value, 4)
