"""The three ways of looking: one metric day by day, the members of a dimension, and the store's main figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.errors import AnalysisError, Cancelled, QueryError
from db.semantic.query import Interval, SemanticQuery
from db.semantic.result import Value
from db.semantic.schema import Metric, StoreSchema, Text
from models.timeseries.anomaly_baseline import Baseline, Series, baseline
from models.timeseries.anomaly_events import events
from tools.anomaly_headlines import headline, members_headline, scan_headline
from tools.anomaly_sentences import Finding, Subject, sentence
from tools.anomaly_series import calendar_of, read_history
from tools.anomaly_tables import days_table, events_table, summary_table
from tools.evidence import Evidence, Fact
from tools.origin import origin_facts
from tools.registry import ToolContext, ToolResult, evidence_id
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.detect_anomalies import AnomalyArguments

MOST_SCANNED = 16  # figures, of 0.2 s each
MOST_TOLD = 6  # with a headline and the origin, eight sentences
HOLIDAYS_TOLD = 2  # events that a holiday explains, told after the others


def single(arguments: AnomalyArguments, context: ToolContext) -> ToolResult:
    """One metric: its days against what was expected, and what is off."""
    schema, period, metric = context.store.schema, _period(arguments), _metric(arguments, context)
    history = read_history(context, metric.name, arguments.filters)
    series = history.series.get(None)
    if series is None:
        raise AnalysisError(f"There is no {metric.label.en.lower()} on any day before {context.today}.")
    wording = _wording(arguments, metric, context)
    fitted, found = _judged(series, Subject(metric, wording.metric(metric.name), schema.currency), period, context)
    days = days_table(arguments, context, series, fitted, wording, history.sql, period)
    table = events_table(evidence_id(context.evidence_id, 1), arguments, found, wording, context)
    head = headline(len(days.rows), found, wording, series.step)
    return ToolResult(
        days, (head, *_told(found, table, arguments.limit), *origin_facts(schema, (metric.name,))), more=(table,)
    )


def members(arguments: AnomalyArguments, context: ToolContext) -> ToolResult:
    """The members of a dimension, each against its own past."""
    schema, period, metric = context.store.schema, _period(arguments), _metric(arguments, context)
    split = arguments.dimensions[0]
    if not schema.can_split(metric.name, split):
        raise QueryError(f"{metric.label.en} cannot be split by {schema.dimension(split).label.en}.")
    history = read_history(context, metric.name, arguments.filters, split)
    wording = _wording(arguments, metric, context)
    found: list[Finding] = []
    looked = 0
    for index, (member, series) in enumerate(history.series.items()):
        _watched(context, index / len(history.series))
        try:
            _, own = _judged(series, _member(metric, split, member, wording, context), period, context)
        except AnalysisError:  # a member too young to be judged
            continue
        looked += 1
        found += own
    if not looked:
        raise AnalysisError(f"No {schema.dimension(split).label.en.lower()} has enough history to be judged.")
    found = _ranked(found)
    table = events_table(context.evidence_id, arguments, found, wording, context, history.sql, split)
    head = members_headline(looked, found, wording, split)
    return ToolResult(table, (head, *_told(found, table, arguments.limit), *origin_facts(schema, (metric.name,))))


def scan(arguments: AnomalyArguments, context: ToolContext) -> ToolResult:
    """The store's main figures, ranked by how far they are off."""
    schema, period = context.store.schema, _period(arguments)
    found: list[Finding] = []
    looked: list[str] = []
    names = main_metrics(schema, arguments)
    for index, name in enumerate(names):
        _watched(context, index / len(names))
        metric = schema.metric(name)
        series = read_history(context, name, arguments.filters).series.get(None)
        subject = Subject(metric, _wording(arguments, metric, context).metric(name), schema.currency)
        try:
            own = _judged(series, subject, period, context)[1] if series else None
        except AnalysisError:  # too young a figure to be judged
            own = None
        if own is not None:
            looked.append(name)
            found += own
    if not looked:
        raise AnalysisError("No figure has four weeks of history here, so nothing can be called unusual.")
    found = _ranked(found)
    wording = _wording(arguments, schema.metric(looked[0]), context)
    summary = summary_table(arguments, context, looked, found, wording)
    facts, tables = _scanned(arguments, context, found)
    return ToolResult(
        summary, (scan_headline(looked, found, wording), *facts, *origin_facts(schema, looked)), more=tables
    )


