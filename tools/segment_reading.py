"""What every view of the segments starts from: the customers, read under the asker's rights, and a sheet to fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from db.errors import AnalysisError, UnknownEntity
from db.semantic.schema import Origin, Text
from models.segmentation.features import Customers, buyers
from models.segmentation.profiles import Profiles, profiles
from tools.evidence import Cell, Chart, Column, Evidence, Value
from tools.registry import ToolContext, evidence_id
from tools.segment_customers import NAME, SegmentArguments
from tools.segment_words import FOCUS, PLURAL

NAMED_ARGS = 20  # customers that the call's arguments name; of a longer list only the number is kept


@dataclass(frozen=True, slots=True)
class Reading:
    """The question's customers. ``everyone`` are all whom the asker may see; ``chosen`` those that were asked about."""

    arguments: SegmentArguments
    context: ToolContext
    as_of: date
    everyone: Profiles
    chosen: Profiles

    @property
    def customers(self) -> Customers:
        """Everyone's past."""
        return self.everyone.customers

    @property
    def currency(self) -> str:
        """The store's."""
        return self.context.store.schema.currency

    @property
    def limited(self) -> bool:
        """Whether some customers only were asked about."""
        return bool(self.arguments.customers or self.arguments.filters)

    def focused(self) -> pd.DataFrame:
        """The chosen customers of the focus; there may be none."""
        table, focus = self.chosen.table, self.arguments.focus
        return table if focus == "all" else table[table["segment"].isin(FOCUS[focus])]

    def someone(self) -> pd.DataFrame:
        """The chosen customers of the focus. Raises AnalysisError where there is none."""
        found = self.focused()
        if found.empty:
            among = " among those asked about" if self.limited else ""
            name = PLURAL[self.arguments.focus].en
            raise AnalysisError(f"As of {self.as_of} there are no {name}{among}.", "Ask for all segments.")
        return found

    def sheet(self, index: int, title: Text, columns: Sequence[Column]) -> Sheet:
        """An empty table of this call."""
        return Sheet(self, index, title, tuple(columns))


@dataclass(slots=True)
class Sheet:
    """An evidence table while it is filled; cells are named by the row's number and the column's name."""

    reading: Reading
    index: int
    title: Text
    columns: tuple[Column, ...]
    rows: list[tuple[Value, ...]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The evidence's id."""
        return evidence_id(self.reading.context.evidence_id, self.index)

    def cells(self, row: int, *names: str) -> tuple[Cell, ...]:
        """Cells of a row."""
        return tuple(Cell(self.id, row, name) for name in names)

    def close(self, method: str, chart: Chart | None = None) -> Evidence:
        """The table as evidence, cut at the row cap."""
        cap = self.reading.context.row_cap
        return Evidence(
            id=self.id,
            tool=NAME,
            args=shown_arguments(self.reading.arguments, self.reading.context),
            title=self.title,
            columns=self.columns,
            rows=tuple(self.rows[:cap]),
            method=method,
            origin=origin(self.reading.context),
            truncated=len(self.rows) > cap,
            chart=chart,
        )


def read(arguments: SegmentArguments, context: ToolContext) -> Reading:
    """Read everyone's past and find the customers asked about."""
    as_of = clock(arguments, context)
    context.progress("customers", 0.0)
    everyone = profiles(context.store, as_of, context.row_filters, context.query_seconds)
    return Reading(arguments, context, as_of, everyone, choose(everyone, arguments, context, as_of))


def choose(everyone: Profiles, arguments: SegmentArguments, context: ToolContext, as_of: date) -> Profiles:
    """Those of everyone who are named, or who bought as the filters say."""
    index = everyone.table.index
    if arguments.customers:
        names = {str(customer): customer for customer in index}
        lacking = [customer for customer in arguments.customers if customer not in names]
        if lacking and len(arguments.customers) <= NAMED_ARGS:
            raise UnknownEntity(
                f"The store has no purchase of customer '{lacking[0]}' before {as_of}.", "Check the id."
            )
        index = pd.Index([names[c] for c in dict.fromkeys(arguments.customers) if c in names])
    for filter_ in arguments.filters:
        index = index.intersection(
            buyers(context.store, as_of, filter_, context.row_filters, context.query_seconds), sort=False
        )
    if not len(index):
        raise AnalysisError("No customer of the last year meets these conditions.", "Ask with fewer conditions.")
    return everyone.only(list(index))


def clock(arguments: SegmentArguments, context: ToolContext) -> date:
    """The day as of which customers are looked at: the period's end, but never later than the shop's clock."""
    if arguments.time is None or arguments.time.start >= context.today:
        return context.today
    return min(arguments.time.end, context.today)


def shown_arguments(arguments: SegmentArguments, context: ToolContext) -> Mapping[str, Any]:
    """The call's arguments with pseudonyms for customers."""
    given = arguments.model_dump(mode="json", exclude_defaults=True)
    if arguments.customers:
        few = len(arguments.customers) <= NAMED_ARGS
        given["customers"] = (
            [context.people.name(c) for c in arguments.customers] if few else f"{len(arguments.customers)} customers"
        )
    return given


def origin(context: ToolContext) -> Origin:
    """Whether the sales are simulated: so are the metrics over their table then."""
    schema = context.store.schema
    table = schema.roles["sales"].table
    return (
        "simulated" if any(m.origin == "simulated" for m in schema.metrics.values() if m.table == table) else "recorded"
    )


def ids(table: pd.DataFrame) -> tuple[Value, ...]:
    """The customers of a table as plain values, in its order."""
    return tuple(table.index.tolist())


def day(moment: pd.Timestamp) -> str:
    """A day as text."""
    return moment.date().isoformat()


def last_day(as_of: date) -> date:
    """The last day that was looked at."""
    return as_of - timedelta(days=1)
