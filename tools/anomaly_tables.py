"""The tables behind the findings: a metric's days with what was expected, the events, and a scan's summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from db.semantic.query import Interval
from db.semantic.schema import Text
from models.timeseries.anomaly_baseline import LIMIT, Baseline, Series
from tools.anomaly_sentences import Finding
from tools.evidence import Chart, Column, Evidence, Unit, Value
from tools.grammar import first_up
from tools.origin import origin_of
from tools.registry import ToolContext
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.detect_anomalies import AnomalyArguments

NAME = "detect_anomalies"
METHOD = (
    "robust STL over the days before the clock (weekday, trend of eight weeks; on logarithms, square roots or weighted "
    f"ratios), holidays and steps of the level set apart; off beyond {LIMIT} robust standard deviations, or together"
)
_KINDS = {
    "spike": Text(en="spike", zh="突增"),
    "dip": Text(en="dip", zh="突降"),
    "high_run": Text(en="high for a while", zh="持续偏高"),
    "low_run": Text(en="low for a while", zh="持续偏低"),
    "missing": Text(en="nothing at all", zh="完全没有"),
    "shift": Text(en="new level", zh="水平变化"),
}
_OFF = Column("off", Text(en="Difference", zh="偏离"), "ratio")
_FROM, _TO = Column("from", Text(en="From", zh="起"), "date"), Column("to", Text(en="To", zh="止"), "date")
_SEVERITY = Column("severity", Text(en="Standard deviations", zh="偏离标准差数"), "number")


def cell(number: float | None, unit: Unit) -> Value:
    """A computed number as a cell: money to the cent, counts whole unless small."""
    if number is None or not np.isfinite(number):
        return None
    if unit == "currency":
        return Decimal(str(round(number, 2)))
    return round(number) if unit == "count" else round(number, 6)


def _bands(unit: Unit) -> tuple[Column, ...]:
    return (
        Column("expected", Text(en="Expected", zh="预期"), unit),
        Column("low", Text(en="Usually at least", zh="通常下限"), unit),
        Column("high", Text(en="Usually at most", zh="通常上限"), unit),
    )


def _base(arguments: AnomalyArguments, context: ToolContext, id_: str, metrics: Sequence[str]) -> Evidence:
    """The parts that all three tables share."""
    return Evidence(
        id=id_,
        tool=NAME,
        args=arguments.model_dump(mode="json", exclude_defaults=True),
        title=Text(en="", zh=""),
        columns=(),
        rows=(),
        method=METHOD,
        origin=origin_of(context.store.schema, metrics),
    )


def days_table(
    arguments: AnomalyArguments,
    context: ToolContext,
    series: Series,
    fitted: Baseline,
    wording: Wording,
    sql: str,
    period: Interval,
) -> Evidence:
    """The examined days (or weeks) of one metric, with a chart."""
    metric = wording.schema.metric(wording.query.metrics[0])
    unit, scope = metric.unit, wording.scope()
    grain = "day" if series.step == 1 else "week"
    known = next((n for n, d in wording.schema.dimensions.items() if d.kind == "time" and d.grain == grain), grain)
    label = wording.schema.dimensions[known].label if known in wording.schema.dimensions else Text(en="Day", zh="日期")
    rows: list[tuple[Value, ...]] = []
    for i, day in enumerate(series.days):
        if day + timedelta(days=series.step) <= period.start or day >= period.end:
            continue
        figures = (series.values[i], fitted.expected[i], fitted.low[i], fitted.high[i])
        rows.append((day.isoformat(), *(cell(float(x), unit) for x in figures), round(float(fitted.z[i]), 2)))
    base = _base(arguments, context, context.evidence_id, (metric.name,))
    return Evidence(
        id=base.id,
        tool=NAME,
        args=base.args,
        title=Text(
            en=f"{first_up(wording.metric(metric.name).en)} {scope.en}, and what was expected",
            zh=f"{scope.zh}的{metric.label.zh}与预期",
        ),
        columns=(Column(known, label, "date"), Column("actual", metric.label, unit), *_bands(unit), _SEVERITY),
        rows=tuple(rows),
        sql=sql,
        method=METHOD,
        origin=base.origin,
        chart=Chart("line", base.id, known, ("actual", "expected", "low", "high")),
    )


def events_table(
    id_: str,
    arguments: AnomalyArguments,
    found: Sequence[Finding],
    wording: Wording,
    context: ToolContext,
    sql: str | None = None,
    split: str | None = None,
) -> Evidence:
    """One row an event, in the order of ``found``; with the member in front where there is a split."""
    metric = wording.schema.metric(wording.query.metrics[0])
    scope, base = wording.scope(), _base(arguments, context, id_, (metric.name,))
    columns = [_FROM, _TO, Column("kind", Text(en="What", zh="类型"), "text")]
    columns += [Column("actual", metric.label, metric.unit), *_bands(metric.unit), _OFF]
    columns += [Column("rows", Text(en="Length", zh="长度"), "count"), _SEVERITY]
    columns.append(Column("holiday", Text(en="Holiday", zh="节假日"), "text"))
    rows = [_event_row(finding, metric.unit, split is not None) for finding in found]
    if split:
        columns.insert(0, Column(split, wording.schema.dimension(split).label, "text"))
    return Evidence(
        id=id_,
        tool=NAME,
        args=base.args,
        title=Text(
            en=f"What was unusual in {wording.metric(metric.name).en} {scope.en}",
            zh=f"{scope.zh}{metric.label.zh}的异常",
        ),
        columns=tuple(columns),
        rows=tuple(rows)[: context.row_cap],
        sql=sql,
        method=METHOD,
        origin=base.origin,
        truncated=len(rows) > context.row_cap,
    )


def _event_row(finding: Finding, unit: Unit, with_member: bool) -> tuple[Value, ...]:
    event, member = finding.event, finding.subject.member
    level = unit == "count" and (event.kind == "shift" or (finding.averages and event.rows > 1))
    figures = (cell(x, "number" if level else unit) for x in (event.actual, event.expected, event.low, event.high))
    off = round(event.off, 6) if np.isfinite(event.off) else None
    holiday = Text(en=event.holiday[0].en, zh=event.holiday[0].zh) if event.holiday else None
    head = (event.first.isoformat(), event.last.isoformat(), _KINDS[event.kind])
    row: tuple[Value, ...] = (*head, *figures, off, event.rows, round(event.severity, 1), holiday)
    return (member, *row) if with_member and member is not None else row


def summary_table(
    arguments: AnomalyArguments,
    context: ToolContext,
    looked: Sequence[str],
    found: Sequence[Finding],
    wording: Wording,
) -> Evidence:
    """One row a figure of a scan: how many events, how many that a holiday explains, the gravest."""
    scope = wording.scope()
    schema, base = context.store.schema, _base(arguments, context, context.evidence_id, looked)
    rows: list[tuple[Value, ...]] = []
    for name in looked:
        own = [f.event for f in found if f.subject.metric.name == name]
        explained = sum(event.excused for event in own)
        worst = round(max((event.severity for event in own), default=0.0), 1)
        label = schema.metric(name).label
        rows.append((label, len(own), explained, worst))
    return Evidence(
        id=base.id,
        tool=NAME,
        args=base.args,
        title=Text(en=f"What was unusual {scope.en}", zh=f"{scope.zh}的异常一览"),
        columns=(
            Column("metric", Text(en="Figure", zh="指标"), "text"),
            Column("events", Text(en="Findings", zh="异常数"), "count"),
            Column("explained", Text(en="of which a holiday explains", zh="其中节假日可解释"), "count"),
            _SEVERITY,
        ),
        rows=tuple(rows),
        method=METHOD,
        origin=base.origin,
        chart=Chart("bar", base.id, "metric", ("severity",)),
    )
