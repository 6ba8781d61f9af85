"""Varied queries over any store, for measuring: every metric, every split, compare, share, running totals, rankings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count as count_from
from itertools import cycle

from db.semantic.query import Interval, Order, SemanticQuery
from db.semantic.schema import Metric, StoreSchema


def varied_queries(schema: StoreSchema, data: Interval, count: int) -> tuple[SemanticQuery, ...]:
    """``count`` different queries that the store can answer, the same ones each time.

    Args:
        data: the days with data.
    """
    metrics = list(schema.offered())
    splits = {m.name: [d for d in schema.dimensions if schema.can_split(m.name, d)] for m in metrics}
    found: dict[str, SemanticQuery] = {}
    times, forms, places = cycle(_periods(data)), cycle(range(5)), count_from(0)
    for round_ in range(max(map(len, splits.values()), default=0)):
        for metric in metrics:
            if len(found) == count:
                return tuple(found.values())
            names = splits[metric.name]
            split = names[5 * next(places) % len(names)] if names and round_ else None
            query = _query(metric, split, next(times), next(forms), schema)
            found.setdefault(query.model_dump_json(), query)
    return tuple(found.values())


def _query(metric: Metric, split: str | None, time: Interval | None, form: int, schema: StoreSchema) -> SemanticQuery:
    plain = SemanticQuery(metrics=(metric.name,), group_by=(split,) if split else (), time=time)
    dated = split is not None and schema.dimension(split).kind == "time"
    if form == 1 and time is not None and not dated:
        return plain.model_copy(
            update={"compare": Interval(start=time.start - (time.end - time.start), end=time.start)}
        )
    if form in (2, 4) and split and metric.additive:
        return plain.model_copy(update={"share": True})
    if form in (3, 4) and split and not dated:
        return plain.model_copy(update={"order": Order(by=metric.name, direction="asc"), "limit": 5})
    return plain


def _periods(data: Interval) -> Iterator[Interval | None]:
    """All the data, its last year's last month, last quarter, and last week."""
    yield None
    last = date(data.end.year, data.end.month, 1)
    for months in (1, 3):
        month = last.year * 12 + last.month - 1 - months
        yield Interval(start=max(date(month // 12, month % 12 + 1, 1), data.start), end=max(last, data.start))
    yield Interval(start=max(date.fromordinal(data.end.toordinal() - 7), data.start), end=data.end)
