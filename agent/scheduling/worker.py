"""The worker that ``shopops serve`` runs: schedules, alert rules and the outbox, each on a thread of its own.

The threads wait by the monotonic clock. (A ticker that keeps its next tick as a time of the day, as APScheduler's does,
stands still for as long as the wall clock is set back; of APScheduler only the cron trigger is used.)
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.alerting.rules import RuleKeeper
from agent.delivery.message import Sender
from agent.delivery.outbox import Outbox
from agent.open import fresh_store, people_key
from agent.scheduling.kinds import doers
from agent.scheduling.runner import Runner
from agent.scheduling.watches import Watches, risk_model
from db.errors import InternalError, ShopOpsError
from db.state.schedules import Schedules
from tools.people import People

if TYPE_CHECKING:
    from agent.service import Service
    from db.engine import Store

log = logging.getLogger("shopops.worker")
STUCK = 10.0  # a thread is taken for dead after so many of its intervals, and at least half an hour


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two looks: at the outbox, the schedules, the rules and the leases."""

    outbox: float = 2.0
    schedules: float = 5.0
    rules: float = 60.0
    leases: float = 30.0


def _now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """Does what is due until it is stopped. Any number may run on one database; each thing is done once.

    Args:
        sender: sends to the channels of the settings. clock: the present moment, with a time zone.
        opened: opens a store anew; the settings' store of that name without it.
    """

    def __init__(
        self,
        service: Service,
        sender: Sender,
        *,
        clock: Callable[[], datetime] = _now,
        rhythm: Rhythm | None = None,
        opened: Callable[[str], Store] | None = None,
    ) -> None:
        settings = service.settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._service, self._sender, self._clock, self._rhythm = service, sender, clock, rhythm or Rhythm()
        self._opened = opened or (lambda name: fresh_store(settings, name))
        self._stopped, self._threads = threading.Event(), list[threading.Thread]()
        self._seen: dict[str, float] = {}
        self._stores = threading.Lock()  # a watcher is not for two threads at once
        self._keeper, self._outbox = RuleKeeper(service.state, clock), Outbox(service.state, clock)
        people, model = People(people_key(settings)), lambda name: risk_model(settings, name)
        self._watches = Watches(service.state, self._opened, people, model)
        does = doers(service, self._keeper, self._watches, self._opened, self._stopped, self._stores)
        self.runner = Runner(Schedules(service.state.engine), self.name, does, clock)

    def start(self) -> None:
        """Begin, on threads of its own."""
        rhythm = self._rhythm
        for name, seconds, task in (
            ("outbox", rhythm.outbox, self.deliver),
            ("schedules", rhythm.schedules, self.run_schedules),
            ("rules", rhythm.rules, self.check_rules),
            ("leases", rhythm.leases, self.runner.renew),
        ):
            self._seen[name] = time.monotonic()
            thread = threading.Thread(target=self._loop, args=(name, seconds, task), name=f"work-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Take nothing new, and wait up to so many seconds for what is going on.

        What does not end in time is cut off with the process; another worker takes it over when its lease ends.
        """
        self._stopped.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))
        self._threads.clear()

    def health(self) -> str:
        """ "ok" while all threads go on.

        Raises:
            InternalError: one has ended, or is stuck.
        """
        now, rhythm = time.monotonic(), self._rhythm
        allowed = {name: max(STUCK * getattr(rhythm, name), 1_800.0) for name in self._seen}
        dead = [name for name, seen in self._seen.items() if now - seen > allowed[name]]
        if dead or any(not thread.is_alive() for thread in self._threads):
            raise InternalError("Scheduled work has stopped.", "Restart shopops serve.")
        return "ok"

    def deliver(self) -> None:
        """Send what is due."""
        self._outbox.send_due(self._sender, self._stopped.is_set)

    def run_schedules(self) -> None:
        """Run the slots that are due."""
        self.runner.run_due(self._stopped.is_set)

    def check_rules(self) -> None:
        """Look at the rules of every store that has some."""
        for name, watched in self._keeper.wanted().items():
            if self._stopped.is_set():
                return
            with self._stores:
                if watched:
                    self._watches.look(name, self._clock())
                with closing(self._opened(name)) as store:
                    self._keeper.check(store, name, self._stopped.is_set)

    def _loop(self, name: str, seconds: float, task: Callable[[], None]) -> None:
        while not self._stopped.is_set():
            try:
                task()
            except ShopOpsError as error:
                log.warning("%s: %s", name, error)
            except Exception:
                log.exception("%s failed", name)
            self._seen[name] = time.monotonic()
            self._stopped.wait(seconds)
