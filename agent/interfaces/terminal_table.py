"""Tables that fit: figures are never cut, names give way to them, bars to names, and columns without room are named."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text as Line

from agent.interfaces.terminal_cells import cell, is_number
from agent.interfaces.terminal_charts import inline_bars
from agent.interfaces.text import one_line
from db.semantic.schema import StoreSchema
from tools.evidence import Column, Evidence, Value

BOX = box.SIMPLE_HEAD
GAP = 3  # cells between columns
HEADER_LEAST = 9  # cells; a longer heading of figures is broken over lines
NAME_MOST, NAME_LEAST = 40, 12  # cells of a column of names; a longer name ends in an ellipsis


def plain_table(*headers: str) -> Table:
    """A table in the house style."""
    return Table(*headers, box=BOX, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 1))


def evidence_table(
    evidence: Evidence, rows: Sequence[tuple[Value, ...]], language: str, schema: StoreSchema, width: int
) -> tuple[Table, tuple[str, ...]]:
    """The rows as a table of at most ``width`` cells, with a bar for each row of a ranking where there is room.

    Returns:
        The table, and the labels of columns that found no room.
    """
    cells = [[cell(v, c, schema, language) for v, c in zip(row, evidence.columns, strict=True)] for row in rows]
    labels = [one_line(column.label.of(language)) for column in evidence.columns]
    widest = [
        max(min(cell_len(label), HEADER_LEAST), *(row[i].cell_len for row in cells)) for i, label in enumerate(labels)
    ]
    fitting = _fitting(evidence.columns, widest, width)
    columns = evidence.columns[:fitting]
    names = [i for i, column in enumerate(columns) if not is_number(column)]
    figures = sum(widest[i] + GAP for i in range(fitting) if i not in names)
    room = max(NAME_LEAST, min(NAME_MOST, (width - figures) // max(1, len(names)) - GAP))
    table = plain_table()
    for i, label in enumerate(labels[:fitting]):
        if i in names:
            table.add_column(Line(label), no_wrap=True, overflow="ellipsis", max_width=room)
        else:
            table.add_column(Line(label), justify="right", width=widest[i], overflow="fold")
    used = figures + sum(min(room, max(widest[i], cell_len(labels[i]))) + GAP for i in names)
    bars = inline_bars(evidence, rows, width - used) if fitting == len(labels) else None
    if bars:
        table.add_column("", no_wrap=True)
    for i, row in enumerate(cells):
        table.add_row(*row[:fitting], *([bars[i]] if bars else []))
    return table, tuple(labels[fitting:])


def _fitting(columns: Sequence[Column], widest: Sequence[int], width: int) -> int:
    """How many columns have room; the first two always do."""
    used = -GAP
    for i, column in enumerate(columns):
        used += GAP + (widest[i] if is_number(column) else min(NAME_LEAST, widest[i]))
        if used > width and i >= 2:
            return i
    return len(columns)
