"""Rows of a CSV or TSV file, whatever its encoding and separator; what is wrong is told by file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from db.errors import StoreError

CELL = 100_000  # characters of one cell; longer ones are a quotation mark that was never closed
COLUMNS = 500
_CHUNK = 1 << 20
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row with the line on which it begins, counted from 1."""

    line: int
    cells: tuple[str, ...]


def encoding_of(path: Path) -> str:
    """UTF-8, or what its first bytes say, or else the Chinese encodings (GBK, GB18030), by reading all of it.

    Raises:
        StoreError: it is none of them.
    """
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        if _decodes(path, name):
            return name
    raise StoreError(f"{path.name} is no text that can be read.", "Save it as CSV in UTF-8.")


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            while file.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def text_rows(path: Path) -> Iterator[Row]:
    """The header, then every row; empty lines are left out.

    Raises:
        StoreError: a row with more or fewer cells than the header, a quotation mark that is not closed.
    """
    with path.open("r", encoding=encoding_of(path), newline="") as file:
        first = file.readline(_CHUNK)
        file.seek(0)
        csv.field_size_limit(CELL)
        reader = csv.reader(file, delimiter=_separator(first), strict=True)
        width, line = 0, 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    width = width or len(cells)
                    yield Row(line, _fitted(path, line, cells, width))
                line = reader.line_num + 1
        except csv.Error as error:
            reason = "a quotation mark is not closed, or a cell is too long"
            raise StoreError(f"{path.name} line {line}: {reason}.", "Correct the row, and connect it again.") from error


def _fitted(path: Path, line: int, cells: list[str], width: int) -> tuple[str, ...]:
    if "\x00" in "".join(cells):
        raise StoreError(f"{path.name} line {line}: it holds a byte that no text has.", "Save the file as CSV again.")
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    if len(cells) != width:
        raise StoreError(
            f"{path.name} line {line}: {len(cells)} cells, where the header has {width}.",
            "Put quotation marks around values with a separator in them, or correct the row.",
        )
    return tuple(cells)


def _separator(header: str) -> str:
    """The sign that stands between the names of the header most often."""
    outside = "".join(header.split('"')[::2])
    return max(",\t;|", key=lambda sign: (outside.count(sign), sign == ","))
