"""Cron expressions in a time zone: five fields, daylight saving time done right, and said in words.

- *A time that the clock skips* (02:30 on the night to summer time) runs once, the skipped hour later (03:30).
- *A time that comes twice* (02:30 on the night back) runs once, the first time, where the hour is a fixed one; where it
  is not (``*/30 * * * *``), the runs go on by the real half hour.
- Weekdays are cron's: 0 and 7 are Sunday. Day of the month and weekday together are refused, for crons differ on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from apscheduler.triggers.cron import CronTrigger

from db.errors import UsageError
from db.semantic.schema import Text

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELD = re.compile(r"[0-9a-z*/,-]+")
_TICK = timedelta(microseconds=1)
MOST_COUNTED = 1_000  # skipped slots that are counted; beyond it is "a thousand and more"
HINT = 'Write minute, hour, day, month, weekday, as in "0 8 * * 1" (Mondays at eight).'


@dataclass(frozen=True, slots=True)
class Missed:
    """The slot to run now (UTC), and how many older ones passed unrun."""

    slot: datetime
    skipped: int


def check_cron(cron: str, timezone: str) -> None:
    """Refuse what cannot be read, or never comes.

    Raises:
        UsageError: what is wrong, and how to write it.
    """
    if next_slot(cron, timezone, datetime.now(UTC)) is None:
        raise UsageError(f"'{cron}' never comes.", HINT)


def check_zone(timezone: str) -> None:
    """Refuse what is no time zone.

    Raises:
        UsageError: it is not in the IANA list.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = [name for name in sorted(available_timezones()) if timezone.lower() in name.lower()][:1]
        also = f" Did you mean {near[0]}?" if near and timezone else ""
        raise UsageError(f"'{timezone}' is no time zone.{also}", "Write an IANA name, e.g. Asia/Shanghai.") from None


def next_slot(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The first slot behind a moment, in the schedule's own zone; None where there never is one.

    >>> str(next_slot("0 8 * * 1", "Asia/Shanghai", datetime(2018, 1, 1, tzinfo=UTC)))
    '2018-01-08 08:00:00+08:00'
    """
    found = next(_slots(cron, timezone, after.astimezone(UTC) + _TICK), None)
    return found.astimezone(ZoneInfo(timezone)) if found else None


def latest_slot(cron: str, timezone: str, since: datetime, now: datetime) -> Missed | None:
    """The newest slot from ``since`` up to ``now``, and how many there were before it; None where there is none.

    A year's every-minute slots are half a million, so the newest is looked for backwards, in steps that grow.
    """
    since, now, step = since.astimezone(UTC), now.astimezone(UTC), timedelta(hours=1)
    start = max(since, now - step)
    while (found := _last(cron, timezone, start, now)) is None and start > since:
        step *= 4
        start = max(since, now - step)
    if found is None:
        return None
    skipped = 0
    for slot in _slots(cron, timezone, since):
        if slot >= found or skipped >= MOST_COUNTED:
            break
        skipped += 1
    return Missed(found, skipped)


def _last(cron: str, timezone: str, start: datetime, now: datetime) -> datetime | None:
    found = None
    for slot in _slots(cron, timezone, start):
        if slot > now:
            break
        found = slot
    return found


def _slots(cron: str, timezone: str, start: datetime) -> Iterator[datetime]:
    """Slots from ``start`` on, each once. All in UTC: two moments of one zone compare by the wall clock, wrongly."""
    trigger, fixed = _trigger(cron, timezone)
    at = start
    while (found := trigger.get_next_fire_time(None, at)) is not None:
        slot = found.astimezone(UTC)  # 02:30 of a night without it is 03:30
        at = slot + _TICK
        if slot >= start and not (fixed and slot.astimezone(ZoneInfo(timezone)).fold):
            yield slot


@lru_cache(maxsize=256)
def _trigger(cron: str, timezone: str) -> tuple[CronTrigger, bool]:
    """The trigger, and whether its hour is a fixed one."""
    check_zone(timezone)
    fields = cron.lower().split()
    if len(fields) != 5 or not all(_FIELD.fullmatch(field) for field in fields):
        raise UsageError(f"'{cron}' is no cron expression.", HINT)
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise UsageError(f"'{cron}' names a day of the month and a weekday.", "Name one of them, and * for the other.")
    try:
        named = weekday if weekday == "*" else _weekdays(weekday)
        trigger = CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=named, timezone=ZoneInfo(timezone)
        )
    except (ValueError, TypeError):
        raise UsageError(f"'{cron}' is no cron expression.", HINT) from None
    return trigger, not hour.startswith("*")


def _weekdays(field: str) -> str:
    """Cron's weekdays by name, for APScheduler counts from Monday.

    >>> _weekdays("1-5"), _weekdays("0,6"), _weekdays("fri-7"), _weekdays("*/3")
    ('mon,tue,wed,thu,fri', 'sun,sat', 'fri,sat,sun', 'sun,wed,sat')
    """
    found: list[str] = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        begin = _weekday(first)
        end = _weekday(last) if last else (6 if step else begin)
        if end < begin:
            end += 7
        found += [_DAYS[day % 7] for day in range(begin, end + 1, int(step or 1))]
    return ",".join(dict.fromkeys(found))


def _weekday(text: str) -> int:
    if text.isdigit() and int(text) <= 7:
        return int(text) % 8
    return _DAYS.index(text[:3])


def describe(cron: str, timezone: str) -> Text:
    """A cron in words, both languages.

    >>> describe("0 8 * * 1", "Asia/Shanghai").en, describe("0 8 * * 1", "Asia/Shanghai").zh
    ('every Monday at 08:00 (Asia/Shanghai)', '每周一08:00（Asia/Shanghai）')

    Raises:
        UsageError: it cannot be read.
    """
    from tools.cron_words import in_words

    _trigger(cron, timezone)
    words = in_words(cron)
    return Text(en=f"{words.en} ({timezone})", zh=f"{words.zh}（{timezone}）")
