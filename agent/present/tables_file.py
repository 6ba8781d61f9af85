"""All tables of an answer in one file: a workbook with a sheet a table, or CSV (a zip of them where there are several).

A cell is data and nothing else: see :mod:`agent.present.sheets`, which writes a single table.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from agent.contracts import Language
from agent.present.sheets import csv_bytes
from db.semantic.schema import Text
from tools.evidence import Evidence, Value

LONGEST_CELL = 32_000  # Excel takes 32,767 characters
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_FORMATS = {"currency": "#,##0.00", "count": "#,##0", "ratio": "0.00%", "number": "#,##0.00", "percent": "0.00%"}
ABOUT = Text(en="About", zh="说明")
_ORIGINS = {"recorded": Text(en="recorded data", zh="真实数据"), "simulated": Text(en="simulated data", zh="模拟数据")}
_CUT = Text(en="cut at the row limit", zh="已达行数上限")


def write_tables(tables: Sequence[Evidence], path: Path, language: Language, about: Sequence[tuple[str, str]]) -> None:
    """Write a file in one step, readable by its owner only; the ending says which: ``.xlsx``, ``.csv`` or ``.zip``.

    Args:
        about: what the workbook's last sheet says besides the tables' own sources, as (what, value).

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            if path.suffix == ".xlsx":
                _workbook(tables, file, language, about)
            elif path.suffix == ".csv":
                file.write(csv_bytes(tables[0], language))
            else:
                _zip(tables, file, language)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _zip(tables: Sequence[Evidence], file: BinaryIO, language: Language) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, table in enumerate(tables, 1):
            archive.writestr(f"{number} {_name(table.title.of(language), 60)}.csv", csv_bytes(table, language))


def _workbook(tables: Sequence[Evidence], file: BinaryIO, language: Language, about: Sequence[tuple[str, str]]) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(file, options)
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {unit: book.add_format({"num_format": form}) for unit, form in _FORMATS.items()}
    for number, table in enumerate(tables, 1):
        sheet = book.add_worksheet(_name(f"{number} {table.title.of(language)}", 31))
        _sheet(sheet, table, language, head, formats)
    _about(book.add_worksheet(ABOUT.of(language)), tables, language, about, head)
    book.close()


def _sheet(sheet: Any, table: Evidence, language: Language, head: Any, formats: dict[str, Any]) -> None:
    for place, column in enumerate(table.columns):
        label = column.label.of(language)
        sheet.write_string(0, place, label[:LONGEST_CELL], head)
        cells = [str(row[place]) for row in table.rows[:200] if row[place] is not None]
        widest = max((_width(cell) for cell in (label, *cells)), default=8)
        sheet.set_column(place, place, min(max(widest + 2, 8), 48), formats.get(column.unit))
        for number, row in enumerate(table.rows, 1):
            _write(sheet, number, place, row[place])
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write(sheet: Any, row: int, place: int, value: Value) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float | Decimal):
        number = float(value)
        if number == number and abs(number) != float("inf"):
            sheet.write_number(row, place, number)
    elif value is not None:
        sheet.write_string(row, place, str(value)[:LONGEST_CELL])


def _about(
    sheet: Any, tables: Sequence[Evidence], language: Language, about: Sequence[tuple[str, str]], head: Any
) -> None:
    lines = list(about)
    for number, table in enumerate(tables, 1):
        source = _ORIGINS[table.origin].of(language)
        lines.append((f"{number}", table.title.of(language)))
        lines.append(("", f"{source}{f', {_CUT.of(language)}' if table.truncated else ''}"))
        lines.append(("", table.sql or table.method or ""))
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    for row, (what, value) in enumerate(lines):
        sheet.write_string(row, 0, what, head)
        sheet.write_string(row, 1, value[:LONGEST_CELL])


def _width(text: str) -> int:
    return sum(1 if ord(c) < 0x2E80 else 2 for c in text)


def _name(text: str, longest: int) -> str:
    """A sheet's or a file's name: no signs that Excel or a file system refuses."""
    return " ".join(_NOT_IN_NAMES.sub(" ", text).split())[:longest].strip(" '") or "table"
