"""An evidence's chart as a Vega-Lite specification, which Gradio's plot component draws with its bundled Vega."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.present.cells import Cells
from tools.evidence import Chart, Column, Evidence, Value

BARS = 20  # more bars than this are a table, not a picture
SERIES = 8  # colours that stay apart
BAR_STEP = 26  # pixels a bar
LINE_HEIGHT = 240  # pixels
AXIS_HEIGHT = 44  # pixels below the bars
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # names the format; it is never fetched
_COLOURS = ["#4f6bed", "#e07a3f", "#2a9d8f", "#c2559d", "#d4a017", "#7d8597", "#8e6ad8", "#5b8c3e"]
_AXIS = {"currency": "~s", "count": "~s", "ratio": ".1~%", "percent": ".1~%"}


def vega(evidence: Evidence, cells: Cells) -> dict[str, Any] | None:
    """The chart's specification with its data inside; None for a single number, fewer than two keys, too many series.

    It is layered because Gradio styles the layers of a line chart; of a bar chart it styles the outer ``encoding``.
    """
    chart = evidence.chart
    if chart is None or chart.kind == "number" or chart.x is None or len(evidence.rows) < 2:
        return None
    data = _data(evidence, chart, chart.x, cells)
    if len({point["key"] for point in data}) < 2 or len({point["series"] for point in data}) > SERIES:
        return None
    columns = {column.name: column for column in evidence.columns}
    keys, series = {point["key"] for point in data}, list(dict.fromkeys(point["series"] for point in data))
    encoding = _encoding(chart, columns[chart.x], columns[chart.y[0]], series, cells)
    bars = len(keys) * (len(series) if len(series) > 1 else 1)
    return {
        "$schema": _SCHEMA,
        "data": {"values": data},
        "layer": [{"mark": mark, "encoding": encoding} for mark in _marks(chart)],
        "encoding": {},
        "height": LINE_HEIGHT if chart.kind == "line" else bars * BAR_STEP + AXIS_HEIGHT,
        "background": "transparent",
        "view": {"stroke": None},
        "usermeta": {"embedOptions": {"actions": False}},
    }


def shown_rows(evidence: Evidence) -> int:
    """How many of the evidence's rows its chart shows."""
    bar = evidence.chart is not None and evidence.chart.kind == "bar"
    return min(len(evidence.rows), BARS) if bar else len(evidence.rows)


@dataclass(frozen=True, slots=True)
class Point:
    """One mark of a chart: its key and series, its value, the value as the table writes it, and its cell."""

    key: str
    series: str
    value: float
    shown: str
    row: int
    column: str


def _data(evidence: Evidence, chart: Chart, x: str, cells: Cells) -> list[dict[str, Any]]:
    return [
        {"key": p.key, "series": p.series, "value": p.value, "shown": p.shown}
        for p in points(evidence, chart, x, cells)
    ]


def points(evidence: Evidence, chart: Chart, x: str, cells: Cells) -> list[Point]:
    """One point a row and measure, for the rows that the chart shows."""
    index = {column.name: i for i, column in enumerate(evidence.columns)}
    key = evidence.columns[index[x]]
    found = []
    for number, row in enumerate(evidence.rows[: shown_rows(evidence)]):
        for name in chart.y:
            column = evidence.columns[index[name]]
            split = evidence.columns[index[chart.series]] if chart.series else None
            series = cells.text(split, row[index[split.name]]) if split else column.label.of(cells.language)
            value = _number(row[index[name]])
            if value is not None:
                shown = cells.text(column, row[index[name]])
                found.append(Point(cells.text(key, row[index[key.name]]), series, value, shown, number, name))
    return found


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def _marks(chart: Chart) -> list[dict[str, Any]]:
    if chart.kind == "line":
        return [{"type": "line", "strokeWidth": 2.2}, {"type": "point", "filled": True, "size": 36, "opacity": 1}]
    return [{"type": "bar", "cornerRadiusEnd": 3, "strokeWidth": 0}]


def _encoding(chart: Chart, key: Column, measure: Column, series: list[str], cells: Cells) -> dict[str, Any]:
    line, many = chart.kind == "line", len(series) > 1
    label = measure.label.of(cells.language)
    axis = {"labelOverlap": "greedy", "labelAngle": 0, "labelLimit": 120} if line else {"labelLimit": 130}
    categories = {"field": "key", "type": "ordinal", "sort": None, "title": None, "axis": {**axis, "grid": False}}
    values = {
        "field": "value",
        "type": "quantitative",
        "title": None if many else label,
        "axis": {"format": _AXIS.get(measure.unit, "~s"), "tickCount": 5},
        "scale": {"zero": not line},
    }
    encoding: dict[str, Any] = {"x": categories, "y": values} if line else {"x": values, "y": categories}
    tips = [("key", key.label.of(cells.language)), ("shown", label)]
    if many:
        encoding["color"] = {
            "field": "series",
            "type": "nominal",
            "title": None,
            "scale": {"domain": series, "range": _COLOURS[: len(series)]},
            "legend": {"orient": "top"},
        }
        tips.insert(1, ("series", "·"))
        if not line:
            encoding["yOffset"] = {"field": "series", "sort": None}
    encoding["tooltip"] = [{"field": field, "type": "nominal", "title": title} for field, title in tips]
    return encoding
