"""The query object: what is asked of the semantic layer, free of any SQL dialect."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = str | int | float
Grain = Literal["day", "week", "month", "quarter", "year"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(_Frozen):
    """A half-open range of days, ``start <= day < end``, in the store's own clock."""

    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> Interval:
        if self.end < self.start:
            raise ValueError("an interval ends before it starts")
        return self

    @property
    def days(self) -> int:
        """Number of days in the range."""
        return (self.end - self.start).days


class Filter(_Frozen):
    """One condition on a dimension. Conditions of a query are joined by AND.

    ``in`` / ``not_in``: ``values`` are members; a missing value (NULL) counts as not in.
    ``range``: ``values`` is ``[low, high]``, half-open ``low <= x < high``; ``None`` leaves a side open.
    ``top`` / ``bottom``: ``values`` is ``[n]``: the n members with the largest / smallest ``by`` metric, under the
    query's period and its other filters.
    """

    dimension: str
    op: Literal["in", "not_in", "range", "top", "bottom"] = "in"
    values: tuple[Scalar | None, ...]
    by: str | None = None


class MetricFilter(_Frozen):
    """Keep only result rows whose metric lies in ``low <= x <= high`` (or strictly inside, when ``strict``)."""

    metric: str
    low: float | None = None
    high: float | None = None
    strict: bool = False


class Order(_Frozen):
    """Sort by a metric, a dimension, or ``change`` / ``change_pct`` of the first metric when the query compares."""

    by: str
    direction: Literal["asc", "desc"] = "desc"


class SemanticQuery(_Frozen):
    """One question to the semantic layer.

    Attributes:
        metrics: one or more metric names; each becomes a column.
        group_by: at most two dimension names; each becomes a column, in this order, before the metrics.
        filters: conditions on dimensions, all of which must hold.
        keep: of one of the group-bys, the members that are shown; shares and totals still count all of them.
        having: conditions on metrics, applied to the aggregated rows.
        time: the period; ``None`` means all the data that the store holds.
        compare: the baseline period; adds ``<metric>__previous``, ``<metric>__change``, ``<metric>__change_pct``.
        order: without it, time dimensions ascend and everything else descends by the first metric.
        limit: keep that many rows after ordering; rows without a member (NULL) do not compete.
        limit_per: with two group-bys, the limit holds within each member of this one ("top 3 products per store").
        share: adds ``<metric>__share``, the row's fraction (0–1) of the total over all groups, additive metrics only.
        running: adds ``<metric>__running``, the cumulative sum along a time dimension, additive metrics only.
        per: divides additive metrics by the number of calendar units in the period ("average daily revenue").
    """

    metrics: tuple[str, ...] = Field(min_length=1, max_length=6)
    group_by: tuple[str, ...] = Field(default=(), max_length=2)
    filters: tuple[Filter, ...] = ()
    keep: Filter | None = None
    having: tuple[MetricFilter, ...] = ()
    time: Interval | None = None
    compare: Interval | None = None
    order: Order | None = None
    limit: int | None = Field(default=None, ge=1, le=1000)
    limit_per: str | None = None
    share: bool = False
    running: bool = False
    per: Grain | None = None
