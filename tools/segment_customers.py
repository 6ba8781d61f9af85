"""Customers in segments: who they are, what sets them apart, who is about to leave, what they are worth, who moved."""

from __future__ import annotations

from pydantic import Field

from db.semantic.query import Filter, Interval
from tools.arguments import Arguments, Ids
from tools.registry import Tool, ToolContext, ToolResult
from tools.segment_words import ASKS, CHOICES, HINTS, Focus, Method

NAME = "segment_customers"
LISTED = 10


class SegmentArguments(Arguments):
    """Which customers, and how they are looked at.

    Attributes:
        method: rfm (named segments by recency, frequency and money), clusters (groups found in habits), value (expected
            purchases and their worth), movement (who changed segment).
        focus: one segment, or all. ``best`` are the champions; ``leaving`` those about to leave and those at risk.
        customers: only these; one alone gets a portrait. filters: only customers who bought so in the last year.
        time: looked at as of its end; movement runs from its start, by default over the last month.
        limit: customers listed.
    """

    method: Method = "rfm"
    focus: Focus = "all"
    customers: Ids = ()
    filters: tuple[Filter, ...] = ()
    time: Interval | None = None
    limit: int = Field(default=LISTED, ge=1, le=500)


def run(arguments: SegmentArguments, context: ToolContext) -> ToolResult:
    """Segment the customers who bought before the clock.

    Raises:
        AnalysisError: too few customers, or none that meets the conditions. UnknownEntity: no such customer.
        RoleMissing: no table of sales. ArtifactDamaged: trained groups that cannot be read. StoreError: as every query.
    """
    from tools.segment_clusters import found_groups
    from tools.segment_groups import overview
    from tools.segment_list import one_segment
    from tools.segment_moves import movement
    from tools.segment_one import one_customer
    from tools.segment_reading import read
    from tools.segment_value import value

    reading = read(arguments, context)
    if len(arguments.customers) == 1 and arguments.method != "movement":
        return one_customer(reading)
    if arguments.method == "movement":
        return movement(reading)
    if arguments.method == "clusters":
        return found_groups(reading)
    if arguments.method == "value":
        return value(reading)
    return overview(reading) if arguments.focus == "all" else one_segment(reading)


TOOL = Tool(
    name=NAME,
    when="groups of customers: segments, portraits, who is leaving, lost or best, what they are worth, who moved",
    arguments=SegmentArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
    choices=CHOICES,
    needs=("sales",),
    gives=("customer",),
)
