"""Schedules: each slot once however many workers run, caught up after downtime, right over daylight saving time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.scheduling.runner import LEASE, MOST_ATTEMPTS, Runner
from db.errors import ShopOpsError, StoreLocked, UsageError
from db.state import State
from db.state.schedules import Run, Schedule, Schedules, add_on, enable_on, remove_on
from tests.killing import dies
from tests.unit.test_outbox import Clock
from tools.cron import MOST_COUNTED, check_cron, describe, latest_slot, next_slot

NOW = datetime(2024, 6, 3, 8, 0, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(None, tmp_path) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    made = Clock()
    made.now = NOW
    return made


def add(state: State, cron: str = "0 8 * * *", timezone: str = "UTC", since: datetime = NOW) -> Schedule:
    schedule = Schedule("journey", "operator", "brief", cron, timezone, since, {"language": "en"})
    number = state.audited("operator", "schedule", {}, since, lambda c: add_on(c, schedule, since))
    found = Schedules(state.engine).get(number)
    assert found is not None
    return found


class Work:
    """Notes the slots that were run; fails as often as it is told to."""

    def __init__(self, *failures: BaseException) -> None:
        self.done: list[datetime] = []
        self._failures = list(failures)

    def __call__(self, schedule: Schedule, run: Run, now: datetime) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.done.append(run.slot)


def runner(state: State, work: Work, clock: Clock, name: str = "w1") -> Runner:
    return Runner(Schedules(state.engine), name, {"brief": work, "alerts": work, "watch": work}, clock)


def runs(state: State, number: int = 1) -> list[tuple[str, int, int]]:
    return [(r.status, r.attempts, r.skipped) for r in Schedules(state.engine).last_runs(number)]


def test_a_slot_runs_once_when_it_is_due(state: State, clock: Clock) -> None:
    work = Work()
    add(state, since=NOW + timedelta(minutes=1))
    run = runner(state, work, clock).run_due
    assert run() == 0
    clock.now = NOW + timedelta(days=1)
    assert [run(), run()] == [1, 0]
    clock.pass_(minutes=5)
    assert run() == 0
    assert work.done == [NOW + timedelta(days=1)]
    assert runs(state) == [("done", 1, 0)]


def test_after_a_week_of_downtime_the_latest_slot_runs_and_the_others_are_counted(state: State, clock: Clock) -> None:
    work = Work()
    add(state, since=NOW + timedelta(minutes=1))
    clock.now = NOW + timedelta(days=7, hours=3)
    assert runner(state, work, clock).run_due() == 1
    assert work.done == [NOW + timedelta(days=7)]
    assert runs(state) == [("done", 1, 6)]
    assert runner(state, work, clock).run_due() == 0


def test_a_paused_schedule_runs_nothing_and_makes_up_for_nothing(state: State, clock: Clock) -> None:
    work = Work()
    made = add(state, since=NOW + timedelta(minutes=1))
    state.audited("operator", "pause", {}, NOW, lambda c: enable_on(c, made.number, False, clock.now))
    clock.now = NOW + timedelta(days=3, hours=1)
    assert runner(state, work, clock).run_due() == 0
    state.audited("operator", "go on", {}, NOW, lambda c: enable_on(c, made.number, True, clock.now))
    assert runner(state, work, clock).run_due() == 0
    clock.now = NOW + timedelta(days=4)
    assert runner(state, work, clock).run_due() == 1


def test_a_removed_schedule_is_gone_with_its_runs(state: State, clock: Clock) -> None:
    made = add(state, since=NOW)
    runner(state, Work(), clock).run_due()
    assert state.audited("operator", "remove", {}, NOW, lambda c: remove_on(c, made.number))
    assert Schedules(state.engine).all() == ()
    assert runs(state) == []


def test_a_failure_for_now_is_tried_again_and_one_for_good_is_not(state: State, clock: Clock) -> None:
    work = Work(StoreLocked("The store is being loaded."), ShopOpsError("No such week."))
    add(state, since=NOW)
    go = runner(state, work, clock).run_due
    go()
    assert runs(state) == [("running", 1, 0)]
    clock.pass_(seconds=59)
    assert go() == 0
    clock.pass_(seconds=1)
    assert go() == 1
    assert runs(state) == [("failed", 2, 0)]
    assert Schedules(state.engine).last_runs(1)[0].error == "No such week."


def test_tries_come_to_an_end(state: State, clock: Clock) -> None:
    work = Work(*[RuntimeError("secret") for _ in range(9)])
    add(state, since=NOW)
    for _ in range(MOST_ATTEMPTS + 2):
        runner(state, work, clock).run_due()
        clock.pass_(minutes=20)
    assert runs(state) == [("failed", MOST_ATTEMPTS, 0)]
    assert "secret" not in (Schedules(state.engine).last_runs(1)[0].error or "")


def test_what_a_dead_worker_left_is_taken_over(state: State, clock: Clock) -> None:
    add(state, since=NOW)
    with pytest.raises(KeyboardInterrupt):
        runner(state, Work(KeyboardInterrupt()), clock).run_due()
    work, other = Work(), runner(state, Work(), clock, "w2")
    assert other.run_due() == 0  # it may still be at it
    clock.now += LEASE
    assert runner(state, work, clock, "w2").run_due() == 1
    assert work.done == [NOW]
    assert runs(state) == [("done", 2, 0)]


def test_a_long_run_holds_its_slot(state: State, clock: Clock) -> None:
    add(state, since=NOW)
    other, taken = Work(), []

    class Long(Work):
        def __call__(self, schedule: Schedule, run: Run, now: datetime) -> None:
            for _ in range(4):
                clock.pass_(seconds=LEASE.total_seconds() * 0.8)
                mine.renew()
                taken.append(runner(state, other, clock, "w2").run_due())

    mine = runner(state, Long(), clock)
    mine.run_due()
    assert (taken, other.done) == ([0, 0, 0, 0], [])
    assert runs(state) == [("done", 1, 0)]


def test_a_worker_that_lost_its_slot_does_not_close_it(state: State, clock: Clock) -> None:
    add(state, since=NOW)
    other = Work(StoreLocked("Later."))

    class Slow(Work):
        def __call__(self, schedule: Schedule, run: Run, now: datetime) -> None:
            clock.now += LEASE
            runner(state, other, clock, "w2").run_due()

    runner(state, Slow(), clock).run_due()
    assert runs(state) == [("running", 2, 0)]


def test_a_clock_that_goes_back_runs_nothing_twice(state: State, clock: Clock) -> None:
    work = Work()
    add(state, cron="0 * * * *", since=NOW)
    go = runner(state, work, clock).run_due
    go()
    clock.now = NOW - timedelta(minutes=50)
    assert go() == 0
    clock.now = NOW + timedelta(minutes=1)
    assert go() == 0
    clock.now = NOW + timedelta(hours=1)
    assert go() == 1
    assert work.done == [NOW, NOW + timedelta(hours=1)]


def test_a_clock_that_ran_years_ahead_does_not_silence_a_schedule(state: State, clock: Clock) -> None:
    work = Work()
    add(state, since=NOW)
    go = runner(state, work, clock).run_due
    clock.now = NOW + timedelta(days=3650)
    go()
    clock.now = NOW + timedelta(days=1)
    assert [go(), go()] == [1, 0]
    assert work.done[-1] == NOW + timedelta(days=1)


def test_a_worker_whose_clock_is_late_runs_no_older_slot(state: State, clock: Clock) -> None:
    made = add(state, since=NOW)
    late = Clock()
    late.now, clock.now = NOW + timedelta(days=1, hours=1), NOW + timedelta(days=2, hours=1)
    schedules = Schedules(state.engine)
    slot = latest_slot(made.cron, made.timezone, made.due_from, late.now)
    runner(state, Work(), clock).run_due()
    assert slot is not None
    assert schedules.claim(made, slot.slot, 0, "late", late.now, LEASE) is None


def test_killed_at_any_statement_a_slot_is_run_and_run_again_only_where_it_began(tmp_path: Path) -> None:
    at, died = 1, True
    while died:
        with State.open(None, tmp_path / str(at)) as state:
            clock, work = Clock(), Work()
            clock.now = NOW
            add(state, since=NOW)
            first = runner(state, work, clock)
            died = dies(state.engine, at, first.run_due)
            for _ in range(3):
                clock.now += LEASE
                runner(state, work, clock, "w2").run_due()
            assert set(work.done) == {NOW}, at
            assert len(work.done) <= 2, at  # killed between the work and our note: the work's own keys make it harmless
            assert [status for status, _, _ in runs(state)] == ["done"], at
        at += 1
    assert at > 8


def test_many_threads_run_each_slot_once(state: State, clock: Clock) -> None:
    work = Work()
    for _ in range(10):
        add(state, since=NOW)
    threads = [threading.Thread(target=runner(state, work, clock, f"w{n}").run_due) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert work.done == [NOW] * 10
    assert all(runs(state, n + 1) == [("done", 1, 0)] for n in range(10))


def test_processes_that_are_killed_run_each_slot_once(state: State, tmp_path: Path) -> None:
    for _ in range(6):
        add(state, since=NOW)
    script = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from tests.unit import test_schedules as t; from db.state import State\n"
        "class Work(t.Work):\n"
        "    def __call__(self, schedule, run, now):\n"
        "        print(schedule.number, flush=True)\n"
        "        if schedule.number == int(sys.argv[3]): os.kill(os.getpid(), 9)\n"
        "clock = t.Clock(); clock.now = t.NOW + t.timedelta(minutes=int(sys.argv[4]))\n"
        "with State.open(None, Path(sys.argv[1])) as state:\n"
        "    t.runner(state, Work(), clock, sys.argv[3] + '-' + sys.argv[4]).run_due()\n"
    )
    root = str(Path(__file__).parents[2])

    def start(dies_at: int, minutes: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, str(tmp_path), root, str(dies_at), str(minutes)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    began = [line for process in (start(2, 0), start(4, 0)) for line in process.communicate()[0].split()]
    assert {"2", "4"} & set(began)
    again = start(0, 10).communicate()[0].split()
    told = began + again
    killed = {number for number in ("2", "4") if told.count(number) > 1}
    assert set(told) == {"1", "2", "3", "4", "5", "6"}
    assert all(told.count(number) == 1 for number in set(told) - killed)
    assert all([status for status, _, _ in runs(state, n)] == ["done"] for n in range(1, 7))


# ------------------------------------------------------------------------------------------------------------- times


def fires(cron: str, zone: str, start: datetime, count: int) -> list[str]:
    found = []
    for _ in range(count):
        slot = next_slot(cron, zone, start)
        assert slot is not None
        found.append(f"{slot:%m-%d %H:%M%z}")
        start = slot
    return found


def test_a_time_that_the_clock_skips_runs_once_an_hour_later() -> None:
    start = datetime(2026, 3, 28, 0, 0, tzinfo=BERLIN)
    assert fires("30 2 * * *", "Europe/Berlin", start, 3) == [
        "03-28 02:30+0100",
        "03-29 03:30+0200",
        "03-30 02:30+0200",
    ]


def test_a_time_that_comes_twice_runs_once() -> None:
    start = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN)
    assert fires("30 2 * * *", "Europe/Berlin", start, 2) == ["10-25 02:30+0200", "10-26 02:30+0100"]


def test_every_half_hour_goes_on_by_the_real_half_hour() -> None:
    start = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN)
    expected = ["10-25 02:30+0200", "10-25 02:00+0100", "10-25 02:30+0100", "10-25 03:00+0100"]
    assert fires("*/30 * * * *", "Europe/Berlin", start, 4) == expected


def test_eight_in_the_morning_is_eight_in_the_morning_all_year() -> None:
    start, seen = datetime(2026, 1, 1, tzinfo=UTC), set()
    for _ in range(365):
        slot = next_slot("0 8 * * *", "America/New_York", start)
        assert slot is not None
        seen.add((slot.hour, slot.minute))
        start = slot
    assert seen == {(8, 0)}
    assert start.date().isoformat() == "2026-12-31"


def test_weekdays_are_crons_and_not_the_librarys() -> None:
    start = datetime(2024, 6, 3, 9, tzinfo=UTC)  # a Monday
    days = {cron: next_slot(f"0 8 * * {cron}", "UTC", start) for cron in ("0", "7", "1", "5", "1-5", "sat", "6,0")}
    assert {cron: f"{slot:%a}" for cron, slot in days.items() if slot} == {
        "0": "Sun", "7": "Sun", "1": "Mon", "5": "Fri", "1-5": "Tue", "sat": "Sat", "6,0": "Sat",
    }  # fmt: skip


def test_two_years_of_minutes_are_not_counted_one_by_one() -> None:
    found = latest_slot("* * * * *", "UTC", datetime(2022, 1, 1, tzinfo=UTC), NOW)
    assert found is not None
    assert (found.slot, found.skipped) == (NOW, MOST_COUNTED)


@pytest.mark.parametrize(
    ("cron", "zone", "said"),
    [
        ("0 8 * *", "UTC", "no cron"),
        ("61 8 * * *", "UTC", "no cron"),
        ("0 8 * * 9", "UTC", "no cron"),
        ("@daily", "UTC", "no cron"),
        ("0 8 1 * 1", "UTC", "names a day of the month and a weekday"),
        ("0 8 31 2 *", "UTC", "never comes"),
        ("0 8 * * *", "shanghai", "Asia/Shanghai"),
        ("0 8 * * *", "../../etc/passwd", "no time zone"),
    ],
)
def test_what_cannot_run_is_refused_in_plain_words(cron: str, zone: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_cron(cron, zone)


def test_a_cron_is_said_in_both_languages() -> None:
    said = describe("0 8 * * 1", "Asia/Shanghai")
    assert (said.en, said.zh) == ("every Monday at 08:00 (Asia/Shanghai)", "每周一08:00（Asia/Shanghai）")
    assert not any(c.isalpha() and c.isascii() for c in describe("30 9 1 1,7 *", "UTC").zh.replace("UTC", ""))
