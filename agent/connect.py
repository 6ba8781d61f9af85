"""Connect an operator's own shop: look at it, draft its YAML, try the draft against the live tables, put it in place.

    >>> draft = preview(settings, "postgresql://reader@db/shop", "acme")        # doctest: +SKIP
    >>> connect(settings, draft).place                                          # doctest: +SKIP
    'postgresql+psycopg://reader@db/shop'

The chat's data tab and the command line call the same two functions. Nothing is kept before ``connect``.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from agent.connecting.checking import Checked, check_draft
from agent.connecting.drafts import Connected, Draft, Looked
from agent.connecting.sources import Address, Files, Source, read_source
from agent.settings import Settings
from agent.stores import DEMO, address_file, shown_address
from db.backends import Backend
from db.drafting.draft import DraftSchema, draft_schema
from db.drafting.shapes import ShopShape
from db.drafting.writing import written
from db.engine import open_backend
from db.errors import SettingsError, StoreError, UsageError
from db.inspect import inspect_shop, probe_level, probe_overlap, probe_values
from db.semantic.schema import Text
from db.sources.upload import UPLOAD_BYTES, load_files

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
STAGING = ".staged-"
STALE_SECONDS = 86_400

Tell = Callable[[str, float], None]


def quiet(_what: str, _share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an operator may say beforehand.

    ``schema``: of PostgreSQL, where the tables are not in the default one. ``currency``: ISO code. ``time_zone``: of
    moments that carry one. ``limit``: bytes that uploaded files may have together.
    """

    schema: str | None = None
    currency: str | None = None
    time_zone: str = "UTC"
    limit: int = UPLOAD_BYTES


def preview(
    settings: Settings,
    source: str | Path | Sequence[str | Path],
    name: str,
    wishes: Wishes = Wishes(),
    tell: Tell = quiet,
) -> Draft:
    """What connecting would give. Reads only; an upload is built beside its place.

    Args:
        source: a database's URL, a database file, or files of rows (CSV, TSV, XLSX, Parquet).
        name: of the store: lower-case letters, digits and underscores.
        tell: told what is done, and how much of it, 0–1.

    Raises:
        UsageError: a name or a source that cannot be. StoreError: it cannot be read, or holds no sales; a bad row is
        told by file and line.
    """
    check_name(name)
    what = read_source(source)
    if isinstance(what, Address):
        return _preview(what, what.url.get_secret_value(), None, name, wishes, tell)
    _clear_stale(settings.stores_folder)
    folder = settings.stores_folder / f"{STAGING}{name}-{secrets.token_hex(4)}"
    try:
        _private(folder)
        staged = folder / f"{name}.duckdb"
        loaded = load_files(what.paths, staged, limit=wishes.limit, tell=tell)
        return _preview(what, staged, folder, name, wishes, tell, loaded.asks)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def connect(settings: Settings, draft: Draft, *, force: bool = False) -> Connected:
    """Put a draft in place, so that the store can be asked.

    Args:
        force: over a store of that name, whose YAML is kept beside the new one as ``NAME.yaml.before``.

    Raises:
        UsageError: the store is there, and was not to be replaced. StoreError: the folder cannot be written.
    """
    check_name(draft.name)
    yaml = settings.stores_folder / f"{draft.name}.yaml"
    if yaml.exists() and not force:
        raise UsageError(
            f"There is a store '{draft.name}' already.", "Choose another --name, or replace it by --force."
        )
    try:
        if yaml.exists():
            os.replace(yaml, yaml.with_name(f"{yaml.name}.before"))
        place = _keep_source(settings, draft)
        _write_private(yaml, draft.yaml)
    except OSError as error:
        raise StoreError(f"The store cannot be written to {yaml.parent}.", "Check the folder's permissions.") from error
    discard(draft)
    return Connected(draft.name, yaml, place, draft)


def discard(draft: Draft) -> None:
    """Remove what a draft that is not wanted has built."""
    if draft.staged is not None:
        shutil.rmtree(draft.staged.parent, ignore_errors=True)


def check_name(name: str) -> None:
    """Whether a store may be called so. Raises UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"'{name[:40]}' cannot be a store's name.", "Use lower-case letters, digits and underscores, up to 40."
        )
    if name == DEMO:
        raise UsageError(f"'{DEMO}' is the demo store.", "Choose another name.")


def _preview(
    source: Source,
    place: str | Path,
    folder: Path | None,
    name: str,
    wishes: Wishes,
    tell: Tell,
    asks: tuple[Text, ...] = (),
) -> Draft:
    """``asks``: what the values of files left open."""
    backend = open_backend(place, name)
    try:
        shop = inspect_shop(backend, wishes.schema, tell)
        drafted = draft_schema(
            shop,
            _Probes(backend),
            name=name,
            salt=secrets.token_hex(16),
            currency=wishes.currency,
            time_zone=wishes.time_zone,
        )
    finally:
        backend.close()
    tell("checking", 0.95)
    drafted = replace(drafted, asks=(*asks, *drafted.asks))
    checked = check_draft(drafted, place)
    return _drafted(drafted, checked, shop, source, folder, name)


def _drafted(
    drafted: DraftSchema, checked: Checked, shop: ShopShape, source: Source, folder: Path | None, name: str
) -> Draft:
    used = {str(table["source"]) for table in drafted.content["tables"].values()}
    kept = replace(drafted, content=checked.content, asks=(*drafted.asks, *checked.asks))
    return Draft(
        name=name,
        yaml=written(kept, [*(text.en for text in checked.left_off)]),
        schema=checked.schema,
        source=source,
        tables=tuple(Looked(t.name, t.rows, len(t.columns), t.name in used) for t in shop.tables),
        metrics=checked.metrics,
        splits=checked.splits,
        tools=checked.tools,
        personal=drafted.personal,
        asks=kept.asks,
        left_off=checked.left_off,
        start=checked.start,
        end=checked.end,
        as_of=checked.as_of,
        staged=folder / f"{name}.duckdb" if folder else None,
    )


class _Probes:
    """The drafting's questions to a live database."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def level(self, table: str, order: str, columns: Sequence[str]) -> frozenset[str]:
        return probe_level(self._backend, table, order, columns)

    def overlap(self, left: tuple[str, str], right: tuple[str, str]) -> float:
        return probe_overlap(self._backend, left, right)

    def values(self, table: str, column: str) -> tuple[str, ...]:
        return probe_values(self._backend, table, column)


def _keep_source(settings: Settings, draft: Draft) -> str:
    """Put the upload in place, or keep the database's address; returns where the rows are, for people."""
    target, address = settings.store_file(draft.name), address_file(settings, draft.name)
    if isinstance(draft.source, Files):
        if draft.staged is None or not draft.staged.is_file():
            raise StoreError("The uploaded files are no longer there.", "Upload them again.")
        os.replace(draft.staged, target)
        address.unlink(missing_ok=True)
        return str(target)
    url = draft.source.url.get_secret_value()
    _write_private(address, url + "\n")
    return shown_address(url)


def _clear_stale(folder: Path) -> None:
    """Remove uploads that were never put in place: their process was killed, or nobody came back."""
    for old in folder.glob(f"{STAGING}*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(old)


def _private(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise SettingsError(f"{folder.parent} cannot be written.", "Set SHOPOPS_DATA_DIR.") from error


def _write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone reads, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(3)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
