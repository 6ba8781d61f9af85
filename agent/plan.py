"""From an understanding to a plan: the model fills a form whose choices are only what the words leave open.

The ladder: an unreadable or ambiguous question is settled by code (clarify, or plainly out of scope); else the model
plans under a JSON schema made from the readings; one repair with the error; then clarify.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from agent.contracts import Call, Option, Plan, Reading, Understanding
from agent.prompts import load_prompt
from agent.replies import cannot_answer, lacking, only_reads, unbounded, which_figure, which_member
from db.errors import ModelReplyError
from db.semantic.query import Order, SemanticQuery
from db.semantic.schema import StoreSchema
from models.llm.base import REQUEST_SECONDS, LanguageModel, Message, Prompt, Usage

MAX_CALLS = 6
_COMMANDS = re.compile(
    r"^(?:please |pls |can you |could you |now )*(?:delete|erase|truncate|wipe|update|insert|alter|overwrite|modify)\b"
    r"|^(?:请|帮我|把)?.{0,12}(?:删除|删掉|清空|篡改|改成零|覆盖)"
)
NO_SPLIT = "none"
TOOLS_SURE = ("query_metrics",)
FEW_METRICS = 4  # so many readings of one word are a choice; more means that no metric was named
TOOLS_NAMED = ("query_metrics", "out_of_scope")
TOOLS_OPEN = ("clarify", "out_of_scope")  # a metric that no word names is asked back, never guessed


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it cost."""

    plan: Plan
    usage: Usage = field(default_factory=Usage)
    model: str | None = None


def plan_question(
    understanding: Understanding,
    schema: StoreSchema,
    open_model: Callable[[], LanguageModel],
    cancel: threading.Event | None = None,
    timeout: float = REQUEST_SECONDS,
) -> Planned:
    """Plan one question. The model is opened only when code alone cannot settle it.

    Raises:
        ModelError: the model cannot be reached, or its reply cannot be read twice over.
    """
    settled = settled_by_code(understanding, schema)
    if settled:
        return Planned(settled)
    model = open_model()
    form = form_schema(understanding.readings)
    prompt = plan_prompt(understanding, schema)
    reply = model.complete_json(prompt, form, cancel=cancel, timeout=timeout)
    usage, error = reply.usage, form_error(reply.data, form)
    if error:
        repair = Message("user", f"{prompt.tail[-1].content}\nYour form was wrong: {error}. Fill it again.")
        reply = model.complete_json(Prompt(prompt.fixed, (repair,)), form, cancel=cancel, timeout=timeout)
        usage += reply.usage
        if form_error(reply.data, form):
            raise ModelReplyError(
                f"The model {model.name} did not fill the plan's form.", "Try again, or use another model."
            )
    plan = replace(assemble(understanding, reply.data, schema, repaired=bool(error)), choices=open_choices(form))
    if not plan.choices and not error and model.capabilities.local:
        usage = Usage()  # the grammar forced every token: the model read and wrote nothing
    return Planned(plan, usage, model.name)


def open_choices(form: Mapping[str, Any]) -> int:
    """How many fields of a form have more than one filling."""
    return sum(len(f["enum"]) > 1 for part in form["properties"].values() for f in part["properties"].values())


def settled_by_code(understanding: Understanding, schema: StoreSchema) -> Plan | None:
    """A clarifying question or a plain refusal that needs no model; None when there is something to plan."""
    for reading in understanding.readings:
        if reading.ambiguities:
            message, options = which_member(reading.ambiguities[0], understanding.text, reading.text)
            return Plan("clarify", message=message, options=options, source="code")
    if _COMMANDS.search(understanding.text):
        return Plan("out_of_scope", message=only_reads(schema), source="code")
    if all(r.unavailable for r in understanding.readings):
        return Plan("out_of_scope", message=lacking(understanding.readings[0].unavailable[0], schema), source="code")
    if any(r.having and not (r.group_by or r.split_options) for r in understanding.readings):
        return Plan("out_of_scope", message=unbounded(schema), source="code")
    if strangers := [r for r in understanding.readings if r.strangers]:
        return Plan("out_of_scope", message=cannot_answer(strangers, schema), source="code")
    if all(r.metric_options and not r.metrics for r in understanding.readings):
        return _unmeasured(understanding, schema)
    return None


def _unmeasured(understanding: Understanding, schema: StoreSchema) -> Plan | None:
    """No part says what to measure: ask which figure, or say that nothing is known; else the model decides."""
    readings = understanding.readings
    partly = _partly_named(readings, schema)
    if len(partly) > 1 or not any(r.unread for r in readings):
        message, options = which_figure(understanding, schema, partly)
        return Plan("clarify", message=message, options=options, source="code")
    if not partly and not any(r.group_by or r.filters or r.split_options or r.keep for r in readings):
        return Plan("out_of_scope", message=cannot_answer(readings, schema), source="code")
    return None


def _partly_named(readings: tuple[Reading, ...], schema: StoreSchema) -> tuple[str, ...]:
    """The metrics of whose labels an unread word is a part ("the rate last month")."""
    unread = {word for r in readings for word in r.unread}
    found = []
    for name, metric in schema.metrics.items():
        words = set(metric.label.en.lower().split())
        if not metric.hidden and any(w in words or (not w.isascii() and w in metric.label.zh) for w in unread):
            found.append(name)
    return tuple(found)


