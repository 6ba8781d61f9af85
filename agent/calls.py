"""From a filled form to the plan's calls: each tool's arguments from the words, and columns of earlier steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from agent.contracts import Call, Reading
from agent.form import NO_SPLIT, QUERY, Offered, needs_metric
from agent.understand.placing import placed
from db.errors import ModelReplyError
from db.semantic.query import Filter, Interval, Order, SemanticQuery
from db.semantic.roles import counts_of, entity_dimension, role_dimension
from db.semantic.schema import StoreSchema
from tools.arguments import FromStep
from tools.registry import Tool

MAX_CALLS = 6
# How tools follow one another where one clause asks for several about the same people.
CHAIN = ("segment_customers", "find_audience", "recommend_products")
MEANS = (("tickets", "channel"), ("sessions", "source"))  # "for the welcome mail": by what means, and no condition
_OF_PEOPLE = re.compile(  # whom, by what they wrote about ("the people who complained"); else it tells why one asks
    r"\b(?:customers|people|shoppers|households|those|families|everyone|everybody|anyone|buyers|whoever|who)"
    r" (?:who|that|whose|with|having|complain|writ|ask|contact|report)"
    r"|\b(?:complaint|report|ticket|delivery|request|question|problem|refund|return)s?"
    r" (?:customers|people|shoppers|households)\b"
    r"|(?:的|过)(?:那些|所有)?(?:顾客|客户|客人|人|用户|会员|家庭)",
    re.ASCII,
)
TOLD = ("tickets", "intent")  # "1823 complained twice, what would make it up to them": why one asks of these people
STEPS = ("day", "week", "month")  # that a forecast's rows may go by
TARGETS = {"customers": "customer", "products": "product", "orders": "order"}  # argument -> the outputs' column


def calls_of(
    reading: Reading,
    part: Mapping[str, str],
    schema: StoreSchema,
    offered: Offered,
    before: Sequence[Call],
    linked: bool = False,
) -> list[Call]:
    """The calls that one filled part of the form stands for.

    Args:
        before: the plan's earlier calls; "them" takes people or products from the last one that gives any.
        linked: the last of them is of the same question: "who is leaving, and what should we offer?" means these.

    Raises:
        ModelReplyError: the arguments do not hold together.
    """
    name, metric = part["tool"], part["metric"]
    if name in offered and offered[name].reads_steps:
        return _over_steps(reading, part, schema, offered, before)
    if name == QUERY:
        limited = placed(reading, offered[QUERY], schema)
        return _query_calls(limited, metric, part["split"], schema) if metric != NO_SPLIT else []
    chain = [t for t in CHAIN if (t == name or t in reading.ask.words) and t in offered]
    handed = reading.ask.them and any(TARGETS["customers"] in _gives(call, schema, offered) for call in before)
    named = handed or bool(reading.ask.people)  # "what could win them back?" behind "who is leaving?"
    whom = len(chain) > 1 and name in chain and (name != chain[0] or reading.ask.them) and not named
    names = chain if whom and not reading.ask.again else [name]
    calls: list[Call] = []
    for place, each in enumerate(names):
        own = (
            _without_campaign(reading, schema)
            if any(offered[t].takes("campaign") for t in names[place + 1 :])
            else reading
        )
        chained = each != names[0] or (linked and each in CHAIN[1:] and not reading.filters)
        calls += _tool_calls(offered[each], own, part, schema, offered, [*before, *calls], chained)
    return calls


def _without_campaign(reading: Reading, schema: StoreSchema) -> Reading:
    """For a step that only finds the people to whom a later one sends a campaign."""
    campaign = entity_dimension(schema, "campaign")
    return replace(reading, filters=tuple(f for f in reading.filters if f.dimension != campaign))


def _over_steps(
    reading: Reading, part: Mapping[str, str], schema: StoreSchema, offered: Offered, before: Sequence[Call]
) -> list[Call]:
    """A call over the tables of earlier ones: those that the same clause asks for, else those asked for before."""
    tool = offered[part["tool"]]
    others = [name for name in reading.ask.words if name in offered and not offered[name].writes]
    inner: list[Call] = []
    if others or (part["metric"] != NO_SPLIT and not reading.inherited):
        inner = calls_of(reading, {**part, "tool": (others or [QUERY])[0]}, schema, offered, before)
    return [*inner, *_tool_calls(tool, reading, part, schema, offered, [*before, *inner], chained=False)]


def without_writes(calls: Sequence[Call], offered: Offered) -> tuple[Call, ...]:
    """A plan's calls without those that propose something, which a later turn never repeats; steps stay right."""
    kept = [i for i, call in enumerate(calls, 1) if not (call.tool in offered and offered[call.tool].writes)]
    places = {old: new for new, old in enumerate(kept, 1)}

    def moved(value: Any) -> Any:
        if isinstance(value, dict) and "from_step" in value:
            return value | {"from_step": places.get(value["from_step"], value["from_step"])}
        return value

    return tuple(
        replace(calls[i - 1], args={name: moved(value) for name, value in calls[i - 1].args.items()}) for i in kept
    )


