"""The planner's form: one flat object for each part of a question, its fields enums of what the words leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.contracts import Reading
from tools.registry import Tool

NO_SPLIT = "none"
QUERY = "query_metrics"
FEW_METRICS = 4  # so many readings of one word are a choice; more means that no metric was named
CLARIFY, OUT_OF_SCOPE = "clarify", "out_of_scope"

Offered = Mapping[str, Tool]  # the tools that the store can serve, by name


def form_schema(readings: Sequence[Reading], offered: Offered) -> dict[str, Any]:
    """The JSON schema of the form: one flat object a reading, each field an enum of what is open."""
    parts = {f"q{i + 1}": _part(reading, offered) for i, reading in enumerate(readings)}
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def _part(reading: Reading, offered: Offered) -> dict[str, Any]:
    tools = tools_open(reading, offered)
    fields = {"tool": tools, "metric": metrics_open(reading, tools), "split": splits_open(reading)}
    fields |= choices_open(reading, tools)
    typed = {name: {"type": "string", "enum": list(values)} for name, values in fields.items()}
    return {"type": "object", "properties": typed, "required": list(typed), "additionalProperties": False}


def tools_open(reading: Reading, offered: Offered) -> tuple[str, ...]:
    """The tools among which words and meaning leave a choice, clarify and out_of_scope where those may be meant."""
    may = tuple(name for name in reading.ask.open if name in offered or name in (CLARIFY, OUT_OF_SCOPE))
    if may and may != (QUERY,):
        return may
    few = 0 < len(reading.metric_options) <= FEW_METRICS
    if reading.metrics and not (reading.doubts or reading.unavailable):
        return (QUERY,)
    return (QUERY, OUT_OF_SCOPE) if reading.metrics or few else (CLARIFY, OUT_OF_SCOPE)


def needs_metric(tool: Tool) -> bool:
    """Whether a tool answers nothing without a metric."""
    return tool.takes("metric") and tool.arguments.model_fields["metric"].is_required()


def metrics_open(reading: Reading, tools: Sequence[str]) -> tuple[str, ...]:
    """The metrics that the words leave open; joined by "+" where several are asked together."""
    named = "+".join(reading.metrics)
    if not reading.metric_options:
        return (named,) if named else (NO_SPLIT,)
    if not named and QUERY not in tools and len(reading.metric_options) > FEW_METRICS:
        return (NO_SPLIT,)  # the chosen tool has its own default
    return tuple(f"{named}+{option}" if named else option for option in reading.metric_options)


def splits_open(reading: Reading) -> tuple[str, ...]:
    """The splits that the words leave open."""
    named = "+".join(reading.group_by)
    room = len(reading.group_by) < 2
    more = tuple(f"{named}+{s}" if named else s for s in reading.split_options) if room else ()
    return (*more, named or NO_SPLIT)


def choices_open(reading: Reading, tools: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Arguments with an enum of which the words name several values, by the argument's name."""
    found: dict[str, tuple[str, ...]] = {}
    for name, field, values in reading.ask.choices:
        if name in tools and len(values) > 1:
            found[field] = tuple(dict.fromkeys((*found.get(field, ()), *values)))
    return found


def open_choices(form: Mapping[str, Any]) -> int:
    """How many fields of a form have more than one filling."""
    return sum(len(f["enum"]) > 1 for part in form["properties"].values() for f in part["properties"].values())


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
