"""The tables of a risk check: the cases, the sums of the scan, the reasons of the worst, and who is linked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from db.semantic.schema import Origin, Text
from models.risk.events import Event, Payment, source_of, text_of
from models.risk.links import Links
from models.risk.rules import ALERT, BY_CODE, REVIEW
from models.risk.scan import Scan, Scored, best_of
from tools import format as fmt
from tools.check_risk import NAME, RiskArguments
from tools.evidence import Chart, Column, Evidence, Value
from tools.registry import ToolContext, ToolResult, evidence_id

CASES = (
    Column("order", Text(en="Order", zh="订单"), "text"),
    Column("customer", Text(en="Customer", zh="顾客"), "text"),
    Column("event", Text(en="Event", zh="事件"), "text"),
    Column("time", Text(en="Time", zh="时间"), "text"),
    Column("amount", Text(en="Amount", zh="金额"), "currency"),
    Column("score", Text(en="Risk score (0–100)", zh="风险分（0–100）"), "count"),
    Column("at_time", Text(en="Score at its time", zh="发生时的风险分"), "count"),
    Column("alerts", Text(en="Alerts of this case", zh="该案警报数"), "count"),
    Column("linked", Text(en="Linked orders", zh="关联订单数"), "count"),
    Column("reasons", Text(en="Reasons", zh="原因代码"), "text"),
)
SUMS = (
    Column("scanned", Text(en="Payments and refunds looked at", zh="检查的支付与退款笔数"), "count"),
    Column("alert_from", Text(en="Alert from", zh="警报阈值"), "count"),
    Column("alerts", Text(en="Cases at the alert threshold", zh="达到警报阈值的案件"), "count"),
    Column("review_from", Text(en="Review from", zh="复核阈值"), "count"),
    Column("reviews", Text(en="Cases worth a look", zh="值得复核的案件"), "count"),
    Column("groups", Text(en="Linked groups", zh="关联团伙数"), "count"),
    Column("group_customers", Text(en="Customers of the largest group", zh="最大团伙的顾客数"), "count"),
    Column("group_orders", Text(en="Orders of the largest group", zh="最大团伙的订单数"), "count"),
)
EVENTS = {"payments": Text(en="payment", zh="支付"), "refunds": Text(en="refund", zh="退款")}
REASONS = (
    Column("code", Text(en="Code", zh="代码"), "text"),
    Column("rule", Text(en="Rule", zh="规则"), "text"),
    Column("measured", Text(en="Measured", zh="测得值"), "number"),
    Column("strength", Text(en="Strength", zh="强度"), "ratio"),
    Column("cases", Text(en="Cases with this reason", zh="出现该原因的案件"), "count"),
)
LINKED = (
    Column("order", Text(en="Linked order", zh="关联订单"), "text"),
    Column("customer", Text(en="Customer", zh="顾客"), "text"),
    Column("time", Text(en="Time", zh="时间"), "text"),
    Column("amount", Text(en="Amount", zh="金额"), "currency"),
    Column("shared", Text(en="Shared devices and cards", zh="共用的设备与卡"), "text"),
)
METHOD = (
    "Rules with reason codes, an isolation forest, and the trained chargeback model where there is one, joined as "
    "independent signs: score = 100 × (1 − Π(1 − strength)). Each payment and refund is scored by the 90 days before "
    "it only; R15 alone tells of links that came to light later in the period. docs/tools/check_risk.md"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A finished scan with what was asked. ``model_note``: trained, unlabelled, untrained or stale."""

    arguments: RiskArguments
    context: ToolContext
    scan: Scan
    model_note: str

    @property
    def named(self) -> bool:
        """Whether certain orders or customers were asked about."""
        return bool(self.arguments.orders or self.arguments.customers)


@dataclass(frozen=True, slots=True)
class Case:
    """One row: the worst event of an order or customer, how many of its events alert, and the orders linked to it."""

    worst: Scored
    alerts: int
    linked: tuple[str, ...]


def short(thing: str) -> str:
    """A token as it is shown: what it is, and its end.

    >>> short("dD019386"), short("a12")
    ('device …9386', 'address …2')
    """
    kind = {"d": "device", "c": "card", "a": "address"}[thing[0]]
    token = thing[1:]
    return f"{kind} …{token[-min(4, max(1, len(token) // 2)) :]}"


def cases_of(found: Found) -> list[Case]:
    """The cases, the worst first: by customer where customers are meant, and for refunds; else by order."""
    by_customer = found.arguments.kind == "customers" or bool(found.arguments.customers)

    def key(one: Scored) -> str:
        event = one.event
        if by_customer or (not isinstance(event, Payment) and not found.arguments.orders):
            return f"customer {event.customer}"
        return f"order {event.order}"

    alerts = Counter(key(one) for one in found.scan.scored if one.score >= ALERT)
    best = best_of(found.scan.scored, key)
    return [
        Case(
            one, alerts[name], linked_orders(found.scan.links, one.event) if one.score >= REVIEW or found.named else ()
        )
        for name, one in best.items()
    ]


