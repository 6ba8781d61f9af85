"""Which days are off: a metric, the members of a dimension, or, without a metric, the store's main figures."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from db.errors import AnalysisError
from db.semantic.query import Filter, Interval
from tools.anomaly_words import ASKS, HINTS
from tools.arguments import Arguments
from tools.registry import Tool, ToolContext, ToolResult

NAME = "detect_anomalies"
DEFAULT_DAYS = 56
TOLD = 5


class AnomalyArguments(Arguments):
    """What to examine.

    Attributes:
        metric: any metric with dates; without one the store's main figures are scanned.
        time: the days that are examined, half-open; the last eight weeks without it. What is usual is told from all the
            days before the shop's clock.
        filters: limits of the metric. dimensions: at most one split, whose thirty largest members are examined each.
        limit: how many findings are told; the tables have all.
    """

    metric: str | None = None
    time: Interval | None = None
    filters: tuple[Filter, ...] = ()
    dimensions: tuple[str, ...] = ()
    limit: int = Field(default=TOLD, ge=1, le=20)


def run(arguments: AnomalyArguments, context: ToolContext) -> ToolResult:
    """Find what is off.

    Raises:
        AnalysisError: too little history, a period without known days, a metric without dates, two splits.
        QueryError: an unknown metric, dimension or member, or a split that the metric does not have.
    """
    from tools.anomaly_scan import members, scan, single

    schema = context.store.schema
    split = [name for name in arguments.dimensions if schema.dimension(name).kind != "time"]
    if len(split) > 1:
        raise AnalysisError("Anomalies can be looked for along one dimension at a time.", "Ask for one split.")
    settled = arguments.model_copy(update={"time": _period(arguments.time, context), "dimensions": tuple(split)})
    if arguments.metric is None and not split:
        return scan(settled, context)
    if arguments.metric is None:
        settled = settled.model_copy(update={"metric": next(m.name for m in schema.offered())})
    return members(settled, context) if split else single(settled, context)


def _period(asked: Interval | None, context: ToolContext) -> Interval:
    """The days to examine: those asked for that the store knows."""
    known = Interval(start=context.store.data_start, end=min(context.today, context.store.data_end))
    period = asked or Interval(start=context.today - timedelta(days=DEFAULT_DAYS), end=context.today)
    start, end = max(period.start, known.start), min(period.end, known.end)
    if start >= end:
        last = known.end - timedelta(days=1)
        raise AnalysisError(
            f"There is no day to examine from {period.start} on: what is known runs from {known.start} to {last}.",
            "Ask for a period within it.",
        )
    return Interval(start=start, end=end)


TOOL = Tool(
    name=NAME,
    when="which days, stores or other members are unusual against season, weekday and holidays; is anything odd",
    arguments=AnomalyArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
)
