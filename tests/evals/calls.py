"""What a question about a tool wants of the plan: calls with the arguments that matter, periods as in the oracle."""

from __future__ import annotations

from typing import Any

from tests.evals.oracle import listed, period

Record = dict[str, Any]
PERIODS = ("time", "compare", "horizon")


def wanted(turn: Record) -> Record:
    """The ``expect`` object of a turn that names ``calls`` or only a status."""
    expect: Record = {"status": turn.get("status", ["answered"])}
    if "calls" in turn:
        expect["calls"] = [_call(call) for call in turn["calls"]]
    if "calls_or" in turn:
        expect["calls_or"] = [[_call(call) for call in listed(other)] for other in turn["calls_or"]]
    if "text" in turn:
        expect["text_values"] = turn["text"]
    return expect


def _call(call: Record) -> Record:
    return {"tool": call["tool"], "args": {name: _value(name, v) for name, v in call.get("args", {}).items()}}


def _value(name: str, value: Any) -> Any:
    if name in ("filters", "where") and isinstance(value, dict):
        return [{"dimension": dimension, "values": listed(members)} for dimension, members in value.items()]
    if name not in PERIODS or value is None:
        return value
    span = period(value)
    assert span is not None
    return {"start": f"{span[0]:%Y-%m-%d}", "end": f"{span[1]:%Y-%m-%d}"}
