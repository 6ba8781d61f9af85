"""The watch: each new row once, over restarts, late rows and kills at any point."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event as sql_event

from agent.interfaces.cli import cli
from agent.watching import Watcher
from agent.watching.metrics import MetricWatch
from db.errors import RoleMissing, StoreLocked
from db.state.watching import Alert, WatchLog
from tests.risk_shop import YAML, Shop
from tools.people import People

NOW = datetime(2024, 6, 1, tzinfo=UTC)


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.ordinary(days=20)
    return made


@contextmanager
def watching(shop: Shop, **options: Any) -> Iterator[Watcher]:
    """A watch as a process of its own would be: everything opened anew."""
    log = WatchLog.open(None, shop.file.parent / "state", "small")
    store = shop.open()
    try:
        yield Watcher(store, log, People(), **options)
    finally:
        store.close()
        log.close()


def look(shop: Shop, **options: Any) -> list[tuple[str, str]]:
    """What one look of a new process tells, as source and row; and notes that it was told."""
    with watching(shop, **options) as watcher:
        return tell(watcher)


def tell(watcher: Watcher) -> list[tuple[str, str]]:
    told = []
    for alert in watcher.poll(NOW):
        told.append((alert.source, alert.row))
        watcher.shown(alert, NOW)
    return told


def stored(shop: Shop) -> list[Alert]:
    log = WatchLog.open(None, shop.file.parent / "state", "small")
    try:
        return list(log.alerts())
    finally:
        log.close()


def test_a_ring_is_told_once_as_it_grows(shop: Shop) -> None:
    assert look(shop) == []
    rows = shop.ring(480.0)
    told = look(shop)
    assert [row for _, row in told] == [str(row) for row in rows[2:]]  # two strangers may be a mistake
    assert look(shop) == []
    more = shop.pay("r9", 490.0, 80.0, device="d-ring", card="c-ring", address="a-r9")
    assert look(shop) == [("payments", str(more))]
    assert [alert.row for alert in stored(shop)] == [str(more), *(row for _, row in reversed(told))]


def test_every_row_is_scored_once(shop: Shop) -> None:
    with watching(shop, since="2024-03-01 00:00:00", batch=7) as watcher:
        tell(watcher)
        first = watcher.summary.rows
        shop.pay("k1", 481.0)
        shop.refund("k1", 482.0)
        tell(watcher)
    assert (first, watcher.summary.rows) == (80, 82)
    with watching(shop, batch=7) as again:
        tell(again)
    assert again.summary.rows == 0


def test_rows_of_one_moment_and_rows_that_come_late_are_not_lost(shop: Shop) -> None:
    shop.pay("k1", 479.0, number=900)
    with watching(shop, batch=3) as watcher:
        tell(watcher)
        before = watcher.summary.rows
        shop.pay("k2", 479.0, number=905)  # the cursor's very moment, behind it
        shop.pay("k3", 479.0, number=899)  # the cursor's very moment, with a smaller number
        shop.pay("k4", 478.5, number=898)  # half an hour late
        tell(watcher)
        assert watcher.summary.rows - before == 3
        tell(watcher)
        assert watcher.summary.rows - before == 3
    with watching(shop, batch=3) as again:
        tell(again)
    assert again.summary.rows == 0


def statements(counted: Callable[[], None]) -> Callable[..., None]:
    def on(*_: object) -> None:
        counted()

    return on


def run_killed(shop: Shop, at: int, batch: int) -> tuple[list[tuple[str, str]], bool]:
    """One look that dies before its ``at``-th statement on the state database; what it told, and whether it died."""
    told: list[tuple[str, str]] = []
    log = WatchLog.open(None, shop.file.parent / "state", "small")
    store = shop.open()
    count = 0

    def counted() -> None:
        nonlocal count
        count += 1
        if count == at:
            raise Killed

    hook = statements(counted)
    sql_event.listen(log._engine, "before_cursor_execute", hook)
    sql_event.listen(log._engine, "commit", hook)
    try:
        watcher = Watcher(store, log, People(), batch=batch, since=None)
        for alert in watcher.poll(NOW):
            told.append((alert.source, alert.row))
            watcher.shown(alert, NOW)
    except Killed:
        return told, True
    finally:
        sql_event.remove(log._engine, "before_cursor_execute", hook)
        sql_event.remove(log._engine, "commit", hook)
        store.close()
        log.close()
    return told, False


def test_killed_at_any_statement_nothing_is_missed_or_raised_twice(tmp_path: Path) -> None:
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    reference = Shop(quiet)
    grow(reference)
    expected = sorted(set(look(reference, batch=6)))
    assert len(expected) >= 4
    at, died = 1, True
    while died:
        folder = tmp_path / f"killed{at}"
        folder.mkdir()
        shop = Shop(folder)
        grow(shop)
        first, died = run_killed(shop, at, batch=6)
        second = look(shop, batch=6)
        assert sorted({*first, *second}) == expected, at
        assert len(stored(shop)) == len(expected), at
        assert len(first) + len(second) <= len(expected) + 1, at  # killed between telling and noting: told again, once
        at += 3
    assert at > 20


def grow(shop: Shop) -> None:
    for day in range(3):
        shop.pay("k1", day * 24.0)
        shop.pay("k2", day * 24.0 + 1)
    shop.ring(70.0, customers=7)
    shop.refund("k1", 72.0, 90.0, order="o1")


def test_a_process_killed_for_good_goes_on_where_it_was(shop: Shop, tmp_path: Path) -> None:
    rows = shop.ring(480.0, customers=5)
    script = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from tests.risk_shop import Shop; from tests.unit import test_watch as t\n"
        "shop = Shop.__new__(Shop); folder = Path(sys.argv[1])\n"
        "shop.file, shop.yaml = folder / 'small.sqlite', folder / 'small.yaml'\n"
        "with t.watching(shop, batch=4) as watcher:\n"
        "    for alert in watcher.poll(t.NOW):\n"
        "        print(alert.row, flush=True); watcher.shown(alert, t.NOW); os.kill(os.getpid(), 9)\n"
    )
    told: list[str] = []
    root = str(Path(__file__).parents[2])
    for _ in range(6):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), root], capture_output=True, text=True, check=False
        )
        told += done.stdout.split()
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert told == [str(row) for row in rows[2:]]


def test_two_watches_of_one_store_do_not_both_go_on(shop: Shop) -> None:
    with watching(shop) as one, watching(shop) as two:
        tell(one)
        shop.pay("k1", 490.0)
        with pytest.raises(StoreLocked, match="Another watch"):
            tell(two)


def test_a_replay_raises_nothing_twice(shop: Shop) -> None:
    rows = shop.ring(480.0)
    assert len(look(shop)) == len(rows) - 2
    assert look(shop, since="2024-03-01 00:00:00") == []
    assert len(stored(shop)) == len(rows) - 2
    assert look(shop) == []


def test_customers_stand_under_pseudonyms_only(shop: Shop) -> None:
    shop.ring(480.0)
    look(shop)
    kept = json.dumps([dict(alert.payload) for alert in stored(shop)])
    assert stored(shop)[0].payload["customer"].startswith("C-")
    assert '"r4"' not in kept
    assert "d-ring" not in kept


def test_scoring_takes_less_than_ten_milliseconds_a_row(shop: Shop) -> None:
    with watching(shop, since="2024-03-01 00:00:00") as watcher:
        tell(watcher)
    assert watcher.summary.ms_a_row < 10


def test_memory_holds_the_window_and_no_more(shop: Shop) -> None:
    for day in range(150, 260):
        shop.pay("k1", day * 24.0)
    with watching(shop, since="2024-03-01 00:00:00", batch=20) as watcher:
        tell(watcher)
        assert len(watcher._ledger) <= 91
        assert sum(map(len, watcher._seen.values())) <= 1


def test_a_store_without_payments_and_refunds_says_so(tmp_path: Path) -> None:
    neither = YAML[: YAML.index("  payments:\n    table: payments\n    columns: {payment")]
    shop = Shop(tmp_path, neither)
    shop.pay("k1", 1.0)
    with pytest.raises(RoleMissing, match="no table of payments or refunds"), watching(shop):
        pass


def test_a_store_without_any_row_waits_for_the_first(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    first = shop.pay("k1", 0.0)
    with watching(shop, since="2024-03-02 00:00:00") as watcher:
        assert tell(watcher) == []
        rows = shop.ring(480.0, customers=3)
        assert tell(watcher) == [("payments", str(rows[2]))]
    assert first == 1


def test_a_day_of_a_metric_is_told_when_it_has_ended(tmp_path: Path) -> None:
    shop = Shop(tmp_path, YAML.replace("  paid:", "  revenue:"))
    for day in range(120):
        shop.pay("k1", day * 24.0 + 9, 100 + day % 7)
        if day == 100:
            shop.pay("k2", day * 24.0 + 10, 5_000)
    shop.pay("k1", 120 * 24.0)
    with watching(shop, since="2024-06-08 00:00:00") as watcher:
        told = tell(watcher)
    assert ("revenue", "2024-06-09") in told
    assert look(shop, since="2024-06-08 00:00:00") == []
    alert = next(a for a in stored(shop) if a.row == "2024-06-09")
    assert (alert.kind, alert.payload["value"], alert.payload["direction"]) == ("metric", 5_102.0, 1)


def test_metrics_that_a_store_lacks_are_not_watched(shop: Shop) -> None:
    store = shop.open()
    assert MetricWatch(store, date(2024, 3, 1)).days({}, 1_710_000_000.0) is None
    store.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "yesterday"], "is not a date"),
        (["--every", "0"], "--every takes"),
        (["--store", "nowhere"], "no store"),
    ],
)
def test_used_wrongly_it_says_what_is_wrong(options: list[str], said: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["watch", "--once", *options], env={"SHOPOPS_DATA_DIR": str(tmp_path)})
    assert said in str(done.exception) + done.output
