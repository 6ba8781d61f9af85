"""An answer on a terminal: text, evidence as tables with small charts, and where it all came from."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text as Line

from agent.contracts import Answer
from agent.interfaces.terminal_charts import series_chart
from agent.interfaces.terminal_table import evidence_table
from agent.interfaces.text import one_line, printable
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Evidence

ROWS_SHOWN = 20
WORDS = {
    "more": Text(en="… and {n} more rows; --json has them all", zh="……另有{n}行，--json可查看全部"),
    "columns": Text(en="… and {n} more columns: {names}", zh="……另有{n}列：{names}"),
    "capped": Text(en="The table was cut at {n} rows.", zh="表格已截断为{n}行。"),
    "simulated": Text(en="simulated", zh="模拟数据"),
    "next": Text(en="Ask next", zh="还可以问"),
    "evidence": Text(en="evidence", zh="证据"),
    "no_model": Text(en="no model needed", zh="未调用模型"),
    "seconds": Text(en="{s} s", zh="{s}秒"),
    "confirm": Text(en="To do it: shopops confirm {id}", zh="确认执行：shopops confirm {id}"),
    "replaced": Text(en="{n} sentence(s) replaced by the facts' own words", zh="{n}句已由数据原句替换"),
}


def terminal(*, color: bool = True, width: int | None = None) -> Console:
    """A console for standard output; colours only on a terminal, and not with NO_COLOR or ``color=False``."""
    return Console(no_color=None if color else True, width=width, highlight=False, markup=True, emoji=False)


def render(answer: Answer, schema: StoreSchema, console: Console) -> None:
    """Print an answer: text, evidence, what to ask next, and a line on where it came from."""
    console.print()
    _text(answer, console)
    for evidence in (table for table in answer.evidence if not table.quiet):
        _evidence(evidence, answer.language, schema, console)
    for proposal in answer.proposals:
        console.print()
        console.print(Line(one_line(proposal.summary.of(answer.language)), style="yellow"))
        console.print(Line(WORDS["confirm"].of(answer.language).format(id=proposal.id), style="bold"))
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
    table, left_out = evidence_table(evidence, evidence.rows[:ROWS_SHOWN], language, schema, console.width)
    console.print(table)
    if left_out:
        names = one_line(", ".join(left_out))
        console.print(Line(WORDS["columns"].of(language).format(n=len(left_out), names=names), style="dim"))
    hidden = len(evidence.rows) - ROWS_SHOWN
    if hidden > 0:
        console.print(Line(WORDS["more"].of(language).format(n=f"{hidden:,}"), style="dim"))
    if evidence.truncated:
        console.print(Line(WORDS["capped"].of(language).format(n=f"{len(evidence.rows):,}"), style="yellow"))
