"""The brief's pictures: Vega-Lite specifications drawn to SVG once, and spark lines small enough to draw by hand.

Colours of an SVG are fixed; the page's style gives them others in the dark by their attribute.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from agent.brief.contracts import Analysis, Kpi, Picture
from agent.brief.ledger import at, column, numeric
from agent.brief.page import plain
from agent.contracts import Language
from agent.present.cells import Cells
from agent.present.pictures import svg
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Evidence

ACCENT, SOFT, BAD, GOOD, AHEAD = "#3f5bd8", "#c9d2f7", "#b3372f", "#1f7a4d", "#b06a00"
WIDE, NARROW = 620, 300  # pixels of the plot: a desktop's and a phone's
SPARK = (120, 30)
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # names the format; it is never fetched
_SIZE = re.compile(r'<svg([^>]*?) width="([\d.]+)" height="([\d.]+)"')
_SERIES = {"actual": Text(en="actual", zh="实际"), "ahead": Text(en="forecast", zh="预测")}


def draw(picture: Picture, analysis: Analysis, schema: StoreSchema, language: Language) -> str:
    """A picture as two inline SVGs, of which the page shows the one that fits; empty where there is nothing to draw."""
    spec = _spec(picture, analysis, Cells(schema, language))
    if spec is None:
        return ""
    drawn = []
    for name, width in (("wide", WIDE), ("narrow", NARROW)):
        markup = svg({**spec, "width": width}).decode()
        drawn.append(_inline(markup, f"{picture.kind}-{name}", picture.title.of(language), name))
    return "".join(drawn)


def _inline(markup: str, prefix: str, title: str, name: str) -> str:
    """An SVG that scales with the page, with ids of its own, and a name for who cannot see it."""
    body = markup[markup.index("<svg") :]
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    match = _SIZE.search(body)
    limit = f' style="max-width:{match[2]}px"' if match else ""
    body = _SIZE.sub(r"<svg\1", body, count=1)
    label = escape(title, {'"': "&quot;"})
    return body.replace("<svg", f'<svg role="img" aria-label="{label}" data-size="{name}"{limit}', 1)


def _spec(picture: Picture, analysis: Analysis, cells: Cells) -> dict[str, Any] | None:
    main = analysis.kpis[0]
    number = "$~s" if main.unit == "currency" and analysis.currency == "USD" else "~s"
    if picture.kind == "weeks":
        return _weeks(main, number)
    if picture.kind == "forecast":
        return _forecast(picture.evidence, number, cells.language)
    return _bars(picture.evidence, number, cells)


def _base(height: int) -> dict[str, Any]:
    return {"$schema": _SCHEMA, "height": height, "view": {"stroke": None}}


def _day_axis(ticks: int) -> dict[str, Any]:
    axis = {"format": "%m-%d", "grid": False, "tickCount": ticks, "labelOverlap": "greedy"}
    return {"field": "day", "type": "temporal", "scale": {"type": "utc"}, "axis": axis, "title": None}


def _values(number: str, field: str = "value") -> dict[str, Any]:
    axis = {"format": number, "tickCount": 4, "domain": False, "ticks": False}
    return {"field": field, "type": "quantitative", "scale": {"zero": False}, "axis": axis, "title": None}


def _weeks(kpi: Kpi, number: str) -> dict[str, Any] | None:
    """Weeks as a line; the bar at the last one is where it usually lies."""
    if len(kpi.points) < 2:
        return None
    points = [{"day": f"{day}T00:00:00Z", "value": value} for day, value in kpi.points]
    last = points[-1]
    tone = BAD if kpi.bad else GOOD if kpi.verdict in ("low", "high") else ACCENT
    x, y = _day_axis(8), _values(number)
    layers: list[dict[str, Any]] = []
    if kpi.low is not None and kpi.high is not None:
        band = {"day": last["day"], "low": numeric(kpi.low), "high": numeric(kpi.high)}
        layers.append(
            {
                "data": {"values": [band]},
                "mark": {"type": "rule", "strokeWidth": 12, "color": SOFT, "strokeCap": "round"},
                "encoding": {"x": x, "y": _values(number, "low"), "y2": {"field": "high"}},
            }
        )
    layers.append(
        {
            "data": {"values": points},
            "mark": {"type": "line", "strokeWidth": 2, "color": ACCENT},
            "encoding": {"x": x, "y": y},
        }
    )
    layers.append(
        {
            "data": {"values": [last]},
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": tone},
            "encoding": {"x": x, "y": y},
        }
    )
    return {**_base(170), "layer": layers}


def _forecast(evidence: Evidence, number: str, language: Language) -> dict[str, Any] | None:
    """Days that were as a line, days ahead with their band."""
    actual, ahead, band = (_days(evidence, *names) for names in (("actual",), ("forecast",), ("low_80", "high_80")))
    if len(actual) + len(ahead) < 2:
        return None
    named = {name: text.of(language) for name, text in _SERIES.items()}
    ahead = [{**point, "series": named["ahead"]} for point in ahead]
    actual = [{**point, "series": named["actual"]} for point in actual]
    x, y = _day_axis(8), _values(number)
    colour = {
        "field": "series",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(named.values()), "range": [ACCENT, AHEAD]},
        "legend": {"orient": "top"},
    }
    edges = {"x": x, "y": _values(number, "value"), "y2": {"field": "high"}}
    layers = [
        {"data": {"values": band}, "mark": {"type": "area", "color": AHEAD, "opacity": 0.16}, "encoding": edges},
        _layer([*actual, *ahead], {"type": "line", "strokeWidth": 2}, {"x": x, "y": y, "color": colour}),
        _layer(ahead, {"type": "point", "filled": True, "size": 30, "opacity": 1}, {"x": x, "y": y, "color": colour}),
    ]
    return {**_base(180), "layer": layers}


def _layer(values: list[dict[str, Any]], mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _days(evidence: Evidence, name: str, high: str | None = None) -> list[dict[str, Any]]:
    """The days on which a column has a value, with a second column's beside it."""
    found: list[dict[str, Any]] = []
    for i in range(len(evidence.rows)):
        value = numeric(at(evidence, i, name))
        if value is not None:
            point = {"day": f"{at(evidence, i, 'date')}T00:00:00Z", "value": value}
            found.append(point | ({"high": numeric(at(evidence, i, high))} if high else {}))
    return found


