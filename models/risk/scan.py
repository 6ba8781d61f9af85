"""Score the payments and refunds of a period, each by what was known at its time, and find who is linked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from threading import Event as Flag

from db.engine import QUERY_TIMEOUT, Store
from db.errors import Cancelled, RoleMissing
from db.semantic.query import Filter, Interval
from models.risk.events import SOURCES, Event, Payment, fields_of, read_events
from models.risk.features import Features
from models.risk.ledger import LOOKBACK, Ledger
from models.risk.links import Group, Links
from models.risk.model import RiskModel
from models.risk.rules import ALERT, LINKED, Reason, Rule, reasons_for, score_of, usable
from models.risk.unusual import Unusual, thinned

SCAN_DAYS = 30  # looked at where no period is asked: with the 90 days before, some 3 s of the demo store
SAID_EVERY = 5_000
LINK_STRENGTH = 0.45  # a later alert on the same card or device: worth a review of the order before it, no alert


@dataclass(frozen=True, slots=True)
class Scored:
    """An event with its score and reasons. ``at_time``: the score without what came to light later."""

    event: Event
    features: Features
    reasons: tuple[Reason, ...]
    score: int
    at_time: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found. ``left_out``: rules whose table or column the store lacks. ``links``: of the whole period."""

    period: Interval
    scored: tuple[Scored, ...]
    groups: tuple[Group, ...]
    links: Links
    left_out: tuple[Rule, ...]


def present_in(store: Store) -> tuple[str, ...]:
    """The sources of a store with their fields: ``payments``, ``payments.device``…

    Raises:
        RoleMissing: it has neither payments nor refunds.
    """
    found = [source for source in SOURCES if fields_of(store, source)]
    if not found:
        raise RoleMissing(
            f"The store '{store.schema.name}' has no table of payments or refunds, so risk cannot be checked.",
            "Declare one in its YAML under roles.payments or roles.refunds.",
        )
    return (*found, *(f"{source}.{field}" for source in found for field in fields_of(store, source)))


def scan(
    store: Store,
    period: Interval,
    *,
    row_filters: Sequence[Filter] = (),
    report: Callable[[Event], bool] = lambda event: True,
    model: RiskModel | None = None,
    timeout: float = QUERY_TIMEOUT,
    cancel: Flag | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Scan:
    """Score all events of a period, and report those that ``report`` lets through.

    Args:
        period: half-open days. row_filters: of the asker; they hold for the history too.
        model: the trained model; without one, what is unusual is learnt from the history before the period.

    Raises:
        RoleMissing: neither payments nor refunds. Cancelled: the operator stopped it.
    """
    rules, left_out = usable(present_in(store))
    start = period.start - timedelta(days=LOOKBACK)
    begin = datetime(period.start.year, period.start.month, period.start.day, tzinfo=UTC).timestamp()
    ledger = Ledger()
    history: list[Features] = []
    payments: list[Payment] = []
    found: list[tuple[Event, Features]] = []
    whole = Interval(start=start, end=period.end)
    for count, event in enumerate(read_events(store, whole, row_filters, timeout)):
        if count % SAID_EVERY == 0:
            if cancel is not None and cancel.is_set():
                raise Cancelled("It was stopped.")
            progress("reading payments", _share(event, start, period.end))
        if isinstance(event, Payment):
            payments.append(event)
        if event.time >= begin:
            found.append((event, ledger.observe(event)))
        elif model is None and count % 8 == 0:
            history.append(ledger.observe(event))
        else:
            ledger.add(event)
    model = model or (RiskModel(Unusual(thinned(history))) if len(history) >= 100 else None)
    more = model.reasons([f for _, f in found]) if model else [()] * len(found)
    scored = [
        _scored(event, f, (*reasons_for(f, rules), *extra)) for (event, f), extra in zip(found, more, strict=True)
    ]
    return _linked(period, scored, report, Links(payments), left_out)


def _share(event: Event, start: date, end: date) -> float:
    first = datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()
    return min(1.0, max(0.0, (event.time - first) / max(1.0, (end - start).days * 86_400.0)))


def _scored(event: Event, features: Features, reasons: tuple[Reason, ...]) -> Scored:
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.strength))
    score = score_of(ordered)
    return Scored(event, features, ordered, score, score)


def _linked(
    period: Interval,
    scored: Sequence[Scored],
    report: Callable[[Event], bool],
    links: Links,
    left_out: tuple[Rule, ...],
) -> Scan:
    """Add what came to light later in the period: an alert on a device or card that an earlier order used."""
    alerted = [one.event for one in scored if one.score >= ALERT and isinstance(one.event, Payment)]
    groups = links.groups(alerted)
    tainted = {order for group in groups for order in group.orders}
    named = {payment.order for payment in alerted}
    final = []
    for one in scored:
        if not report(one.event):
            continue
        if isinstance(one.event, Payment) and one.event.order in tainted - named:
            reasons = (*one.reasons, Reason(LINKED.code, LINK_STRENGTH, one.event.amount))
            reasons = tuple(sorted(reasons, key=lambda reason: -reason.strength))
            one = replace(one, reasons=reasons, score=score_of(reasons))
        final.append(one)
    return Scan(period, tuple(final), groups, links, left_out)


def best_of(scored: Collection[Scored], key: Callable[[Scored], str]) -> dict[str, Scored]:
    """The highest score by order or by customer, the highest first; of equal ones the later."""
    found: dict[str, Scored] = {}
    for one in scored:
        name = key(one)
        if name not in found or (one.score, one.event.time) >= (found[name].score, found[name].event.time):
            found[name] = one
    return dict(sorted(found.items(), key=lambda item: (-item[1].score, -item[1].event.time, item[0])))
