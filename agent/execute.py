"""Run a plan's calls, side by side, and number their evidence and facts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from agent.contracts import Call, Plan, Principal
from db.engine import Store
from db.errors import Cancelled
from tools.evidence import Evidence, Fact
from tools.registry import ToolContext, ToolResult, tool

CALLS_AT_ONCE = 2  # two cores; DuckDB uses both for one query already


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a question ends: seconds for a model's reply and for a query, rows that evidence keeps."""

    model_seconds: float = 60.0
    query_seconds: float = 20.0
    row_cap: int = 500


@dataclass(frozen=True, slots=True)
class Executed:
    """What the calls gave, in the plan's order."""

    evidence: tuple[Evidence, ...]
    facts: tuple[Fact, ...]


def execute(
    plan: Plan, store: Store, principal: Principal, limits: Limits, cancel: threading.Event | None = None
) -> Executed:
    """Run every call of a plan.

    Raises:
        ShopOpsError: the first call that failed; nothing is half-answered.
        Cancelled: ``cancel`` was set before all had run.
    """
    contexts = [
        ToolContext(store, f"e{i}", principal.row_filters, principal.may_see_pii, limits.query_seconds, limits.row_cap)
        for i in range(1, len(plan.calls) + 1)
    ]
    if len(plan.calls) == 1:
        results = [_run(plan.calls[0], contexts[0], cancel)]
    else:
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            results = list(pool.map(lambda call, context: _run(call, context, cancel), plan.calls, contexts))
    return _numbered(results)


def _run(call: Call, context: ToolContext, cancel: threading.Event | None) -> ToolResult:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped.", "Ask again when you are ready.")
    chosen = tool(call.tool)
    return chosen.run(chosen.arguments.model_validate(call.args), context)


def _numbered(results: list[ToolResult]) -> Executed:
    facts: list[Fact] = []
    for result in results:
        start = len(facts)
        facts.extend(replace(fact, id=f"f{start + i}") for i, fact in enumerate(result.facts, 1))
    return Executed(tuple(r.evidence for r in results), tuple(facts))