def form_schema(readings: tuple[Reading, ...]) -> dict[str, Any]:
    """The JSON schema of the form: one flat object a reading, each field an enum of what is open."""
    parts = {f"q{i + 1}": _part(reading) for i, reading in enumerate(readings)}
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def _part(reading: Reading) -> dict[str, Any]:
    fields = {
        "tool": {"type": "string", "enum": list(_tools(reading))},
        "metric": {"type": "string", "enum": list(_metrics(reading))},
        "split": {"type": "string", "enum": list(_splits(reading))},
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _tools(reading: Reading) -> tuple[str, ...]:
    if reading.metrics and not reading.doubts and not reading.unavailable:
        return TOOLS_SURE
    if reading.metrics or 0 < len(reading.metric_options) <= FEW_METRICS:
        return TOOLS_NAMED
    return TOOLS_OPEN


def _metrics(reading: Reading) -> tuple[str, ...]:
    named = "+".join(reading.metrics)
    if not reading.metric_options:
        return (named,) if named else (NO_SPLIT,)
    return tuple(f"{named}+{option}" if named else option for option in reading.metric_options)


def _splits(reading: Reading) -> tuple[str, ...]:
    named = "+".join(reading.group_by)
    room = len(reading.group_by) < 2
    more = tuple(f"{named}+{s}" if named else s for s in reading.split_options) if room else ()
    return (*more, named or NO_SPLIT)


def form_error(data: Mapping[str, Any], form: Mapping[str, Any]) -> str:
    """What is wrong with a filled form, in words for the model; empty when it holds."""
    for name, part in form["properties"].items():
        filled = data.get(name)
        if not isinstance(filled, dict):
            return f"{name} is missing"
        for slot, spec in part["properties"].items():
            if filled.get(slot) not in spec["enum"]:
                return f"{name}.{slot} must be one of {', '.join(spec['enum'])}"
    return ""


def plan_prefix(schema: StoreSchema) -> tuple[Message, ...]:
    """The unchanging part of the planning prompt for one store."""
    metrics = "\n".join(f"- {name}: {m.label.en} / {m.label.zh}" for name, m in schema.metrics.items() if not m.hidden)
    splits = ", ".join(schema.dimensions)
    return load_prompt("plan").render(store=schema.label.en, metrics=metrics, splits=splits)


def plan_prompt(understanding: Understanding, schema: StoreSchema) -> Prompt:
    """The whole planning prompt of one question."""
    lines = [f"question: {understanding.text}"]
    unread = [word for reading in understanding.readings for word in reading.unread]
    if unread:
        lines.append(f"unknown: {', '.join(unread)}")
    for i, reading in enumerate(understanding.readings):
        metrics, splits = _metrics(reading), _splits(reading)
        metric = (
            f"metric {metrics[0]}"
            if len(metrics) == 1
            else "metric?"
            if len(metrics) > 6
            else f"metric? {' or '.join(metrics)}"
        )
        split = f"split: {splits[0]}" if len(splits) == 1 else f"split? {' or '.join(splits)}"
        lines.append(f"form q{i + 1}: {metric}; {split}" if len(metrics) == 1 else f"form q{i + 1}: {metric} {split}")
    return Prompt(plan_prefix(schema), (Message("user", "\n".join(lines)),))


def assemble(understanding: Understanding, form: Mapping[str, Any], schema: StoreSchema, repaired: bool) -> Plan:
    """The plan that a filled form stands for."""
    parts = [form[f"q{i + 1}"] for i in range(len(understanding.readings))]
    calls: list[Call] = []
    refused: list[Reading] = []
    for reading, part in zip(understanding.readings, parts, strict=True):
        if part["tool"] == "query_metrics" and part["metric"] != NO_SPLIT:
            query = to_query(reading, part["metric"], part["split"], schema)
            calls.append(_call(query))
            calls += [_call(query.model_copy(update={"time": period})) for period in reading.also]
            if reading.listed in query.group_by:
                rest = tuple(g for g in query.group_by if g != reading.listed)
                calls.append(
                    _call(query.model_copy(update={"group_by": rest, "order": None, "limit": None, "limit_per": None}))
                )
        else:
            refused.append(reading)
    if calls:
        left = cannot_answer(refused, schema) if refused else None  # said beside what was answered
        return Plan("run", tuple(calls[:MAX_CALLS]), left, repaired=repaired)
    if any(part["tool"] == "clarify" for part in parts):
        message, options = which_figure(understanding, schema)
        return Plan("clarify", message=message, options=options, repaired=repaired)
    return Plan("out_of_scope", message=cannot_answer(refused, schema), repaired=repaired)


def _call(query: SemanticQuery) -> Call:
    return Call("query_metrics", query.model_dump(mode="json", exclude_defaults=True))


def to_query(reading: Reading, metric: str, split: str, schema: StoreSchema) -> SemanticQuery:
    """A reading with the model's choices as a query object."""
    metrics = tuple(dict.fromkeys(metric.split("+")))
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


def options_text(options: tuple[Option, ...], language: str) -> str:
    """Numbered options, one a line."""
    return "\n".join(f"{i}. {option.label.of(language)}" for i, option in enumerate(options, 1))
