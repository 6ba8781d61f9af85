"""What an operator may connect: the address of a database, a database file, or files of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from db.errors import UsageError

DUCKDB = (".duckdb", ".ddb")
SQLITE = (".sqlite", ".sqlite3", ".db")
ROWS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
KNOWN = f"Files: {', '.join(ROWS)}; database files: {', '.join((*DUCKDB, *SQLITE))}; or postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class Address:
    """A database by its SQLAlchemy URL, which may hold a password."""

    url: SecretStr


@dataclass(frozen=True, slots=True)
class Files:
    """Files of rows: CSV, TSV, XLSX, Parquet."""

    paths: tuple[Path, ...]


Source = Address | Files


def read_source(given: str | Path | Sequence[str | Path]) -> Source:
    """What was given, by its form.

    Raises:
        UsageError: it is nothing that can be connected; the sentence says what is.
    """
    several = [given] if isinstance(given, str | Path) else list(given)
    if not several:
        raise UsageError("Nothing to connect was given.", KNOWN)
    texts = [str(one) for one in several]
    addresses = [text for text in texts if "://" in text]
    if addresses:
        if len(texts) > 1:
            raise UsageError("A database is connected alone, files may be several.", KNOWN)
        return Address(SecretStr(_address(texts[0])))
    paths = [Path(text).expanduser() for text in texts]
    for path in paths:
        if not path.is_file():
            raise UsageError(f"There is no file {path.name}.", "Check the path.")
        if path.suffix.lower() not in (*DUCKDB, *SQLITE, *ROWS):
            raise UsageError(f"{path.name} is not a kind of file that can be connected.", KNOWN)
    databases = [path for path in paths if path.suffix.lower() in (*DUCKDB, *SQLITE)]
    if databases:
        if len(paths) > 1:
            raise UsageError("A database file is connected alone.", KNOWN)
        kind = "duckdb" if databases[0].suffix.lower() in DUCKDB else "sqlite"
        return Address(SecretStr(f"{kind}:///{databases[0].absolute()}"))
    return Files(tuple(path.absolute() for path in paths))


def _address(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme in ("http", "https", "ftp", "s3", "file"):
        raise UsageError("An address of a file or a page cannot be connected.", "Download the file, and connect that.")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg"  # the driver that comes with ShopOps
    if scheme.partition("+")[0] not in ("postgresql", "sqlite", "duckdb"):
        raise UsageError(
            f"A {scheme.partition('+')[0][:20]} database cannot be read yet.",
            "PostgreSQL, SQLite and DuckDB can; of others, export orders and lines as CSV and connect the files.",
        )
    if scheme in ("sqlite", "duckdb"):
        path = Path("/" + rest.lstrip("/")) if rest.startswith("//") else Path(rest.removeprefix("/"))
        return f"{scheme}:///{path.expanduser().absolute()}"
    return f"{scheme}://{rest}"
