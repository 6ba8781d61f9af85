"""Rows of an Excel workbook: values as they were last computed, never a formula."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from db.errors import StoreError
from db.sources.text_rows import CELL, Row

UNPACKED = 1 << 30  # bytes that a workbook may unfold to: a small file can hold far more than memory


def workbook_rows(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """The name of each sheet that has rows, with them.

    Raises:
        StoreError: it is no workbook, is locked by a password, or unfolds to too much.
    """
    import openpyxl

    broken = StoreError(
        f"{path.name} cannot be read as an Excel workbook.", "Save it again as .xlsx without a password."
    )
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > UNPACKED:
            raise StoreError(f"{path.name} unfolds to {size / 1e9:.1f} GB.", "Save the sheet as CSV.")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, openpyxl.utils.exceptions.InvalidFileException):
        raise broken from None
    try:
        for sheet in book.worksheets:
            yield str(sheet.title), _rows(path, sheet)
    finally:
        book.close()


def _rows(path: Path, sheet: Any) -> Iterator[Row]:
    width = 0
    for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_text(value) for value in values]
        if not any(cells):
            continue
        if not width:
            while cells and not cells[-1]:
                cells.pop()
            width = len(cells)
        cells = (cells + [""] * width)[: max(width, len(cells))]
        if any(cells[width:]):
            raise StoreError(f"{path.name} line {line}: more cells than the header has.", "Correct the row.")
        yield Row(line, tuple(cells[:width]))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:CELL]
