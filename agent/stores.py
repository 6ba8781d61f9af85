"""Where a store is found: the demo in the package, an operator's own in the data folder, its rows by file or address.

``stores/NAME.yaml`` says what the store measures. Its rows lie in ``stores/NAME.duckdb`` (an upload), or in a database
whose address stands in the environment, in ``shopops.toml``, or in ``stores/NAME.url``, which its owner alone reads.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.settings import Settings
from db.engine import Store, open_store
from db.errors import StoreMissing
from db.semantic.load import WORDS_SUFFIX, load_store_schema
from db.semantic.schema import StoreSchema

DEMO = "journey"
REFRESH_SECONDS = 900  # a connected database is looked at anew for its clock and members after this long


def store_yaml(name: str, settings: Settings | None = None) -> Path:
    """The YAML of a store: one that ships with the product, or, with settings, an operator's own.

    Raises:
        StoreMissing: there is none of that name.
    """
    with as_file(files("db.stores") / f"{name}.yaml") as path:
        if path.is_file():
            return path
    own = settings.stores_folder / f"{name}.yaml" if settings else None
    if own is None or not own.is_file():
        known = ", ".join(store_names(settings)) if settings else DEMO
        raise StoreMissing(f"There is no store '{name}'.", f"Known: {known}. To add yours: shopops connect --help")
    return own


def store_names(settings: Settings) -> tuple[str, ...]:
    """Every store that could be asked for: the demo, then the operator's own by name."""
    folder = settings.stores_folder
    own = sorted(p.stem for p in folder.glob("*.yaml") if not p.name.endswith((WORDS_SUFFIX, ".verified.yaml")))
    return (DEMO, *(name for name in own if name != DEMO and not name.startswith(".")))


def store_address(settings: Settings, name: str) -> str | None:
    """The SQLAlchemy URL of a store's database, None for one that is a file of ours. It may hold a password."""
    known = {key.lower(): url for key, url in settings.stores.items()}
    set_ = known.get(name.lower()) or known.get(name.lower().replace("-", "_"))
    if set_ is not None:
        return set_.get_secret_value()
    file = address_file(settings, name)
    return file.read_text("utf-8").strip() if file.is_file() else None


def address_file(settings: Settings, name: str) -> Path:
    """Where ``shopops connect`` keeps the address of a store's database."""
    return settings.stores_folder / f"{name}.url"


def store_place(settings: Settings, name: str) -> str:
    """Where a store's rows are, for people: a path, or an address without its password."""
    address = store_address(settings, name)
    return shown_address(address) if address else str(settings.store_file(name))


def shown_address(url: str) -> str:
    """A database's address without password and options.

    >>> shown_address("postgresql+psycopg://ann:secret@db.example/shop?sslmode=require")
    'postgresql+psycopg://ann@db.example/shop'
    """
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "an address that cannot be read"
    bare = URL.create(parsed.drivername, parsed.username, None, parsed.host, parsed.port, parsed.database)
    return bare.render_as_string()


def open_named(settings: Settings, name: str | None = None, *, check: bool = False) -> Store:
    """Open a store by its name, the settings' own by default.

    Args:
        check: hold its YAML against the live tables first.

    Raises:
        StoreMissing, StoreLocked, StoreDamaged, StoreError, SchemaError: what is wrong, and what to do.
    """
    wanted = name or settings.store
    yaml = store_yaml(wanted, settings)
    schema = load_store_schema(yaml)
    address = store_address(settings, wanted)
    now = today_of(schema) if address else None
    store = open_store(address or settings.store_file(wanted), schema, cache=settings.members_folder, now=now)
    if check:
        try:
            store.validate(yaml)
        except BaseException:
            store.close()
            raise
    return store


def today_of(schema: StoreSchema) -> date:
    """Today by the shop's clock."""
    try:
        zone = ZoneInfo(schema.time_zone) if schema.time_zone != "UTC" else None  # UTC is what nobody has set
    except (ZoneInfoNotFoundError, ValueError):
        zone = None
    return datetime.now(zone).date()


def stamp(settings: Settings, name: str, seconds: float) -> tuple[object, ...]:
    """Changes when a store is to be opened anew: its file first, then its YAML, another day, a database's refresh.

    Args:
        seconds: a clock that goes on, in seconds.
    """
    paths = [settings.stores_folder / f"{name}{end}" for end in (".duckdb", ".yaml", WORDS_SUFFIX, ".url")]
    found: list[object] = [_changed(path) for path in paths]
    if store_address(settings, name) is not None:
        found += [datetime.now().date(), int(seconds // REFRESH_SECONDS)]
    return tuple(found)


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
