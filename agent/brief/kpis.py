"""The key figures of the week: against the week before, a year before, and what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from agent.brief.contracts import Kpi
from agent.brief.gather import Frame
from agent.brief.jobs import Findings, Found
from agent.brief.ledger import column, numeric
from agent.brief.usual import YEAR, Usual, usual
from agent.brief.week import WEEK
from db.semantic.schema import Metric, Text
from tools.evidence import Column, Evidence, Value
from tools.origin import simulated_metrics

DRAWN = 26  # weeks of a spark line
SHUT_DAYS = 4  # the same weekday had trade in all of the four weeks before: then a day without any was shut
TABLE = "e1"
METHOD = (
    "Usual: the level (median of the last 13 weeks) ± 3.145 × the median change from week to week of up to 26 weeks "
    "before; with more than a year of history the same over each week's ratio to the same week a year before. Weekdays "
    "on which this week was shut are left out of the other weeks too."
)
_COLUMNS = (
    Column("figure", Text(en="Figure", zh="指标"), "text"),
    Column("now", Text(en="This week", zh="本周"), "number"),
    Column("previous", Text(en="Week before", zh="上周"), "number"),
    Column("change", Text(en="Change", zh="环比"), "ratio"),
    Column("last_year", Text(en="Year before", zh="去年同周"), "number"),
    Column("low", Text(en="Usually at least", zh="正常下限"), "number"),
    Column("high", Text(en="Usually at most", zh="正常上限"), "number"),
    Column("centre", Text(en="Usual level", zh="正常水平"), "number"),
    Column("weeks", Text(en="Weeks learnt from", zh="依据周数"), "count"),
)


@dataclass(frozen=True, slots=True)
class Series:
    """Weekly values of a metric, oldest first, the last one of this week; the days of the recent ones by date."""

    weeks: tuple[date, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """Daily sums of the recent weeks: metric → day → value."""

    values: Mapping[str, Mapping[date, float]]

    def shut(self, frame: Frame) -> tuple[date, ...]:
        """Days of the week without any trade, where the same weekday always had some in the weeks before."""
        main = self.values.get(frame.kpis[0])
        if not main:
            return ()
        every = [frame.week.start + timedelta(days=i) for i in range(7)]
        return tuple(day for day in every if not main.get(day) and self._traded(main, day))

    @staticmethod
    def _traded(main: Mapping[date, float], day: date) -> bool:
        earlier = [main.get(day - i * WEEK) for i in range(1, SHUT_DAYS + 1)]
        return all(value for value in earlier)


def read_days(findings: Findings) -> Days:
    """The daily sums of the ``days`` job; none where it failed."""
    found = findings.get("days")
    if not isinstance(found, Found):
        return Days({})
    table = found.table(0)
    names = [c.name for c in table.columns[1:]]
    return Days(
        {
            name: {date.fromisoformat(str(row[0])): numeric(row[i]) or 0.0 for row in table.rows}
            for i, name in enumerate(names, 1)
        }
    )


def read_weeks(findings: Findings, jobs: str = "weeks") -> dict[str, Series]:
    """The weekly values of every figure."""
    series: dict[str, Series] = {}
    for name, found in findings.items():
        if name.startswith(jobs) and isinstance(found, Found):
            table = found.table(0)
            weeks = tuple(date.fromisoformat(str(row[column(table, "week")])) for row in table.rows)
            for place, part in enumerate(table.columns):
                if part.name != "week":
                    series[part.name] = Series(weeks, tuple(row[place] for row in table.rows))
    return series


def key_figures(frame: Frame, findings: Findings) -> tuple[tuple[Kpi, ...], Evidence]:
    """The figures of the strip, and their table."""
    series, like = read_weeks(findings), read_weeks(findings, "open")
    shut = len(read_days(findings).shut(frame))
    kpis: list[Kpi] = []
    rows: list[tuple[Value, ...]] = []
    for name in frame.kpis:
        if name not in series or not series[name].weeks or series[name].weeks[-1] != frame.week.start:
            continue
        metric = frame.schema.metric(name)
        judged = like.get(name)
        if judged is None or not _same(judged.values[-1], series[name].values[-1]):
            judged, closed = series[name], 0
        else:
            closed = shut
        limits = usual([numeric(v) for v in judged.values])
        kpi = _kpi(metric, series[name], limits, frame, len(rows), closed)
        kpis.append(kpi)
        label = f"{kpi.label.en} {kpi.label.zh}"
        rows.append(
            (
                label,
                kpi.now,
                kpi.previous,
                kpi.change,
                kpi.last_year,
                kpi.low,
                kpi.high,
                kpi.centre,
                limits.weeks if limits else None,
            )
        )
    simulated = any(kpi.simulated for kpi in kpis)
    table = Evidence(
        TABLE, "brief", {"week": str(frame.week.start)}, Text(en="Key figures", zh="关键指标"), _COLUMNS, tuple(rows),
        method=METHOD, origin="simulated" if simulated else "recorded",
    )  # fmt: skip
    return tuple(kpis), table


def _same(a: Value, b: Value) -> bool:
    """Whether a week is what it is without the days that were shut: a rate that counted on them keeps its own weeks."""
    x, y = numeric(a), numeric(b)
    return x is not None and y is not None and abs(x - y) <= 1e-9 * max(abs(x), abs(y), 1.0)


def _kpi(metric: Metric, series: Series, limits: Usual | None, frame: Frame, row: int, shut: int) -> Kpi:
    values = dict(zip(series.weeks, series.values, strict=True))
    now, previous = series.values[-1], values.get(frame.week.start - WEEK)
    last_year = values.get(frame.week.start - YEAR * WEEK)
    points = [(w, v) for w, value in zip(series.weeks, series.values, strict=True) if (v := numeric(value)) is not None]
    return Kpi(
        metric.name, metric.label, metric.unit, metric.good, now, previous, _change(now, previous, metric), last_year,
        _like(limits.low, metric) if limits else None, _like(limits.high, metric) if limits else None,
        _like(limits.centre, metric) if limits else None,
        limits.verdict(numeric(now)) if limits else "unknown",
        bool(simulated_metrics(frame.schema, (metric.name,))), row, tuple(points[-DRAWN:]), shut,
    )  # fmt: skip


def _change(now: Value, previous: Value, metric: Metric) -> float | None:
    a, b = numeric(now), numeric(previous)
    if a is None or b is None:
        return None
    if metric.unit in ("ratio", "percent"):
        return a - b
    return a / b - 1 if b else None


def _like(value: float, metric: Metric) -> Value:
    """A limit with the places that its figure has."""
    if metric.unit == "currency":
        return Decimal(str(round(value, 2)))
    return round(value) if metric.unit == "count" else round(value, 6)