def _bars(evidence: Evidence, number: str, cells: Cells) -> dict[str, Any] | None:
    """Changes as bars from zero, in the order of the table."""
    place = column(evidence, "change")
    rows = [
        {"name": plain(cells.text(evidence.columns[0], row[0])), "value": numeric(row[place])} for row in evidence.rows
    ]
    rows = [row for row in rows if row["value"] is not None]
    if len(rows) < 2:
        return None
    sign = {"condition": {"test": "datum.value < 0", "value": BAD}, "value": GOOD}
    names = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 130, "ticks": False, "domain": False},
    }
    amount = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "axis": {"labelExpr": f"format(datum.value, '{number}')", "tickCount": 4},
    }
    return {
        **_base(24 * len(rows)),
        "data": {"values": rows},
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "height": 13},
        "encoding": {"y": names, "x": amount, "color": sign},
    }


def spark(kpi: Kpi) -> str:
    """A line of the last weeks without axes; the bar behind its end is where this week usually lies."""
    points = kpi.points[-13:]
    if len(points) < 2:
        return ""
    width, height = SPARK
    limits = [v for v in (numeric(kpi.low), numeric(kpi.high)) if v is not None]
    every = [value for _, value in points] + limits
    low, high = min(every), max(every)
    span = (high - low) or 1.0
    step = (width - 12) / (len(points) - 1)

    def y(value: float) -> float:
        return round(height - 4 - (value - low) / span * (height - 8), 1)

    path = " ".join(f"{round(4 + i * step, 1)},{y(value)}" for i, (_, value) in enumerate(points))
    end = round(4 + (len(points) - 1) * step, 1)
    tone = BAD if kpi.bad else GOOD if kpi.verdict in ("low", "high") and kpi.good != "neutral" else ACCENT
    bar = ""
    if len(limits) == 2:
        ends = f'x1="{end}" x2="{end}" y1="{y(limits[1])}" y2="{y(limits[0])}"'
        bar = f'<line {ends} stroke="{SOFT}" stroke-width="7" stroke-linecap="round"/>'
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="xMinYMid meet" aria-hidden="true">'
        f"{bar}"
        f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<circle cx="{end}" cy="{y(points[-1][1])}" r="3" fill="{tone}"/></svg>'
    )
