"""Whether a plan holds the calls that a question wants: the tools in order, and the arguments that are named.

>>> store = {"dimension": "store", "values": [367]}
>>> wanted = (WantedCall("query_metrics", {"metrics": ["revenue"], "filters": [store]}),)
>>> plan = [{"tool": "query_metrics", "args": {"metrics": ["revenue"], "limit": 3,
...          "filters": [{"dimension": "store", "values": ["367"]}, {"dimension": "brand", "values": ["Private"]}]}}]
>>> missing(plan, wanted)
''
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.registry import tool


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A tool, and the arguments that matter, in JSON form."""

    tool: str
    args: Mapping[str, Any]


def missing(plan: Sequence[Mapping[str, Any]], wanted: Sequence[WantedCall]) -> str:
    """What of the wanted calls the plan lacks, in order; empty when it has them all. Further calls do no harm."""
    place = 0
    for call in wanted:
        here = next((i for i in range(place, len(plan)) if _is(plan[i], call)), None)
        if here is None:
            return _why(plan, call)
        place = here + 1
    return ""


def _is(call: Mapping[str, Any], wanted: WantedCall) -> bool:
    return call["tool"] == wanted.tool and not _differing(_whole(call), wanted.args)


def _whole(call: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the tool's defaults: a plan need not spell them out."""
    fields = tool(call["tool"]).arguments.model_fields
    defaults = {name: field.default for name, field in fields.items() if not field.is_required()}
    return defaults | dict(call["args"])


def _differing(args: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    return next((name for name, value in wanted.items() if not _holds(args.get(name), value)), "")


def _holds(found: Any, wanted: Any) -> bool:
    """Lists hold every wanted item, objects every wanted field; numbers and their digits are the same."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list | tuple) and all(any(_holds(f, w) for f in found) for w in wanted)
    if wanted is None:
        return found is None
    return str(found) == str(wanted) or _number(found) == _number(wanted) is not None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _why(plan: Sequence[Mapping[str, Any]], wanted: WantedCall) -> str:
    same = [call for call in plan if call["tool"] == wanted.tool]
    if not same:
        return f"{wanted.tool} was not called (but {', '.join(c['tool'] for c in plan) or 'nothing'})"
    args = _whole(same[0])
    name = _differing(args, wanted.args)
    return f"{wanted.tool}: {name} is {args.get(name)}, not {wanted.args[name]}" if name else "in another order"