def linked_orders(links: Links, event: Event) -> tuple[str, ...]:
    """Orders of others on the same device or card; none for a refund."""
    return links.orders(event) if isinstance(event, Payment) else ()


def result_of(found: Found) -> ToolResult:
    """Tables and facts."""
    from tools.risk_facts import facts_of

    cases = cases_of(found)
    shown = [c for c in cases if found.named or c.worst.score >= REVIEW]
    rows = shown[: found.arguments.limit]
    main = _main(found, rows, len(shown) > len(rows))
    tables = [main, _sums(found, cases), _reasons(found, rows, shown)]
    if rows and rows[0].linked:
        tables.append(_linked(found, rows[0]))
    outputs: dict[str, tuple[Value, ...]] = {
        "order": tuple(dict.fromkeys(c.worst.event.order for c in shown)),
        "customer": tuple(dict.fromkeys(c.worst.event.customer for c in shown)),
    }
    tables = [replace(t, id=evidence_id(found.context.evidence_id, i)) for i, t in enumerate(tables)]
    return ToolResult(tables[0], facts_of(found, rows, cases, tables), outputs, tuple(tables[1:]))


def origin_in(found: Found) -> Origin:
    """Simulated where a metric over the tables says so."""
    schema = found.context.store.schema
    tables = {schema.roles[name].table for name in ("payments", "refunds") if name in schema.roles}
    simulated = any(m.origin == "simulated" for m in schema.metrics.values() if m.table in tables)
    return "simulated" if simulated else "recorded"


def _table(
    found: Found, title: Text, columns: tuple[Column, ...], rows: Sequence[tuple[Value, ...]], cut: bool = False
) -> Evidence:
    cap = found.context.row_cap
    return Evidence(
        id="",
        tool=NAME,
        args=_args(found),
        title=title,
        columns=columns,
        rows=tuple(rows[:cap]),
        method=METHOD,
        origin=origin_in(found),
        truncated=cut or len(rows) > cap,
    )


def _args(found: Found) -> dict[str, object]:
    """The arguments without customers' ids."""
    asked = found.arguments.model_dump(mode="json", exclude_defaults=True)
    if "customers" in asked:
        asked["customers"] = [found.context.people.name(name) for name in found.arguments.customers[:20]]
    if "orders" in asked:
        asked["orders"] = asked["orders"][:20]
    return asked


def _main(found: Found, rows: Sequence[Case], cut: bool) -> Evidence:
    period = fmt.period(found.scan.period)
    title = Text(en=f"Risk, {period.en}", zh=f"{period.zh}的风险")
    main = _table(found, title, CASES, [_row(found, case) for case in rows], cut)
    identity = found.context.evidence_id
    return replace(main, chart=Chart("bar", identity, "order", ("score",))) if rows else main


def _row(found: Found, case: Case) -> tuple[Value, ...]:
    one, event = case.worst, case.worst.event
    return (
        event.order,
        found.context.people.name(event.customer),
        EVENTS[source_of(event)],
        text_of(event.time),
        round(event.amount, 2),
        one.score,
        one.at_time,
        case.alerts,
        len(case.linked),
        " ".join(reason.code for reason in one.reasons),
    )


def _sums(found: Found, cases: Sequence[Case]) -> Evidence:
    groups = found.scan.groups
    alerts = sum(c.worst.score >= ALERT for c in cases)
    reviews = sum(REVIEW <= c.worst.score < ALERT for c in cases)
    largest = (len(groups[0].customers), len(groups[0].orders)) if groups else (0, 0)
    row = (len(found.scan.scored), ALERT, alerts, REVIEW, reviews, len(groups), *largest)
    return _table(found, Text(en="Sums of the check", zh="检查汇总"), SUMS, [row])


def _reasons(found: Found, rows: Sequence[Case], shown: Sequence[Case]) -> Evidence:
    """Of a named order or customer its reasons; of a scan the reasons of its worst case, and how common each is."""
    common = Counter(reason.code for case in shown for reason in case.worst.reasons)
    top = rows[0].worst.reasons if rows else ()
    table: list[tuple[Value, ...]] = [
        (r.code, BY_CODE[r.code].says, round(r.value, 2), round(r.strength, 4), common[r.code]) for r in top
    ]
    if not found.named:
        known = {r.code for r in top}
        table += [(code, BY_CODE[code].says, None, None, n) for code, n in common.most_common() if code not in known]
    return _table(found, Text(en="Reasons of the worst case", zh="首要案件的原因"), REASONS, table)


def _linked(found: Found, case: Case) -> Evidence:
    event, links = case.worst.event, found.scan.links
    rows: list[tuple[Value, ...]] = []
    if isinstance(event, Payment):
        for other, things in links.beside(event):
            shared = ", ".join(short(thing) for thing in things)
            name = found.context.people.name(other.customer)
            rows.append((other.order, name, text_of(other.time), round(other.amount, 2), shared))
    return _table(found, Text(en="Orders linked to the worst case", zh="与首要案件关联的订单"), LINKED, rows)
