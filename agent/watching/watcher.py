"""The loop of a watch: read what is new, score it, and write cursors, seen rows and alerts in one transaction."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from agent.watching.metrics import MetricWatch
from agent.watching.reader import Reader, moment_of
from db.engine import Store
from db.state.watching import Alert, Cursor, Step, WatchLog
from models.risk.events import SOURCES, Event, Payment, day_of, fields_of, seconds, source_of
from models.risk.ledger import DAY, LOOKBACK, Ledger
from models.risk.model import RiskModel
from models.risk.rules import ALERT, BY_CODE, Reason, reasons_for, score_of, usable
from models.risk.scan import present_in
from tools.people import People

BATCH = 500  # rows of a step: half a second of work is lost at most when a process is killed
LATE = 3_600.0  # seconds within which a row that arrives behind the cursor is still found
FIRST = DAY  # where a first watch begins: the last day of the data


@dataclass(slots=True)
class Summary:
    """What a watch did so far; ``left_out``: codes of rules whose table or column the store lacks."""

    rows: int = 0
    alerts: int = 0
    seconds: float = 0.0
    sources: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    @property
    def ms_a_row(self) -> float:
        """Scoring and recording, reading left out."""
        return 1000 * self.seconds / self.rows if self.rows else 0.0


class Watcher:
    """Watches one store. Each row is scored once, also over restarts; memory holds the rules' window and one page.

    A row that arrives up to ``LATE`` seconds behind the cursor, or with its very time, is still found. After an error
    make a new one: the database holds the last whole step.
    """

    def __init__(
        self,
        store: Store,
        log: WatchLog,
        people: People,
        model: RiskModel | None = None,
        *,
        since: str | None = None,
        batch: int = BATCH,
        metrics: bool = True,
    ) -> None:
        """Begin where the log ends.

        Args:
            since: replay from this moment (ISO 8601) instead; alerts already raised are not raised again.
            metrics: look at days of metrics as well.

        Raises:
            RoleMissing: the store has neither payments nor refunds.
        """
        self._rules, left_out = usable(present_in(store))
        self._store, self._log, self._people, self._model, self._batch = store, log, people, model, batch
        self._readers = {source: Reader(store, source) for source in SOURCES if fields_of(store, source)}
        self._stored = log.cursors()
        self._at = {} if since else {s: c for s, c in self._stored.items() if s in self._readers}
        self._since = since or self._first()
        self._seen = {source: {} if since else log.seen(source) for source in self._readers}
        self._metrics = MetricWatch(store, day_of(seconds(self._since))) if metrics else None
        self._ledger = self._rebuilt()
        self.summary = Summary(sources=tuple(self._readers), left_out=tuple(rule.code for rule in left_out))

    def attach(self, store: Store) -> None:
        """Go on with the same store opened anew, so that nobody who loads it has to wait for us."""
        self._store = store
        self._readers = {source: Reader(store, source) for source in self._readers}
        if self._metrics:
            self._metrics.attach(store)

    def poll(self, now: datetime) -> Iterator[Alert]:
        """Everything new, step by step; alerts that a killed process left unshown come first.

        Raises:
            StoreLocked: another watch of this store moved on. StoreError: it cannot be read.
        """
        yield from self._log.unshown()
        yield from self._late(now)
        while events := self._next():
            yield from self._step(events, now)

    def shown(self, alert: Alert, now: datetime) -> None:
        """Note that an alert reached its reader."""
        self._log.show(alert.number, now)

    def _first(self) -> str:
        newest = [text for reader in self._readers.values() if (text := reader.newest())]
        if not newest:
            return "1970-01-01 00:00:00"
        return moment_of(max(map(seconds, newest)) - FIRST, newest[0])

    def _rebuilt(self) -> Ledger:
        """The ledger as it was when the last step ended: of rows near the cursor only those that were seen."""
        ledger, places = Ledger(), self._at
        starts = {s: seconds(c.moment) for s, c in places.items()}
        begin = min([*starts.values(), seconds(self._since)]) - LOOKBACK * DAY
        streams = []
        for source, reader in self._readers.items():
            end = places.get(source) or Cursor(self._since, -1)
            streams.append(self._known(reader, end, moment_of(begin, end.moment), source in places))
        for event in heapq.merge(*streams, key=lambda event: event.time):
            ledger.add(event)
        return ledger

    def _known(self, reader: Reader, end: Cursor, begin: str, read: bool) -> Iterator[Event]:
        near = seconds(end.moment) - LATE
        for place, event in reader.upto(end, begin, self._batch):
            if not read and place.moment >= end.moment:
                return
            if event.time < near or not read or event.id in self._seen[reader.source]:
                yield event

    def _next(self) -> list[tuple[Cursor, Event]]:
        """The next rows of all sources in the order of time, as far as all of them were read."""
        pages = {s: r.after(self._at.get(s), self._since, self._batch) for s, r in self._readers.items()}
        full = [page[-1][1].time for page in pages.values() if len(page) == self._batch]
        until = min(full, default=float("inf"))
        rows = [row for page in pages.values() for row in page if row[1].time <= until]
        return sorted(rows, key=lambda row: row[1].time)  # stable: rows of one source keep the order of their ids

    def _late(self, now: datetime) -> Iterator[Alert]:
        """Rows behind the cursor that were not there before."""
        found: list[tuple[Cursor, Event]] = []
        for source, cursor in self._at.items():
            begin = moment_of(seconds(cursor.moment) - LATE, cursor.moment)
            rows = self._readers[source].upto(cursor, begin, self._batch)
            found += [(cursor, event) for _, event in rows if event.id not in self._seen[source]]
        for start in range(0, len(found), self._batch):
            yield from self._step(found[start : start + self._batch], now)

    def _step(self, rows: list[tuple[Cursor, Event]], now: datetime) -> tuple[Alert, ...]:
        started = perf_counter()
        after = dict(self._at)
        seen: dict[str, dict[str, float]] = {source: {} for source in self._readers}
        for cursor, event in rows:
            after[source_of(event)] = cursor
            seen[source_of(event)][event.id] = event.time
        forget = {source: seconds(cursor.moment) - LATE for source, cursor in after.items()}
        near = {s: {row: at for row, at in held.items() if at >= forget.get(s, at)} for s, held in seen.items()}
        alerts = self._scored([event for _, event in rows])
        days = self._metrics.days(self._stored, max(event.time for _, event in rows)) if self._metrics else None
        if days:
            after, alerts = {**after, **days.cursors}, alerts + list(days.alerts)
        stored = self._stored | after
        raised = self._log.record(Step(self._stored, stored, near, forget, alerts), now)
        self._stored, self._at = stored, {s: c for s, c in after.items() if s in self._readers}
        for source, held in near.items():
            kept = self._seen[source] | held
            self._seen[source] = {row: at for row, at in kept.items() if at >= forget.get(source, at)}
        self.summary.rows += len(rows)
        self.summary.alerts += len(raised)
        self.summary.seconds += perf_counter() - started
        return raised

    def _scored(self, events: list[Event]) -> list[Alert]:
        features = [self._ledger.observe(event) for event in events]
        more = self._model.reasons(features) if self._model else [()] * len(events)
        found = []
        for event, known, extra in zip(events, features, more, strict=True):
            reasons = sorted((*reasons_for(known, self._rules), *extra), key=lambda reason: -reason.strength)
            score = score_of(reasons)
            if score >= ALERT:
                found.append(self._alert(event, score, reasons))
        return found

    def _alert(self, event: Event, score: int, reasons: list[Reason]) -> Alert:
        first = BY_CODE[reasons[0].code]
        payload: Mapping[str, object] = {
            "order": event.order,
            "customer": self._people.name(event.customer),
            "amount": round(event.amount, 2),
            "failed": isinstance(event, Payment) and event.failed,
            "reasons": [reason.code for reason in reasons],
            "says": {"en": first.says.en, "zh": first.says.zh},
            "advice": {"en": first.advice.en, "zh": first.advice.zh},
        }
        return Alert("risk", source_of(event), event.id, moment_of(event.time), float(score), payload)
