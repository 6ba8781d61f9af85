"""A chart as data for the page's own drawing code (static/chart.js): no specification that is compiled or evaluated."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from agent.interfaces.chat import words
from agent.interfaces.chat.views.figures import cell_id
from agent.interfaces.chat.views.html import attributes
from agent.present.cells import Cells
from agent.present.charts import points, vega
from tools.evidence import Evidence

BAR_STEP, AXIS = 30, 34  # pixels a bar, and below them: kept free before anything is drawn, so that nothing moves
LINE_HEIGHT, LEGEND = 240, 30
_SYMBOLS = {"USD": "$", "CNY": "¥", "EUR": "€", "GBP": "£", "JPY": "¥"}


def chart_html(evidence: Evidence, cells: Cells, answer_id: str) -> str:
    """Where the chart is drawn, its data inside and its height kept free; nothing where the table is no picture."""
    chart = evidence.chart
    if chart is None or chart.x is None or vega(evidence, cells) is None:
        return ""
    found = points(evidence, chart, chart.x, cells)
    keys, series = list(dict.fromkeys(p.key for p in found)), list(dict.fromkeys(p.series for p in found))
    unit = next(column.unit for column in evidence.columns if column.name == chart.y[0])
    marks = [
        [keys.index(p.key), series.index(p.series), p.value, p.shown, cell_id(answer_id, evidence.id, p.row, p.column)]
        for p in found
    ]
    money = _SYMBOLS.get(cells.schema.currency, "")
    data = {"kind": chart.kind, "keys": keys, "series": series, "marks": marks, "unit": unit, "currency": money}
    return drawing(data, words.CHART.of(cells.language).format(title=evidence.title.of(cells.language)))


def drawing(data: dict[str, Any], label: str) -> str:
    """The place of a chart; ``data`` as chart.js reads it: kind, keys, series, marks, unit, currency."""
    many = len(data["series"]) > 1
    bars = len(data["keys"]) * (len(data["series"]) if many else 1)
    height = (LINE_HEIGHT if data["kind"] == "line" else bars * BAR_STEP + AXIS) + (LEGEND if many else 0)
    said = attributes(class_="so-chart", style=f"height:{height}px", role="group", aria_label=label)
    return f'<div{said} data-chart="{escape(json.dumps(data, ensure_ascii=False), quote=True)}"></div>'
