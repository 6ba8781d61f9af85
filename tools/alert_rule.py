"""An alert rule: when someone is to be told. The same object is proposed, kept, and held against the store."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from db.semantic.query import Filter
from tools.arguments import Arguments

Per = Literal["day", "week", "month"]
HYSTERESIS = 0.05  # a rule is green again when its figure is back by a twentieth of the limit


class AlertRule(Arguments):
    """When someone is to be told.

    Attributes:
        kind: ``threshold``: a metric passes a limit. ``anomaly``: it is off against its own season, weekdays and
            holidays. ``risk``: the watch finds a payment or refund of a risk score, or one of a ring.
        metric, filters: what is measured, of a threshold and of an anomaly. per: the full days, weeks (Monday first) or
            months that are looked at, each once, when it has ended.
        above: the limit is passed upwards, else downwards. bound: the limit, in the metric's own unit (a ratio as a
            fraction), or the relative change as a fraction (0.2 is 20 %).
        change: what the figure is held against where the limit is a relative change: the period before, the same
            weekday a week earlier (days only), or the same period a year (364 days, or twelve months) earlier.
        score: of a risk, from 0 to 100. rings: only payments that tie several customers together.
    """

    kind: Literal["threshold", "anomaly", "risk"] = "threshold"
    metric: str | None = None
    filters: tuple[Filter, ...] = ()
    per: Per = "day"
    above: bool = True
    bound: float | None = Field(default=None, allow_inf_nan=False)
    change: Literal["none", "previous", "week", "year"] = "none"
    score: int | None = Field(default=None, ge=1, le=100)
    rings: bool = False

    @model_validator(mode="after")
    def _whole(self) -> AlertRule:
        if self.kind == "threshold" and (self.metric is None or self.bound is None):
            raise ValueError("a threshold needs a metric and a limit")
        if self.kind == "anomaly" and self.metric is None:
            raise ValueError("an anomaly needs a metric")
        if self.change == "week" and self.per != "day":
            raise ValueError("a week before is a comparison of days")
        if self.change != "none" and self.bound is not None and self.bound <= 0:
            raise ValueError("a relative change is a fraction above 0")
        return self
