"""Small charts in text: bars beside a ranking, a line of blocks for a series. Widths are in terminal cells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.text import Text as Line

from agent.interfaces.terminal_cells import key_words
from agent.interfaces.text import one_line
from db.semantic.schema import StoreSchema
from tools import format as fmt
from tools.evidence import Evidence, Unit, Value

BAR_WIDTH, LEAST_BAR = 20, 6
HEIGHT = 5  # rows of a line chart
LONGEST = 60  # columns of a line chart; more points are averaged
FEWEST = 4  # points; fewer are read faster in the table
AXIS = 8  # cells of an axis' figures, at most
SIZES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
SERIES_SHOWN = 8
NAME_WIDTH = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = " ▁▂▃▄▅▆▇█"


def bar(value: float, largest: float, width: int = BAR_WIDTH) -> str:
    """A horizontal bar, exact to an eighth of a cell; anything above zero shows at least that.

    >>> bar(5, 10, 4)
    '██'
    """
    eighths = round(abs(value) / largest * width * 8) if largest else 0
    eighths = max(eighths, 1) if value else eighths
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def inline_bars(evidence: Evidence, rows: Sequence[tuple[Value, ...]], width: int) -> list[Line] | None:
    """A bar for each row of a ranking, None where the evidence is none or ``width`` leaves no room for it."""
    chart = evidence.chart
    if chart is None or chart.kind != "bar" or len(rows) < 2 or width < LEAST_BAR:
        return None
    names = [column.name for column in evidence.columns]
    by = (evidence.args.get("order") or {}).get("by")
    ranked = f"{chart.y[0]}__{by}" if by in {"change", "change_pct"} else chart.y[0]
    values = [_number(row[names.index(ranked)]) for row in rows]
    largest = max((abs(v) for v in values if v is not None), default=0.0)
    room = min(BAR_WIDTH, width)
    return [
        Line(bar(v, largest, room) if v is not None else "", style="red" if v is not None and v < 0 else "cyan")
        for v in values
    ]


def series_chart(evidence: Evidence, schema: StoreSchema, language: str, width: int) -> Group | None:
    """A series as blocks, several as one small line each; None where there is nothing to see."""
    chart = evidence.chart
    if chart is None or chart.kind != "line" or chart.x is None:
        return None
    names = [column.name for column in evidence.columns]
    if chart.series is not None:
        split = _split(evidence, names.index(chart.series), names.index(chart.y[0]))
        named = {one_line(key_words(key, chart.series, schema, language)): values for key, values in split.items()}
        return _many(named, evidence, chart.y[0], schema)
    found = [(name, [_number(row[names.index(name)]) for row in evidence.rows]) for name in chart.y]
    if len(evidence.rows) < FEWEST:
        return None
    if len(found) > 1:
        labels = {c.name: c.label.of(language) for c in evidence.columns}
        return _many({labels[n]: v for n, v in found}, evidence, chart.y[0], schema)
    x = names.index(chart.x)
    first, last = (
        one_line(key_words(row[x], chart.x, schema, language)) for row in (evidence.rows[0], evidence.rows[-1])
    )
    ends = (first, last)
    return _blocks(found[0][1], ends, _scale(evidence, found[0][0], schema), width)


def spark(values: Sequence[float | None]) -> str:
    """One line of blocks from the smallest value to the largest; a missing one is a space.

    >>> spark([1, 2, 3])
    '▁▅█'
    """
    known = [v for v in values if v is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span = high - low
    return "".join(" " if v is None else _LEVELS[1 + round((v - low) / span * 7) if span else 4] for v in values)


def thin(values: Sequence[float | None], most: int) -> list[float | None]:
    """At most ``most`` values: means of neighbours, missing ones left out.

    >>> thin([1, 3, 5, 7], 2)
    [2.0, 6.0]
    """
    if len(values) <= most:
        return list(values)
    edges = [round(i * len(values) / most) for i in range(most + 1)]
    groups = [[v for v in values[a:b] if v is not None] for a, b in pairwise(edges)]
    return [sum(group) / len(group) if group else None for group in groups]


class _Scale:
    """How the figures of one column are written on an axis: short, in the column's unit."""

    def __init__(self, unit: Unit, currency: str) -> None:
        self.unit, self.currency = unit, currency

    def text(self, value: float) -> str:
        if self.unit == "ratio":
            return fmt.number(value, "ratio")
        unit: Unit = "currency" if self.unit == "currency" else "number"
        size, letter = next(((s, n) for s, n in SIZES if abs(value) >= s), (1.0, ""))
        short = round(value / size) if abs(value) >= 10 * size else round(value / size, 1)
        return (
            fmt.number(short, unit, self.currency).removesuffix(".00").removesuffix("0" if short % 1 else "") + letter
        )


def _scale(evidence: Evidence, name: str, schema: StoreSchema) -> _Scale:
    return _Scale(next(c.unit for c in evidence.columns if c.name == name), schema.currency)


def _blocks(values: Sequence[float | None], ends: tuple[str, str], scale: _Scale, width: int) -> Group | None:
    known = [v for v in values if v is not None]
    if not known:
        return None
    if min(known) < 0 or not any(known):  # blocks stand on zero; a series below it is read as a small line
        return Group(Line(spark(thin(values, min(LONGEST, width - 4))), style="cyan"))
    room = min(LONGEST, width - AXIS - 4)
    points = thin(values, room)
    high = max(v for v in points if v is not None)
    labels = {HEIGHT - 1: scale.text(high), HEIGHT // 2: scale.text(high / 2), 0: "0"}
    margin = max(map(len, labels.values())) + 1
    wide = max(1, min(6, room // len(points)))
    lines = []
    for row in reversed(range(HEIGHT)):
        cells = "".join(_column(v, high, row, wide) for v in points)
        lines.append(Line(f"{labels.get(row, ''):>{margin}} ┤", style="dim") + Line(cells, style="cyan"))
    gap = max(1, len(points) * wide - cell_len(ends[0]) - cell_len(ends[1]))
    lines.append(Line(" " * (margin + 2) + ends[0] + " " * gap + ends[1], style="dim"))
    return Group(*lines)


def _column(value: float | None, high: float, row: int, wide: int) -> str:
    """One cell of the chart: how much of this row the value fills, and a gap before the next where there is room."""
    fill = 0 if value is None else round(value / high * HEIGHT * 8) - row * 8
    block = _LEVELS[max(0, min(8, fill))]
    return block * max(1, wide - 1) + (" " if wide > 1 else "")


def _split(evidence: Evidence, series: int, y: int) -> dict[Value, list[float | None]]:
    found: dict[Value, list[float | None]] = {}
    for row in evidence.rows:
        found.setdefault(row[series], []).append(_number(row[y]))
    return found


def _many(found: dict[str, list[float | None]], evidence: Evidence, name: str, schema: StoreSchema) -> Group | None:
    shown = list(found.items())[:SERIES_SHOWN]
    if max(len(values) for _, values in shown) < FEWEST:
        return None
    wide = min(NAME_WIDTH, max(cell_len(key) for key, _ in shown))
    lines = []
    for key, values in shown:
        known = [v for v in values if v is not None]
        line = Line(set_cell_size(key, wide) + "  ") + Line(spark(thin(values, 40)), style="cyan")
        if known:
            scale = _scale(evidence, name if name in {c.name for c in evidence.columns} else "", schema)
            line.append(f"  {scale.text(min(known))} – {scale.text(max(known))}", style="dim")
        lines.append(line)
    return Group(*lines)


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None