def _query_calls(reading: Reading, metric: str, split: str, schema: StoreSchema) -> list[Call]:
    query = to_query(reading, metric, split, schema)
    calls = [query_call(query), *(query_call(query.model_copy(update={"time": period})) for period in reading.also)]
    if reading.listed in query.group_by:
        rest = tuple(g for g in query.group_by if g != reading.listed)
        whole = {"group_by": rest, "order": None, "limit": None, "limit_per": None}
        calls.append(query_call(query.model_copy(update=whole)))
    return calls


def query_call(query: SemanticQuery) -> Call:
    """A query object as a call."""
    return Call(QUERY, query.model_dump(mode="json", exclude_defaults=True))


def with_steps_before(
    calls: Sequence[Call], before: Sequence[Call], offered: Offered | None = None
) -> tuple[Call, ...]:
    """The plan's calls; those of the turn before in front, quiet, where one of them is needed for what it gives."""
    first = (offered or {}).get(calls[0].tool) if calls else None
    if first is not None and first.reads_steps:  # "export that": all that was shown
        return (*(replace(call, quiet=True) for call in before), *calls)
    steps = [v["from_step"] for call in calls for v in call.args.values() if isinstance(v, dict) and "from_step" in v]
    if any(step <= len(before) for step in steps):
        return (*(replace(call, quiet=True) for call in before), *calls)
    return tuple(_moved(call, -len(before)) for call in calls)


def _moved(call: Call, by: int) -> Call:
    """The call with its references to earlier steps moved."""
    moved = {
        name: v | {"from_step": v["from_step"] + by} if isinstance(v, dict) and "from_step" in v else v
        for name, v in call.args.items()
    }
    return replace(call, args=moved)


def query_of(call: Call) -> SemanticQuery | None:
    """What a follow-up continues: the query itself, or the metric, period and filters of another tool's call.

    None where there is no metric, or where another version kept what this one cannot read.
    """
    args = dict(call.args)
    if call.tool != QUERY:
        kept = {name: args[name] for name in ("time", "compare", "filters") if args.get(name)}
        args = kept | {"metrics": [args["metric"]]} if args.get("metric") else {}
    try:
        return SemanticQuery.model_validate(args)
    except ValidationError:
        return None


def period_of(calls: Sequence[Call]) -> Interval | None:
    """The period that the last of the calls was about."""
    time = calls[-1].args.get("time") if calls else None
    return Interval.model_validate(time) if isinstance(time, dict) else None


