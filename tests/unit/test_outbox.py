"""The outbox: sent at least once, at most once at a time, tried again with patience, given up in plain sight."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.delivery.message import Attachment, Message
from agent.delivery.outbox import FIRST_WAIT, LEASE, MOST_TRIES, Outbox, safe
from db.errors import DeliveryError, DeliveryRefused, UsageError
from db.state import State
from tests.killing import dies

NOW = datetime(2024, 6, 3, 8, 0, tzinfo=UTC)
HELLO = Message("Hello", "**Hello**, 你好", "zh", attachments=(Attachment("a.csv", "text/csv", Path("/data/a.csv")),))


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class Channel:
    """A channel that keeps what it took; it fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.took: list[tuple[str, Message, str]] = []
        self._failures = list(failures)

    def __call__(self, channel: str, message: Message, key: str) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.took.append((channel, message, key))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(None, tmp_path) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(state: State, clock: Clock) -> Outbox:
    return Outbox(state, clock, jitter=lambda: 1.0)


def test_a_message_goes_out_once_however_often_it_is_put(outbox: Outbox) -> None:
    channel = Channel()
    assert [outbox.put(HELLO, "ops", "k1"), outbox.put(HELLO, "ops", "k1")] == [True, False]
    assert outbox.send_due(channel) == 1
    assert outbox.put(HELLO, "ops", "k1") is False
    assert outbox.send_due(channel) == 0
    assert channel.took == [("ops", HELLO, "k1")]
    assert outbox.counts() == {"sent": 1}


def test_a_broken_channel_is_tried_again_ever_later_and_given_up(outbox: Outbox, clock: Clock) -> None:
    channel = Channel(*[DeliveryError("No answer from https://hooks.example.com/secret.") for _ in range(MOST_TRIES)])
    outbox.put(HELLO, "ops", "k1")
    waits = []
    for _ in range(MOST_TRIES - 1):
        outbox.send_due(channel)
        waiting = outbox.recent()[0]
        waits.append((waiting.next_at - clock.now).total_seconds())
        assert outbox.send_due(channel) == 0  # not before its time
        clock.now = waiting.next_at
    assert waits == [FIRST_WAIT * 2**n for n in range(MOST_TRIES - 1)]
    outbox.send_due(channel)
    dead = outbox.dead()
    assert [(d.key, d.status, d.attempts) for d in dead] == [("k1", "dead", MOST_TRIES)]
    assert dead[0].error == "No answer from (address)"
    clock.pass_(days=1)
    assert outbox.send_due(channel) == 0
    assert outbox.dead()


def test_an_operator_sends_a_dead_one_after_all(outbox: Outbox, clock: Clock, state: State) -> None:
    channel = Channel(DeliveryRefused("The channel is gone."))
    outbox.put(HELLO, "ops", "k1")
    assert outbox.send_due(channel) == 0
    number = outbox.dead()[0].number
    outbox.retry(number, "ann")
    assert outbox.send_due(channel) == 1
    assert [key for _, _, key in channel.took] == ["k1"]
    assert [(e.who, e.action) for e in state.audit_entries()] == [("ann", "outbox retry")]
    with pytest.raises(UsageError, match="no message"):
        outbox.retry(number, "ann")


def test_a_refusal_is_final(outbox: Outbox, clock: Clock) -> None:
    outbox.put(HELLO, "ops", "k1")
    outbox.send_due(Channel(DeliveryRefused("The secret is wrong.", "Look at the settings.")))
    assert [d.error for d in outbox.dead()] == ["The secret is wrong. Look at the settings."]


def test_a_channel_says_when_to_come_back(outbox: Outbox, clock: Clock) -> None:
    channel = Channel(DeliveryError("Too many messages.", retry_after=600.0))
    outbox.put(HELLO, "ops", "k1")
    outbox.send_due(channel)
    clock.pass_(seconds=599)
    assert outbox.send_due(channel) == 0
    clock.pass_(seconds=1)
    assert outbox.send_due(channel) == 1


def test_a_channel_that_asks_for_a_year_is_asked_again_today(outbox: Outbox, clock: Clock) -> None:
    outbox.put(HELLO, "ops", "k1")
    outbox.send_due(Channel(DeliveryError("Later.", retry_after=3e7)))
    assert outbox.recent()[0].next_at - clock.now == timedelta(hours=6)


