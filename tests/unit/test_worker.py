"""The worker of ``shopops serve``: everything that is due is done, until it is stopped; a dead one is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.delivery.message import Message
from agent.delivery.outbox import Outbox
from agent.scheduling import Rhythm, Worker
from agent.service import Service
from agent.settings import Settings
from db.errors import InternalError
from db.state.alert_rules import AlertRules, KeptRule, add_on
from db.state.schedules import Schedule, Schedules
from db.state.schedules import add_on as add_schedule
from tests.risk_shop import Shop

QUICK = Rhythm(outbox=0.02, schedules=0.02, rules=0.05, leases=0.05)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service.open(Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")) as opened:
        yield opened


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    for day, amount in enumerate((50, 120)):
        made.pay("k1", day * 24 + 9, amount)
    made.pay("end", 48, 0.0)
    return made


def add_alert(service: Service) -> None:
    now = datetime.now(UTC)
    definition = {"rule": {"metric": "paid", "bound": 100.0}, "language": "en"}
    rule = KeptRule("small", "operator", "threshold", definition, ("ops",), "2024-03-01")
    service.state.audited("operator", "alert", {}, now, lambda c: add_on(c, rule, now))


def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_an_alert_is_seen_kept_and_sent(service: Service, shop: Shop) -> None:
    add_alert(service)
    took: list[tuple[str, str]] = []
    worker = Worker(service, lambda c, m, k: took.append((c, m.title)), rhythm=QUICK, opened=lambda name: shop.open())
    worker.start()
    try:
        assert until(lambda: bool(took))
        assert worker.health() == "ok"
    finally:
        worker.stop(5)
    assert took == [("ops", "Alert: paid above $100.00 in a day")]
    assert [alert.row for alert in AlertRules(service.state.engine).open_alerts("small")] == ["2024-03-02"]


def test_a_scheduled_look_at_the_rules_runs_at_its_time(service: Service, shop: Shop) -> None:
    add_alert(service)
    now = datetime.now(UTC)
    schedule = Schedule("small", "operator", "alerts", "* * * * *", "UTC", now - timedelta(minutes=2))
    service.state.audited("operator", "schedule", {}, now, lambda c: add_schedule(c, schedule, now))
    rhythm = Rhythm(outbox=60, schedules=0.02, rules=600, leases=60)
    worker = Worker(service, lambda *_: None, rhythm=rhythm, opened=lambda name: shop.open())
    worker.run_schedules()
    assert [d.message["title"] for d in Outbox(service.state).recent()] == ["Alert: paid above $100.00 in a day"]
    assert [run.status for run in Schedules(service.state.engine).last_runs(1)] == ["done"]


def test_stopping_waits_for_what_is_being_sent(service: Service) -> None:
    began, ended = threading.Event(), threading.Event()

    def slow(channel: str, message: Message, key: str) -> None:
        began.set()
        time.sleep(0.3)
        ended.set()

    Outbox(service.state).put(Message("Hello", "Hello"), "ops", "k1")
    worker = Worker(service, slow, rhythm=QUICK)
    worker.start()
    assert began.wait(20)
    worker.stop(5)
    assert ended.is_set()
    assert Outbox(service.state).counts() == {"sent": 1}


def test_a_part_that_fails_does_not_take_the_others_along(service: Service, shop: Shop) -> None:
    add_alert(service)
    took: list[str] = []

    def broken(name: str) -> object:
        raise OSError("secret path")

    Outbox(service.state).put(Message("Hello", "Hello"), "ops", "k1")
    worker = Worker(service, lambda c, m, k: took.append(k), rhythm=QUICK, opened=broken)  # type: ignore[arg-type]
    worker.start()
    try:
        assert until(lambda: took == ["k1"])
        assert worker.health() == "ok"
    finally:
        worker.stop(5)


def test_a_worker_whose_thread_ended_is_not_well(service: Service) -> None:
    worker = Worker(service, lambda *_: None, rhythm=QUICK)
    worker.start()
    worker._stopped.set()
    assert until(lambda: not any(thread.is_alive() for thread in worker._threads))
    with pytest.raises(InternalError):
        worker.health()


def test_a_worker_that_is_killed_while_it_sends_is_followed_by_another(service: Service, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from agent.service import Service; from agent.settings import Settings\n"
        "from agent.scheduling import Rhythm, Worker\n"
        "def send(channel, message, key):\n"
        "    print(key, flush=True); time.sleep(60)\n"
        "folder = Path(sys.argv[1])\n"
        "service = Service.open(Settings(data_dir=folder / 'data', cache_dir=folder / 'cache'))\n"
        "Worker(service, send, rhythm=Rhythm(outbox=0.02)).start(); time.sleep(60)\n"
    )
    for number in range(3):
        Outbox(service.state).put(Message("Hello", "Hello"), "ops", f"k{number}")
    root = str(Path(__file__).parents[2])
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path), root], stdout=subprocess.PIPE, text=True) as p:
        assert p.stdout is not None
        first = p.stdout.readline().strip()
        os.kill(p.pid, signal.SIGKILL)
    took: list[str] = []
    later = datetime.now(UTC) + timedelta(minutes=6)  # the dead one's lease has ended
    Outbox(service.state, lambda: later).send_due(lambda c, m, k: took.append(k))
    assert sorted(took) == ["k0", "k1", "k2"]
    assert first in took
    assert Outbox(service.state).counts() == {"sent": 3}
