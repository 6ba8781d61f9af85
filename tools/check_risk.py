"""Risk of one order or customer, or of a period: score, reasons with codes, linked orders, what to do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from db.semantic.query import Filter, Interval
from tools.arguments import Arguments, Ids
from tools.registry import Tool, ToolContext, ToolResult
from tools.risk_words import ASKS, CHOICES, HINTS

NAME = "check_risk"
Kind = Literal["all", "payments", "refunds", "customers"]


class RiskArguments(Arguments):
    """What to check.

    Attributes:
        orders, customers: look at these; without any, everything of the period is scanned.
        time: half-open days; without it the last 30 days before the shop's clock (for named customers the last 60, for
            named orders from the day on which they were paid until 30 days later).
        filters: limits of the scan, on dimensions that payments and refunds reach (the store, age…).
        kind: payments, refunds, both, or customers by their worst event. limit: rows shown.
    """

    orders: Ids = ()
    customers: Ids = ()
    time: Interval | None = None
    filters: tuple[Filter, ...] = ()
    kind: Kind = "all"
    limit: int = Field(default=10, ge=1, le=100)


def run(arguments: RiskArguments, context: ToolContext) -> ToolResult:
    """Score by what was known at the time, and say what came to light later.

    Raises:
        RoleMissing: the store has neither payments nor refunds. UnknownEntity: an order or customer it does not have.
        AnalysisError: the period lies outside the data. PermissionRefused: a filter that these tables cannot hold.
        ArtifactDamaged: the trained model's file cannot be read.
    """
    from tools.risk_run import check

    return check(arguments, context)


TOOL = Tool(
    name=NAME,
    when="fraud, suspicious or risky orders, payments, refunds and customers: score, reasons, linked orders",
    arguments=RiskArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
    choices=CHOICES,
    needs=("payments",),
)
