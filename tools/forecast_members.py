"""A forecast for each of the largest members of a split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from db.errors import AnalysisError
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Value
from tools.forecast_facts import Made, bound_columns, bounds, change, made, method_of, quality, value_of
from tools.forecast_series import parts_of, read_history, watched
from tools.grammar import first_up, is_plural, listed
from tools.origin import origin_facts, origin_of
from tools.registry import ToolContext, ToolResult
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.forecast import ForecastArguments

BACKTESTS = 10  # each: five members then take about as long as two forecasts of the whole
RECENT_DAYS = 56  # whose largest members are forecast


@dataclass(frozen=True, slots=True)
class Members:
    """The forecasts in order, largest first, and those that could not be made."""

    made: tuple[tuple[Value, Made], ...]
    short: tuple[Value, ...]


def by_member(arguments: ForecastArguments, split: str, context: ToolContext) -> ToolResult:
    """One forecast each for the largest members.

    Raises:
        AnalysisError: none of them can be forecast. QueryError: the metric cannot be split so.
    """
    members = _largest(arguments, split, context)
    named = Filter(dimension=split, values=members)
    history = read_history(context, arguments.metric, (*arguments.filters, named), split)
    found: list[tuple[Value, Made]] = []
    short: list[Value] = []
    for index, member in enumerate(members):
        series = history.series.get(member)
        inner = replace(context, progress=partial(_part, context, index, len(members)))
        try:
            if series is None:
                raise AnalysisError("No day with data.")
            found.append((member, made(arguments, inner, series, history.known, BACKTESTS)))
        except AnalysisError:
            if len(members) == 1:
                raise
            short.append(member)
    if not found:
        label = context.store.schema.dimension(split).label.en
        raise AnalysisError(f"No {label} has history enough for a forecast that long.", "Ask for a nearer period.")
    found.sort(key=lambda pair: -pair[1].forecast.total.point)
    return _result(arguments, split, context, Members(tuple(found), tuple(short)), history.sql)


def _part(context: ToolContext, index: int, count: int, _stage: str, done: float) -> None:
    watched(context, (index + done) / count)


def _largest(arguments: ForecastArguments, split: str, context: ToolContext) -> tuple[str | int, ...]:
    """The members with most of the metric lately; of a ratio, with most of its denominator."""
    store = context.store
    end = min(context.today, store.data_end)
    start = max(store.data_start, end.fromordinal(end.toordinal() - RECENT_DAYS))
    if end <= start:
        raise AnalysisError(f"The store has no data before {context.today} to forecast from.")
    named = next((f.values for f in arguments.filters if f.dimension == split and f.op == "in"), None)
    query = SemanticQuery(
        metrics=(parts_of(store.schema, arguments.metric)[-1].name,),
        group_by=(split,),
        filters=arguments.filters,
        time=Interval(start=start, end=end),
        limit=len(named) if named and len(named) <= 10 else arguments.limit,
    )
    rows = store.run(query, context.row_filters, context.query_seconds).rows
    members = tuple(row[0] for row in rows if isinstance(row[0], str | int))
    if not members:
        raise AnalysisError(f"There is nothing to forecast: no data from {start} to {end}.")
    return members


def _result(arguments: ForecastArguments, split: str, context: ToolContext, members: Members, sql: str) -> ToolResult:
    first = members.made[0][1]
    query = SemanticQuery(metrics=(arguments.metric,), group_by=(split,), filters=arguments.filters, time=first.ahead)
    wording, unit = Wording(context.store.schema, query, context.store.data_range), first.metric.unit
    columns = (
        Column(split, context.store.schema.dimension(split).label, "member"),
        Column("forecast", Text(en=f"{first.metric.label.en}, forecast", zh=f"{first.metric.label.zh}预测"), unit),
        *bound_columns(first.metric),
        Column("before", Text(en="As many days before", zh="之前同样天数"), unit),
        Column("change_pct", Text(en="Change", zh="变化"), "ratio"),
        *(column for column, _ in quality(first.forecast)),
    )
    rows = tuple(
        (
            member,
            value_of(m.forecast.total.point, unit),
            *bounds(m.forecast.total, unit),
            m.before,
            change(m.forecast.total.point, m.before),
            *(value for _, value in quality(m.forecast)),
        )
        for member, m in members.made
    )
    name, scope = wording.metric(arguments.metric), wording.scope()
    evidence = Evidence(
        id=context.evidence_id,
        tool="forecast",
        args=arguments.model_dump(mode="json", exclude_defaults=True),
        title=Text(
            en=f"Forecast of {name.en} by {wording.split().en} {scope.en}",
            zh=f"{scope.zh}{wording.each()}的{name.zh}预测",
        ),
        columns=columns,
        rows=rows,
        sql=sql,
        method=f"each member apart: {method_of(first.forecast)}",
        origin=origin_of(context.store.schema, (arguments.metric,)),
        chart=Chart("bar", context.evidence_id, split, ("forecast",)),
    )
    facts = _facts(wording, split, evidence, members)
    return ToolResult(evidence, (*facts, *origin_facts(context.store.schema, (arguments.metric,))))


def _facts(wording: Wording, split: str, evidence: Evidence, members: Members) -> tuple[Fact, ...]:
    column = {c.name: i for i, c in enumerate(evidence.columns)}
    rows, unit, currency = evidence.rows, evidence.columns[1].unit, wording.schema.currency
    names = [wording.member(split, row[0]) for row in rows]

    def shown(row: int, name: str) -> str:
        value = rows[row][column[name]]
        return fmt.number(abs(value) if name == "change_pct" and isinstance(value, float) else value,
                          evidence.columns[column[name]].unit, currency)  # fmt: skip

    metric, scope = wording.metric(wording.query.metrics[0]), wording.scope(closed=True)
    are = "are" if is_plural(metric.en) else "is"
    mean = " on an average day" if members.made[0][1].series.kind == "mean" else ""
    items = [(n, shown(i, "forecast"), shown(i, "low_80"), shown(i, "high_80")) for i, n in enumerate(names)]
    head = Text(
        en=f"{first_up(metric.en)} {scope.en} {are} forecast{mean} at "
        f"{listed([f'{v} for {n.en} (80% interval {a} to {b})' for n, v, a, b in items])}.",
        zh=f"预计{scope.zh}的{metric.zh}{'日均' if mean else ''}："
        f"{'；'.join(f'{n.zh}为{v}（80%区间{a}至{b}）' for n, v, a, b in items)}。",
    )
    every = range(len(rows))
    cells = tuple(Cell(evidence.id, i, n) for i in every for n in ("forecast", "low_80", "high_80"))
    facts = [Fact("", rows[0][1], unit, head, cells, 1.2, tuple(n for t in names for n in (t.en, t.zh)))]
    moved = [(float(v), i) for i in every if isinstance(v := rows[i][column["change_pct"]], float)]
    for rate, i in (max(moved), min(moved)) if len(moved) > 1 else ():
        up, what = rate >= 0, names[i]
        size = shown(i, "change_pct")
        ways = ("the best", "表现最好") if (rate, i) == max(moved) else ("the weakest", "表现最弱")
        text = Text(
            en=f"Against as many days before, {what.en} does {ways[0]}: {size} {'up' if up else 'down'}.",
            zh=f"与之前同样天数相比，{what.zh}{ways[1]}：{'上升' if up else '下降'}{size}。",
        )
        facts.append(Fact("", rate, "ratio", text, (Cell(evidence.id, i, "change_pct"),), 0.8, (what.en, what.zh)))
    return (*facts, *_errors(evidence, names), *_short(wording, split, members))


def _errors(evidence: Evidence, names: list[Text]) -> tuple[Fact, ...]:
    column = {c.name: i for i, c in enumerate(evidence.columns)}
    rows = [
        (i, e, n)
        for i, row in enumerate(evidence.rows)
        if isinstance(e := row[column["error"]], float) and isinstance(n := row[column["naive_error"]], float)
    ]
    if not rows:
        return ()
    (low, *_), (high, *_) = min(rows, key=lambda r: r[1]), max(rows, key=lambda r: r[1])
    a, b = (fmt.number(evidence.rows[i][column["error"]], "ratio") for i in (low, high))
    text = Text(
        en=f"The daily error (WAPE) in backtests was between {a} ({names[low].en}) and {b} ({names[high].en}).",
        zh=f"回测的每日误差（WAPE）在{a}（{names[low].zh}）与{b}（{names[high].zh}）之间。",
    )
    cells = tuple(Cell(evidence.id, i, "error") for i in (low, high))
    words = (names[low].en, names[low].zh, names[high].en, names[high].zh)
    return (Fact("", rows[0][1], "ratio", text, cells, 0.7, words),)


def _short(wording: Wording, split: str, members: Members) -> tuple[Fact, ...]:
    if not members.short:
        return ()
    names = [wording.member(split, member) for member in members.short]
    text = Text(
        en=f"Too little history for {listed([n.en for n in names])}.",
        zh=f"{'、'.join(n.zh for n in names)}的历史数据太短，无法预测。",
    )
    return (Fact("", None, "text", text, (), 0.6, tuple(w for n in names for w in (n.en, n.zh))),)
