"""Run the slots of schedules that are due: each by one worker, taken over where that worker died."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from db.errors import ShopOpsError
from db.state.schedules import CLOCK_SLACK, Run, Schedule, ScheduleKind, Schedules
from tools.cron import latest_slot

LEASE = timedelta(minutes=2)  # renewed while a run goes on: after a kill another worker takes over within it
MOST_ATTEMPTS = 4
FIRST_WAIT = timedelta(minutes=1)  # doubled at each further attempt
log = logging.getLogger("shopops.schedules")

Doer = Callable[[Schedule, Run, datetime], None]


class Runner:
    """Claims and runs slots. Several may share one database.

    Args:
        worker: this worker's own name. does: what each kind of schedule does.
    """

    def __init__(
        self,
        schedules: Schedules,
        worker: str,
        does: Mapping[ScheduleKind, Doer],
        clock: Callable[[], datetime],
    ) -> None:
        self._schedules, self._worker, self._does, self._clock = schedules, worker, does, clock
        self._held: dict[int, Run] = {}
        self._lock = threading.Lock()

    def run_due(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Run everything that is due now, and what dead workers left; how many runs."""
        count = 0
        while not stopped() and (left := self._schedules.take_over(self._worker, self._clock(), LEASE)):
            log.warning("run %s of schedule %s is taken over (try %s)", left.number, left.schedule, left.attempts)
            self._run(left)
            count += 1
        for schedule in self._schedules.all():
            if stopped():
                break
            run = self._claimed(schedule) if schedule.enabled else None
            if run is not None:
                self._run(run)
                count += 1
        return count

    def run_now(self, schedule: Schedule) -> Run:
        """Run a schedule at once, as a slot of this very moment; the run as it ended.

        Raises:
            ShopOpsError: what the run itself raises.
        """
        now = self._clock()
        run = Run(0, schedule.number, now, self._worker, "running", 1)
        self._does[schedule.kind](schedule, run, now)
        return run

    def renew(self) -> None:
        """Hold what is being run for longer."""
        with self._lock:
            for number, run in list(self._held.items()):
                renewed = self._schedules.renew(run, self._clock(), LEASE)
                if renewed is None:
                    log.warning("run %s was taken over by another worker", number)
                    del self._held[number]
                else:
                    self._held[number] = renewed

    def _claimed(self, schedule: Schedule) -> Run | None:
        """The newest slot that is due, claimed; older ones are skipped, and counted."""
        now = self._clock()
        # A start that lies far ahead was written by a wrong clock: begin at the minute that runs now.
        ahead = schedule.due_from > now + CLOCK_SLACK
        since = now.replace(second=0, microsecond=0) if ahead else schedule.due_from
        try:
            missed = latest_slot(schedule.cron, schedule.timezone, since, now)
        except ShopOpsError as error:
            log.warning("schedule %s cannot be read: %s", schedule.number, error)
            return None
        if missed is None:
            return None
        if missed.skipped:
            log.warning("schedule %s: %s missed slots are skipped", schedule.number, missed.skipped)
        return self._schedules.claim(schedule, missed.slot, missed.skipped, self._worker, now, LEASE)

    def _run(self, run: Run) -> None:
        schedule = self._schedules.get(run.schedule)
        if schedule is None:
            return
        if run.attempts > MOST_ATTEMPTS:
            self._schedules.finish(run, self._clock(), run.error or "ShopOps was ended at every try to run it.")
            return
        with self._lock:
            self._held[run.number] = run
        again, error = self._tried(schedule, run)
        with self._lock:
            mine = self._held.pop(run.number, None)
        if mine is None:
            return  # another worker has it: what was sent has a key, and is not sent twice
        if again and run.attempts < MOST_ATTEMPTS:
            wait = FIRST_WAIT * 2 ** (run.attempts - 1)
            self._schedules.give_back(mine, self._clock() + wait, error or "")
        else:
            self._schedules.finish(mine, self._clock(), error)

    def _tried(self, schedule: Schedule, run: Run) -> tuple[bool, str | None]:
        """Whether it is worth another try, and what went wrong."""
        try:
            self._does[schedule.kind](schedule, run, self._clock())
        except ShopOpsError as error:
            log.warning("schedule %s failed: %s", schedule.number, error)
            return error.kind == "retryable" or error.code == "cancelled", str(error)
        except Exception:
            log.exception("schedule %s failed", schedule.number)
            return True, "Something went wrong in ShopOps. The log has the details."
        return False, None
