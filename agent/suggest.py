"""What to ask next: short questions that the store can answer, made from the query that was just run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from agent.contracts import Language
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
