"""Files of rows (CSV, TSV, XLSX, Parquet) as one DuckDB file: types from the values, put in place in one step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from db.drafting.names import normal
from db.errors import StoreError
from db.semantic.columns import quoted
from db.semantic.schema import Text
from db.sources.atomic import replacing
from db.sources.text_rows import COLUMNS, Row, text_rows
from db.sources.typing_columns import BadValue, typed

UPLOAD_BYTES = 2_000_000_000  # of all files together, on the command line; a browser may send 50 MB
ROWS = 20_000_000
_BATCH = 20_000
_RAW = "raw_"

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: table → rows, and what its values left open."""

    rows: dict[str, int]
    asks: tuple[Text, ...]


def load_files(
    paths: Sequence[Path], target: Path, *, limit: int = UPLOAD_BYTES, tell: Tell = lambda _what, _share: None
) -> Loaded:
    """Build a DuckDB file with a table for each file, or for each sheet of a workbook.

    Formulas are never computed: a cell that begins with "=" is text, a workbook's are the values it was saved with.

    Raises:
        StoreError: too large, unreadable, or a row that does not fit; the sentence names file and line.
    """
    size = sum(path.stat().st_size for path in paths)
    if size > limit:
        raise StoreError(
            f"The files have {size / 1e6:,.0f} MB, of at most {limit / 1e6:,.0f}.", "Leave older rows out."
        )
    with replacing(target) as temporary:
        connection = _open(temporary)
        try:
            loaded = _Loading(connection, tell)
            for i, path in enumerate(paths):
                tell(path.name, i / len(paths))
                loaded.file(path)
            connection.execute("CHECKPOINT")
        finally:
            connection.close()
        os.chmod(temporary, 0o600)
    return Loaded(loaded.rows, tuple(loaded.asks))


def _open(path: Path) -> Any:
    import duckdb

    config: dict[str, Any] = {
        "enable_external_access": False,
        "autoload_known_extensions": False,
        "memory_limit": "2GB",
    }
    return duckdb.connect(str(path), config=config)


class _Loading:
    """Files going into one database."""

    def __init__(self, connection: Any, tell: Tell) -> None:
        self._connection, self._tell = connection, tell
        self.rows: dict[str, int] = {}
        self.asks: list[Text] = []

    def file(self, path: Path) -> None:
        """Load one file."""
        kind = path.suffix.lower()
        if kind == ".parquet":
            self._parquet(path)
        elif kind == ".xlsx":
            from db.sources.sheet_rows import workbook_rows

            for title, rows in workbook_rows(path):
                first = next(rows, None)
                if first is not None:
                    self._table(path, self._name(path.stem if not self._taken(path.stem) else title), first, rows)
        else:
            rows = text_rows(path)
            first = next(rows, None)
            if first is None:
                raise StoreError(f"{path.name} is empty.", "Its first line must name the columns.")
            self._table(path, self._name(path.stem), first, rows)

    def _taken(self, name: str) -> bool:
        return normal(name) in {normal(known) for known in self.rows}

    def _name(self, wanted: str) -> str:
        """A table's name that is not taken: databases do not tell capitals apart."""
        cleaned = "".join(c if c.isalnum() or c in " _-" else "_" for c in wanted).strip()[:60] or "table"
        made, count = cleaned, 2
        while self._taken(made):
            made, count = f"{cleaned}_{count}", count + 1
        return made

    def _table(self, path: Path, name: str, header: Row, rows: Iterator[Row]) -> None:
        import pyarrow as pa

        names = _headers(path, header)
        raw = [f"c{i}" for i in range(len(names))]
        self._connection.execute(f"CREATE TABLE {_RAW} (line_ BIGINT, {', '.join(f'{c} VARCHAR' for c in raw)})")
        total = 0
        while batch := list(islice(rows, _BATCH)):
            total += len(batch)
            if total > ROWS:
                raise StoreError(f"{path.name} has more than {ROWS:,} rows.", "Connect a database instead.")
            columns = [pa.array([row.line for row in batch], pa.int64())]
            columns += [pa.array([row.cells[i] for row in batch], pa.string()) for i in range(len(names))]
            self._insert(pa.table(columns, names=["line_", *raw]), f"INSERT INTO {_RAW} SELECT * FROM batch_")
            self._tell(f"{path.name}: {total:,} rows", 0.5)
        self._typed(path, name, names, raw)
        self.rows[name] = total

    def _insert(self, table: Any, text: str) -> None:
        self._connection.register("batch_", table)
        self._connection.execute(text)
        self._connection.unregister("batch_")

    def _typed(self, path: Path, name: str, names: Sequence[str], raw: Sequence[str]) -> None:
        columns = []
        for column, header in zip(raw, names, strict=True):
            try:
                found = typed(self._connection, _RAW, column, header)
            except BadValue as bad:
                raise StoreError(
                    f"{path.name} line {bad.line}: '{header}' is not {bad.what}.", "Correct the cell, or empty it."
                ) from bad
            columns.append(f"{found.expr} AS {quoted(header)}")
            if found.ask is not None:
                self.asks.append(found.ask)
        self._connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT {', '.join(columns)} FROM {_RAW}")
        self._connection.execute(f"DROP TABLE {_RAW}")

    def _parquet(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        name = self._name(path.stem)
        try:
            file = pq.ParquetFile(path)
            if file.metadata.num_rows > ROWS or file.metadata.num_columns > COLUMNS:
                raise StoreError(f"{path.name} is too large.", f"At most {ROWS:,} rows and {COLUMNS} columns.")
            total = 0
            for batch in file.iter_batches(_BATCH * 5):
                table = pa.Table.from_batches([batch])
                verb = f"INSERT INTO {quoted(name)}" if total else f"CREATE TABLE {quoted(name)} AS"
                self._insert(table, f"{verb} SELECT * FROM batch_")
                total += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise StoreError(f"{path.name} cannot be read as Parquet.", "Save it again.") from error
        self.rows[name] = total


def _headers(path: Path, row: Row) -> tuple[str, ...]:
    """The columns' names: what is empty or twice gets a number."""
    if len(row.cells) > COLUMNS:
        raise StoreError(f"{path.name} has {len(row.cells):,} columns, of at most {COLUMNS}.", "Leave some out.")
    found: list[str] = []
    for i, cell in enumerate(row.cells, 1):
        name = "".join(c for c in cell if c.isprintable()).strip()[:120] or f"column {i}"
        taken = {known.lower() for known in found}
        made, count = name, 2
        while made.lower() in taken:
            made, count = f"{name} {count}", count + 1
        found.append(made)
    return tuple(found)
