"""An evidence table as a file: CSV that any program reads, and an Excel sheet whose numbers are numbers."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import date
from decimal import Decimal

from agent.contracts import Language
from db.semantic.schema import Text
from tools.evidence import Evidence, Unit, Value

CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET_NAME = Text(en="Data", zh="数据")
_HOW_NAME = Text(en="How", zh="来源")
_FORMATS: dict[Unit, str] = {
    "currency": "#,##0.00",
    "count": "#,##0",
    "ratio": "0.0%",
    "percent": "0.0",
    "number": "0.##",
}
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs text that begins so
_WIDEST = 60  # characters of a column


def csv_bytes(evidence: Evidence, language: Language) -> bytes:
    """The table as CSV in UTF-8 with a byte order mark, without which Excel takes Chinese for something else."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(column.label.of(language)) for column in evidence.columns])
    writer.writerows([[_written(value) for value in row] for row in evidence.rows])
    return out.getvalue().encode("utf-8-sig")


def xlsx_bytes(evidence: Evidence, language: Language) -> bytes:
    """The table as an Excel workbook; a second sheet says where it came from."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet(_SHEET_NAME.of(language))
        for place, column in enumerate(evidence.columns):
            form = book.add_format({"num_format": _FORMATS[column.unit]}) if column.unit in _FORMATS else None
            label = column.label.of(language)
            sheet.write_string(0, place, label, bold)
            widest = max([len(label), *(len(str(row[place])) for row in evidence.rows[:200])])
            sheet.set_column(place, place, min(widest + 3, _WIDEST), form)
            for number, row in enumerate(evidence.rows, 1):
                _write(sheet, number, place, row[place])
        sheet.freeze_panes(1, 0)
        how = book.add_worksheet(_HOW_NAME.of(language))
        how.set_column(0, 0, 16)
        how.set_column(1, 1, 100, book.add_format({"text_wrap": True}))
        for number, (name, said) in enumerate(_origin(evidence, language)):
            how.write_string(number, 0, name)
            how.write_string(number, 1, said)
    return out.getvalue()


def safe(text: str) -> str:
    """Text that a spreadsheet shows and does not run, full-width signs and leading spaces included (CSV injection).

    >>> safe("=1+1"), safe(" ＠SUM(A1)"), safe("GROCERY")
    ("'=1+1", "' ＠SUM(A1)", 'GROCERY')
    """
    folded = unicodedata.normalize("NFKC", text)
    return f"'{text}" if folded.startswith(_STARTS) or folded.lstrip().startswith(_STARTS) else text


def _origin(evidence: Evidence, language: Language) -> list[tuple[str, str]]:
    zh = language == "zh"
    rows = [("标题" if zh else "Title", evidence.title.of(language)), ("工具" if zh else "Tool", evidence.tool)]
    recorded = ("真实记录" if zh else "recorded") if evidence.origin == "recorded" else ("模拟" if zh else "simulated")
    rows.append(("数据" if zh else "Data", recorded))
    if evidence.truncated:
        rows.append(("注意" if zh else "Note", "仅含前若干行。" if zh else "There were more rows than these."))
    if evidence.method:
        rows.append(("方法" if zh else "Method", evidence.method))
    if evidence.sql:
        rows.append(("SQL", evidence.sql[:30_000]))  # a cell holds 32,767 characters
    return rows


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else safe(value) if isinstance(value, str) else str(value)


def _write(sheet: object, row: int, column: int, value: Value | date) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)  # type: ignore[attr-defined]  # xlsxwriter ships no types
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, float(value))  # type: ignore[attr-defined]
    else:
        sheet.write_string(row, column, str(value)[:32_000])  # type: ignore[attr-defined]
