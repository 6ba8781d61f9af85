"""What a schedule's slot does, by kind. Each may be run again after a kill: what it sends has a key of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from agent.contracts import Language
from agent.delivery.outbox import Outbox
from agent.principals import principal_named
from db.errors import PermissionRefused
from db.state.schedules import Run, Schedule, ScheduleKind

if TYPE_CHECKING:
    from agent.alerting.rules import RuleKeeper
    from agent.scheduling.watches import Watches
    from agent.service import Service
    from db.engine import Store

Doer = Callable[[Schedule, Run, datetime], None]


def doers(
    service: Service,
    keeper: RuleKeeper,
    watches: Watches,
    opened: Callable[[str], Store],
    stopped: threading.Event,
    stores: threading.Lock,
) -> Mapping[ScheduleKind, Doer]:
    """What each kind does.

    Args:
        opened: opens a store anew, for data that came in since. stopped: set when the process is to end.
        stores: held while a store is watched, for a watcher is not for two threads at once.
    """

    def brief(schedule: Schedule, run: Run, now: datetime) -> None:
        from agent.brief import brief_message, write_brief

        principal = principal_named(service.state, schedule.owner)
        if principal is None:
            raise PermissionRefused("The owner of this schedule is gone.", "Remove it, or set it anew.")
        made = write_brief(service, schedule.store, language=_language(schedule), principal=principal, cancel=stopped)
        message, outbox = brief_message(made), Outbox(service.state)
        for channel in schedule.payload.get("channels", ()):
            outbox.put(message, channel, f"brief-{schedule.number}-{run.slot:%Y%m%dT%H%MZ}-{channel}")

    def alerts(schedule: Schedule, run: Run, now: datetime) -> None:
        with stores:
            if keeper.wanted().get(schedule.store):
                watches.look(schedule.store, now)
            with closing(opened(schedule.store)) as store:
                keeper.check(store, schedule.store, stopped.is_set)

    def watch(schedule: Schedule, run: Run, now: datetime) -> None:
        with stores:
            watches.look(schedule.store, now, schedule.payload.get("channels", ()), _language(schedule))

    return {"brief": brief, "alerts": alerts, "watch": watch}


def _language(schedule: Schedule) -> Language:
    return "zh" if schedule.payload.get("language") == "zh" else "en"
