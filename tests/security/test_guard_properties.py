"""The guard under random text: it refuses or it passes, it never breaks, and what passes can only read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.errors import SQLRefused
from db.guard import Catalog, Dialect, GuardedSQL, RowFilter, guard

HERE = Path(__file__).parent
SHOP = Catalog.of(
    {
        "orders": ["id", "customer_id", "store", "total", "placed_at", "note"],
        "customers": ["id", "name", "email", "city"],
    },
    personal=["customers.email"],
)
DIALECTS = st.sampled_from(get_args(Dialect))


def _statements(name: str) -> list[str]:
    groups = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return [sql for group in groups for sql in group["sql"]]


HONEST, ATTACKS = _statements("guard_honest.yaml"), _statements("guard_attacks.yaml")
WORDS = sorted({word for sql in HONEST + ATTACKS for word in sql.split()})
MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A known statement with words replaced, dropped, doubled, or taken from another one."""
    words = draw(st.sampled_from(HONEST + ATTACKS)).split(" ")
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(words)))
        kind = draw(st.sampled_from(["insert", "replace", "drop", "splice", "character"]))
        if kind == "insert":
            words.insert(place, draw(st.sampled_from(WORDS)))
        elif kind == "replace":
            words[place : place + 1] = [draw(st.sampled_from(WORDS))]
        elif kind == "drop":
            del words[place : place + 1]
        elif kind == "splice":
            words[place:] = draw(st.sampled_from(HONEST)).split(" ")[place:]
        else:
            words.insert(place, draw(st.text(max_size=3)))
    return " ".join(words)


def attempt(sql: str, dialect: Dialect) -> GuardedSQL | None:
    """The guarded statement, or None where it is refused; any other error fails the test."""
    try:
        return guard(sql, SHOP, dialect, 20, [RowFilter("orders", "store", (1, 2))])
    except SQLRefused:
        return None


@MANY
@given(sql=st.text(max_size=200) | mutated(), dialect=DIALECTS)
def test_any_text_is_refused_or_passes(sql: str, dialect: Dialect) -> None:
    checked = attempt(sql, dialect)
    assert checked is None or (checked.sql.startswith("SELECT * FROM (") and checked.sql.endswith(" LIMIT 21"))


@MANY
@given(sql=mutated(), dialect=DIALECTS)
def test_what_passed_passes_again(sql: str, dialect: Dialect) -> None:
    checked = attempt(sql, dialect)
    if checked is not None:
        again = guard(checked.sql, SHOP, dialect, 20)
        assert again.tables == checked.tables
        assert "customers.email" not in again.columns


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    """The small shop, read-only and without access to anything outside, and the file it lies in."""
    path = tmp_path_factory.mktemp("guard") / "shop.duckdb"
    with duckdb.connect(str(path)) as writing:
        writing.execute((HERE / "guard_shop.sql").read_text(encoding="utf-8"))
    config = {"enable_external_access": "false", "lock_configuration": "true", "memory_limit": "512MB"}
    with duckdb.connect(str(path), read_only=True, config=config) as connection:
        yield connection, path


@MANY
@given(sql=mutated())
def test_what_passed_only_reads_and_only_what_may_be_seen(store: tuple[Any, Path], sql: str) -> None:
    connection, path = store
    checked = attempt(sql, "duckdb")
    if checked is None:
        return
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        rows = connection.execute(checked.sql).fetchall()
    except duckdb.Error:
        rows = []  # a type error or the like is the engine's to report
    shown = repr(rows)
    assert len(rows) <= 21
    assert "example.org" not in shown
    assert "TOKEN" not in shown
    assert "23, 59, 59" not in shown  # order 4 lies in store 3, which the filter hides
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
