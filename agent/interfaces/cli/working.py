"""What the commands about scheduled work share: the service of this machine's operator, and moments for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from agent.service import Service


@contextmanager
def service() -> Iterator[Service]:
    """The service over the settings in force."""
    from agent.service import Service
    from agent.settings import load_settings

    with Service.open(load_settings()) as opened:
        yield opened


def shown(moment: datetime | str | None, zone: str) -> str:
    """A moment by the clock of a zone; a dash where there is none.

    >>> shown("2024-06-03T08:00:00+00:00", "Asia/Shanghai")
    '2024-06-03 16:00'
    """
    if moment is None:
        return "-"
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{when.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
