"""A chart's specification as a picture, for places that draw no Vega-Lite: Slack, e-mail, PDF. Nothing is fetched.

The first picture of a process starts vl-convert's engine (0.6 s on one core); the next ones take about 0.05 s.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from db.errors import InternalError

WIDTH = 640  # pixels of the plot itself, before ``scale``
SCALE = 2.0  # so that text stays sharp on dense screens and in print
MARKED = 60  # points of a line that are marked one by one; with more the marks hide the line
_VEGALITE = "5.21"  # what the specifications are written for, pinned so that a newer library draws them alike
# The first that is installed; a machine without any Chinese font draws empty boxes there.
_FONT = (
    "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
)
_INK, _MUTED, _GRID = "#1f2933", "#52606d", "#e4e7eb"
_CONFIG: dict[str, Any] = {
    "background": "white",
    "font": _FONT,
    "padding": 12,
    "view": {"stroke": None},
    "axis": {
        "labelColor": _MUTED,
        "titleColor": _MUTED,
        "gridColor": _GRID,
        "domainColor": _GRID,
        "ticks": False,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "titlePadding": 10,
    },
    "legend": {"labelColor": _INK, "labelFontSize": 12, "labelLimit": 200, "symbolType": "circle"},
    "title": {"color": _INK, "fontSize": 15, "fontWeight": "bold", "anchor": "start", "offset": 14},
    "bar": {"color": "#4f6bed"},
    "line": {"color": "#4f6bed", "strokeJoin": "round"},
    "point": {"color": "#4f6bed"},
}
_ONE = threading.Lock()  # its engine is one JavaScript isolate; threads would only queue inside it


def png(spec: Mapping[str, Any], title: str | None = None, width: int = WIDTH, scale: float = SCALE) -> bytes:
    """A chart of :func:`agent.present.charts.vega` as a PNG on white.

    Raises:
        InternalError: it is no specification that can be drawn, or wants data from elsewhere.
    """
    import vl_convert

    return bytes(_drawn(vl_convert.vegalite_to_png, spec, title, width, scale=scale))


def svg(spec: Mapping[str, Any], title: str | None = None, width: int = WIDTH) -> bytes:
    """The same as an SVG in UTF-8; its text stays text, in fonts that the reader's machine has.

    Raises:
        InternalError: as :func:`png`.
    """
    import vl_convert

    return str(_drawn(vl_convert.vegalite_to_svg, spec, title, width)).encode()


def _drawn(draw: Any, spec: Mapping[str, Any], title: str | None, width: int, **options: Any) -> Any:
    on_white = {**_unmarked(spec), "background": "white", "width": spec.get("width", width)}
    if title is not None:
        on_white["title"] = {"text": title, "limit": width}
    with _ONE:
        try:
            return draw(on_white, vl_version=_VEGALITE, config=_CONFIG, allowed_base_urls=[], **options)
        except ValueError as error:
            raise InternalError(f"A chart could not be drawn: {str(error).splitlines()[0]}.") from error


def _unmarked(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The specification without a mark on every point where there are many of them."""
    values = spec.get("data", {}).get("values", ()) if isinstance(spec.get("data"), Mapping) else ()
    layers = spec.get("layer", ())
    if len({point.get("key") for point in values}) <= MARKED or len(layers) < 2:
        return spec
    lines = [layer for layer in layers if layer["mark"].get("type") != "point"]
    return {**spec, "layer": [{**layer, "mark": {**layer["mark"], "strokeWidth": 1.4}} for layer in lines]}
