"""What the semantic layer should answer, by loops over the rows: no SQL, no grouping library, nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from db.semantic.query import Filter, Interval, SemanticQuery
from tests.property.semantic_shop import DATA, Line, Shop

Row = dict[str, Any]
TIME = ("date", "week", "month", "weekday", "hour")


def rows_of(shop: Shop) -> dict[str, list[Row]]:
    """Every fact table, each row with all of its dimensions; what is not known is None."""
    first = shop.first()
    ages = dict(enumerate(shop.ages))
    return {
        "lines": [_line(shop, ln, first, ages) for ln in shop.lines],
        "mailed": [
            {"customer": h, "campaign": c, "age": ages.get(h), **_when(_noon(shop.starts[c]))} for c, h in shop.mailed
        ],
        "redeemed": [
            {"customer": h, "campaign": c, "age": ages.get(h), **_when(_noon(d))} for h, c, d in shop.redeemed
        ],
    }


def _line(shop: Shop, ln: Line, first: dict[int, datetime], ages: dict[int, str | None]) -> Row:
    known = ln.product < len(shop.departments)
    department = shop.departments[ln.product] if known else None
    return {
        "customer": ln.household, "store": ln.store, "basket": ln.basket, "product": ln.product,
        "department": department, "brand": shop.brands[ln.product] if known else None,
        "age": ages.get(ln.household), "sales": ln.cents / 100, "discount": (ln.retail + ln.coupon) / 100,
        "units": 0 if department == "FUEL" else ln.quantity, "is_first": ln.at == first[ln.household], **_when(ln.at),
    }  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)


def _when(at: datetime) -> Row:
    day = at.date()
    monday = day - timedelta(days=day.isoweekday() - 1)
    return {
        "day": day, "date": day.isoformat(), "week": monday.isoformat(), "month": day.strftime("%Y-%m"),
        "weekday": day.isoweekday(), "hour": at.hour,
    }  # fmt: skip


def _distinct(rows: Iterable[Row], key: str) -> int:
    return len({row[key] for row in rows})


def _divided(over: float, under: float) -> float | None:
    return over / under if under else None


def _repeating(rows: list[Row]) -> int:
    baskets: dict[int, set[int]] = {}
    for row in rows:
        baskets.setdefault(row["customer"], set()).add(row["basket"])
    return sum(len(found) >= 2 for found in baskets.values())


Measure = Callable[[list[Row]], float | None]
BASE: dict[str, tuple[str, Measure]] = {
    "revenue": ("lines", lambda rows: sum(r["sales"] for r in rows)),
    "orders": ("lines", lambda rows: _distinct(rows, "basket")),
    "customers": ("lines", lambda rows: _distinct(rows, "customer")),
    "units": ("lines", lambda rows: sum(r["units"] for r in rows)),
    "discount": ("lines", lambda rows: sum(r["discount"] for r in rows)),
    "lines": ("lines", len),
    "aov": ("lines", lambda rows: _divided(sum(r["sales"] for r in rows), _distinct(rows, "basket"))),
    "new_customers": ("lines", lambda rows: _distinct([r for r in rows if r["is_first"]], "customer")),
    "repeat_rate": ("lines", lambda rows: _divided(_repeating(rows), _distinct(rows, "customer"))),
    "private_label_share": (
        "lines",
        lambda rows: _divided(sum(r["sales"] for r in rows if r["brand"] == "Private"), sum(r["sales"] for r in rows)),
    ),
    "campaign_reach": ("mailed", lambda rows: _distinct(rows, "customer")),
    "coupon_redemptions": ("redeemed", len),
}
ZERO = frozenset(BASE) - {"aov", "repeat_rate", "private_label_share"}
REACH = {
    "lines": {*TIME, "department", "brand", "store", "age", "customer"},
    "mailed": {"date", "week", "month", "weekday", "age", "customer", "campaign"},
    "redeemed": {"date", "week", "month", "weekday", "age", "customer", "campaign"},
}


def keeps(row: Row, filter_: Filter) -> bool:
    """Whether a row passes a filter (not a top or bottom one)."""
    value = row[filter_.dimension]
    if filter_.op == "in":
        return value in filter_.values
    if filter_.op == "not_in":
        return value not in filter_.values
    low, high = filter_.values
    return value is not None and (low is None or value >= low) and (high is None or value < high)


def groups(shop: Shop, metric: str, query: SemanticQuery, period: Interval | None) -> dict[tuple[Any, ...], list[Row]]:
    """The rows behind each group of one metric."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows_of(shop)[BASE[metric][0]]:
        inside = period is None or period.start <= row["day"] < period.end
        if inside and all(keeps(row, filter_) for filter_ in query.filters):
            found.setdefault(tuple(row[name] for name in query.group_by), []).append(row)
    return found


def calendar_days(query: SemanticQuery, period: Interval | None) -> list[Row]:
    """Every day that the period and the data cover and that the day filters let through."""
    start = max(DATA.start, period.start) if period else DATA.start
    end = min(DATA.end, period.end) if period else DATA.end
    days = [_when(_noon(start + timedelta(days=n))) for n in range((end - start).days)]
    by_day = [f for f in query.filters if f.dimension in TIME and f.dimension != "hour"]
    return [day for day in days if all(keeps(day, f) for f in by_day)]


def answer(shop: Shop, query: SemanticQuery) -> dict[tuple[Any, ...], list[float | None]]:
    """Group -> one value a metric, empty periods among them, before any order or limit."""
    by_metric = [groups(shop, metric, query, query.time) for metric in query.metrics]
    keys = {key for found in by_metric for key in found} or (set() if query.group_by else {()})
    keys |= _empty(query, keys)
    return {
        key: [_measured(m, found.get(key, [])) for m, found in zip(query.metrics, by_metric, strict=True)]
        for key in keys
    }


def _measured(metric: str, rows: list[Row]) -> float | None:
    return BASE[metric][1](rows) if rows else (0 if metric in ZERO else None)


def _empty(query: SemanticQuery, keys: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Every time with every member that was seen; hours with every day."""
    times = [name for name in query.group_by if name in TIME]
    if not times or "customer" in query.group_by:
        return set()
    hours = [{"hour": h} for h in range(24)]
    hours = [h for h in hours if all(keeps(h, f) for f in query.filters if f.dimension == "hour")]
    found: set[tuple[Any, ...]] = set()
    for day in calendar_days(query, query.time):
        for hour in hours if "hour" in times else [{}]:
            place = {**day, **hour}
            members: Sequence[tuple[Any, ...]] = list(keys) if len(times) < len(query.group_by) else [()]
            for key in members:
                found.add(tuple(place[name] if name in TIME else key[i] for i, name in enumerate(query.group_by)))
    return found