def test_an_unforeseen_fault_is_tried_again_and_tells_nothing(outbox: Outbox, clock: Clock) -> None:
    outbox.put(HELLO, "ops", "k1")
    outbox.send_due(Channel(RuntimeError("password=hunter2")))
    waiting = outbox.recent()[0]
    assert waiting.status == "pending"
    assert "hunter2" not in (waiting.error or "")


def test_one_that_fails_does_not_hold_up_the_others(outbox: Outbox) -> None:
    channel = Channel(DeliveryError("Not now."))
    outbox.put(HELLO, "broken", "k1")
    outbox.put(HELLO, "ops", "k2")
    assert outbox.send_due(channel) == 1
    assert [key for _, _, key in channel.took] == ["k2"]


def test_what_a_dead_worker_held_is_sent_by_another(outbox: Outbox, state: State, clock: Clock) -> None:
    outbox.put(HELLO, "ops", "k1")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outbox.send_due(die)
    other = Outbox(state, clock)
    channel = Channel()
    assert other.send_due(channel) == 0  # it may still be at it
    clock.now += LEASE
    assert other.send_due(channel) == 1


def test_a_message_that_ends_the_process_each_time_is_given_up(outbox: Outbox, clock: Clock) -> None:
    outbox.put(HELLO, "ops", "k1")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for _ in range(MOST_TRIES):
        with pytest.raises(KeyboardInterrupt):
            outbox.send_due(die)
        clock.now += LEASE
    assert outbox.send_due(die) == 0
    assert "ended at every try" in (outbox.dead()[0].error or "")


def test_a_late_note_of_failure_does_not_undo_what_another_worker_did(state: State, clock: Clock) -> None:
    outbox, other, channel = Outbox(state, clock), Outbox(state, clock), Channel()
    outbox.put(HELLO, "ops", "k1")

    def slow(*_: object) -> None:
        clock.now += LEASE
        other.send_due(channel)
        raise DeliveryError("It timed out.")

    outbox.send_due(slow)
    assert len(channel.took) == 1
    assert outbox.counts() == {"sent": 1}


def test_a_clock_that_goes_back_holds_nothing_up_for_long(outbox: Outbox, clock: Clock) -> None:
    channel = Channel()
    clock.pass_(days=400)
    outbox.put(HELLO, "ops", "k1")
    clock.now = NOW
    assert outbox.send_due(channel) == 1


def test_killed_at_any_statement_a_message_is_sent_and_never_lost(tmp_path: Path) -> None:
    at, died = 1, True
    while died:
        with State.open(None, tmp_path / str(at)) as state:
            clock, channel = Clock(), Channel()
            outbox = Outbox(state, clock)
            for key in ("k1", "k2"):
                outbox.put(HELLO, "ops", key)
            died = dies(state.engine, at, lambda outbox=outbox, channel=channel: outbox.send_due(channel))  # type: ignore[misc]
            clock.now += LEASE
            Outbox(state, clock).send_due(channel)
            keys = [key for _, _, key in channel.took]
            assert sorted(set(keys)) == ["k1", "k2"], at
            assert len(keys) <= 3, at  # killed between the channel's OK and our note: once more, under the same key
            assert outbox.counts() == {"sent": 2}, at
        at += 1
    assert at > 8


def test_two_threads_never_send_the_same_one(state: State) -> None:
    sent: list[str] = []
    lock = threading.Lock()
    for number in range(40):
        Outbox(state).put(HELLO, "ops", f"k{number}")

    def take(channel: str, message: Message, key: str) -> None:
        with lock:
            sent.append(key)

    threads = [threading.Thread(target=lambda: Outbox(state).send_due(take)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == sorted(f"k{number}" for number in range(40))


def test_two_processes_never_send_the_same_one(state: State, tmp_path: Path) -> None:
    for number in range(30):
        Outbox(state).put(HELLO, "ops", f"k{number}")
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from db.state import State; from agent.delivery.outbox import Outbox\n"
        "with State.open(None, Path(sys.argv[1])) as state:\n"
        "    Outbox(state).send_due(lambda channel, message, key: print(key, flush=True))\n"
    )
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", script, str(tmp_path), root]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [line for process in running for line in process.communicate()[0].split()]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(told) == sorted(f"k{number}" for number in range(30))


def test_addresses_do_not_stand_in_errors() -> None:
    assert safe("bob@example.com refused https://x.example/y?token=1") == "(address) refused (address)"
