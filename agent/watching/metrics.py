"""Days of metrics, each scored by the online detector once it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from db.engine import Store
from db.errors import AnalysisError, QueryError, StoreError
from db.semantic.query import Interval, SemanticQuery
from db.state.watching import Alert, Cursor
from models.risk.events import day_of
from models.timeseries.detectors import OnlineDetector

WATCHED = (
    "revenue",
    "orders",
    "customers",
    "failed_payments",
    "refund_amount",
    "refunds",
    "sessions",
    "support_tickets",
)
LEARNS = 60  # days that are only learnt from: two months show the week


@dataclass(frozen=True, slots=True)
class Days:
    """Alerts of days that ended, and how far each metric was read."""

    alerts: tuple[Alert, ...]
    cursors: Mapping[str, Cursor]


class MetricWatch:
    """The store's main daily metrics; detectors start at its first day, so that a restart changes nothing."""

    def __init__(self, store: Store, begin: date, names: tuple[str, ...] = WATCHED) -> None:
        """Watch those of the metrics that the store has, from ``begin`` on where no earlier watch has been."""
        self._store, self._begin = store, begin
        self._names = [name for name in names if name in store.schema.metrics]
        self._detectors: dict[str, tuple[OnlineDetector, date]] = {}
        self._done: date | None = None
        self._day = next((d.name for d in store.schema.dimensions.values() if d.grain == "day"), None)

    def attach(self, store: Store) -> None:
        """Go on with the same store opened anew."""
        self._store = store

    def days(self, stored: Mapping[str, Cursor], now: float) -> Days | None:
        """Score the days that ended before the day of ``now`` (seconds); None where none did since the last call."""
        today = day_of(now)
        if self._day is None or not self._names or (self._done is not None and today <= self._done):
            return None
        self._done = today
        alerts: list[Alert] = []
        cursors: dict[str, Cursor] = {}
        for name in self._names:
            source = f"metric {name}"
            known = stored.get(source)
            since = date.fromisoformat(known.moment) if known else self._begin
            alerts += self._metric(name, since, today)
            if known is None or known.moment < today.isoformat():
                cursors[source] = Cursor(today.isoformat(), 0)
        return Days(tuple(alerts), cursors)

    def _metric(self, name: str, since: date, today: date) -> list[Alert]:
        """Alerts of the days ``since <= day < today``."""
        detector, start = self._detectors.get(name, (OnlineDetector(LEARNS), self._store.data_start))
        if start >= today:
            return []
        query = SemanticQuery(metrics=(name,), group_by=(str(self._day),), time=Interval(start=start, end=today))
        try:
            rows = self._store.run(query).rows
        except (QueryError, StoreError, AnalysisError):  # a metric that cannot be read is no reason to stop the watch
            self._names = [other for other in self._names if other != name]
            return []
        found = []
        for row in rows:
            day = date.fromisoformat(str(row[0])[:10])
            value = None if row[1] is None else float(row[1])
            score = detector.update(datetime(day.year, day.month, day.day), value)
            if score.alarm and since <= day < today:
                metric = self._store.schema.metrics[name]
                payload = {
                    "metric": name,
                    "label": {"en": metric.label.en, "zh": metric.label.zh},
                    "unit": metric.unit,
                    "origin": metric.origin,
                    "value": value,
                    "expected": round(score.expected, 4),
                    "direction": score.direction,
                }
                found.append(Alert("metric", name, day.isoformat(), day.isoformat(), score.value, payload))
        self._detectors[name] = (detector, today)
        return found
