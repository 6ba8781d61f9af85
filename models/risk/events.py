"""Payments and refunds as a stream of events, oldest first, read from a store in pages."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from db import frames
from db.engine import QUERY_TIMEOUT, Store
from db.errors import AnalysisError
from db.semantic.dialects import dialect_of
from db.semantic.query import Filter, Interval
from db.semantic.render import render

PAGE = 5_000  # rows read at once: a few megabytes, whatever the table holds
SOURCES = ("payments", "refunds")
_FAILED = ("fail", "declin", "refus", "reject", "error", "denied", "失败", "拒绝")
_REVERSED = ("chargeback", "charged_back", "charged back", "dispute", "fraud", "拒付", "欺诈")
_TECHNICAL = ("unavailable", "network", "timeout", "timed out", "processor", "system", "网络", "超时", "系统")
_PAYMENT = (
    *("payment", "order", "customer", "time", "amount", "method", "status"),
    *("device", "card", "address", "reason", "charged_back"),
)
_REFUND = ("refund", "order", "customer", "time", "amount", "reason")


class Payment(NamedTuple):
    """A payment, or a try at one. ``time`` counts seconds since 1970 in the store's own clock."""

    time: float
    id: str
    order: str
    customer: str
    amount: float
    failed: bool = False
    reversed: bool = False  # charged back; known only later
    known: float | None = None  # when that became known; None where the table does not say
    device: str | None = None
    card: str | None = None
    address: str | None = None
    method: str = ""
    technical: bool = False  # it failed for no fault of the buyer's


class Refund(NamedTuple):
    """A refund."""

    time: float
    id: str
    order: str
    customer: str
    amount: float
    reason: str = ""


Event = Payment | Refund


def source_of(event: Event) -> str:
    """The role that an event was read from."""
    return "payments" if isinstance(event, Payment) else "refunds"


def seconds(moment: object) -> float:
    """A moment of the store's clock as seconds since 1970, whatever its database calls a time.

    >>> seconds("1970-01-02"), seconds(datetime(1970, 1, 1, 0, 1)), seconds(date(1970, 1, 2))
    (86400.0, 60.0, 86400.0)
    """
    if isinstance(moment, str):
        moment = _parsed(moment)
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()
    raise AnalysisError("A payment or refund has no time.", "Leave rows without a time out of the table.")


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise AnalysisError(f"The time '{text[:40]}' cannot be read.", "Write times as ISO 8601.") from None


def day_of(time: float) -> date:
    """The day of a moment."""
    return datetime.fromtimestamp(time, UTC).date()


def text_of(time: float) -> str:
    """A moment as tables show it: to the minute.

    >>> text_of(60.0)
    '1970-01-01 00:01'
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")


def fields_of(store: Store, source: str) -> tuple[str, ...]:
    """The fields of a source that the store declares, in the order of the event; empty where it lacks the role."""
    role = store.schema.roles.get(source)
    wanted = _PAYMENT if source == "payments" else _REFUND
    return tuple(field for field in wanted if role and field in role.columns)


def event_of(source: str, row: dict[str, Any]) -> Event:
    """A row of a role as an event; ids become text, a missing amount is nothing.

    >>> event_of("payments", {"payment": 1, "order": 2, "customer": 3, "time": "1970-01-01", "status": "Declined"})
    Payment(time=0.0, id='1', order='2', customer='3', amount=0.0, failed=True, reversed=False, known=None, \
device=None, card=None, address=None, method='', technical=False)
    """
    time, order, customer = seconds(row["time"]), str(row["order"]), str(row["customer"])
    amount = float(row.get("amount") or 0.0)
    if source == "refunds":
        return Refund(time, str(row["refund"]), order, customer, amount, _text(row.get("reason")) or "")
    failed, reversed_ = _ended(str(row.get("status") or ""))
    known = row.get("charged_back") or None
    return Payment(
        time,
        str(row["payment"]),
        order,
        customer,
        amount,
        failed,
        known is not None or reversed_,
        seconds(known) if known is not None else None,
        _text(row.get("device")),
        _text(row.get("card")),
        _text(row.get("address")),
        _text(row.get("method")) or "",
        failed and _technical(str(row.get("reason") or "")),
    )


@lru_cache(maxsize=1_000)
def _ended(status: str) -> tuple[bool, bool]:
    """Whether a status says failed, and whether it says charged back."""
    said = status.casefold()
    return any(word in said for word in _FAILED), any(word in said for word in _REVERSED)


@lru_cache(maxsize=1_000)
def _technical(reason: str) -> bool:
    said = reason.casefold()
    return any(word in said for word in _TECHNICAL)


def _text(value: object) -> str | None:
    """A token; a missing one (NULL, NaN, an empty word) shares nothing with another missing one."""
    if value is None or value != value:
        return None
    return str(value).strip() or None


def read_events(
    store: Store,
    period: Interval,
    filters: Sequence[Filter] = (),
    timeout: float = QUERY_TIMEOUT,
    page: int = PAGE,
) -> Iterator[Event]:
    """Payments and refunds of a period in the order of their time, those of the roles that the store has.

    Args:
        period: half-open days. filters: the asker's row filters and the question's.

    Raises:
        PermissionRefused: a filter that the tables cannot hold. StoreTimeout, StoreError. AnalysisError: a bad time.
    """
    present = [source for source in SOURCES if fields_of(store, source)]
    streams = [_paged(store, source, period, filters, timeout, page) for source in present]
    return heapq.merge(*streams, key=lambda event: event.time)


def _paged(
    store: Store, source: str, period: Interval, filters: Sequence[Filter], timeout: float, page: int
) -> Iterator[Event]:
    """Day by day, in spans that hold about a page: a year is never in memory at once."""
    fields, start, days = fields_of(store, source), period.start, 1
    while start < period.end:
        span = Interval(start=start, end=min(start + timedelta(days=days), period.end))
        table = frames.source(store, source, fields, time=span, filters=filters)
        rows = fetch(store, sa.select(table).order_by(table.c.time, table.c[fields[0]]), timeout)
        for row in rows:
            yield event_of(source, dict(zip(fields, row, strict=False)))
        start, days = span.end, max(1, min(366, days * 2 if len(rows) < page else days // 2))


def fetch(
    store: Store, select: sa.Select[Any], timeout: float = QUERY_TIMEOUT, cap: int = frames.FRAME_ROWS
) -> list[Sequence[Any]]:
    """Rows of a SELECT, without pandas: a watch that starts must not load it."""
    _, rows = store.backend.execute(render(select, dialect_of(store.backend.dialect)), timeout, cap)
    return rows[:cap]
