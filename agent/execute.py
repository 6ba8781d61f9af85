"""Run a plan's calls, hand columns of earlier steps on to later ones, and number evidence and facts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from time import perf_counter

from agent.contracts import Call, Plan, Principal, Span
from db.engine import Store
from db.errors import AnalysisError, Cancelled, InternalError
from tools.arguments import FromStep
from tools.evidence import Evidence, Fact
from tools.people import People
from tools.registry import Earlier, Proposed, ToolContext, ToolResult, tool

CALLS_AT_ONCE = 2  # two cores; DuckDB uses both for one query already


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a question ends: seconds for a model's reply and for a query, rows that evidence keeps."""

    model_seconds: float = 60.0
    query_seconds: float = 20.0
    row_cap: int = 500


@dataclass(frozen=True, slots=True)
class Workspace:
    """What lies beside the store: trained models, the operator's handbook, and the key of the customers' pseudonyms.

    ``channels``: names of the channels of the settings, with their other names; ``timezone``: of times of the day.
    """

    models: Path | None = None
    handbook: Path | None = None
    key: bytes = b"shopops"
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Executed:
    """What the calls gave, in the plan's order; ``people`` knows the customers behind the pseudonyms.

    ``proposed``: what its write tools would do after a yes.
    """

    evidence: tuple[Evidence, ...]
    facts: tuple[Fact, ...]
    people: People
    spans: tuple[Span, ...] = ()
    proposed: tuple[Proposed, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the calls of one question share."""

    store: Store
    principal: Principal
    limits: Limits
    as_of: date
    workspace: Workspace = Workspace()
    cancel: threading.Event | None = None
    progress: Callable[[str, str], None] = lambda stage, message: None


def execute(plan: Plan, desk: Desk) -> Executed:
    """Run every call of a plan: side by side, but for those that take a column of an earlier one.

    Raises:
        ShopOpsError: the first call that failed; nothing is half-answered.
        Cancelled: the operator stopped it before all had run.
    """
    people = People(desk.workspace.key)
    results: dict[int, ToolResult] = {}
    spans: dict[int, Span] = {}
    left = dict(enumerate(plan.calls, 1))
    while left:
        ready = [i for i, call in left.items() if all(step in results for step in _steps(call, i))]
        if not ready:
            raise InternalError("The plan's steps wait for one another.")
        calls = [_resolved(left.pop(i), results) for i in ready]
        contexts = [replace(_context(desk, i, people), earlier=_earlier(plan, i, results)) for i in ready]
        for i, (result, span) in zip(ready, _side_by_side(calls, contexts, desk), strict=True):
            results[i], spans[i] = result, span
    told = [not call.quiet for call in plan.calls]
    numbered = _numbered([results[i] for i in sorted(results)], told, people)
    return replace(numbered, spans=tuple(spans[i] for i in sorted(spans)))


def _side_by_side(calls: Sequence[Call], contexts: Sequence[ToolContext], desk: Desk) -> list[tuple[ToolResult, Span]]:
    if len(calls) == 1:
        return [_run(calls[0], contexts[0], desk)]
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        return list(pool.map(lambda call, context: _run(call, context, desk), calls, contexts))


def _earlier(plan: Plan, number: int, results: Mapping[int, ToolResult]) -> tuple[Earlier, ...]:
    """The calls before a call that reads their tables; proposals among them are no figures."""
    if not tool(plan.calls[number - 1].tool).reads_steps:
        return ()
    return tuple(
        Earlier(call.tool, call.args, (results[i].evidence, *results[i].more))
        for i, call in enumerate(plan.calls[: number - 1], 1)
        if not tool(call.tool).writes
    )


def _steps(call: Call, number: int) -> list[int]:
    """The earlier calls that a call waits for."""
    if tool(call.tool).reads_steps:
        return list(range(1, number))
    return [value["from_step"] for value in call.args.values() if isinstance(value, dict) and "from_step" in value]


def _resolved(call: Call, results: Mapping[int, ToolResult]) -> Call:
    """The call with the columns of earlier steps put in their places.

    Raises:
        AnalysisError: the earlier step gave nobody and nothing.
    """
    args = dict(call.args)
    for name, value in call.args.items():
        if isinstance(value, dict) and "from_step" in value:
            step = FromStep.model_validate(value)
            found = results[step.from_step].outputs.get(step.column, ())
            if not found:
                raise AnalysisError(
                    f"Step {step.from_step} of the plan found no {step.column}s, so there is nothing to go on with.",
                    "Ask for the first part alone, or widen it.",
                )
            args[name] = [str(item) for item in found]
    return replace(call, args=args)


def _context(desk: Desk, number: int, people: People) -> ToolContext:
    return ToolContext(
        desk.store,
        f"e{number}",
        desk.principal.row_filters,
        desk.principal.may_see_pii,
        desk.limits.query_seconds,
        desk.limits.row_cap,
        desk.as_of,
        people,
        desk.workspace.models,
        desk.workspace.handbook,
        desk.cancel,
        lambda stage, done: desk.progress("execute", stage),
        desk.workspace.channels,
        desk.workspace.timezone,
    )


def _run(call: Call, context: ToolContext, desk: Desk) -> tuple[ToolResult, Span]:
    if desk.cancel is not None and desk.cancel.is_set():
        raise Cancelled("Stopped.", "Ask again when you are ready.")
    chosen = tool(call.tool)
    desk.progress("execute", call.tool)
    began = perf_counter()
    result = chosen.run(chosen.arguments.model_validate(call.args), context)
    return result, Span(call.tool, began, perf_counter() - began)


def _numbered(results: Sequence[ToolResult], told: Sequence[bool], people: People) -> Executed:
    facts: list[Fact] = []
    for result, tell in zip(results, told, strict=True):
        if not tell:
            continue
        start = len(facts)
        facts.extend(replace(fact, id=f"f{start + i}") for i, fact in enumerate(result.facts, 1))
    tables = tuple(
        table if tell else replace(table, quiet=True)
        for result, tell in zip(results, told, strict=True)
        for table in (result.evidence, *result.more)
    )
    proposed = tuple(result.proposed for result in results if result.proposed)
    return Executed(tables, tuple(facts), people, proposed=proposed)
