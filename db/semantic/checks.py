"""What a query object may not ask, said before any SQL is made."""

from __future__ import annotations

from db.errors import QueryError
from db.semantic.query import SemanticQuery
from db.semantic.schema import StoreSchema

EXTRAS = ("__previous", "__change_pct", "__change", "__share", "__running")


def base_name(column: str) -> str:
    """The metric that an output column belongs to: ``revenue__share`` is of ``revenue``."""
    for extra in EXTRAS:
        if column.endswith(extra):
            return column[: -len(extra)]
    return column


def wanted_metrics(schema: StoreSchema, query: SemanticQuery) -> tuple[str, ...]:
    """The metrics asked for, then those that only the order or a condition needs."""
    names = list(query.metrics)
    extra = [condition.metric for condition in query.having]
    if query.order and query.order.by not in (*query.group_by, "change", "change_pct"):
        extra.append(query.order.by)
    names += [base_name(name) for name in extra]
    return tuple(dict.fromkeys(schema.metric(name).name for name in names))


def check_query(schema: StoreSchema, query: SemanticQuery) -> None:
    """Raises QueryError (or UnknownMetric, UnknownDimension) for a query that has no answer, saying why."""
    metrics = wanted_metrics(schema, query)
    dimensions = [*query.group_by, *(f.dimension for f in query.filters)]
    for name in metrics:
        for other in dict.fromkeys(dimensions):
            dimension = schema.dimension(other)
            if not schema.can_split(name, other):
                raise QueryError(
                    f"{schema.metric(name).label.en} cannot be split or filtered by {dimension.label.en}.",
                    "Ask for it without that, or ask for a metric that records it.",
                )
    if len(set(query.group_by)) != len(query.group_by):
        raise QueryError("The same dimension is asked for twice.", "Group by it once.")
    _check_extras(schema, query)


def _check_extras(schema: StoreSchema, query: SemanticQuery) -> None:
    if query.compare is not None and query.time is None:
        raise QueryError("A comparison needs a period to compare.", "Give the query a time.")
    if query.limit_per is not None and (query.limit_per not in query.group_by or query.limit is None):
        raise QueryError("A limit within each member needs that dimension among the group-bys, and a limit.")
    if query.keep is not None and (query.keep.dimension not in query.group_by or query.keep.op != "in"):
        raise QueryError(
            "Only members of a group-by can be kept.", "Group by that dimension, and name the members to keep."
        )
    if query.running and not any(schema.dimension(name).kind == "time" for name in query.group_by):
        raise QueryError("A running total needs a time dimension among the group-bys.")
    if query.order and query.order.by in ("change", "change_pct") and query.compare is None:
        raise QueryError("Ordering by change needs a comparison.", "Give the query a baseline period.")
    for name in query.metrics:
        metric = schema.metric(name)
        if query.share and not metric.empty_is_zero:
            raise QueryError(f"{metric.label.en} has no share of a total: it is not a sum or a count.")
        if query.running and not metric.sums_over_time:
            raise QueryError(f"{metric.label.en} cannot be added up over time.", "Ask for it period by period.")
        if query.per and not metric.empty_is_zero:
            raise QueryError(f"{metric.label.en} cannot be averaged per {query.per}: it is already a ratio.")
