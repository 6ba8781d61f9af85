"""Schedules and their runs: each slot belongs to one worker, and a worker that died leaves it to another.

A slot is claimed by a unique row of ``runs`` in the transaction that moves the schedule's ``due_from`` past it, so that
of any number of workers one runs it, and a worker whose clock is late cannot run an older one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from db.state.database import reading, writing
from db.state.moments import moment, utc
from db.state.tables import runs, schedules

ScheduleKind = Literal["brief", "alerts", "watch"]
CLOCK_SLACK = timedelta(days=1)  # a ``due_from`` later than this was written by a clock that ran ahead
LONGEST_LEASE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs when. ``cron``: five fields, read in ``timezone`` (IANA); ``due_from``: earlier slots are nobody's."""

    store: str
    owner: str
    kind: ScheduleKind
    cron: str
    timezone: str
    due_from: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    number: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One slot of a schedule. ``skipped``: older slots that passed while nobody ran; ``lease`` proves whose it is."""

    number: int
    schedule: int
    slot: datetime
    worker: str
    status: str
    attempts: int
    skipped: int = 0
    lease: str | None = None
    error: str | None = None
    finished_at: datetime | None = None


class Schedules:
    """The schedules' tables. Safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Schedule, ...]:
        """Every schedule, oldest first."""
        with reading(self._engine) as connection:
            return tuple(map(_schedule, connection.execute(select(schedules).order_by(schedules.c.id)).mappings()))

    def get(self, number: int) -> Schedule | None:
        """The schedule of that number."""
        with reading(self._engine) as connection:
            row = connection.execute(select(schedules).where(schedules.c.id == number)).mappings().first()
            return _schedule(row) if row else None

    def last_runs(self, schedule: int, limit: int = 10) -> tuple[Run, ...]:
        """The newest runs of a schedule."""
        query = select(runs).where(runs.c.schedule == schedule).order_by(runs.c.slot.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(map(_run, connection.execute(query).mappings()))

    def claim(
        self, schedule: Schedule, slot: datetime, skipped: int, worker: str, now: datetime, lease: timedelta
    ) -> Run | None:
        """Make a slot this worker's own; None where it is another's, was run, or the schedule changed meanwhile."""
        s = schedules.c
        still = or_(s.due_from <= utc(slot), s.due_from > utc(now + CLOCK_SLACK))
        same = (s.id == schedule.number, s.enabled.is_(True), s.cron == schedule.cron, s.timezone == schedule.timezone)
        row = {"schedule": schedule.number, "slot": utc(slot), "worker": worker, "status": "running", "attempts": 1}
        row |= {"lease_until": utc(now + lease), "created_at": utc(now), "skipped": skipped}
        try:
            with writing(self._engine) as connection:
                moved = update(schedules).where(*same, still).values(due_from=utc(slot + timedelta(microseconds=1)))
                if connection.execute(moved).rowcount != 1:
                    return None
                connection.execute(insert(runs).values(**row))
                mine = (runs.c.schedule == schedule.number, runs.c.slot == row["slot"])
                return _run(connection.execute(select(runs).where(*mine)).mappings().one())
        except IntegrityError:
            return None

    def take_over(self, worker: str, now: datetime, lease: timedelta) -> Run | None:
        """A run whose worker died or gave it back for another try; None where there is none."""
        r, at = runs.c, utc(now)
        free = or_(r.lease_until <= at, r.lease_until > utc(now + LONGEST_LEASE))
        wanted = select(runs).where(r.status == "running", free).order_by(r.lease_until, r.id).limit(1)
        with writing(self._engine) as connection:
            row = connection.execute(wanted.with_for_update(skip_locked=True)).mappings().first()
            if row is None:
                return None
            held = {"worker": worker, "attempts": row["attempts"] + 1, "lease_until": utc(now + lease)}
            connection.execute(update(runs).where(r.id == row["id"]).values(**held))
            return _run({**row, **held})

    def renew(self, run: Run, now: datetime, lease: timedelta) -> Run | None:
        """Hold a run for longer; None where the lease is another's by now."""
        until = utc(now + lease)
        changed = self._mine(run, {"lease_until": until})
        return _run_with(run, until) if changed else None

    def finish(self, run: Run, now: datetime, error: str | None = None) -> bool:
        """It is done, or failed for good; False where the lease is another's by now."""
        status = "failed" if error else "done"
        return self._mine(run, {"status": status, "error": error, "finished_at": utc(now), "lease_until": None})

    def give_back(self, run: Run, again_at: datetime, error: str) -> bool:
        """It failed for now: anybody takes it over from ``again_at`` on."""
        return self._mine(run, {"lease_until": utc(again_at), "error": error})

    def _mine(self, run: Run, values: dict[str, Any]) -> bool:
        r = runs.c
        mine = (r.id == run.number, r.status == "running", r.worker == run.worker, r.lease_until == run.lease)
        with writing(self._engine) as connection:
            return connection.execute(update(runs).where(*mine).values(**values)).rowcount == 1


def add_on(connection: Connection, schedule: Schedule, now: datetime) -> int:
    """Keep a new schedule, inside the transaction that records who made it; its number."""
    names = ("store", "owner", "kind", "cron", "timezone", "enabled")
    row: dict[str, Any] = {name: getattr(schedule, name) for name in names}
    row |= {"payload": dict(schedule.payload), "due_from": utc(schedule.due_from), "created_at": utc(now)}
    return int(connection.execute(insert(schedules).values(**row).returning(schedules.c.id)).scalar_one())


def remove_on(connection: Connection, number: int) -> bool:
    """Remove a schedule and its runs; False where there is none."""
    connection.execute(delete(runs).where(runs.c.schedule == number))
    return connection.execute(delete(schedules).where(schedules.c.id == number)).rowcount == 1


def enable_on(connection: Connection, number: int, enabled: bool, now: datetime) -> bool:
    """Pause a schedule, or let it go on from now: what passed in between is not made up for."""
    values: dict[str, Any] = {"enabled": enabled} | ({"due_from": utc(now)} if enabled else {})
    return connection.execute(update(schedules).where(schedules.c.id == number).values(**values)).rowcount == 1


def _run_with(run: Run, lease: str) -> Run:
    from dataclasses import replace

    return replace(run, lease=lease)


def _schedule(row: RowMapping) -> Schedule:
    names = ("store", "owner", "kind", "cron", "timezone", "payload", "enabled")
    due_from = datetime.fromisoformat(row["due_from"])
    return Schedule(
        **{n: row[n] for n in names}, due_from=due_from, number=row["id"], created_at=moment(row["created_at"])
    )


def _run(row: Mapping[str, Any] | RowMapping) -> Run:
    names = ("schedule", "worker", "status", "attempts", "skipped", "error")
    return Run(
        number=row["id"],
        slot=datetime.fromisoformat(row["slot"]),
        lease=row["lease_until"],
        finished_at=moment(row["finished_at"]),
        **{n: row[n] for n in names},
    )
