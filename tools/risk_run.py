"""The work of check_risk: which events, which period, which model; then the tables and facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from db import frames
from db.errors import AnalysisError, ArtifactMissing, ArtifactStale, PermissionRefused, UnknownEntity
from db.semantic.query import Interval
from models.artifacts import ENDING, require_fresh
from models.risk.events import SOURCES, Event, Payment, day_of, fetch, fields_of, seconds, source_of
from models.risk.model import KIND, RiskModel, load_model
from models.risk.scan import SCAN_DAYS, present_in, scan
from tools.check_risk import RiskArguments
from tools.registry import ToolContext, ToolResult
from tools.risk_evidence import Found, result_of

CUSTOMER_DAYS = 60
LATER_DAYS = 30  # after a named order: what came to light then of its device and card
MOST_IDS = 5_000  # in one condition of SQL; of more, all are read and compared here


def check(arguments: RiskArguments, context: ToolContext) -> ToolResult:
    """See :func:`tools.check_risk.run`."""
    present_in(context.store)
    reached = _reached(arguments, context)
    if arguments.kind == "all" and len(reached) == 1:  # "anything odd on credit cards": refunds have no method
        arguments = arguments.model_copy(update={"kind": reached[0]})
    period = _period(arguments, context)
    model, note = _model(context)
    found = scan(
        context.store,
        period,
        row_filters=context.row_filters,
        report=_reporter(arguments, context, period),
        model=model,
        timeout=context.query_seconds,
        cancel=context.cancel,
        progress=context.progress,
    )
    return result_of(Found(arguments, context, found, model_note=note))


def _model(context: ToolContext) -> tuple[RiskModel | None, str]:
    """The trained model, and why there is none. A damaged file is an error: it was meant to be used."""
    if context.models is None:
        return None, "untrained"
    try:
        meta, model = load_model(context.models / f"{KIND}{ENDING}")
        require_fresh(meta, context.store.schema.name, context.store.fingerprint, context.today)
    except ArtifactMissing:
        return None, "untrained"
    except ArtifactStale:
        return None, "stale"
    if context.today < meta.as_of:  # it has seen what this question must not know
        return None, "stale"
    return model, "trained" if model.classifier else "unlabelled"


def _period(arguments: RiskArguments, context: ToolContext) -> Interval:
    end, start = context.today, context.store.data_start
    if arguments.orders:
        return _days_of_orders(arguments, context, end)
    if arguments.customers:
        _require_customers(arguments.customers, context)
    days = CUSTOMER_DAYS if arguments.customers else SCAN_DAYS
    asked = arguments.time or Interval(start=max(start, end - timedelta(days=days)), end=end)
    if asked.end <= start or asked.start >= end:
        last = end - timedelta(days=1)
        raise AnalysisError(
            f"There is nothing to check from {asked.start} on: the data runs from {start} to {last}.",
            "Ask about a period inside it.",
        )
    return Interval(start=max(start, asked.start), end=min(asked.end, end))


def _days_of_orders(arguments: RiskArguments, context: ToolContext, end: date) -> Interval:
    """From the first payment or refund of the orders to some weeks after the last. Raises UnknownEntity."""
    seen: dict[str, date] = {}
    days: list[date] = []
    wanted = set(arguments.orders)
    for source in (s for s in SOURCES if fields_of(context.store, s)):
        table = frames.source(context.store, source, ("order", "time"), filters=context.row_filters)
        select = sa.select(table.c.order, table.c.time)
        if len(arguments.orders) <= MOST_IDS:
            select = select.where(sa.cast(table.c.order, sa.String).in_(arguments.orders))
        for order, time in fetch(context.store, select, context.query_seconds):
            day = _day(time)
            if str(order) in wanted and day < end:
                seen[str(order)] = day
                days.append(day)
    unknown = [order for order in arguments.orders if order not in seen]
    if unknown:
        raise UnknownEntity(
            f"There is no payment or refund of order {unknown[0][:40]}"
            f"{f' (and of {len(unknown) - 1} more)' if len(unknown) > 1 else ''} before {end}.",
            "Check the number.",
        )
    return Interval(start=min(days), end=min(end, max(days) + timedelta(days=LATER_DAYS)))


def _day(time: object) -> date:
    return time.date() if isinstance(time, datetime) else day_of(seconds(time))


def _require_customers(customers: Sequence[str], context: ToolContext) -> None:
    known: set[str] = set()
    for source in (s for s in (*SOURCES, "sales") if s in context.store.schema.roles):
        if set(customers) <= known:
            return
        table = frames.source(context.store, source, ("customer",), filters=context.row_filters)
        select = sa.select(table.c.customer).distinct()
        if len(customers) <= MOST_IDS:
            select = select.where(sa.cast(table.c.customer, sa.String).in_(customers))
        known |= {str(row[0]) for row in fetch(context.store, select, context.query_seconds)}
    unknown = [customer for customer in customers if customer not in known]
    if unknown:
        raise UnknownEntity(f"There is no customer {unknown[0][:40]}.", "Check the number.")


def _reporter(arguments: RiskArguments, context: ToolContext, period: Interval) -> Callable[[Event], bool]:
    """Which events are told of; all others are history and links."""
    orders, customers = set(arguments.orders), set(arguments.customers)
    kind = "all" if orders else arguments.kind
    inside = _inside(arguments, context, period)

    def told(event: Event) -> bool:
        if isinstance(event, Payment):
            if kind == "refunds":
                return False
        elif kind == "payments":
            return False
        if orders and event.order not in orders:
            return False
        if customers and event.customer not in customers:
            return False
        return inside is None or event.id in inside[source_of(event)]

    return told


def _reached(arguments: RiskArguments, context: ToolContext) -> tuple[str, ...]:
    """The sources that the question's filters can limit. Raises PermissionRefused where that is none of them."""
    found, refused = [], None
    for source in (s for s in SOURCES if fields_of(context.store, s)):
        name = fields_of(context.store, source)[0]
        frames.source(
            context.store, source, (name,), filters=context.row_filters
        )  # a right that it cannot hold is refused
        try:
            frames.source(context.store, source, (name,), filters=arguments.filters)
            found.append(source)
        except PermissionRefused as error:
            refused = error
    if refused and not found:
        raise refused
    return tuple(found)


def _inside(arguments: RiskArguments, context: ToolContext, period: Interval) -> dict[str, set[str]] | None:
    """The events that the question's filters let through, by source; None without filters."""
    if not arguments.filters:
        return None
    held: dict[str, set[str]] = {}
    for source in _reached(arguments, context):
        name, filters = fields_of(context.store, source)[0], (*context.row_filters, *arguments.filters)
        table = frames.source(context.store, source, (name,), time=period, filters=filters)
        held[source] = {str(row[0]) for row in fetch(context.store, sa.select(table), context.query_seconds)}
    return {source: held.get(source, set()) for source in SOURCES}
