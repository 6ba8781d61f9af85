"""The main tool: metrics, splits, filters, comparisons and rankings through the semantic layer."""

from __future__ import annotations

from datetime import timedelta

from db.semantic.query import Interval, SemanticQuery
from db.semantic.result import QueryResult
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Chart, Column, Evidence, Fact
from tools.metric_facts import FactWriter
from tools.registry import Tool, ToolContext, ToolResult
from tools.wording import Wording

NAME = "query_metrics"


def run(query: SemanticQuery, context: ToolContext) -> ToolResult:
    """Run a semantic query and say what its rows show.

    Raises:
        QueryError: the layer cannot say it (a metric that the split does not reach, an unknown name).
        StoreError: the store cannot be read, or the query ran past its limit.
    """
    store = context.store
    data = Interval(start=store.data_start, end=store.as_of)
    wording = Wording(store.schema, query, data)
    result = store.run(query, context.row_filters, context.query_seconds, context.row_cap)
    outside = _outside(query, data)
    facts = (_no_data(outside, wording, data),) if outside else FactWriter(wording, result, context.evidence_id).write()
    return ToolResult(_evidence(query, result, wording, context), facts)


def _outside(query: SemanticQuery, data: Interval) -> Interval | None:
    """The asked period, or else the baseline, when it lies wholly outside the data."""
    period = query.time
    if period is not None and (period.days == 0 or period.end <= data.start or period.start >= data.end):
        return period
    return None


def _no_data(period: Interval, wording: Wording, data: Interval) -> Fact:
    words, last = fmt.period(period), data.end - timedelta(days=1)
    en = f"There is no data for {words.en}: the store's data runs from {data.start} to {last}."
    zh = f"{words.zh}没有数据：本店数据范围为{data.start}至{last}。"
    return Fact("", None, "text", Text(en=en, zh=zh), (), 1.0)


def _evidence(query: SemanticQuery, result: QueryResult, wording: Wording, context: ToolContext) -> Evidence:
    columns = tuple(Column(c.name, c.label, c.unit) for c in result.columns)
    schema = context.store.schema
    simulated = any(schema.metrics[m].origin == "simulated" for m in query.metrics)
    evidence = Evidence(
        id=context.evidence_id,
        tool=NAME,
        args=query.model_dump(mode="json", exclude_defaults=True),
        title=_title(wording),
        columns=columns,
        rows=result.rows,
        sql=result.sql,
        origin="simulated" if simulated else "recorded",
        truncated=result.truncated,
    )
    return _with_chart(evidence, query, wording)


def _title(wording: Wording) -> Text:
    query, scope = wording.query, wording.scope()
    names = [wording.metric(m) for m in query.metrics]
    en, zh = ", ".join(n.en for n in names), "、".join(n.zh for n in names)
    if query.group_by:
        splits = [wording.dimension(d) for d in query.group_by]
        en, zh = f"{en} by {' and '.join(s.en for s in splits)}", f"各{'、'.join(s.zh for s in splits)}的{zh}"
    return Text(en=f"{en[:1].upper()}{en[1:]} {scope.en}", zh=f"{scope.zh}{zh}")


def _with_chart(evidence: Evidence, query: SemanticQuery, wording: Wording) -> Evidence:
    from dataclasses import replace

    if not query.group_by:
        chart = Chart("number", evidence.id, None, query.metrics)
    else:
        times = [d for d in query.group_by if wording.schema.dimensions[d].kind == "time"]
        x = times[0] if times else query.group_by[-1]
        series = next((d for d in query.group_by if d != x), None)
        ordered = bool(times) and (query.order is None or query.order.by == x)
        same_unit = [
            m for m in query.metrics if wording.schema.metrics[m].unit == wording.schema.metrics[query.metrics[0]].unit
        ]
        chart = Chart("line" if ordered else "bar", evidence.id, x, tuple(same_unit), series)
    return replace(evidence, chart=chart)


TOOL = Tool(
    name=NAME,
    when="figures of the shop: how much, how many, top or bottom, trend, compare, share",
    arguments=SemanticQuery,
    run=run,
)
