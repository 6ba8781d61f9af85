"""From an understanding to a plan: the model fills a form whose choices are only what the words leave open.

The ladder: an unreadable or ambiguous question is settled by code (clarify, or plainly out of scope); else the model
plans under a JSON schema made from the readings; one repair with the error; then clarify.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.calls import MAX_CALLS, calls_of, with_steps_before, without_writes
from agent.contracts import Call, Option, Plan, Reading, Understanding
from agent.form import (
    CLARIFY,
    OUT_OF_SCOPE,
    QUERY,
    Offered,
    choices_open,
    form_error,
    form_schema,
    metrics_open,
    open_choices,
    splits_open,
    tools_open,
)
from agent.prompts import load_prompt
from agent.replies import (
    cannot_answer,
    lacking,
    lacking_role,
    no_experiment,
    only_reads,
    unbounded,
    which_figure,
    which_member,
    which_one,
)
from agent.understand.supposing import supposes
from db.errors import ModelReplyError
from db.semantic.schema import StoreSchema
from models.llm.base import REQUEST_SECONDS, LanguageModel, Message, Prompt, Usage
from tools.registry import planned_tools

_COMMANDS = re.compile(
    r"^(?:please |pls |can you |could you |now )*(?:delete|erase|truncate|wipe|update|insert|alter|overwrite|modify"
    r"|(?:cancel|ship) (?:the |this |that |my )?order|refund (?:the |this |that )?(?:order|customer|household)"
    r"|block (?:the |this |that )?(?:card|customer)"
    r"|(?:set|change|raise|lower|increase|cut) the"
    r"|(?:cut|raise|lower|reduce|increase|drop|slash|double|halve) (?!in )(?:[a-z']+ ){0,4}?prices?)\b"
    r"|^(?:请|帮我|把)?(?:(?!要求|想要|希望|有人|顾客|客户).){0,12}(?:删除|删掉|清空|篡改|改成零|覆盖"
    r"|取消(?:这|那|该)个?订单|取消订单 ?\d|拉黑|价(?:格|钱)?(?:改|调|设|降|提)(?:成|为|到|至))"
)


MOST_SHOWN = 6  # choices spelled out in the question's own part of the prompt; more stand in its unchanging part


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
    before: Sequence[Call] = (),
) -> Planned:
    """Plan one question. The model is opened only when code alone cannot settle it.

    ``before``: the calls of the turn before, whose people and products "them" may speak of.

    Raises:
        ModelError: the model cannot be reached, or its reply cannot be read twice over.
    """
    offered = offered_tools(schema)
    settled = settled_by_code(understanding, schema, offered, before)
    if settled:
        return Planned(settled)
    model = open_model()
    form = form_schema(understanding.readings, offered)
    prompt = plan_prompt(understanding, schema, offered)
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
    plan = assemble(understanding, reply.data, schema, offered, without_writes(before, offered))
    plan = replace(plan, choices=open_choices(form), repaired=bool(error))
    if not plan.choices and not error and model.capabilities.local:
        usage = Usage()  # the grammar forced every token: the model read and wrote nothing
    return Planned(plan, usage, model.name)


def offered_tools(schema: StoreSchema) -> Offered:
    """The tools that this store can serve: it has the tables that they need."""
    return {tool.name: tool for tool in planned_tools() if not tool.lacks(schema)}


def settled_by_code(
    understanding: Understanding, schema: StoreSchema, offered: Offered, before: Sequence[Call] = ()
) -> Plan | None:
    """A clarifying question or a plain refusal that needs no model; None when there is something to plan."""
    for reading in understanding.readings:
        if reading.ambiguities:
            message, options = which_member(reading.ambiguities[0], understanding.text, reading.text)
            return Plan("clarify", message=message, options=options, source="code")
    if nameless := next((r.ask.pointed for r in understanding.readings if r.ask.pointed and not before), None):
        return Plan("clarify", message=which_one(nameless), source="code")
    if _COMMANDS.search(understanding.text):
        return Plan("out_of_scope", message=only_reads(schema), source="code")
    replies = any(
        tool in offered and offered[tool].reads_message for r in understanding.readings for tool in r.ask.open
    )
    if supposes(understanding.text) and not replies:
        return Plan("out_of_scope", message=no_experiment(), source="code")
    asked = [r.ask.tool for r in understanding.readings]
    if asked[0] and not any(tool in offered for tool in asked):
        return Plan("out_of_scope", message=lacking_role(asked[0], schema), source="code")
    if all(r.unavailable and _measures(r, offered) for r in understanding.readings):
        return Plan("out_of_scope", message=lacking(understanding.readings[0].unavailable[0], schema), source="code")
    if any(r.having and not (r.group_by or r.split_options or r.ask.tool) for r in understanding.readings):
        return Plan("out_of_scope", message=unbounded(schema), source="code")
    if strangers := [r for r in understanding.readings if r.strangers and _measures(r, offered)]:
        return Plan("out_of_scope", message=cannot_answer(strangers, schema), source="code")
    if all(r.metric_options and not (r.metrics or r.ask.tool) for r in understanding.readings):
        return _unmeasured(understanding, schema)
    return None


def _measures(reading: Reading, offered: Offered) -> bool:
    """Whether the clause asks for a figure, so that a name which the store does not know would change it.

    An alert on a figure that is named stands: "ping the ops channel" names where it goes.
    """
    tool = offered.get(reading.ask.tool or "")
    return tool is None or (tool.takes("metric") and not (tool.writes and reading.metrics))


def _unmeasured(understanding: Understanding, schema: StoreSchema) -> Plan | None:
    """No part says what to measure: ask which figure where a word of it stands there; else meaning decides."""
    readings = understanding.readings
    partly = _partly_named(readings, schema)
    asked_back = all(r.ask.open == (CLARIFY,) for r in readings) or not any(r.unread or r.ask.open for r in readings)
    if len(partly) > 1 or asked_back:
        message, options = which_figure(understanding, schema, partly)
        return Plan("clarify", message=message, options=options, source="code")
    if all(r.ask.open == (OUT_OF_SCOPE,) for r in readings):
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


def plan_prefix(schema: StoreSchema, offered: Offered) -> tuple[Message, ...]:
    """The unchanging part of the planning prompt for one store."""
    metrics = "\n".join(f"- {name}: {m.label.en} / {m.label.zh}" for name, m in schema.metrics.items() if not m.hidden)
    tools = "\n".join(f"- {name}: {tool.when}" for name, tool in offered.items())
    splits = ", ".join(schema.dimensions)
    return load_prompt("plan").render(store=schema.label.en, tools=tools, metrics=metrics, splits=splits)


def plan_prompt(understanding: Understanding, schema: StoreSchema, offered: Offered) -> Prompt:
    """The whole planning prompt of one question."""
    lines = [f"question: {understanding.text}"]
    unread = [word for reading in understanding.readings for word in reading.unread]
    if unread:
        lines.append(f"unknown: {', '.join(unread)}")
    lines += [f"form q{i}: {_form_line(r, offered)}" for i, r in enumerate(understanding.readings, 1)]
    return Prompt(plan_prefix(schema, offered), (Message("user", "\n".join(lines)),))


def _form_line(reading: Reading, offered: Offered) -> str:
    """What is open in a part of the form, for the model: "tool? a or b; metric revenue; split? store or none"."""
    tools = tools_open(reading, offered)
    fields = {"tool": tools, "metric": metrics_open(reading, tools), "split": splits_open(reading)}
    fields |= choices_open(reading, tools)
    said = []
    for name, values in fields.items():
        if len(values) == 1:
            said += [] if name == "tool" and values[0] == QUERY else [f"{name} {values[0]}"]
        else:
            said.append(f"{name}?" if len(values) > MOST_SHOWN else f"{name}? {' or '.join(values)}")
    return "; ".join(said)


def assemble(
    understanding: Understanding,
    form: Mapping[str, Any],
    schema: StoreSchema,
    offered: Offered,
    before: Sequence[Call] = (),
) -> Plan:
    """The plan that a filled form stands for."""
    parts = [form[f"q{i + 1}"] for i in range(len(understanding.readings))]
    calls: list[Call] = []
    refused: list[Reading] = []
    for reading, part in zip(understanding.readings, parts, strict=True):
        earlier = [*before, *calls]
        made = calls_of(reading, part, schema, offered, earlier, linked=bool(calls)) if part["tool"] in offered else []
        calls += made
        refused += [] if made else [reading]
    if calls:
        left = cannot_answer(refused, schema) if refused else None  # said beside what was answered
        return Plan("run", with_steps_before(calls[:MAX_CALLS], before, offered), left)
    if any(part["tool"] == CLARIFY for part in parts):
        message, options = which_figure(understanding, schema)
        return Plan("clarify", message=message, options=options)
    return Plan("out_of_scope", message=cannot_answer(refused, schema))


def options_text(options: tuple[Option, ...], language: str) -> str:
    """Numbered options, one a line."""
    return "\n".join(f"{i}. {option.label.of(language)}" for i, option in enumerate(options, 1))
