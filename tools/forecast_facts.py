"""Evidence and facts of one series: its rows with the days before them, the total, and how well it did before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from db.errors import AnalysisError
from db.semantic.query import Interval, SemanticQuery
from db.semantic.schema import Metric, Text
from models.timeseries.backtest import ORIGINS
from models.timeseries.forecast import Forecast, Forecaster, Series, Span
from models.timeseries.forecast_calendar import Calendar
from tools import format as fmt
from tools.evidence import Chart, Column, Evidence, Unit, Value
from tools.forecast_sentences import Sentences
from tools.forecast_series import History, calendar_of, parts_of, read_history, spans, watched
from tools.grammar import first_up
from tools.origin import origin_facts, origin_of
from tools.registry import ToolContext, ToolResult, evidence_id
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.forecast import ForecastArguments

_BEFORE = {"day": 28, "week": 8 * 7, "month": 92}  # days of history that the chart shows before the forecast
_PERIOD = {"day": Text(en="Day", zh="日期"), "week": Text(en="Week", zh="周"), "month": Text(en="Month", zh="月份")}
BOUNDS = ("low_80", "high_80", "low_95", "high_95")
_BOUND_LABELS = (
    Text(en="low (80%)", zh="下限（80%）"),
    Text(en="high (80%)", zh="上限（80%）"),
    Text(en="low (95%)", zh="下限（95%）"),
    Text(en="high (95%)", zh="上限（95%）"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """One series with its forecast: what the sentences speak of.

    Attributes:
        ahead: the days that are forecast; asked: the days asked for, which may begin earlier.
        before: the value of as many days just before; year_before: of the same weekdays a year earlier.
        recorded: what the days asked for have brought already, where days add up.
    """

    metric: Metric
    series: Series
    calendar: Calendar
    forecast: Forecast
    ahead: Interval
    asked: Interval
    before: Value
    year_before: Value
    recorded: Value


def value_of(number: float, unit: Unit) -> Value:
    """A computed number as a cell: money to the cent, counts whole."""
    if np.isnan(number):
        return None
    if unit == "currency":
        return Decimal(str(round(number, 2)))
    return round(number) if unit == "count" else round(number, 6)


def bound_columns(metric: Metric) -> tuple[Column, ...]:
    """The columns of both intervals."""
    return tuple(Column(n, label, metric.unit) for n, label in zip(BOUNDS, _BOUND_LABELS, strict=True))


def bounds(span: Span, unit: Unit) -> tuple[Value, ...]:
    """The cells of :func:`bound_columns`."""
    return tuple(value_of(end, unit) for interval in span.intervals for end in interval)


def made(arguments: ForecastArguments, context: ToolContext, series: Series, known: date, most: int = ORIGINS) -> Made:
    """Forecast a series over the days of the horizon that are not known yet.

    Raises:
        AnalysisError: the history is too short, or the horizon too far.
    """
    schema, asked = context.store.schema, arguments.horizon
    assert asked is not None  # noqa: S101 - the tool has settled it
    metric, calendar = schema.metric(arguments.metric), calendar_of(schema, parts_of(schema, arguments.metric))
    ahead = Interval(start=max(asked.start, known), end=asked.end)
    forecaster = Forecaster(series, calendar, most, partial(watched, context))
    forecast = forecaster.forecast(spans(ahead, arguments.grain))
    days, length = ahead.days, series.days

    def past(first: int, last: int) -> Value:
        whole = 0 <= first < last <= length
        return value_of(float(series.span(series.parts, first, last)), metric.unit) if whole else None

    year = (ahead.start - series.start).days - 364
    gone = (asked.start - series.start).days
    recorded = past(gone, length) if asked.start < known and series.kind == "sum" else None
    return Made(
        metric,
        series,
        calendar,
        forecast,
        ahead,
        asked,
        past(length - days, length),
        past(year, year + days),
        recorded,
    )


def whole(arguments: ForecastArguments, context: ToolContext) -> ToolResult:
    """The forecast of the metric as a whole.

    Raises:
        AnalysisError: nothing to forecast from, too short, or too far.
    """
    history = read_history(context, arguments.metric, arguments.filters)
    series = history.series.get(None)
    wording = wording_of(arguments, context)
    if series is None:
        raise AnalysisError(
            f"There is no {wording.metric(arguments.metric).en} to forecast from{wording.conditions().en}."
        )
    found = made(arguments, context, series, history.known)
    wording = wording_of(arguments, context, found.ahead)
    rows = _rows_evidence(arguments, context, found, history, wording)
    total = _total_evidence(context, found, rows)
    facts = Sentences(found, wording, rows, total, arguments.grain).write()
    return ToolResult(rows, (*facts, *origin_facts(context.store.schema, (arguments.metric,))), more=(total,))


def wording_of(arguments: ForecastArguments, context: ToolContext, period: Interval | None = None) -> Wording:
    """Names, conditions and period in words."""
    query = SemanticQuery(metrics=(arguments.metric,), filters=arguments.filters, time=period or arguments.horizon)
    return Wording(context.store.schema, query, context.store.data_range)


def method_of(forecast: Forecast) -> str:
    """How it was computed, in one line."""
    shares = ", ".join(f"{name} {share:.0%}" for name, share in forecast.weights.items())
    return (
        f"weighted average of daily models with weekdays and holidays ({shares}); weights and intervals from "
        f"{forecast.backtests} rolling-origin backtests on days before the clock"
    )


def _rows_evidence(
    arguments: ForecastArguments, context: ToolContext, found: Made, history: History, wording: Wording
) -> Evidence:
    grain, unit, series = arguments.grain, found.metric.unit, found.series
    start = max(series.start, series.end - timedelta(days=_BEFORE[grain]))
    rows: list[tuple[Value, ...]] = []
    for a, b in spans(Interval(start=start, end=series.end), grain):
        first, last = (a - series.start).days, (b - series.start).days
        rows.append((_key(a, grain), value_of(float(series.span(series.parts, first, last)), unit), *[None] * 5))
    rows += [(_key(s.start, grain), None, value_of(s.point, unit), *bounds(s, unit)) for s in found.forecast.spans]
    dimensions = context.store.schema.dimensions
    key = next((name for name, d in dimensions.items() if d.kind == "time" and d.grain == grain), grain)
    label, scope = found.metric.label, wording.scope()
    return Evidence(
        id=context.evidence_id,
        tool="forecast",
        args=arguments.model_dump(mode="json", exclude_defaults=True),
        title=Text(
            en=f"Forecast of {wording.metric(arguments.metric).en} {scope.en}", zh=f"{scope.zh}的{label.zh}预测"
        ),
        columns=(
            Column(key, dimensions[key].label if key in dimensions else _PERIOD[grain], "date"),
            Column("actual", Text(en=f"{first_up(label.en)} so far", zh=f"已有{label.zh}"), unit),
            Column("forecast", Text(en="Forecast", zh="预测"), unit),
            *bound_columns(found.metric),
        ),
        rows=tuple(rows),
        sql=history.sql,
        method=method_of(found.forecast),
        origin=origin_of(context.store.schema, (arguments.metric,)),
        chart=Chart("line", context.evidence_id, key, ("actual", "forecast", *BOUNDS[:2])),
    )


def _key(day: date, grain: str) -> str:
    if grain == "month":
        return day.isoformat()[:7]
    return (day - timedelta(days=day.weekday()) if grain == "week" else day).isoformat()


def _total_evidence(context: ToolContext, found: Made, rows: Evidence) -> Evidence:
    """One row: the whole horizon, what was before it, and the backtests."""
    unit, forecast = found.metric.unit, found.forecast
    total = value_of(forecast.total.point, unit)
    together = _sum(total, found.recorded) if found.recorded is not None else None
    cells: list[tuple[Column, Value]] = [
        (Column("total", Text(en="Forecast", zh="预测"), unit), total),
        *zip(bound_columns(found.metric), bounds(forecast.total, unit), strict=True),
        (Column("days", Text(en="Days", zh="天数"), "count"), found.ahead.days),
        (Column("before", Text(en="As many days before", zh="之前同样天数"), unit), found.before),
        (Column("change_pct", Text(en="Change", zh="变化"), "ratio"), change(forecast.total.point, found.before)),
        (Column("year_before", Text(en="A year before", zh="上年同期"), unit), found.year_before),
        (Column("recorded", Text(en="Recorded so far", zh="已实现"), unit), found.recorded),
        (Column("together", Text(en="Recorded and forecast", zh="已实现加预测"), unit), together),
        *quality(forecast),
        (Column("level_80", Text(en="Probability", zh="把握"), "ratio"), 0.8),
        (Column("level_95", Text(en="Probability", zh="把握"), "ratio"), 0.95),
    ]
    kept = [(column, value) for column, value in cells if value is not None]
    return Evidence(
        id=evidence_id(context.evidence_id, 1),
        tool="forecast",
        args=rows.args,
        title=Text(en=f"{rows.title.en}: total and error", zh=f"{rows.title.zh}：合计与误差"),
        columns=tuple(column for column, _ in kept),
        rows=(tuple(value for _, value in kept),),
        method=rows.method,
        origin=rows.origin,
    )


def quality(forecast: Forecast) -> list[tuple[Column, Value]]:
    """The backtests' error, the naive one's, and their number."""
    errors = [None if np.isinf(e) else round(e, 4) for e in (forecast.wape, forecast.naive_wape)]
    return [
        (Column("error", Text(en="Daily error (WAPE)", zh="日均误差（WAPE）"), "ratio"), errors[0]),
        (Column("naive_error", Text(en="Error of repeating last week", zh="照搬上周的误差"), "ratio"), errors[1]),
        (Column("backtests", Text(en="Backtests", zh="回测次数"), "count"), forecast.backtests),
    ]


def change(point: float, before: Value) -> Value:
    """Relative change from the value before; None where there is none."""
    base = float(before) if isinstance(before, int | float | Decimal) else 0.0
    return round(point / base - 1, 6) if base > 0 else None


def _sum(a: Value, b: Value) -> Value:
    return a + b if isinstance(a, Decimal) and isinstance(b, Decimal) else fmt.figure(a) + fmt.figure(b)
