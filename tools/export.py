"""A file of an answer's tables, shown before it is made: which tables, how many rows, where it goes."""

from __future__ import annotations

from typing import Literal

from db.errors import AnalysisError
from db.semantic.schema import Text
from tools.arguments import Arguments
from tools.channel_words import channels_in, unknown_channel
from tools.evidence import Cell, Column, Evidence, Fact
from tools.export_words import ASKS, read_export
from tools.language import language_of
from tools.registry import Earlier, Proposed, Tool, ToolContext, ToolResult
from tools.schedule_reading import channel_spans

NAME = "export"
NAMES = {"xlsx": "Excel", "csv": "CSV"}


class ExportArguments(Arguments):
    """What kind of file, and where to.

    Attributes:
        format: one workbook, or one CSV a table. to: a channel as it was named; a file for the asker without it.
        text: the words.
    """

    format: Literal["xlsx", "csv"] = "xlsx"
    to: str | None = None
    text: str = ""


def run(arguments: ExportArguments, context: ToolContext) -> ToolResult:
    """Show what the file would hold, and propose it. Nothing is written.

    Raises:
        AnalysisError: there is nothing before it to export.
    """
    tables = [(number, step, table) for number, step in enumerate(context.earlier, 1) for table in step.tables]
    if not tables:
        raise AnalysisError(
            "There is nothing to export yet.",
            'Ask for the figures first, or with it: "export revenue by store in 2017".',
        )
    channels = channels_in(arguments.text, arguments.to, context.channels)
    evidence = _table(context, [table for _, _, table in tables], language_of(arguments.text))
    if channels is None:
        text = unknown_channel(arguments.to or "", context.channels)
        return ToolResult(evidence, (Fact("", None, "text", text, (), weight=2.0),))
    rows, kind, to = sum(len(t.rows) for _, _, t in tables), NAMES[arguments.format], ", ".join(channels)
    payload = {
        "calls": [_call(step) for step in context.earlier],
        "format": arguments.format,
        "channels": list(channels),
        "as_of": context.today.isoformat(),
        "language": language_of(arguments.text),
    }
    size = Text(en=f"{_count(len(tables), 'table')} with {_count(rows, 'row')}", zh=f"{len(tables)}张表，共{rows:,}行")
    text = Text(
        en=f"Not written yet, it waits for your yes: {kind} file of {size.en}{f', to {to}' if to else ''}.",
        zh=f"待您确认后生成：{kind}文件，{size.zh}{f'，发送到{to}' if to else ''}。",
    )
    summary = Text(
        en=f"Write {size.en} to {'an' if kind == 'Excel' else 'a'} {kind} file{f' and send it to {to}' if to else ''}?",
        zh=f"将{size.zh}导出为{kind}文件{f'并发送到{to}' if to else ''}？",
    )
    cells = tuple(Cell(context.evidence_id, i, "rows") for i in range(len(tables)))
    fact = Fact("", rows, "count", text, cells, weight=2.0)
    return ToolResult(evidence, (fact,), proposed=Proposed(NAME, payload, summary))


def _call(step: Earlier) -> dict[str, object]:
    return {"tool": step.tool, "args": dict(step.args)}


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(context: ToolContext, tables: list[Evidence], language: Literal["en", "zh"]) -> Evidence:
    return Evidence(
        id=context.evidence_id,
        tool=NAME,
        args={},
        title=Text(en="Tables of the file", zh="文件中的表格"),
        columns=(
            Column("table", Text(en="Table", zh="表格"), "text"),
            Column("rows", Text(en="Rows", zh="行数"), "count"),
            Column("columns", Text(en="Columns", zh="列数"), "count"),
        ),
        rows=tuple((table.title.of(language), len(table.rows), len(table.columns)) for table in tables),
        method="nothing is written before your yes",
    )


TOOL = Tool(
    name=NAME,
    when="put the tables of the answer into an Excel or CSV file",
    arguments=ExportArguments,
    run=run,
    asks=ASKS,
    settles=read_export,
    covers=channel_spans,
    writes=True,
    reads_steps=True,
)
