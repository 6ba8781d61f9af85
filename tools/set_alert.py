"""An alert, shown before it is set: when it would tell whom, and how often it would have in the past."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from db.semantic.query import Filter
from tools.alert_reading import read_alert
from tools.alert_rule import Per
from tools.alert_words import ASKS
from tools.arguments import Arguments
from tools.registry import Tool, ToolContext, ToolResult
from tools.schedule_reading import channel_spans

NAME = "set_alert"


class AlertArguments(Arguments):
    """What to watch for, as the words have it.

    Attributes:
        metric, filters: what is measured. kind: a limit, something unusual, or a risk.
        number, percent: the limit as it was written (5, with a percent sign). above: it is passed upwards.
        moves: the limit is a relative change ("drops 20 %"), not a level. against: what it changes from.
        per: full days, weeks or months; days without it, weeks for a change.
        rings: of a risk, only what ties several customers together. to: the channel as it was named.
        text: the words, for their language and the channel.
    """

    metric: str | None = None
    filters: tuple[Filter, ...] = ()
    kind: Literal["threshold", "anomaly", "risk"] = "threshold"
    number: float | None = Field(default=None, allow_inf_nan=False)
    percent: bool = False
    above: bool = True
    moves: bool = False
    against: Literal["previous", "week", "year"] | None = None
    per: Per | None = None
    rings: bool = False
    to: str | None = None
    text: str = ""


def run(arguments: AlertArguments, context: ToolContext) -> ToolResult:
    """Show the rule, what it would have done so far, and propose it. Nothing is set.

    Raises:
        AnalysisError: it does not say what to watch, or the store cannot measure it.
        QueryError: an unknown metric, dimension or member. PermissionRefused: a risk rule over a part of the store.
    """
    from tools.alert_facts import proposed

    return proposed(arguments, context)


TOOL = Tool(
    name=NAME,
    when="tell me in future when a figure passes a limit, moves too much or is unusual, or when a risk turns up",
    arguments=AlertArguments,
    run=run,
    asks=ASKS,
    settles=read_alert,
    covers=channel_spans,
    writes=True,
)