def _scanned(
    arguments: AnomalyArguments, context: ToolContext, found: Sequence[Finding]
) -> tuple[list[Fact], tuple[Evidence, ...]]:
    """A table of events for each figure that is off, and the facts of the gravest events of all."""
    tables: dict[str, tuple[Evidence, list[Finding]]] = {}
    for number, name in enumerate(dict.fromkeys(f.subject.metric.name for f in found), 1):
        own = [f for f in found if f.subject.metric.name == name]
        wording = _wording(arguments, own[0].subject.metric, context)
        id_ = evidence_id(context.evidence_id, number)
        tables[name] = events_table(id_, arguments, own, wording, context), own
    facts = []
    for place, finding in enumerate(_chosen(found, arguments.limit)):
        table, own = tables[finding.subject.metric.name]
        facts.append(sentence(finding, table, own.index(finding), _weight(place, finding)))
    return facts, tuple(table for table, _ in tables.values())


def main_metrics(schema: StoreSchema, arguments: AnomalyArguments) -> tuple[str, ...]:
    """What a scan looks at: of each table the first metric that sums, of the main one two; of its rates two that
    should be low, and one that should be high unless it only mirrors one of those."""
    main = schema.default_time.split(".")[0]
    chosen: list[str] = []
    seen: Counter[str] = Counter()
    for metric in schema.offered():
        parts = schema.parts(metric.name)
        table, low = parts[0].table or "", metric.good == "down"
        able = all(schema.time_of(p) and p.sums_over_time for p in parts) and metric.good != "neutral"
        if not able or not all(schema.can_split(metric.name, f.dimension) for f in arguments.filters):
            continue
        if not metric.is_ratio:
            kind, room = table, 2 if table == main else 1
        elif table == main or not (low or metric.unit == "ratio") or (not low and seen[f"/{metric.denominator}"]):
            continue
        else:
            kind, room = f"{table} {'low' if low else 'high'}", 2 if low else 1
        if seen[kind] < room:
            seen.update((kind, f"/{metric.denominator}"))
            chosen.append(metric.name)
    return tuple(chosen[:MOST_SCANNED])


def _judged(series: Series, subject: Subject, period: Interval, context: ToolContext) -> tuple[Baseline, list[Finding]]:
    schema = context.store.schema
    calendar, failures = calendar_of(schema), subject.metric.good == "down"
    fitted = baseline(series, calendar)
    return fitted, [
        Finding(event, subject, series.averages or series.weights is not None)
        for event in events(series, fitted, period.start, period.end, calendar, failures)
    ]


def _metric(arguments: AnomalyArguments, context: ToolContext) -> Metric:
    assert arguments.metric is not None  # noqa: S101 - the tool has settled it
    return context.store.schema.metric(arguments.metric)


def _period(arguments: AnomalyArguments) -> Interval:
    assert arguments.time is not None  # noqa: S101 - the tool has settled it
    return arguments.time


def _wording(arguments: AnomalyArguments, metric: Metric, context: ToolContext) -> Wording:
    query = SemanticQuery(metrics=(metric.name,), filters=arguments.filters, time=arguments.time)
    return Wording(context.store.schema, query, context.store.data_range)


def _watched(context: ToolContext, done: float) -> None:
    if context.cancel is not None and context.cancel.is_set():
        raise Cancelled("Stopped.")
    context.progress("anomalies", done)


def _member(metric: Metric, split: str, member: Value, wording: Wording, context: ToolContext) -> Subject:
    schema = context.store.schema
    if schema.dimension(split).pii != "none":
        name = Text(en=context.people.name(member), zh=context.people.name(member))
    else:
        name = wording.member(split, member)
    label = wording.metric(metric.name)
    both = Text(en=f"{label.en} of {name.en}", zh=f"{name.zh}的{label.zh}")
    return Subject(metric, both, schema.currency, name)


def _ranked(found: Sequence[Finding]) -> list[Finding]:
    return sorted(found, key=lambda f: (f.event.excused, -f.event.severity, f.event.first))


def _chosen(found: Sequence[Finding], limit: int) -> list[Finding]:
    """What is told: unexplained events up to the limit, and a few that a holiday explains."""
    told = [f for f in found if not f.event.excused][:limit]
    explained = [f for f in found if f.event.excused]
    return told + explained[: min(HOLIDAYS_TOLD, max(MOST_TOLD - len(told), 0)) if told else limit]


def _told(found: Sequence[Finding], table: Evidence, limit: int) -> list[Fact]:
    return [sentence(f, table, found.index(f), _weight(place, f)) for place, f in enumerate(_chosen(found, limit))]


def _weight(place: int, finding: Finding) -> float:
    """The first finding that nothing explains belongs to the headline."""
    if finding.event.excused:
        return round(0.6 - 0.02 * place, 2)
    return 1.0 if place == 0 else round(0.95 - 0.02 * place, 2)
