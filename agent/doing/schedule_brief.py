"""A yes to a scheduled brief: keep the schedule. Its first slot is the next one; what lies behind is nobody's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.contracts import Principal
from agent.delivery.names import check_channels
from agent.doing.work import Done, Work
from db.semantic.schema import Text
from db.state.proposals import KeptProposal
from db.state.schedules import Schedule, ScheduleKind, add_on
from tools.cron import check_cron, next_slot

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from agent.service import Service


def prepare(service: Service, kept: KeptProposal, principal: Principal, now: datetime) -> Work:
    """Check the schedule once more.

    Raises:
        UsageError: the settings no longer have a channel of that name, or the cron cannot be read.
    """
    return schedule_work(service, kept.store, "brief", kept.payload, principal, now)


def schedule_work(
    service: Service, store: str, kind: ScheduleKind, payload: Any, principal: Principal, now: datetime
) -> Work:
    """As :func:`prepare`, for any kind of schedule and a payload that an administrator typed."""
    cron, zone = payload["cron"], payload["timezone"]
    check_cron(cron, zone)
    check_channels(payload["channels"], service.settings)
    details = {"channels": list(payload["channels"]), "language": payload["language"]}
    fresh = Schedule(store, principal.name, kind, cron, zone, now, details)
    first = next_slot(cron, zone, now)
    said = f"{first:%Y-%m-%d %H:%M} {zone}" if first else "never"

    def write(connection: Connection) -> Done:
        number = add_on(connection, fresh, now)
        return Done(
            Text(
                en=f"Schedule {number} is set; it runs first at {said}.",
                zh=f"定时任务{number}已设置，首次运行：{said}。",
            )
        )

    return Work(write)
