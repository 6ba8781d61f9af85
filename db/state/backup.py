"""A copy of the state and of what belongs to it, in one archive, while the product runs.

The rows of stores are left out: they are loaded again from their source. Models are fetched again.
"""

from __future__ import annotations

import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from db.errors import StoreDamaged, StoreError, UsageError

DATABASE = "state.sqlite"
# What an operator could not get again: keys, confirmed questions, handbook, briefs, exports, trained models, templates.
KEPT = ("audit.key", "people.key", "verified", "handbook", "brief", "briefs", "exports", "trained")


def back_up(folder: Path, target: Path, own_database: bool) -> tuple[str, ...]:
    """Write the archive whole or not at all; the names of what it holds.

    Args:
        folder: the data folder.
        target: the archive (``.tar.gz``); it may not be there yet, and is readable by its owner only.
        own_database: the state is the SQLite file of the folder; otherwise another database holds it, and its own tools
            back it up.

    Raises:
        UsageError: the target exists. StoreError: it cannot be written. StoreDamaged: the state cannot be copied.
    """
    if target.exists():
        raise UsageError(f"{target} is there already.", "Name a new file.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory() as beside, os.fdopen(_fresh(draft), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                names = tuple(_add(archive, folder, Path(beside), own_database))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    except FileExistsError:
        raise UsageError(f"{target} is there already.", "Name a new file.") from None
    except OSError as error:
        raise StoreError(f"The backup cannot be written: {error.strerror}.", "Name another place.") from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return names


def _add(archive: tarfile.TarFile, folder: Path, beside: Path, own_database: bool) -> Iterator[str]:
    if own_database and (folder / DATABASE).is_file():
        copy = beside / DATABASE
        _copied(folder / DATABASE, copy)
        archive.add(copy, DATABASE)
        yield DATABASE
    for name in (*KEPT, *_connected(folder)):
        if (folder / name).exists():
            archive.add(folder / name, name)
            yield name


def _connected(folder: Path) -> list[str]:
    """What describes an operator's own stores, and the addresses of their databases."""
    return sorted(f"stores/{path.name}" for end in ("*.yaml", "*.url") for path in (folder / "stores").glob(end))


def _copied(source: Path, copy: Path) -> None:
    """SQLite's own online copy: true to one moment, whoever writes meanwhile. What came out is checked."""
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as saved:
            live.backup(saved)
            (said,) = saved.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise StoreDamaged("The state database cannot be copied.", "shopops doctor says more.") from error
    if said != "ok":
        raise StoreDamaged("The state database is damaged.", "Keep the last backup that was whole.")


def _fresh(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
