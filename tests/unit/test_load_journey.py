"""Building the demo store: whole or not at all; then asking the real data."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from db.engine import Store, open_store
from db.errors import StoreDamaged, StoreError, StoreLocked, StoreMissing, StoreTimeout, UnknownMember
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval, MetricFilter, Order, SemanticQuery
from db.sources import journey
from db.sources.atomic import replacing

YAML = Path(str(files("db") / "stores" / "journey.yaml"))
NOVEMBER = Interval(start=date(2017, 11, 1), end=date(2017, 12, 1))


@pytest.fixture(scope="session")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("store") / "journey.duckdb"
    steps: list[tuple[str, float]] = []
    report = journey.load_journey(target, lambda name, done: steps.append((name, done)))
    assert report.seconds < 60
    assert report.rows["promotions"] == 20_940_529
    assert [done for _, done in steps] == sorted(done for _, done in steps)
    assert steps[-1] == ("done", 1.0)
    left = sorted(path.name for path in target.parent.iterdir() if "lock" not in path.name)
    assert left == ["journey.duckdb", "journey.truth.json"]
    return target


@pytest.fixture(scope="session")
def store(store_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(store_file, load_store_schema(YAML), cache=tmp_path_factory.mktemp("cache"))
    yield opened
    opened.close()


def test_totals_of_the_design(store: Store) -> None:
    asked = ("revenue", "orders", "customers", "active_stores", "lines", "campaigns")
    row = store.run(SemanticQuery(metrics=asked)).rows[0]
    assert row == (Decimal("4596039.58"), 155_848, 2_469, 457, 1_469_307, 27)
    assert (store.as_of, store.data_start, store.data_end) == (date(2018, 1, 1), date(2017, 1, 1), date(2018, 1, 2))
    store.validate(YAML)


ANSWERS = [  # computed apart, with pandas over the parquet files (tests/evals/oracle.py)
    (SemanticQuery(metrics=("revenue",), time=NOVEMBER), "385552.25", 1),
    (SemanticQuery(metrics=("revenue",), group_by=("date",), time=NOVEMBER), None, 30),
    (SemanticQuery(metrics=("revenue",), group_by=("department",), limit=3), "2316393.89", 3),
    (SemanticQuery(metrics=("units",)), "1898286", 1),
    (SemanticQuery(metrics=("discount",)), "822553.19", 1),
]


@pytest.mark.parametrize(("query", "first", "rows"), ANSWERS)
def test_answers(store: Store, query: SemanticQuery, first: str | None, rows: int) -> None:
    result = store.run(query)
    assert len(result.rows) == rows
    assert not result.truncated
    assert first is None or str(result.rows[0][-1]) == first
    assert store.sql(result.sql).rows[0][-1] is not None


def test_days_without_a_sale_are_zero_and_unknown_members_are_told(store: Store) -> None:
    christmas = Interval(start=date(2017, 12, 24), end=date(2017, 12, 27))
    rows = store.run(SemanticQuery(metrics=("revenue", "aov"), group_by=("date",), time=christmas)).rows
    assert [row[0] for row in rows] == ["2017-12-24", "2017-12-25", "2017-12-26"]
    assert rows[1][1] == 0
    assert rows[1][2] is None
    with pytest.raises(UnknownMember, match="did you mean 'PRODUCE'"):
        store.run(SemanticQuery(metrics=("revenue",), filters=(Filter(dimension="department", values=("PRODUCTS",)),)))


def test_having_on_a_metric_that_is_not_shown(store: Store) -> None:
    busy = MetricFilter(metric="orders", low=100_000)
    result = store.run(SemanticQuery(metrics=("revenue",), group_by=("department",), having=(busy,)))
    assert [c.name for c in result.columns] == ["department", "revenue"]
    assert [r[0] for r in result.rows] == ["GROCERY"]
    by_age = SemanticQuery(metrics=("revenue",), group_by=("age",), order=Order(by="age", direction="asc"))
    assert [r[0] for r in store.run(by_age).rows] == ["19-24", "25-34", "35-44", "45-54", "55-64", "65+", None]


def test_members_come_in_the_order_people_expect_and_are_kept(store: Store, store_file: Path, tmp_path: Path) -> None:
    assert store.members("income")[0] == "Under 15K"
    assert store.members("department")[0] == "GROCERY"
    assert len(store.members("department")) == 32
    assert store.members("quarter")[-1] == "2018-Q1"
    first = open_store(store_file, store.schema, cache=tmp_path)
    kept = first.members("brand")
    (file,) = tmp_path.iterdir()
    assert open_store(store_file, store.schema, cache=tmp_path).members("brand") == kept == ("National", "Private")
    file.write_text("{ broken", encoding="utf-8")
    assert open_store(store_file, store.schema, cache=tmp_path).members("brand") == kept


def test_eight_threads_at_once_get_their_own_answers(store: Store) -> None:
    def ask(number: int) -> bool:
        month = Interval(start=date(2017, number % 12 + 1, 1), end=date(2017, number % 12 + 1, 28))
        query = SemanticQuery(metrics=("orders",), time=month)
        return store.run(query).rows == expected[number % 12]

    expected = [
        store.run(SemanticQuery(metrics=("orders",), time=Interval(start=date(2017, m, 1), end=date(2017, m, 28)))).rows
        for m in range(1, 13)
    ]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


def test_limits_and_locks_hold(store: Store) -> None:
    result = store.sql("SELECT product_id FROM products", row_cap=10)
    assert result.truncated
    assert len(result.rows) == 10
    with pytest.raises(StoreTimeout):
        store.sql("SELECT count(*) FROM promotions a, promotions b WHERE a.week + b.store_id = 7", timeout=0.3)
    assert store.sql("SELECT 1").rows == ((1,),)
    for text in ("DELETE FROM products", "SELECT * FROM '/etc/passwd'", "SET threads = 1", "INSTALL httpfs"):
        with pytest.raises(StoreError):
            store.sql(text)


def test_no_store_and_no_database(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreMissing, match="Run: shopops load journey"):
        open_store(tmp_path / "journey.duckdb", store.schema)
    (tmp_path / "journey.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreDamaged, match="shopops load journey"):
        open_store(tmp_path / "journey.duckdb", store.schema)
    with pytest.raises(StoreError, match="cannot be reached"):
        open_store(f"sqlite:///{tmp_path}/none.db", store.schema)


def test_a_killed_load_leaves_the_old_store_and_the_next_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "journey.duckdb"
    target.write_bytes(b"old")
    code = "from pathlib import Path; from db.sources.journey import load_journey as load; "
    code += f"load(Path({str(target)!r}), print)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    while "promotions" not in child.stdout.readline():
        assert child.poll() is None
    with pytest.raises(StoreLocked), replacing(target):
        pytest.fail("two loads at once")
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert target.read_bytes() == b"old"
    assert (tmp_path / ".journey.duckdb.loading").exists()
    deadline = time.monotonic() + 5
    with replacing(target) as temporary:
        assert not temporary.exists()
        assert time.monotonic() < deadline
        temporary.write_bytes(b"new")
    assert target.read_bytes() == b"new"
    assert {path.name for path in tmp_path.iterdir()} == {"journey.duckdb", ".journey.duckdb.lock"}


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "journey.duckdb"
    with pytest.raises(StoreError, match="no room left"), replacing(target) as temporary:  # noqa: PT012 - the block is it
        temporary.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == [".journey.duckdb.lock"]
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EACCES, "no")))
    with pytest.raises(StoreError, match="permissions"), replacing(target) as temporary:
        temporary.write_bytes(b"new")


def test_other_data_is_refused_before_the_swap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "journey.duckdb"
    target.write_bytes(b"old")
    small = {name: share for name, share in journey._TABLES.items() if name != "promotions"}
    monkeypatch.setattr(journey, "_TABLES", small)
    monkeypatch.setattr(journey, "TOTALS", {"lines": (journey.TOTALS["lines"][0], 1)})
    with pytest.raises(StoreDamaged, match="lines is 1469307, not 1"):
        journey.load_journey(target, lambda *_: None)
    assert target.read_bytes() == b"old"
    with pytest.raises(StoreError, match=r"promotions|campaign_descriptions"):
        journey.load_journey(target, lambda *_: None, data=tmp_path)
