"""Why a metric moved between two periods: exact contributions, the factors behind it, the members that explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from db.semantic.query import Filter, Interval
from tools.arguments import Arguments
from tools.evidence import Chart, Evidence
from tools.explain_words import ASKS, HINTS
from tools.origin import origin_of
from tools.registry import Tool, ToolContext, ToolResult

if TYPE_CHECKING:
    from tools.explain_causes import Findings
    from tools.explain_data import Reader

NAME = "explain_change"
MEMBERS = 10
_METHOD = (
    "Contributions: now minus before, member by member; ratios as rate and mix at midpoint weights. Factors: Shapley "
    "values. Causes: net share times effect to the power 1/3 over all members and pairs (docs/tools/explain_change.md)."
)


class ExplainArguments(Arguments):
    """What to explain.

    Attributes:
        time: the last full week without it. compare: without it the period of the same kind just before.
        filters: conditions on the metric. dimensions: explain by these only; by every sensible one without it.
        limit: how many members a table names; the others stand in one row.
    """

    metric: str
    time: Interval | None = None
    compare: Interval | None = None
    filters: tuple[Filter, ...] = ()
    dimensions: tuple[str, ...] = ()
    limit: int = Field(default=MEMBERS, ge=1, le=50)


def run(arguments: ExplainArguments, context: ToolContext) -> ToolResult:
    """Explain a change.

    Raises:
        AnalysisError: there is no data for one of the periods, or the metric has no value in one.
        QueryError: an unknown metric, dimension or member, or a split that the metric does not have.
    """
    from tools.explain_causes import find
    from tools.explain_data import Reader
    from tools.explain_periods import resolve

    periods = resolve(arguments.time, arguments.compare, context.store.data_range, context.today)
    reader = Reader(arguments.metric, arguments.filters, periods, context)
    _check_values(reader)
    context.progress("reading", 0.2)
    findings = find(reader, arguments.dimensions)
    context.progress("explaining", 0.8)
    return _explained(arguments, context, reader, findings)


def _check_values(reader: Reader) -> None:
    from db.errors import AnalysisError
    from tools import format as fmt

    whole, periods = reader.total, reader.periods
    for value, period in ((whole.value_now, periods.time), (whole.value_before, periods.compare)):
        if value is None:
            words = fmt.period(period).en
            raise AnalysisError(f"{reader.metric.label.en} has no value in {words}.", "Ask about another period.")
    if not any((whole.before, whole.now)):
        raise AnalysisError(
            f"{reader.metric.label.en} was zero in both periods, so there is nothing to explain.",
            "Ask about another period, or without that condition.",
        )


def _explained(arguments: ExplainArguments, context: ToolContext, reader: Reader, findings: Findings) -> ToolResult:
    from tools.explain_answer import Answer

    answer = Answer(reader, findings, arguments.dimensions, arguments.limit, context.evidence_id)
    tables = [
        Evidence(
            id=answer.ids[name],
            tool=NAME,
            args=arguments.model_dump(mode="json", exclude_defaults=True),
            title=table.title,
            columns=table.columns,
            rows=table.rows[: context.row_cap],
            sql=answer.sql.get(name),
            method=_METHOD,
            origin=origin_of(reader.schema, (reader.metric.name,)),
            truncated=len(table.rows) > context.row_cap,
            chart=Chart("bar", answer.ids[name], table.x, ("change",)) if table.x else None,
        )
        for name, table in answer.tables.items()
    ]
    return ToolResult(tables[0], answer.facts(), more=tuple(tables[1:]))


TOOL = Tool(
    name=NAME,
    when="why a metric rose or fell: what drove it, root cause, which members or factors are behind a change",
    arguments=ExplainArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
)
