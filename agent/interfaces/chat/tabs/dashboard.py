"""The last full week against the one before, its trend, and what is red. Read under the asker's row filters."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from agent.interfaces.chat.views.dashboard import Kpi, Red, dashboard_html
from agent.interfaces.chat.visit import Visit
from db.engine import Store
from db.semantic.query import Filter, Interval, SemanticQuery
from db.state.outbox import Deliveries, Delivery
from db.state.reviews import open_alerts
from tools.evidence import Value

SHOWN = (
    "revenue",
    "orders",
    "customers",
    "aov",
    "refund_rate",
    "payment_failure_rate",
    "conversion_rate",
    "support_tickets",
)
MOST = 8  # cards
WEEKS = 13  # a quarter, so that the week of a quarter ago is seen
WEEK = timedelta(days=7)
ALERTS = 8  # shown of the open ones
KEPT = 32  # dashboards of data that cannot change, one for each set of rights

_cache: dict[tuple[str, str, tuple[Filter, ...]], tuple[Kpi, ...]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Weeks:
    """Whole weeks of the store, half-open; the last is the one that the cards tell of."""

    period: Interval
    last: Interval


def dashboard(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """The tab's HTML."""
    store = visit.analyst.store
    weeks = _weeks(store)
    kpis = _cached(store, weeks, visit.principal.row_filters) if weeks else ()
    red = None if visit.limited else open_alerts(visit.service.state.engine, store.schema.name, ALERTS)
    alerts = Red(red.alerts, red.total) if red else None
    return {
        "html": dashboard_html(
            store.schema, weeks.last if weeks else None, kpis, alerts, _dead(visit) if visit.admin else None,
            visit.language,
        )
    }  # fmt: skip


def _dead(visit: Visit) -> tuple[Delivery, ...]:
    return Deliveries(visit.service.state.engine).of_status("dead", limit=ALERTS)


def _weeks(store: Store) -> _Weeks | None:
    """The last full weeks before the shop's clock; None where the data has no two of them."""
    if "week" not in store.schema.dimensions:
        return None
    clock = min(store.as_of, store.data_end)
    end = clock - timedelta(days=clock.weekday())
    first = max(end - WEEKS * WEEK, store.data_start + timedelta(days=-store.data_start.weekday() % 7))
    if end - first < 2 * WEEK:
        return None
    return _Weeks(Interval(start=first, end=end), Interval(start=end - WEEK, end=end))


def _cached(store: Store, weeks: _Weeks, filters: tuple[Filter, ...]) -> tuple[Kpi, ...]:
    """Read once where the store says when its data changes; else each time."""
    if not store.fingerprint:
        return _read(store, weeks, filters)
    key = (store.schema.name, store.fingerprint, filters)
    with _lock:
        found = _cache.get(key)
    if found is None:
        found = _read(store, weeks, filters)
        with _lock:
            while len(_cache) >= KEPT:
                _cache.pop(next(iter(_cache)))
            _cache[key] = found
    return found


def _read(store: Store, weeks: _Weeks, filters: tuple[Filter, ...]) -> tuple[Kpi, ...]:
    names = _chosen(store)
    if not names:
        return ()
    found: dict[str, dict[str, Value]] = {name: {} for name in names}
    for start in range(0, len(names), 4):  # a query takes six metrics at most
        part = names[start : start + 4]
        query = SemanticQuery(metrics=part, group_by=("week",), time=weeks.period)
        result = store.run(query, filters)
        places = {column.name: place for place, column in enumerate(result.columns)}
        for row in result.rows:
            for name in part:
                found[name][str(row[places["week"]])] = row[places[name]]
    days = _mondays(weeks.period)
    return tuple(Kpi(store.schema.metrics[name], days, tuple(found[name].get(d) for d in days)) for name in names)


def _chosen(store: Store) -> tuple[str, ...]:
    """The metrics that a shop looks at first; those that it declares first where it has none of these names."""
    usable = [m.name for m in store.schema.offered() if store.schema.can_split(m.name, "week")]
    known = [name for name in SHOWN if name in usable]
    return tuple((known if len(known) >= 3 else usable)[:MOST])


def _mondays(period: Interval) -> Sequence[str]:
    day: date = period.start
    found = []
    while day < period.end:
        found.append(day.isoformat())
        day += WEEK
    return tuple(found)
