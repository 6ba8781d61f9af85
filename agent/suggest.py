"""A plan in few words: what is being queried, and what to ask next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from agent.contracts import Language, Plan
from db.semantic.query import Interval, SemanticQuery
from db.semantic.schema import StoreSchema

SUGGESTED = 3


def suggestions(
    queries: Sequence[SemanticQuery], schema: StoreSchema, language: Language, data: Interval
) -> tuple[str, ...]:
    """Up to three follow-ups of the last query: another split, the comparison, the trend.

    Args:
        data: the days with data; no comparison with a time before them is suggested.
    """
    if not queries:
        return ()
    query = queries[-1]
    zh = language == "zh"
    found: list[str] = []
    fact = schema.metrics[query.metrics[0]]
    table = fact.table or (schema.metrics[fact.numerator].table if fact.numerator else None)
    if query.time and (query.time.days == 0 or query.time.end <= data.start or query.time.start >= data.end):
        return ()  # the answer was that there is no data; another split of nothing helps nobody
    if query.time and not query.compare and query.time.start - timedelta(days=query.time.days) >= data.start:
        found.append("和上一期相比呢？" if zh else "compared with the previous period?")
    used = {*query.group_by, *(f.dimension for f in query.filters)}
    splits = (
        ["campaign_type"]
        if table and not table.startswith(("transactions", "first"))
        else ["department", "store", "brand"]
    )
    for name in splits:
        dimension = schema.dimensions.get(name)
        reached = dimension and all(schema.can_split(m, name) for m in query.metrics)
        if dimension and reached and name not in used and len(found) < SUGGESTED - 1:
            found.append(f"按{dimension.label.zh}看呢？" if zh else f"and by {dimension.label.en.lower()}?")
    if not any(schema.dimensions[d].kind == "time" for d in query.group_by):
        found.append("按月的趋势呢？" if zh else "and by month?")
    return tuple(found[:SUGGESTED])


def subject(plan: Plan, schema: StoreSchema, language: Language) -> str:
    """What a plan looks at, for the line of progress: "querying revenue, orders".

    Metrics only: their labels come from the store's YAML, never from the question or the data.
    """
    args = [call.args for call in plan.calls]
    named = [name for arg in args for name in (*arg.get("metrics", ()), arg.get("metric")) if name in schema.metrics]
    labels = [schema.metrics[name].label for name in dict.fromkeys(named)][:SUGGESTED]
    if language == "zh":
        return "正在查询" + ("、".join(label.zh for label in labels) or "数据")
    return "querying " + (", ".join(label.en[:1].lower() + label.en[1:] for label in labels) or "the data")