def _tool_calls(
    tool: Tool,
    reading: Reading,
    part: Mapping[str, str],
    schema: StoreSchema,
    offered: Offered,
    before: Sequence[Call],
    chained: bool,
) -> list[Call]:
    """One call; one for each metric where several are named."""
    reading = placed(reading, tool, schema)
    values = _given(tool, reading, part, schema)
    again = reading.ask.again and bool(before) and before[-1].tool == tool.name
    target = None if again else _target(tool, reading, schema, offered, before, chained)
    if again:
        values = _kept(before[-1].args, values)
    if target:
        field, step = target
        values[field] = step.model_dump()
    metrics = [m for m in part["metric"].split("+") if m != NO_SPLIT] if tool.takes("metric") else []
    metrics = metrics or ([values["metric"]] if "metric" in values else [])
    if not metrics and needs_metric(tool):
        metrics = [next(iter(schema.metrics))]
    return [_checked(tool, values | ({"metric": m} if m else {})) for m in (metrics or [""])]


def _kept(last: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the turn before, with those that the words change; another period has another baseline."""
    kept: dict[str, Any] = {name: v for name, v in last.items() if not (name == "compare" and "time" in given)}
    filters = [f.model_dump(mode="json", exclude_defaults=True) for f in given.get("filters", ())]
    changed = {f["dimension"] for f in filters}
    others = [f for f in last.get("filters", ()) if f["dimension"] not in changed]
    return kept | dict(given) | ({"filters": [*others, *filters]} if filters or others else {})


def _given(tool: Tool, reading: Reading, part: Mapping[str, str], schema: StoreSchema) -> dict[str, Any]:
    """The arguments that the words give, by name."""
    ask = reading.ask
    entity = {field: entity_dimension(schema, column) for field, column in TARGETS.items()}
    campaign = entity_dimension(schema, "campaign")
    own = {d for field, d in entity.items() if tool.takes(field)} | ({campaign} if tool.takes("campaign") else set())
    own |= {role_dimension(schema, *role) for role in MEANS} if not tool.takes("metric") else set()
    told = ask.customers or not _OF_PEOPLE.search(ask.text or reading.text)
    own |= {role_dimension(schema, *TOLD)} if not tool.takes("metric") and told else set()
    splits = () if part["split"] == NO_SPLIT else tuple(part["split"].split("+"))
    members = tuple(s for s in splits if schema.dimensions[s].kind != "time")
    if tool.takes("horizon") and len(members) > 1:  # "the orders that customers will place, by department"
        members = tuple(s for s in members if s not in entity.values()) or members
    found: dict[str, Any] = {
        "time": reading.time,
        "compare": reading.compare,
        "horizon": ask.horizon,
        "filters": tuple(f for f in (*reading.filters, reading.keep) if f and f.dimension not in own),
        "dimensions": members,
        "grain": next((g for g in (*(schema.dimensions[s].grain for s in splits), reading.per) if g in STEPS), None),
        "limit": ask.limit,  # one that a superlative implies ("our best customers") is a ranking's
        "budget": ask.budget,
        "not_bought_days": ask.idle_days,
        "text": ask.text,
        "campaign": next(iter(_members(reading.filters, campaign)), None),
    }
    for field, dimension in entity.items():
        found[field] = tuple(dict.fromkeys((*getattr(ask, field), *_members(reading.filters, dimension))))
    if tool.settles is not None:
        found |= tool.settles(ask.text)
    for name, field, values in ask.choices:
        if name == tool.name:
            found[field] = part.get(field) if part.get(field) in values else values[0]
    return {field: value for field, value in found.items() if tool.takes(field) and value not in (None, (), "")}


def _members(filters: Sequence[Filter], dimension: str | None) -> tuple[str, ...]:
    return tuple(
        str(v) for f in filters if f.dimension == dimension and f.op == "in" for v in f.values if v is not None
    )


def _target(
    tool: Tool, reading: Reading, schema: StoreSchema, offered: Offered, before: Sequence[Call], chained: bool = False
) -> tuple[str, FromStep] | None:
    """What "them" stands for: the people or products of the last earlier step that gives what this tool takes."""
    if not (reading.ask.them or chained):
        return None
    for step in range(len(before), 0, -1):
        gives = _gives(before[step - 1], schema, offered)
        for field, column in TARGETS.items():
            if column in gives and tool.takes(field) and not getattr(reading.ask, field):
                return field, FromStep(from_step=step, column=column)
    return None


def _gives(call: Call, schema: StoreSchema, offered: Offered) -> tuple[str, ...]:
    """The columns that a call hands on; a query's rows are people or products where it is split by them."""
    if call.tool != QUERY:
        return offered[call.tool].gives if call.tool in offered else ()
    splits = call.args.get("group_by", ())
    return tuple(column for column in TARGETS.values() if entity_dimension(schema, column) in splits)


def _checked(tool: Tool, values: dict[str, Any]) -> Call:
    """The call, its arguments held against the tool's types; an earlier step's column is filled in when it has run."""
    steps = {field: value for field, value in values.items() if isinstance(value, dict) and "from_step" in value}
    given = {field: value for field, value in values.items() if field not in steps}
    try:
        arguments = tool.arguments.model_validate(given)
    except ValidationError as error:
        arguments = _without_misfits(tool, given, error)
    return Call(tool.name, arguments.model_dump(mode="json", exclude_unset=True) | steps)


def _without_misfits(tool: Tool, given: Mapping[str, Any], error: ValidationError) -> BaseModel:
    """The arguments without optional ones that do not fit (a limit of 400 where ten are shown): the default stands."""
    fields = tool.arguments.model_fields
    wrong = {str(e["loc"][0]) for e in error.errors() if e["loc"] and str(e["loc"][0]) in fields}
    try:
        if not wrong or any(fields[name].is_required() for name in wrong):
            raise error
        return tool.arguments.model_validate({name: value for name, value in given.items() if name not in wrong})
    except ValidationError as last:
        raise ModelReplyError("The plan does not hold together.", str(last.errors()[0]["msg"])) from last


def _of_one(metrics: tuple[str, ...], reading: Reading, schema: StoreSchema) -> tuple[str, ...]:
    """What a single customer spends is no average over customers: the upper part of such a ratio."""
    one = entity_dimension(schema, "customer")
    if one is None or not any(f.dimension == one and f.op == "in" and len(f.values) == 1 for f in reading.filters):
        return metrics
    counts = counts_of(schema, one)
    whole = (schema.metrics[n].numerator if schema.metrics[n].denominator in counts else n for n in metrics)
    return tuple(dict.fromkeys(name for name in whole if name))


def to_query(reading: Reading, metric: str, split: str, schema: StoreSchema) -> SemanticQuery:
    """A reading with the model's choices as a query object."""
    metrics = _of_one(tuple(dict.fromkeys(metric.split("+"))), reading, schema)
    group_by = () if split == NO_SPLIT else tuple(split.split("+"))
    order = None
    if reading.order_by and group_by:
        by = metrics[0] if reading.order_by == "metric" else reading.order_by
        if reading.order_by == "metric" or reading.compare:
            order = Order(by=by, direction=reading.direction or "desc")
    additive = schema.metrics[metrics[0]].sums_over_time
    try:
        return SemanticQuery(
            metrics=metrics,
            group_by=group_by,
            filters=reading.filters,
            keep=reading.keep if reading.keep and reading.keep.dimension in group_by else None,
            having=reading.having if group_by else (),
            time=reading.time,
            compare=reading.compare,
            order=order,
            limit=reading.limit if group_by else None,
            limit_per=reading.limit_per if len(group_by) > 1 else None,
            share=reading.share and bool(group_by) and additive,
            running=reading.running and bool(group_by) and additive,
            per=reading.per if additive else None,
        )
    except ValidationError as error:
        raise ModelReplyError("The plan does not hold together.", str(error.errors()[0]["msg"])) from error
