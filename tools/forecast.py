"""What comes next: a metric's days, weeks or months ahead, with intervals and the method's error in the past."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from db.errors import AnalysisError
from db.semantic.query import Filter, Interval
from tools.arguments import Arguments
from tools.forecast_words import ASKS, CHOICES, HINTS
from tools.registry import Tool, ToolContext, ToolResult

if TYPE_CHECKING:
    from db.semantic.schema import StoreSchema

NAME = "forecast"
DEFAULT_DAYS = 28
MEMBERS = 5
DAYS_SHOWN = 35  # a longer horizon is shown by week, and beyond half a year by month
WEEKS_SHOWN = 26 * 7
Grain = Literal["auto", "day", "week", "month"]


class ForecastArguments(Arguments):
    """What to forecast.

    Attributes:
        metric: any metric whose days add up or average; ratios are forecast through both of their parts.
        horizon: days ahead, half-open; the next 28 days without it. Days before the shop's clock count as they were.
        filters: limits of the metric. dimensions: at most one split, whose largest members are forecast each.
        limit: how many members. grain: of the rows; by the horizon's length without it.
    """

    metric: str
    horizon: Interval | None = None
    filters: tuple[Filter, ...] = ()
    dimensions: tuple[str, ...] = ()
    limit: int = Field(default=MEMBERS, ge=1, le=10)
    grain: Grain = "auto"


def run(arguments: ForecastArguments, context: ToolContext) -> ToolResult:
    """Forecast a metric, or its largest members.

    Raises:
        AnalysisError: too little history, too far ahead, a horizon in the past, a metric whose days do not add up.
        QueryError: an unknown metric, dimension or member, or a split that the metric does not have.
    """
    from tools.forecast_facts import whole
    from tools.forecast_members import by_member

    schema = context.store.schema
    schema.metric(arguments.metric)
    split, grain = _split(arguments, schema)
    horizon = _horizon(arguments.horizon, context)
    if grain == "auto":
        grain = "day" if horizon.days <= DAYS_SHOWN else "week" if horizon.days <= WEEKS_SHOWN else "month"
    settled = arguments.model_copy(update={"horizon": horizon, "dimensions": split, "grain": grain})
    return by_member(settled, split[0], context) if split else whole(settled, context)


def _horizon(asked: Interval | None, context: ToolContext) -> Interval:
    """The days asked for; refused where none of them lies ahead."""
    today = context.today
    horizon = asked or Interval(start=today, end=today + timedelta(days=DEFAULT_DAYS))
    if horizon.end <= today:
        last = horizon.end - timedelta(days=1)
        raise AnalysisError(
            f"There is nothing to forecast: {horizon.start} to {last} lies before {today}.",
            "Ask for its figures, or for a period ahead.",
        )
    return horizon


def _split(arguments: ForecastArguments, schema: StoreSchema) -> tuple[tuple[str, ...], Grain]:
    """The member split, and the grain; a split by day, week or month is a grain."""
    grain, members = arguments.grain, []
    for name in arguments.dimensions:
        dimension = schema.dimension(name)
        if dimension.kind != "time":
            members.append(name)
        elif dimension.grain in ("day", "week", "month") and grain == "auto":
            grain = dimension.grain
    if len(members) > 1:
        raise AnalysisError("A forecast can be split by one dimension only.", "Ask for one split at a time.")
    return tuple(members), grain


TOOL = Tool(
    name=NAME,
    when="what a metric will be in days, weeks or months ahead",
    arguments=ForecastArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
    choices=CHOICES,
)
