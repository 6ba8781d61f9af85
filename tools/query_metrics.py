"""The main tool: metrics, splits, filters, comparisons and rankings through the semantic layer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from db.semantic.query import Interval, SemanticQuery
from db.semantic.result import QueryResult
from db.semantic.roles import ENTITIES, entity_dimension
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.evidence import Chart, Column, Evidence, Fact, Value
from tools.grammar import first_up, listed
from tools.metric_facts import write_facts
from tools.origin import origin_facts, origin_of
from tools.people import People
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
    data = store.data_range
    asked = _comparable(query, data)
    result = store.run(asked, context.row_filters, context.query_seconds, context.row_cap)
    outputs = _outputs(result, asked, store.schema)
    said, result = without_ids(asked, result, store.schema, context.people)
    wording = Wording(store.schema, said, data)
    evidence = _evidence(asked, result, wording, context)
    if asked.time and _outside(asked.time, data, store.as_of):
        return ToolResult(evidence, (_no_data(asked.time, data),), outputs)
    facts = list(write_facts(wording, result, context.evidence_id))
    if query.compare and not asked.compare:
        facts.insert(1, _no_baseline(query.compare, data))
    facts += [_partly(p, data) for p in (asked.time, asked.compare) if p and _reaches_out(p, data)]
    facts += origin_facts(store.schema, asked.metrics)
    return ToolResult(evidence, tuple(facts), outputs)


def _outputs(result: QueryResult, query: SemanticQuery, schema: StoreSchema) -> dict[str, tuple[Value, ...]]:
    """Customers, products, orders or campaigns among the rows' keys, for later steps of the plan."""
    found: dict[str, tuple[Value, ...]] = {}
    for entity in ENTITIES:
        dimension = entity_dimension(schema, entity)
        if dimension in query.group_by:
            place = query.group_by.index(dimension)
            found[entity] = tuple(row[place] for row in result.rows if row[place] is not None)
    return found


def without_ids(
    query: SemanticQuery, result: QueryResult, schema: StoreSchema, people: People
) -> tuple[SemanticQuery, QueryResult]:
    """The query and its rows with pseudonyms for personal members: what facts, prompts and logs may hold."""
    hidden = {name for name, dimension in schema.dimensions.items() if dimension.pii != "none"}
    places = [i for i, name in enumerate(query.group_by) if name in hidden]
    rows = result.rows
    if places:
        rows = tuple(
            tuple(people.name(v) if i in places and v is not None else v for i, v in enumerate(row)) for row in rows
        )
    filters = tuple(
        f.model_copy(update={"values": tuple(v if v is None else people.name(v) for v in f.values)})
        if f.dimension in hidden and f.op in ("in", "not_in")
        else f
        for f in query.filters
    )
    return query.model_copy(update={"filters": filters}), replace(result, rows=rows)


def _comparable(query: SemanticQuery, data: Interval) -> SemanticQuery:
    """The query without a baseline that lies wholly outside the data: a rise from nothing would be no rise."""
    if query.compare is None or not _outside(query.compare, data, data.end):
        return query
    ordered_by_change = query.order is not None and query.order.by in {"change", "change_pct"}
    return query.model_copy(update={"compare": None, **({"order": None} if ordered_by_change else {})})


def _outside(period: Interval, data: Interval, end: date) -> bool:
    return period.days == 0 or period.end <= data.start or period.start >= end


def _reaches_out(period: Interval, data: Interval) -> bool:
    return period.start < data.start or period.end > data.end


def _days(data: Interval) -> Text:
    last = data.end - timedelta(days=1)
    return Text(en=f"the store's data runs from {data.start} to {last}", zh=f"本店数据范围为{data.start}至{last}")


def _no_data(period: Interval, data: Interval) -> Fact:
    words, days = fmt.period(period), _days(data)
    text = Text(en=f"There is no data for {words.en}: {days.en}.", zh=f"{words.zh}没有数据：{days.zh}。")
    return Fact("", None, "text", text, (), 1.0)


def _no_baseline(period: Interval, data: Interval) -> Fact:
    words, days = fmt.period(period), _days(data)
    text = Text(
        en=f"There is no data for {words.en} to compare with: {days.en}.",
        zh=f"{words.zh}没有数据，无从比较：{days.zh}。",
    )
    return Fact("", None, "text", text, (), 1.0)


def _partly(period: Interval, data: Interval) -> Fact:
    words, days = fmt.period(period), _days(data)
    text = Text(en=f"Only a part of {words.en} has data: {days.en}.", zh=f"{words.zh}只有部分数据：{days.zh}。")
    return Fact("", None, "text", text, (), 0.9)


def _evidence(query: SemanticQuery, result: QueryResult, wording: Wording, context: ToolContext) -> Evidence:
    columns = tuple(Column(c.name, c.label, c.unit) for c in result.columns)
    evidence = Evidence(
        id=context.evidence_id,
        tool=NAME,
        args=query.model_dump(mode="json", exclude_defaults=True),
        title=_title(wording),
        columns=columns,
        rows=result.rows,
        sql=result.sql,
        origin=origin_of(context.store.schema, query.metrics),
        truncated=result.truncated,
    )
    return _with_chart(evidence, query, wording)


def _title(wording: Wording) -> Text:
    query, scope = wording.query, wording.scope()
    names = [wording.metric(m) for m in query.metrics]
    en, zh = listed([n.en for n in names]), "、".join(n.zh for n in names)
    comma = "，" if wording.conditions().zh else ""
    if query.group_by:
        en, zh = f"{en} by {wording.split().en}", f"{comma}{wording.each()}的{zh}"
    else:
        zh = f"的{zh}"
    return Text(en=f"{first_up(en)} {scope.en}", zh=f"{scope.zh}{zh}")


def _with_chart(evidence: Evidence, query: SemanticQuery, wording: Wording) -> Evidence:
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
