"""An answer on a terminal: text, evidence as tables with small charts, and where it all came from."""

from __future__ import annotations

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from agent.contracts import Answer
from agent.interfaces.terminal_cells import cell, is_number
from agent.interfaces.terminal_charts import inline_bars, series_chart
from agent.interfaces.text import one_line, printable
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Evidence

BOX = box.SIMPLE_HEAD
ROWS_SHOWN = 20
KEY_WIDTH = 40  # cells; a longer name is cut with an ellipsis
NAME_LEAST = 12
GAP = 2  # between columns
WORDS = {
    "more": Text(en="… and {n} more rows; --json has them all", zh="……另有{n}行，--json可查看全部"),
    "capped": Text(en="The table was cut at {n} rows.", zh="表格已截断为{n}行。"),
    "simulated": Text(en="simulated", zh="模拟数据"),
    "next": Text(en="Ask next", zh="还可以问"),
    "evidence": Text(en="evidence", zh="证据"),
    "no_model": Text(en="no model needed", zh="未调用模型"),
    "seconds": Text(en="{s} s", zh="{s}秒"),
    "replaced": Text(en="{n} sentence(s) replaced by the facts' own words", zh="{n}句已由数据原句替换"),
}


def terminal(*, color: bool = True, width: int | None = None) -> Console:
    """A console for standard output; colours only on a terminal, and not with NO_COLOR or ``color=False``."""
    return Console(no_color=None if color else True, width=width, highlight=False, markup=True, emoji=False)


def render(answer: Answer, schema: StoreSchema, console: Console) -> None:
    """Print an answer: text, evidence, what to ask next, and a line on where it came from."""
    console.print()
    _text(answer, console)
    for evidence in answer.evidence:
        _evidence(evidence, answer.language, schema, console)
    if answer.suggestions and answer.status == "answered":
        console.print()
        line = Line(f"{WORDS['next'].of(answer.language)}: ", style="dim")
        line.append(one_line(" · ".join(answer.suggestions[:3])), style="dim italic")
        console.print(line)
    console.print()
    console.print(Line(footer(answer), style="dim"))


def _text(answer: Answer, console: Console) -> None:
    """The answer's words, the most important fact in bold."""
    text = printable(answer.text).strip()
    marks = {"clarify": "? ", "out_of_scope": "– "}
    head = printable(answer.facts[0].text.of(answer.language)) if answer.facts else ""
    head = head if head and text.startswith(head) else ""
    line = Line(marks.get(answer.status, ""), style="yellow") + Line(head, style="bold") + Line(text[len(head) :])
    console.print(line)


def footer(answer: Answer) -> str:
    """Where an answer came from: its id, its evidence, the model, the seconds."""
    language = answer.language
    ids = ", ".join(item.id for item in answer.evidence)
    parts = [
        answer.id,
        f"{WORDS['evidence'].of(language)} {ids}" if ids else "",
        answer.model or WORDS["no_model"].of(language),
        WORDS["seconds"].of(language).format(s=f"{answer.timings.total / 1000:.1f}"),
        WORDS["replaced"].of(language).format(n=answer.replaced_sentences) if answer.replaced_sentences else "",
    ]
    return one_line(" · ".join(part for part in parts if part))


def _evidence(evidence: Evidence, language: str, schema: StoreSchema, console: Console) -> None:
    console.print()
    title = Line(one_line(evidence.title.of(language)), style="bold cyan")
    if evidence.origin == "simulated":
        title.append("  ")
        title.append(f" {WORDS['simulated'].of(language)} ", style="black on yellow")
    console.print(title)
    if not evidence.rows:
        return
    chart = series_chart(evidence, schema, language, console.width)
    if chart:
        console.print(Padding(chart, (1, 0, 0, 0)))
    console.print(_table(evidence, language, schema, console))
    hidden = len(evidence.rows) - ROWS_SHOWN
    if hidden > 0:
        console.print(Line(WORDS["more"].of(language).format(n=f"{hidden:,}"), style="dim"))
    if evidence.truncated:
        console.print(Line(WORDS["capped"].of(language).format(n=f"{len(evidence.rows):,}"), style="yellow"))


def _table(evidence: Evidence, language: str, schema: StoreSchema, console: Console) -> Table:
    """The first rows. Figures are never cut: names give way to them, and bars to names."""
    table = Table(box=BOX, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 1))
    shown = evidence.rows[:ROWS_SHOWN]
    rows = [[cell(v, c, schema, language) for v, c in zip(row, evidence.columns, strict=True)] for row in shown]
    widths = [max(row[i].cell_len for row in rows) for i in range(len(evidence.columns))]
    keys = [i for i, column in enumerate(evidence.columns) if not is_number(column)]
    figures = sum(widths[i] + GAP for i in range(len(widths)) if i not in keys)
    name_width = max(NAME_LEAST, min(KEY_WIDTH, (console.width - figures) // max(1, len(keys)) - GAP))
    for i, column in enumerate(evidence.columns):
        label = Line(one_line(column.label.of(language)))
        if i in keys:
            table.add_column(label, no_wrap=True, overflow="ellipsis", max_width=name_width)
        else:
            table.add_column(label, justify="right", min_width=widths[i], overflow="fold")
    used = figures + sum(
        min(name_width, max(widths[i], cell_len(evidence.columns[i].label.of(language)))) + GAP for i in keys
    )
    bars = inline_bars(evidence, shown, console.width - used - GAP)
    if bars:
        table.add_column("", no_wrap=True)
    for i, row in enumerate(rows):
        table.add_row(*row, *([bars[i]] if bars else []))
    return table
